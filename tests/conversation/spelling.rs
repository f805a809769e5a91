//! Spell check in the composer, with real dictionaries where nothing else is said.

use adw::prelude::*;
use stonechat::{
    engine::api::{Conversation, ConversationId, Event, TextFormat},
    ui::{
        PreferencesDialog,
        composer::Composer,
        spelling::{language::Language, request::Request, speller::Speller, underline::TAG},
    },
};

use crate::world::{CONVERSATION, World, address, all, conversation, message, settings, wait};

const OTHER: ConversationId = ConversationId(8);

fn world(size: (i32, i32)) -> World {
    let world = World::new(vec![message(1, "Hello"), message(2, "Hi! How was the concert?")], 0, size);
    wait("the window in front", || world.window.is_active());
    world.page.focus_composer();
    world
}

fn composer(world: &World) -> Composer {
    world.page.composer()
}

/// Another language in the conversation; none: the desktop's, which has none in tests.
fn speak(world: &World, language: &str) {
    let view = composer(world).text_view();
    view.activate_action("spelling.language", Some(&language.to_variant())).expect("there is such a choice");
}

fn write(world: &World, text: &str) {
    composer(world).text_view().buffer().insert_at_cursor(text);
}

/// The words that are underlined.
fn marked(world: &World) -> Vec<String> {
    let buffer = composer(world).text_view().buffer();
    let tag = buffer.tag_table().lookup(TAG).expect("there is such a tag");
    let mut at = buffer.start_iter();
    let mut found = Vec::new();
    while at.starts_tag(Some(&tag)) || at.forward_to_tag_toggle(Some(&tag)) {
        let start = at;
        at.forward_to_tag_toggle(Some(&tag));
        found.push(buffer.text(&start, &at, true).to_string());
    }
    found
}

fn until_marked(world: &World, words: &[&str]) {
    wait(&format!("{words:?} to be underlined"), || marked(world) == words);
}

/// What the open menu says, all its pages.
fn menu(world: &World) -> Vec<String> {
    let open = all::<gtk::PopoverMenu>(&composer(world).text_view()).into_iter().find(WidgetExt::is_mapped);
    let labels = open.map(|menu| all::<gtk::Label>(&menu)).unwrap_or_default();
    labels.into_iter().map(|label| label.text().to_string()).collect()
}

fn says(world: &World, text: &str) -> bool {
    menu(world).iter().any(|said| said == text)
}

/// Where in the window a character stands.
fn place(world: &World, offset: i32) -> (f32, f32) {
    let view = composer(world).text_view();
    let place = view.iter_location(&view.buffer().iter_at_offset(offset));
    let (x, y) =
        view.buffer_to_window_coords(gtk::TextWindowType::Widget, place.x() + 2, place.y() + place.height() / 2);
    #[expect(clippy::cast_precision_loss)]
    let point = view.compute_point(&world.window, &gtk::graphene::Point::new(x as f32, y as f32));
    let point = point.expect("it is in the window");
    (point.x(), point.y())
}

#[gtk::test]
fn a_wrong_word_is_underlined_when_it_is_written() {
    let world = world((560, 640));
    speak(&world, "en_US");
    world.press(&["a", "space", "w", "r", "o", "d", "s", "space"]);
    until_marked(&world, &["wrods"]);
    // The last word is one also when nothing follows.
    world.press(&["t", "h", "e", "h"]);
    until_marked(&world, &["wrods", "theh"]);
    world.press(&["BackSpace"]);
    until_marked(&world, &["wrods"]);
    world.press(&["ctrl+a", "BackSpace"]);
    until_marked(&world, &[]);
    write(
        &world,
        "its wrod `wrod` https://exampl.org/wrod bob@wrod.org @wrod :wrod: Martens Bob’s\n```\nwrod\n```\n> wrod\nwrod ",
    );
    until_marked(&world, &["wrod", "wrod"]);
    let buffer = composer(&world).text_view().buffer();
    let tag = buffer.tag_table().lookup(TAG).unwrap();
    assert!(buffer.iter_at_offset(4).starts_tag(Some(&tag)), "the first of them");
    world.shot("spelling");
    // A word that is finished by going elsewhere.
    buffer.set_text("teh end");
    buffer.place_cursor(&buffer.iter_at_offset(3));
    world.press(&["BackSpace", "h", "Right", "Right"]);
    until_marked(&world, &["teh"]);
}

