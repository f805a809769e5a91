//! Answering, changing, reacting to and deleting messages that are there.

use adw::prelude::*;
use stonechat::{
    engine::api::{Annotations, Event, Message, MessageId, Quote, Reaction, Timestamp},
    ui::{bubble_text::BubbleText, message_row::MessageRow, undo_bar::UndoBar},
};

use crate::world::{CONVERSATION, World, address, all, message, wait};

const TEXTS: [&str; 8] = [
    "Shall we bake a cake tonight?",
    "With cherries and a lot of cream, as the one that we had in May",
    "Yes, at eight",
    "I am so sorry, but I can't",
    "There is a wheatear on the roof",
    "And two on the fence!",
    "I see them",
    "👍",
];

/// A short conversation: three by Bob, three by Alice, two by Bob.
fn world() -> World {
    let texts = (1..).zip(TEXTS);
    World::new(texts.map(|(n, text)| message(n - 1, text)).collect(), 0, (560, 640))
}

fn row(world: &World, id: i64) -> MessageRow {
    let index = world.history().position_of(MessageId(id)).expect("it is loaded");
    world.view().row(index).and_downcast().expect("it has a row")
}

fn act(world: &World, id: i64, action: &str) {
    row(world, id).activate_action(action, None).expect("it is there");
}

fn shows(widget: &impl IsA<gtk::Widget>, text: &str) -> bool {
    all::<gtk::Label>(widget).iter().any(|label| label.text() == text && label.is_mapped())
        || all::<BubbleText>(widget).iter().any(|shown| shown.text() == text && shown.is_mapped())
}

#[gtk::test]
fn an_answer_shows_what_it_answers_and_leads_there() {
    let world = world();
    act(&world, 0, "message.answer");
    wait("the bar", || shows(&world.page.composer(), "Reply to Bob Martens"));
    world.page.composer().suggest("Of course!");
    world.shot("answering");
    world.page.composer().activate_action("composer.send", None).unwrap();
    wait("the answer", || world.said("answers: Some(MessageId(0))") == 1);
    wait("its row", || world.history().position_of(MessageId(8)).is_some());
    world.settle();
    assert!(shows(&row(&world, 8), TEXTS[0]) && shows(&row(&world, 8), "Bob Martens"));
    wait("the bar gone: the next is no answer", || !shows(&world.page.composer(), "Reply to Bob Martens"));
    world.shot("answered");
    let quote = all::<gtk::Button>(&row(&world, 8)).into_iter().find(|b| b.has_css_class("reply-quote")).unwrap();
    quote.emit_clicked();
    wait("what is answered", || row(&world, 0).has_css_class("pointed-at"));
}

#[gtk::test]
fn one_edits_what_one_wrote_last_with_the_arrow_up_and_keeps_what_was_being_written() {
    let world = world();
    wait("the window in front", || world.window.is_active());
    world.page.focus_composer();
    world.press(&["Up"]);
    wait("its text in the field", || world.page.composer().text() == TEXTS[5]);
    world.shot("editing");
    world.press(&["Escape"]);
    wait("the field empty again", || world.page.composer().text().is_empty());
    world.page.composer().suggest("half a draft");
    act(&world, 4, "message.edit");
    wait("its text in the field", || world.page.composer().text() == TEXTS[4]);
    world.page.composer().text_view().buffer().set_text("There is a whinchat on the roof");
    world.page.composer().activate_action("composer.send", None).unwrap();
    wait("the new text", || shows(&row(&world, 4), "There is a whinchat on the roof"));
    assert!(shows(&row(&world, 4), "edited"));
    assert_eq!(world.page.composer().text(), "half a draft");
    act(&world, 4, "message.revisions");
    wait("the earlier texts", || shows(&world.window, "frist"));
    world.shot("revisions");
}

#[gtk::test]
fn nobody_edits_what_the_other_side_wrote() {
    let world = world();
    act(&world, 0, "message.edit");
    world.settle();
    assert!(world.page.composer().text().is_empty());
}

