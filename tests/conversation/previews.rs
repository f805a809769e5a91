//! What is said of links: cards in bubbles, and the card above the field while one writes.

use std::{
    cell::RefCell,
    io::Cursor,
    rc::Rc,
    time::{Duration, Instant},
};

use adw::prelude::*;
use gtk::{gio, glib};
use stonechat::{
    engine::api::{Annotations, Event, LinkPreview, Message, MessageId, MessageState, Timestamp},
    ui::{link_preview::card::LinkCard, message_row::MessageRow, preferences_dialog::PreferencesDialog},
};

use crate::world::{CONVERSATION, World, all, message, settings, wait};

const TEA: &str = "https://tea.example/darjeeling";

fn picture(wide: u32, high: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_fn(wide, high, |x, y| {
        image::Rgb([x * 255 / wide, y * 255 / high, 90].map(|colour| colour.to_le_bytes()[0]))
    })
    .write_to(&mut bytes, image::ImageFormat::Png)
    .expect("it fits");
    bytes.into_inner()
}

fn tea() -> LinkPreview {
    LinkPreview {
        url: TEA.to_owned(),
        title: "Darjeeling, first flush".to_owned(),
        description: "What grows on the hills between March and April, and how long it may stand in the pot before it \
                      becomes what nobody would want to drink any more."
            .to_owned(),
        site: "The house of tea".to_owned(),
        picture: Some(picture(80, 60)),
    }
}

fn with_links(n: i64, body: &str, links: Vec<LinkPreview>) -> Message {
    Message { annotations: Annotations { links, ..Annotations::default() }, ..message(n, body) }
}

fn row(world: &World, id: i64) -> MessageRow {
    let index = world.history().position_of(MessageId(id)).expect("it is loaded");
    world.view().row(index).and_downcast().expect("it has a row")
}

/// Those that can be seen, from the top.
fn in_order<T: IsA<gtk::Widget>>(widget: &impl IsA<gtk::Widget>) -> Vec<T> {
    all::<T>(widget).into_iter().filter(WidgetExt::is_mapped).collect()
}

fn cards(widget: &impl IsA<gtk::Widget>) -> Vec<LinkCard> {
    in_order(widget)
}

fn texts(widget: &impl IsA<gtk::Widget>) -> Vec<String> {
    in_order::<gtk::Label>(widget).iter().map(|label| label.text().to_string()).collect()
}

fn has_text(world: &World, text: &str) -> bool {
    texts(&world.page.composer()).iter().any(|known| known == text)
}

/// One types; the cursor is where it was.
fn types(world: &World, text: &str) {
    world.page.composer().text_view().buffer().insert_at_cursor(text);
}

fn send(world: &World) {
    world.page.composer().activate_action("composer.send", None).expect("it is there");
}

/// Longer than one waits before a page is asked.
fn pass_time() {
    let end = Instant::now() + Duration::from_millis(1_300);
    wait("some time", || Instant::now() > end);
}

fn short_conversation() -> Vec<Message> {
    (0..3).map(|n| message(n, "Good morning")).collect()
}

#[gtk::test]
fn a_card_says_where_a_link_leads_and_leads_there() {
    let lie = LinkPreview {
        url: "https://evil.example/".to_owned(),
        title: "<b>Your</b> bank".to_owned(),
        site: "bank.example".to_owned(),
        ..LinkPreview::default()
    };
    let body = format!("Look: {TEA} and https://evil.example/");
    let (first, second) = (with_links(0, &body, vec![tea(), lie]), message(1, "No link here"));
    let world = World::new(vec![first, second], 0, (560, 640));
    assert!(cards(&row(&world, 1)).is_empty());
    let shown = cards(&row(&world, 0));
    let said: Vec<_> = shown.iter().map(texts).collect();
    assert_eq!((said[0][0].as_str(), said[0][2].as_str()), ("Darjeeling, first flush", "tea.example"));
    assert_eq!(
        said[1],
        ["<b>Your</b> bank", "evil.example", "bank.example"],
        "the link's own host before what is claimed"
    );
    assert_eq!(shown[0].accessible_role(), gtk::AccessibleRole::Link);
    world.shot("preview");
    // What the row would open.
    let opened: Rc<RefCell<Vec<String>>> = Rc::default();
    let (group, action) =
        (gio::SimpleActionGroup::new(), gio::SimpleAction::new("open-link", Some(glib::VariantTy::STRING)));
    let list = Rc::clone(&opened);
    action.connect_activate(move |_, url| list.borrow_mut().extend(url.and_then(glib::Variant::get::<String>)));
    group.add_action(&action);
    shown[0].insert_action_group("message", Some(&group));
    shown[0].emit_clicked();
    assert_eq!(*opened.borrow(), [TEA]);
    // It is said otherwise, and then nothing is.
    for (links, count) in [(vec![tea()], 1), (vec![], 0)] {
        let changed = with_links(0, &body, links);
        world.event(Event::MessagesChanged { conversation: CONVERSATION, messages: vec![changed] });
        wait("fewer cards", || cards(&row(&world, 0)).len() == count);
    }
}