#[gtk::test]
fn a_correction_takes_the_place_of_the_word_and_can_be_taken_back() {
    let world = world((560, 640));
    speak(&world, "en_US");
    write(&world, "a wrod and mroe ");
    until_marked(&world, &["wrod", "mroe"]);
    world.open_menu(place(&world, 4));
    wait("the corrections", || says(&world, "word"));
    for said in ["Add to dictionary", "Ignore", "Format", "Spelling language", "English (United States)"] {
        assert!(says(&world, said), "{said}: {:?}", menu(&world));
    }
    world.shot("spelling-menu");
    composer(&world).text_view().activate_action("spelling.correct", Some(&"word".to_variant())).unwrap();
    assert_eq!(composer(&world).text(), "a word and mroe ");
    world.press(&["Escape"]);
    wait("the field again", || composer(&world).text_view().has_focus());
    until_marked(&world, &["mroe"]);
    world.press(&["ctrl+z"]);
    wait("the word again", || composer(&world).text() == "a wrod and mroe ");
    until_marked(&world, &["wrod", "mroe"]);
    // The same with keys, and for a word that is being written.
    let buffer = composer(&world).text_view().buffer();
    buffer.set_text("");
    world.press(&["h", "e", "l", "o", "Menu"]);
    wait("the corrections", || says(&world, "hello"));
    world.press(&["Escape"]);
    wait("the field again", || composer(&world).text_view().has_focus());
    // A right word has none.
    buffer.set_text("hello ");
    world.press(&["Left", "Left", "Menu"]);
    wait("the menu", || says(&world, "Format"));
    assert!(!says(&world, "Ignore") && !says(&world, "hello"), "{:?}", menu(&world));
    world.press(&["Escape"]);
    wait("the field again", || composer(&world).text_view().has_focus());
}

#[gtk::test]
fn a_word_can_be_learnt_or_ignored() {
    let world = world((560, 640));
    speak(&world, "en_US");
    write(&world, "stonechatters stonewords Stonewords mroe ");
    until_marked(&world, &["stonechatters", "stonewords", "Stonewords", "mroe"]);
    let act = |offset, action: &str| {
        let buffer = composer(&world).text_view().buffer();
        buffer.place_cursor(&buffer.iter_at_offset(offset));
        world.press(&["Menu"]);
        wait("the menu", || says(&world, "Ignore"));
        composer(&world).text_view().activate_action(action, None).unwrap();
        world.press(&["Escape"]);
        wait("the field again", || composer(&world).text_view().has_focus());
    };
    act(3, "spelling.keep");
    until_marked(&world, &["stonewords", "Stonewords", "mroe"]);
    act(16, "spelling.ignore");
    // The dictionary is asked anew about the other spelling, and has nothing against it either.
    until_marked(&world, &["mroe"]);
    let learnt = gtk::glib::user_config_dir().join("enchant/en_US.dic");
    wait("the person's dictionary", || std::fs::read_to_string(&learnt).is_ok_and(|all| all.contains("stonechatters")));
    assert!(!std::fs::read_to_string(&learnt).unwrap().contains("stonewords"));
}

#[gtk::test]
fn each_conversation_has_its_language() {
    let world = world((560, 640));
    write(&world, "Strase ");
    speak(&world, "de_DE");
    until_marked(&world, &["Strase"]);
    assert_eq!(world.said("SetLanguage { conversation: ConversationId(7), language: Some(\"de_DE\") }"), 1);
    let carol = Conversation { id: OTHER, peer: address("carol@example.org"), ..conversation(None, 0) };
    world.event(Event::ConversationsChanged(vec![Conversation {
        draft: Some("Strase house".to_owned()),
        draft_format: TextFormat::default(),
        language: Some("en_US".to_owned()),
        ..carol
    }]));
    wait("another conversation", || world.messenger.conversation(OTHER).is_some());
    world.page.set_conversation(world.messenger.conversation(OTHER).as_ref());
    wait("the draft", || composer(&world).text() == "Strase house");
    until_marked(&world, &["Strase"]);
    write(&world, " Haus ");
    until_marked(&world, &["Strase", "Haus"]);
    world.page.set_conversation(world.messenger.conversation(CONVERSATION).as_ref());
    wait("the draft", || composer(&world).text() == "Strase ");
    write(&world, "Haus house ");
    until_marked(&world, &["Strase", "house"]);
    // That of the desktop, which nobody has set here.
    speak(&world, "");
    until_marked(&world, &[]);
    assert_eq!(world.said("SetLanguage { conversation: ConversationId(7), language: None }"), 1);
}