#[gtk::test]
fn reactions_stand_under_a_message_and_a_press_takes_ones_own_away() {
    let world = world();
    let bobs = |emoji: &str| Reaction { emoji: emoji.to_owned(), by: vec![address("bob@example.org")], is_own: false };
    let annotations = Annotations { reactions: vec![bobs("🎉"), bobs("🐢")], ..Annotations::default() };
    let changed = Message { annotations, ..message(3, TEXTS[3]) };
    world.engine.messages.borrow_mut()[3] = changed.clone();
    world.event(Event::MessagesChanged { conversation: CONVERSATION, messages: vec![changed] });
    let chips = |id: i64| {
        let buttons = all::<gtk::Button>(&row(&world, id)).into_iter().filter(|b| b.has_css_class("reaction"));
        let mut chips: Vec<_> = buttons.filter(WidgetExt::is_mapped).collect();
        let x = |chip: &gtk::Button| chip.compute_bounds(&world.window).map_or(0.0, |bounds| bounds.x());
        chips.sort_by(|a, b| x(a).total_cmp(&x(b)));
        chips
    };
    wait("the chips", || chips(3).len() == 2);
    assert_eq!(chips(3)[0].tooltip_text().as_deref(), Some("Bob Martens"));
    row(&world, 6).activate_action("conversation.react", Some(&(6_i64, "👍").to_variant())).unwrap();
    wait("our own", || chips(6).len() == 1);
    assert!(chips(6)[0].has_css_class("own"));
    world.settle();
    act(&world, 6, "message.menu");
    world.shot("reactions");
    chips(6)[0].emit_clicked();
    wait("it is gone", || chips(6).is_empty());
    assert_eq!(world.said("React"), 2);
}

#[gtk::test]
fn one_is_asked_where_a_message_is_to_be_deleted() {
    let world = world();
    act(&world, 4, "message.delete");
    let dialog = || {
        all::<gtk::Button>(&world.window).into_iter().find(|b| b.label().is_some_and(|l| l.contains("for _everyone")))
    };
    wait("the question", || dialog().is_some_and(|button| button.is_mapped()));
    world.settle();
    world.shot("delete");
    dialog().unwrap().emit_clicked();
    wait("the message gone", || shows(&row(&world, 4), "Message deleted"));
    wait("the question gone", || dialog().is_none_or(|button| !button.is_mapped()));
    act(&world, 0, "message.delete");
    let here = || {
        all::<gtk::Button>(&world.window)
            .into_iter()
            .find(|b| b.is_mapped() && b.label().is_some_and(|l| l.contains("for _me")))
    };
    wait("the question", || here().is_some());
    assert!(dialog().is_none_or(|button| !button.is_mapped()), "it is not ours");
    here().unwrap().emit_clicked();
    wait("the row gone", || world.history().position_of(MessageId(0)).is_none());
    world.settle();
    world.shot("deleted");
}

#[gtk::test]
fn a_quote_of_what_is_not_here_leads_nowhere() {
    let world = world();
    let quote = Quote {
        message: None,
        sender: None,
        is_own: false,
        text: "long ago".to_owned(),
        file: None,
        is_spoiler: false,
        is_retracted: false,
    };
    let annotations = Annotations { quote: Some(quote), edited_at: Some(Timestamp(1)), ..Annotations::default() };
    world.receive(Message { annotations, ..message(8, "I remember") });
    wait("the answer", || world.history().position_of(MessageId(8)).is_some());
    world.settle();
    let quote = all::<gtk::Button>(&row(&world, 8)).into_iter().find(|b| b.has_css_class("reply-quote")).unwrap();
    assert!(!quote.is_sensitive() && shows(&row(&world, 8), "long ago"));
}

/// Sends a text that can be taken back for a while; its row.
fn send_held(world: &World, text: &str) -> MessageRow {
    let now = glib::real_time() / 1_000;
    world.engine.held_until.set(Some(Timestamp(now + 9_500)));
    let composer = world.page.composer();
    composer.text_view().buffer().set_text(text);
    composer.activate_action("composer.send", None).expect("it is there");
    wait("the message", || world.history().last().is_some_and(|last| last.body() == text));
    world.settle();
    row(world, world.history().last().expect("it was sent").id().0)
}