#[gtk::test]
fn a_card_survives_a_narrow_window_arabic_and_the_dark() {
    let arabic = LinkPreview {
        title: "الشاي الأخضر وفوائده".to_owned(),
        description: "مقال قصير عن الشاي".to_owned(),
        site: "بيت الشاي".to_owned(),
        ..tea()
    };
    let long = LinkPreview {
        url: format!("https://{}.evil.example/", "very-long-name".repeat(4)),
        title: "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung".to_owned(),
        picture: None,
        ..tea()
    };
    let links = [
        with_links(0, TEA, vec![tea()]),
        with_links(1, TEA, vec![arabic]),
        with_links(3, &long.url.clone(), vec![long]),
    ];
    let world = World::new(links.into(), 0, (360, 640));
    for id in [0, 1, 3] {
        let row = row(&world, id);
        for card in cards(&row) {
            let place = card.compute_bounds(&world.window).unwrap();
            assert!(place.x() >= 0.0 && place.x() + place.width() <= 360.0, "{place:?}");
            let thumb = all::<gtk::Widget>(&card).into_iter().find(|widget| widget.css_name() == "thumb").unwrap();
            assert_eq!((thumb.width(), thumb.height()), if id == 3 { (0, 0) } else { (64, 64) });
        }
    }
    world.shot("preview-narrow");
    gtk::Widget::set_default_direction(gtk::TextDirection::Rtl);
    let mirrored = World::new(vec![with_links(0, TEA, vec![tea()]), with_links(3, TEA, vec![tea()])], 0, (360, 640));
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark);
    mirrored.settle();
    mirrored.shot("preview-rtl-dark");
    let card = cards(&row(&mirrored, 0)).remove(0);
    let labels = in_order::<gtk::Label>(&card);
    let thumb = all::<gtk::Widget>(&card).into_iter().find(|widget| widget.css_name() == "thumb").unwrap();
    let x = |widget: &gtk::Widget| widget.compute_bounds(&card).unwrap().x();
    assert!(x(&thumb) > x(labels[0].upcast_ref()), "the picture stands where one begins to read");
    // Every line begins there, whatever way its letters go.
    let layout = labels[1].layout();
    assert!(labels[1].text().contains("What grows") && layout.line_count() == 2);
    let (_, all) = layout.extents();
    let mut lines = layout.iter();
    loop {
        let (_, line) = lines.line_extents();
        let gap = all.x() + all.width() - line.x() - line.width();
        assert!(gap < gtk::pango::SCALE, "a line ends {gap} before the others");
        if !lines.next_line() {
            break;
        }
    }
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
}

#[gtk::test]
fn it_is_a_choice_that_is_off_until_it_is_made() {
    let (settings, world) = (settings(), World::new(short_conversation(), 0, (360, 640)));
    assert!(!settings.boolean("link-previews") && !world.page.composer().asks_pages());
    let dialog = PreferencesDialog::new(&settings, world.messenger.engine());
    dialog.present(Some(&world.window));
    dialog.set_visible_page_name("privacy");
    let rows = || all::<adw::SwitchRow>(&dialog);
    let is_shown = |row: &adw::SwitchRow| row.is_mapped() && row.title() == "Send previews of links";
    wait("the choice", || rows().iter().any(is_shown));
    let row = rows().into_iter().find(is_shown).unwrap();
    assert!(!row.is_active() && row.subtitle().is_some_and(|said| said.contains("your internet address")));
    world.shot("preview-choice");
    row.set_active(true);
    wait("the composer", || world.page.composer().asks_pages());
    row.set_active(false);
    wait("the composer", || !world.page.composer().asks_pages());
    settings.reset("link-previews");
    dialog.force_close();
}

#[gtk::test]
fn no_page_is_asked_unless_one_wants_that() {
    let world = World::new(short_conversation(), 0, (560, 640));
    world.engine.pages.replace(vec![tea()]);
    types(&world, &format!("see {TEA} "));
    pass_time();
    world.settle();
    assert_eq!(world.said("LoadLinkPreview"), 0);
    send(&world);
    wait("it is sent", || world.said("preview: None") == 1);
}