#[gtk::test]
fn it_can_be_switched_off() {
    let (settings, world) = (settings(), world((360, 640)));
    assert!(settings.boolean("check-spelling") && composer(&world).checks_spelling());
    speak(&world, "en_US");
    write(&world, "a wrod ");
    until_marked(&world, &["wrod"]);
    let dialog = PreferencesDialog::new(&settings, world.messenger.engine());
    dialog.present(Some(&world.window));
    let rows = || all::<adw::SwitchRow>(&dialog);
    let is_shown = |row: &adw::SwitchRow| row.is_mapped() && row.title() == "Check spelling";
    wait("the choice", || rows().iter().any(is_shown));
    let row = rows().into_iter().find(is_shown).unwrap();
    assert!(row.is_active());
    world.shot("spelling-choice");
    row.set_active(false);
    until_marked(&world, &[]);
    dialog.force_close();
    wait("the field", || world.window.visible_dialog().is_none());
    world.page.focus_composer();
    world.press(&["Menu"]);
    wait("the menu", || says(&world, "Format"));
    assert!(!says(&world, "Ignore") && !says(&world, "Spelling language"), "{:?}", menu(&world));
    world.press(&["Escape"]);
    settings.reset("check-spelling");
    until_marked(&world, &["wrod"]);
}

#[gtk::test]
fn without_dictionaries_nothing_is_underlined_and_the_menu_says_why() {
    let world = world((560, 640));
    let (speller, requests) = Speller::pair();
    composer(&world).set_speller(speller);
    write(&world, "a wrod ");
    let asked = |what: &str| {
        let mut request = None;
        wait(what, || {
            request = request.take().or_else(|| requests.try_recv().ok());
            request.is_some()
        });
        request.unwrap()
    };
    let Request::Languages { reply } = asked("the languages") else { panic!("nothing else can be asked yet") };
    reply.send(Vec::new()).unwrap();
    wait("the languages", || {
        world.press(&["Menu"]);
        wait("the menu", || says(&world, "Format"));
        let is_said = says(&world, "No dictionary is installed");
        if is_said {
            world.shot("spelling-nothing");
        }
        world.press(&["Escape"]);
        wait("the field again", || composer(&world).text_view().has_focus());
        is_said
    });
    // A language that was chosen when its dictionary was there.
    speak(&world, "en_US");
    write(&world, "mroe ");
    world.settle();
    assert!(marked(&world).is_empty() && requests.is_empty());
}

#[gtk::test]
fn nothing_is_asked_before_one_writes() {
    let world = world((560, 640));
    let (speller, requests) = Speller::pair();
    composer(&world).set_speller(speller);
    speak(&world, "en_US");
    world.settle();
    assert!(requests.is_empty(), "the field is empty");
    write(&world, ":-) `code` ");
    world.settle();
    assert!(requests.is_empty(), "there is no word in it");
    write(&world, "wrod ");
    wait("the languages to be asked for", || !requests.is_empty());
    let Ok(Request::Languages { reply }) = requests.try_recv() else { panic!("the languages come first") };
    reply.send(vec![Language { code: "en_US".to_owned(), name: "English".to_owned() }]).unwrap();
    wait("the word to be asked for", || !requests.is_empty());
    let Ok(Request::Check { words, reply, .. }) = requests.try_recv() else { panic!("then the words") };
    assert_eq!(words, ["wrod"]);
    // Meanwhile one has gone to another conversation, and nothing becomes of the answer.
    world.page.set_conversation(None);
    reply.send(words).unwrap();
    world.settle();
    assert!(marked(&world).is_empty());
}

#[gtk::test]
fn in_a_narrow_dark_window_it_is_seen_and_its_menu_read() {
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark);
    let world = world((360, 640));
    speak(&world, "de_DE");
    write(&world, "Die Strase findet etwas ");
    until_marked(&world, &["Strase"]);
    world.open_menu(place(&world, 6));
    wait("the corrections", || says(&world, "Straße"));
    world.shot("spelling-dark-360");
    // The last line has the languages.
    world.press(&["Up", "Return"]);
    world.settle();
    world.shot("spelling-languages-dark-360");
    world.press(&["Escape"]);
    wait("the field again", || composer(&world).text_view().has_focus());
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
    world.shot("spelling-light-360");
}

#[gtk::test]
fn from_right_to_left_it_is_the_same() {
    gtk::Widget::set_default_direction(gtk::TextDirection::Rtl);
    let world = world((360, 640));
    speak(&world, "en_US");
    write(&world, "مرحبا wrod ");
    until_marked(&world, &["مرحبا", "wrod"]);
    world.open_menu(place(&world, 8));
    wait("the corrections", || says(&world, "word"));
    world.shot("spelling-rtl");
    world.press(&["Escape"]);
    wait("the field again", || composer(&world).text_view().has_focus());
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
}
