//! Texts that are covered until their reader wants to see them (XEP-0382).

use adw::prelude::*;
use stonechat::{
    engine::api::{Attachment, AttachmentKind, Message, MessageState, TextFormat},
    ui::{bubble_text::BubbleText, message_row::MessageRow},
};

use crate::world::{World, message, wait};

const ENDING: &str = "And at the end of the story, both of them die!";

fn spoiler(hint: &str) -> TextFormat {
    TextFormat { spoiler: Some(hint.to_owned()), ..TextFormat::default() }
}

fn covered(n: i64, hint: &str) -> Message {
    let incoming = Message { is_outgoing: false, state: MessageState::Received, ..message(n, ENDING) };
    Message { format: spoiler(hint), ..incoming }
}

fn row(world: &World, index: u32) -> MessageRow {
    world.view().row(index).and_downcast().expect("it is in sight")
}

/// All that can be read in a widget.
fn readable(widget: &impl IsA<gtk::Widget>) -> String {
    let mut text = String::new();
    let mut child = widget.first_child();
    while let Some(widget) = child {
        let label = widget.downcast_ref::<gtk::Label>().map(|label| label.text().to_string());
        let shown = label.or_else(|| widget.downcast_ref::<BubbleText>().map(|text| text.text().to_string()));
        match shown.filter(|_| widget.is_visible()) {
            Some(shown) => text.extend([shown.as_str(), "|"]),
            None if widget.is_visible() => text.push_str(&readable(&widget)),
            None => {}
        }
        child = widget.next_sibling();
    }
    text
}

fn button(row: &MessageRow) -> gtk::Button {
    fn find(widget: &gtk::Widget) -> Option<gtk::Button> {
        let mut child = widget.first_child();
        while let Some(widget) = child {
            let found = widget.downcast_ref::<gtk::Button>().filter(|button| button.has_css_class("spoiler")).cloned();
            if let Some(found) = found.or_else(|| find(&widget)) {
                return Some(found);
            }
            child = widget.next_sibling();
        }
        None
    }
    find(row.upcast_ref()).expect("it can be uncovered")
}

#[gtk::test]
fn a_covered_text_is_seen_when_its_reader_wants_to_and_no_sooner() {
    let world = World::new(vec![covered(1, "Love story end"), covered(2, ""), message(3, "plain")], 0, (500, 500));
    world.shot("spoiler");
    let first = row(&world, 0);
    assert!(readable(&first).contains("Spoiler: Love story end") && !readable(&first).contains("die"));
    assert!(readable(&row(&world, 1)).starts_with("Spoiler|"), "{}", readable(&row(&world, 1)));
    first.activate_action("message.copy", None).unwrap();
    assert_eq!(world.clipboard(), "Spoiler: Love story end");
    button(&first).emit_clicked();
    wait("the text", || readable(&first).contains(ENDING) && readable(&first).contains("Love story end"));
    world.settle();
    world.shot("spoiler-uncovered");
    assert!(!readable(&row(&world, 1)).contains("die"), "the other one stays covered");
    first.activate_action("message.copy", None).unwrap();
    assert_eq!(world.clipboard(), ENDING);
    // By the keyboard it is covered again.
    wait("the window in front", || world.window.is_active());
    first.grab_focus();
    first.activate_action("message.activate", None).unwrap();
    wait("the cover", || !readable(&first).contains("die"));
}

#[gtk::test]
fn what_is_said_of_a_covered_text_does_not_tell_it() {
    let world = World::new(vec![covered(1, "the end"), message(2, "plain")], 0, (500, 500));
    row(&world, 0).activate_action("message.answer", None).unwrap();
    world.settle();
    assert!(readable(&world.page).contains("the end") && !readable(&world.page).contains("die"));
    row(&world, 0).activate_action("message.forward", None).unwrap();
    wait("the dialog", || world.window.visible_dialog().is_some());
    let dialog = world.window.visible_dialog().expect("it is open");
    assert!(readable(&dialog).contains("Spoiler: the end") && !readable(&dialog).contains("die"));
    dialog.force_close();
}

#[gtk::test]
fn a_text_is_sent_covered_and_the_hint_with_it() {
    let world = World::new(vec![message(1, "plain")], 0, (500, 500));
    wait("the window in front", || world.window.is_active());
    world.page.focus_composer();
    let composer = world.page.composer();
    world.press(&["d", "i", "e", "ctrl+shift+h"]);
    wait("the text with the keyboard", || composer.text() == "die" && composer.text_view().has_focus());
    world.settle();
    world.shot("spoiler-composer");
    world.press(&["shift+Tab", "shift+Tab", "shift+Tab", "e", "n", "d", "Return"]);
    wait("the text again", || composer.text_view().has_focus());
    world.press(&["Return"]);
    wait("the message", || world.said("SendMessage") == 1);
    let sent = world.engine.messages.borrow().last().cloned().expect("it was sent");
    assert_eq!((sent.body.as_str(), sent.format), ("die", spoiler("end")));
    // The next one is a text like any other.
    world.press(&["o", "k", "Return"]);
    wait("the next", || world.said("SendMessage") == 2);
    assert_eq!(world.engine.messages.borrow().last().map(|last| last.format.clone()), Some(TextFormat::default()));
    // Whoever changes a covered one finds it as it was.
    world.press(&["ctrl+shift+h", "x"]);
    wait("another one begun", || composer.text() == "x");
    row(&world, 1).activate_action("message.edit", None).unwrap();
    wait("the text to be changed", || composer.text() == "die");
    world.press(&["End", "d", "Return"]);
    wait("the new text", || world.said("CorrectMessage") == 1);
    let changed = world.engine.messages.borrow()[1].clone();
    assert_eq!((changed.body.as_str(), changed.format), ("died", spoiler("end")));
    wait("what was begun", || composer.text() == "x");
}

#[gtk::test]
fn the_details_name_a_covered_file_when_it_is_uncovered_and_no_sooner() {
    let name = "both-die.pdf".to_owned();
    let file = Attachment { kind: AttachmentKind::Other, name, is_uploaded: true, ..Attachment::default() };
    let world = World::new(vec![Message { attachment: Some(file), ..covered(1, "the end") }], 0, (500, 500));
    let details = |what: &str, holds: &dyn Fn(&str) -> bool| {
        row(&world, 0).activate_action("message.details", None).unwrap();
        wait("the details", || world.window.visible_dialog().is_some());
        let dialog = world.window.visible_dialog().expect("it is open");
        wait(what, || readable(&dialog).contains("File"));
        assert!(holds(&readable(&dialog)), "{what}: {}", readable(&dialog));
        dialog.force_close();
        wait("the conversation again", || world.window.visible_dialog().is_none());
    };
    details("the hint", &|text| text.contains("Spoiler: the end") && !text.contains("die"));
    row(&world, 0).activate_action("message.uncover", None).unwrap();
    details("the name", &|text| text.contains("both-die.pdf"));
}
