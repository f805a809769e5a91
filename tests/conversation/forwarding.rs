//! Sending a message on.

use std::{cell::RefCell, rc::Rc};

use adw::prelude::*;
use gtk::glib;
use stonechat::{
    engine::api::{MessageId, Timestamp},
    ui::message_row::MessageRow,
};

use crate::world::{World, message, wait};

#[gtk::test]
fn a_message_is_sent_on_to_whoever_is_chosen_and_not_before() {
    let world = World::new(vec![message(1, "the address is 5, Hill Road"), message(2, "thanks")], 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    let row = world.view().row(0).and_downcast::<MessageRow>().expect("it is in sight");
    row.activate_action("message.forward", None).unwrap();
    wait("the dialog", || world.window.visible_dialog().is_some());
    world.settle();
    world.shot("forward");
    world.press(&["n", "o", "b", "o", "d", "y", "Return", "Return"]);
    assert_eq!(world.said("SendMessage"), 0, "nobody was found");
    world.press(&["ctrl+a", "b", "o", "b", "Return"]);
    assert_eq!(world.said("SendMessage"), 0, "somebody is chosen, and nothing sent yet");
    world.shot("forward-chosen");
    world.press(&["Return"]);
    wait("the message", || world.history().last().is_some_and(|last| last.body() == "the address is 5, Hill Road"));
    assert_eq!(world.said("SendMessage"), 1);
    wait("the dialog gone", || world.window.visible_dialog().is_none());
}

#[gtk::test]
fn several_messages_are_sent_on_in_their_order() {
    let history = (1..=5).map(|n| message(n, &format!("message number {n}"))).collect();
    let world = World::new(history, 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    world.click(MessageId(4), &["ctrl"]);
    world.click(MessageId(2), &["ctrl"]);
    wait("a selection", || world.selected() == [2, 4]);
    world.shot("forward-selected");
    world.page.pane().activate_action("history.forward", None).unwrap();
    wait("the dialog", || world.window.visible_dialog().is_some());
    world.settle();
    world.press(&["b", "o", "b", "Return"]);
    assert!(world.page.pane().is_selecting() && world.said("SendMessage") == 0);
    world.press(&["Return"]);
    wait("both messages", || world.said("SendMessage") == 2);
    let sent: Vec<_> = world.engine.messages.borrow()[5..].iter().map(|message| message.body.clone()).collect();
    assert_eq!(sent, ["message number 2", "message number 4"]);
    assert!(!world.page.pane().is_selecting());
}

#[gtk::test]
fn what_can_still_be_taken_back_is_not_said_to_be_forwarded() {
    let world = World::new(vec![message(1, "the address is 5, Hill Road")], 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    let said = Rc::new(RefCell::new(Vec::new()));
    let notices = said.clone();
    world.page.connect_notice(move |text| notices.borrow_mut().push(text.replace(['\u{2068}', '\u{2069}'], "")));
    for (held_for, expected) in [(Some(60_000), "Forwarding to Bob Martens in "), (None, "Forwarded to Bob Martens")] {
        world.engine.held_until.set(held_for.map(|time| Timestamp(glib::real_time() / 1_000 + time)));
        let row = world.view().row(0).and_downcast::<MessageRow>().expect("it is in sight");
        row.activate_action("message.forward", None).unwrap();
        wait("the dialog", || world.window.visible_dialog().is_some());
        world.settle();
        world.press(&["b", "o", "b", "Return", "Return"]);
        wait("a word", || !said.borrow().is_empty());
        let text = said.take().concat();
        assert!(text.starts_with(expected) && text.ends_with("seconds") == held_for.is_some(), "{text}");
        wait("the dialog gone", || world.window.visible_dialog().is_none());
    }
}