#[gtk::test]
fn a_message_that_has_not_left_is_taken_back_with_a_press_or_with_control_z() {
    let world = world();
    let count = world.history().n_items();
    let held = send_held(&world, "Not like this");
    assert!(shows(&held, "Sending in 10 seconds"), "the time is said");
    world.shot("undo");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark);
    world.window.set_default_size(360, 640);
    world.settle();
    world.shot("undo-narrow");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
    held.activate_action("message.undo-send", None).unwrap();
    wait("the text in the field", || world.page.composer().text() == "Not like this");
    wait("the message gone", || world.history().n_items() == count);
    send_held(&world, "Nor so");
    wait("the window in front", || world.window.is_active());
    world.page.focus_composer();
    world.press(&["ctrl+z"]);
    wait("the text in the field", || world.page.composer().text() == "Nor so");
    assert_eq!(world.said("UndoSend"), 2);
    // With a text in the field the keys undo what was typed.
    world.press(&["ctrl+z"]);
    world.settle();
    assert_eq!(world.said("UndoSend"), 2);
}

#[gtk::test]
fn the_time_that_is_left_is_counted_only_while_there_is_some_and_the_message_in_sight() {
    let world = world();
    let held = send_held(&world, "In a moment");
    let bar = all::<UndoBar>(&held).remove(0);
    assert!(bar.counts());
    held.unbind();
    assert!(!bar.counts(), "the row waits for another message");
    bar.set_until(Some(Timestamp(glib::real_time() / 1_000 + 20)));
    wait("the end", || !bar.counts());
    assert!(shows(&bar, "Sending in 0 seconds"));
    bar.set_until(None);
    assert!(!bar.counts());
}

#[gtk::test]
fn what_has_left_meanwhile_is_not_taken_back_and_that_is_said() {
    let world = world();
    let held = send_held(&world, "Too late");
    let id = world.history().last().unwrap().id();
    let left = {
        let mut messages = world.engine.messages.borrow_mut();
        let message = messages.last_mut().unwrap();
        message.annotations.held_until = None;
        message.clone()
    };
    held.activate_action("message.undo-send", None).unwrap();
    wait("the reason", || shows(&world.page.composer(), "The message has left already."));
    assert!(world.page.composer().text().is_empty());
    world.event(Event::MessagesChanged { conversation: CONVERSATION, messages: vec![left] });
    wait("no more time", || !shows(&row(&world, id.0), "Sending in 10 seconds") && world.said("UndoSend") == 1);
    world.settle();
    assert!(
        all::<gtk::Label>(&row(&world, id.0))
            .iter()
            .all(|label| !label.is_mapped() || !label.text().starts_with("Sending"))
    );
}

#[gtk::test]
fn the_details_of_a_message_say_what_is_known_and_can_be_copied() {
    let world = world();
    act(&world, 4, "message.details");
    wait("the details", || shows(&world.window, "Message details"));
    for text in ["From", "You (alice@example.org)", "Delivered", "Edited"] {
        wait(text, || shows(&world.window, text));
    }
    assert!(!shows(&world.window, "File"), "it has none");
    world.shot("details");
    world.window.set_default_size(360, 640);
    world.settle();
    world.shot("details-narrow");
    let copy =
        all::<gtk::Button>(&world.window).into_iter().find(|it| it.tooltip_text().as_deref() == Some("Copy all"));
    copy.expect("it can be copied").emit_clicked();
    let copied = world.clipboard();
    assert!(copied.starts_with("From: You (alice@example.org)\nWritten: "), "{copied}");
    assert!(copied.contains("\nState: Delivered\nEdited: "), "{copied}");
    for line in copied.lines().filter(|line| line.starts_with("Written: ") || line.starts_with("Edited: ")) {
        let (_, seconds) = line.rsplit_once(':').unwrap();
        assert!(line.matches(':').count() == 3 && seconds.len() == 2, "to the second: {line}");
    }
}

#[gtk::test]
fn of_a_correction_whose_message_never_came_the_details_say_so() {
    let annotations = Annotations { edited_at: Some(Timestamp(1_790_000_060_000)), ..Annotations::default() };
    let world = World::new(vec![Message { annotations, ..message(0, "orphan") }], 0, (500, 500));
    assert!(shows(&row(&world, 0), "edited"));
    act(&world, 0, "message.details");
    wait("the details", || shows(&world.window, "First text") && shows(&world.window, "Was not found"));
    world.window.visible_dialog().expect("it is open").force_close();
    act(&world, 0, "message.revisions");
    wait("the texts", || shows(&world.window, "Earlier texts"));
    let said = |text: &str| all::<gtk::Label>(&world.window).iter().any(|label| label.text().contains(text));
    assert!(said("first") && !said("as it was written first"));
}