#[gtk::test]
fn what_a_page_says_is_shown_above_the_field_and_goes_with_the_message() {
    let world = World::new(short_conversation(), 0, (560, 640));
    world.page.composer().set_asks_pages(true);
    world.engine.pages.replace(vec![tea()]);
    types(&world, &format!("see {TEA}"));
    wait("the card", || has_text(&world, "Darjeeling, first flush"));
    types(&world, ", it is good");
    assert!(has_text(&world, "tea.example"), "it stays while one goes on");
    world.settle();
    world.shot("preview-writing");
    assert_eq!(world.said("LoadLinkPreview"), 1);
    send(&world);
    wait("it is sent", || world.said("SendMessage") == 1 && world.said("Darjeeling") == 1);
    wait("the card is gone", || !has_text(&world, "Darjeeling, first flush"));
    wait("its row", || world.history().position_of(MessageId(3)).is_some());
    world.settle();
    assert_eq!(texts(&cards(&row(&world, 3))[0])[0], "Darjeeling, first flush");
    // The text was changed so that there is no link any more.
    types(&world, TEA);
    wait("the card", || has_text(&world, "Darjeeling, first flush"));
    assert_eq!(world.said("LoadLinkPreview"), 1, "one knows that already");
    world.page.composer().text_view().buffer().set_text("never mind");
    wait("no card", || !has_text(&world, "Darjeeling, first flush"));
}

#[gtk::test]
fn a_card_can_be_left_out_with_its_button_and_with_escape() {
    let world = World::new(short_conversation(), 0, (560, 640));
    wait("the window in front", || world.window.is_active());
    world.page.composer().set_asks_pages(true);
    world.engine.pages.replace(vec![tea()]);
    for leave_out in [
        |world: &World| world.page.composer().activate_action("composer.leave-out-link", None).unwrap(),
        |world: &World| world.press(&["Escape"]),
    ] {
        world.page.focus_composer();
        types(&world, TEA);
        wait("the card", || has_text(&world, "Darjeeling, first flush"));
        leave_out(&world);
        wait("no card", || !has_text(&world, "Darjeeling, first flush"));
        types(&world, " is good");
        assert!(!has_text(&world, "Darjeeling, first flush"), "it does not come back by itself");
        let sent = world.said("preview: None");
        send(&world);
        wait("it is sent without", || world.said("preview: None") == sent + 1);
    }
}

#[gtk::test]
fn a_link_that_came_into_the_field_by_itself_is_not_asked() {
    let world = World::new(short_conversation(), 0, (560, 640));
    world.page.composer().set_asks_pages(true);
    world.engine.pages.replace(vec![tea()]);
    world.page.composer().suggest(TEA);
    pass_time();
    world.settle();
    assert_eq!(world.said("LoadLinkPreview"), 0);
}

#[gtk::test]
fn what_could_not_be_sent_or_was_taken_back_comes_back_with_its_card() {
    let world = World::new(short_conversation(), 0, (560, 640));
    world.page.composer().set_asks_pages(true);
    world.engine.pages.replace(vec![tea()]);
    types(&world, TEA);
    wait("the card", || has_text(&world, "Darjeeling, first flush"));
    world.engine.limit.set(3);
    send(&world);
    wait("it is back", || world.said("SendMessage") == 1 && world.page.composer().text() == TEA);
    assert!(has_text(&world, "Darjeeling, first flush"));
    world.engine.limit.set(60_000);
    world.engine.held_until.set(Some(Timestamp(4_000_000_000_000)));
    send(&world);
    wait("its row", || world.history().position_of(MessageId(3)).is_some());
    wait("no card", || !has_text(&world, "Darjeeling, first flush"));
    world.settle();
    row(&world, 3).activate_action("message.undo-send", None).expect("it is held");
    wait("the card again", || has_text(&world, "Darjeeling, first flush"));
    assert_eq!(world.said("LoadLinkPreview"), 1);
}

#[gtk::test]
fn who_changes_a_message_keeps_what_was_said_of_its_link_or_leaves_it_out() {
    let own = Message { is_outgoing: true, state: MessageState::Delivered, ..with_links(0, TEA, vec![tea()]) };
    let world = World::new(vec![own], 0, (560, 640));
    for (change, count) in [(" now", 1), (" again", 0)] {
        row(&world, 0).activate_action("message.edit", None).expect("it is one's own");
        wait("the card", || has_text(&world, "Darjeeling, first flush"));
        types(&world, change);
        if count == 0 {
            world.page.composer().activate_action("composer.leave-out-link", None).unwrap();
        }
        send(&world);
        wait("as it was said", || cards(&row(&world, 0)).len() == count);
    }
    assert_eq!(world.said("LoadLinkPreview"), 0, "nobody was asked");
}
