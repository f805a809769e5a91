//! A conversation in a real window, over an engine that the test plays. Needs a display.
#![cfg(feature = "ui")]

mod amending;
mod files;
mod film;
mod forwarding;
mod mentions;
mod previews;
mod searching;
mod selecting;
mod sound;
mod spelling;
mod spoilers;
mod styling;
mod travel;
mod voice;
mod world;

use std::time::{Duration, Instant};

use adw::prelude::*;
use stonechat::engine::api::{ChatState, Event, Message, MessageId, MessageState, SendFailure, Timestamp};
use stonechat::ui::{bubble_text::BubbleText, message_row::MessageRow};
use world::{CONVERSATION, World, all, frame, message, wait, words};

fn long_history() -> Vec<Message> {
    (1..=3_000).map(|n| message(n, &words(n))).collect()
}

#[gtk::test]
fn it_opens_with_the_newest_message_at_the_bottom() {
    let world = World::new(long_history(), 0, (900, 700));
    let (_, last) = world.view().visible_range().unwrap();
    assert_eq!(world.history().message(last).unwrap().id(), MessageId(3_000));
    assert!(world.view().distance_to_end().abs() < 1.0);
    assert!(world.view().live_rows() < 60, "{} rows", world.view().live_rows());
    world.shot("open");
}

#[gtk::test]
fn the_message_under_the_eye_stays_while_pages_load() {
    let world = World::new(long_history(), 0, (900, 700));
    let mut steps_with_loading = 0;
    for _ in 0..70 {
        let before = world.history().n_items();
        let (eye, y) = world.under_the_eye();
        world.scroll_by(-400.0);
        let seen = world.seen_at(eye);
        // Scrolled by what was asked for, whatever came in meanwhile.
        if let Some(seen) = seen {
            assert!((seen - y - 400.0).abs() < 1.0, "{eye:?} was at {y} and is at {seen}");
        }
        let (eye, y) = world.under_the_eye();
        world.settle();
        let seen = world.seen_at(eye).expect("still there");
        assert!((seen - y).abs() < 1.0, "{eye:?} moved by {} while loading", seen - y);
        steps_with_loading += usize::from(world.history().n_items() != before);
    }
    assert!(steps_with_loading > 3, "no page was loaded");
    assert!(!world.history().is_at_newest(), "the window over the history has moved on");
    assert!(world.view().live_rows() < 80, "{} rows", world.view().live_rows());
    world.shot("scrolled");
    world.page.pane().show_newest();
    wait("the newest", || world.history().is_at_newest());
    world.settle();
    assert!(world.view().distance_to_end().abs() < 1.0);
}

#[gtk::test]
fn a_row_that_grows_above_moves_nothing_and_at_the_end_one_stays_at_the_end() {
    let world = World::new(long_history(), 0, (900, 700));
    world.receive(message(3_001, "one more"));
    world.settle();
    assert!(world.view().distance_to_end().abs() < 1.0);
    world.scroll_by(-400.0);
    world.settle();
    let (eye, y) = world.under_the_eye();
    let above = world.history().message(world.history().position_of(eye).unwrap() - 1).unwrap();
    let grown = Message {
        body: words(59).repeat(9),
        ..world.engine.messages.borrow()[usize::try_from(above.id().0).unwrap() - 1].clone()
    };
    world.event(Event::MessagesChanged { conversation: CONVERSATION, messages: vec![grown] });
    world.receive(message(3_002, "not in sight"));
    world.settle();
    let seen = world.seen_at(eye).unwrap();
    assert!((seen - y).abs() < 1.0, "moved by {}", seen - y);
}

#[gtk::test]
fn a_jump_is_exact_with_the_first_frame() {
    let world = World::new(long_history(), 0, (900, 700));
    for target in [5, 1_500, 2_990, 700, 2_000] {
        world.page.pane().show_message(MessageId(target));
        wait("the message", || world.history().position_of(MessageId(target)).is_some());
        frame(&world.window);
        let y = world.seen_at(MessageId(target)).expect("it is in sight");
        assert!((0.0..660.0).contains(&y), "{target} at {y}");
        world.settle();
        assert!((world.seen_at(MessageId(target)).unwrap() - y).abs() < 1.0, "and stays there");
    }
}

#[gtk::test]
fn unread_messages_begin_at_the_top_and_are_seen_as_one_scrolls() {
    let world = World::new(long_history(), 70, (900, 700));
    let first = {
        let messages = world.engine.messages.borrow();
        messages.iter().rev().filter(|message| !message.is_outgoing).nth(69).unwrap().cursor.id
    };
    let y = world.seen_at(first).expect("it is in sight");
    assert!((0.0..200.0).contains(&y), "at {y}");
    assert_eq!(world.said("position: 3000"), 0, "the newest was not in sight");
    world.shot("unread");
}

#[gtk::test]
fn two_megabytes_of_text_do_not_hang_the_window() {
    let body = "Lorem ipsum dolor sit amet ".repeat(80_000);
    let begun = Instant::now();
    let world = World::new(vec![message(1, "before"), message(2, &body), message(3, "after")], 0, (900, 700));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    world.shot("long");
}

#[gtk::test]
fn what_is_written_is_sent_and_what_is_too_long_comes_back() {
    let world = World::new(long_history(), 0, (900, 700));
    let composer = world.page.composer();
    assert!(composer.height() < 70, "one line: {}", composer.height());
    let buffer = composer.text_view().buffer();
    buffer.insert_at_cursor("hello");
    wait("typing", || world.said("Composing") == 1);
    composer.activate_action("composer.send", None).unwrap();
    assert_eq!(composer.text(), "");
    wait("the message", || world.history().last().is_some_and(|last| last.body() == "hello"));
    world.settle();
    assert!(world.view().distance_to_end().abs() < 1.0);
    world.engine.limit.set(10);
    buffer.insert_at_cursor("more than ten bytes");
    composer.activate_action("composer.send", None).unwrap();
    wait("the text", || composer.text() == "more than ten bytes");
    wait("the draft", || world.said("SetDraft") > 0 && world.said("more than ten bytes") > 1);
    world.shot("too-long");
    buffer.insert_at_cursor(&"\nline".repeat(30));
    world.settle();
    let height = composer.height();
    assert!((150..330).contains(&height), "it grows to about a third of the window: {height}");
    world.shot("grown");
    world.page.set_conversation(None);
    assert_eq!(composer.text(), "");
}

#[gtk::test]
fn the_keyboard_walks_from_message_to_message_and_keeps_its_row() {
    let world = World::new(long_history(), 0, (900, 700));
    world.window.present();
    world.view().grab_focus();
    let focused = || world.focused();
    assert_eq!(focused(), Some(MessageId(3_000)));
    world.scroll_by(-4_000.0);
    world.settle();
    assert_eq!(focused(), Some(MessageId(3_000)), "the row is out of sight and keeps the keyboard");
    world.view().walk(-1);
    world.settle();
    assert_eq!(focused(), Some(MessageId(2_999)));
    assert!(world.seen_at(MessageId(2_999)).is_some_and(|y| (0.0..660.0).contains(&y)), "and comes back into sight");
}

#[gtk::test]
fn tab_leads_from_the_composer_to_the_messages_and_back() {
    let world = World::new(long_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    world.page.focus_composer();
    // The button that attaches files stands between.
    world.press(&["shift+Tab", "shift+Tab"]);
    wait("a message", || world.focused() == Some(MessageId(3_000)));
    world.press(&["Tab", "Tab"]);
    wait("the composer", || world.page.composer().text_view().has_focus());
}

#[gtk::test]
fn every_kind_of_message_has_its_looks() {
    let outgoing = |n: i64, body: &str, state| Message { is_outgoing: true, state, ..message(n, body) };
    let incoming =
        |n: i64, body: &str| Message { is_outgoing: false, state: MessageState::Received, ..message(n, body) };
    let mut messages = vec![
        incoming(1, "Hi! Did the parcel with the lenses arrive?"),
        incoming(
            2,
            "The seller says it was delivered on Tuesday, but the tracking page shows nothing at all since then, and nobody answers the telephone there.",
        ),
        outgoing(3, "It did 🎉", MessageState::Delivered),
        outgoing(
            4,
            "Pictures tomorrow. See https://example.org/lenses?set=3&page=1 for how they are meant to look",
            MessageState::Delivered,
        ),
        incoming(5, "👍"),
        incoming(6, "<b>no markup</b> & \"quotes\"\nfn main() {\n    println!(\"hi\");\n}"),
        outgoing(
            7,
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
            MessageState::Sent,
        ),
        incoming(8, "مرحبا، كيف حالك؟ هل وصلت الرسالة؟"),
        outgoing(9, "שלום! כן, הכול בסדר", MessageState::Sent),
        outgoing(10, "This one could not be sent", MessageState::Failed(SendFailure::Undeliverable)),
        outgoing(11, "And this one waits", MessageState::Waiting),
        outgoing(12, "😀😀", MessageState::Delivered),
    ];
    let now = glib::DateTime::now_utc().unwrap().to_unix() * 1_000;
    for (n, message) in (0_i64..).zip(&mut messages) {
        message.time = Timestamp(now - (12 - n) * 90_000 - if n < 4 { 26 * 3_600_000 } else { 0 });
    }
    let world = World::new(messages.clone(), 2, (900, 900));
    world.shot("looks-light");
    world.event(Event::ChatStateChanged { conversation: CONVERSATION, state: ChatState::Composing });
    wait("typing", || world.messenger.conversation(CONVERSATION).unwrap().is_composing());
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark);
    world.shot("looks-dark");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
    world.window.set_default_size(360, 640);
    world.settle();
    world.shot("looks-narrow");
    drop(world);
    gtk::Widget::set_default_direction(gtk::TextDirection::Rtl);
    let world = World::new(messages, 0, (900, 900));
    world.shot("looks-rtl");
    world.page.activate_action("conversation.details", None).unwrap();
    world.shot("details-rtl");
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
    drop(world);
    let world = World::new(Vec::new(), 0, (900, 700));
    world.shot("empty");
    world.page.activate_action("conversation.details", None).unwrap();
    world.shot("details");
}

#[gtk::test]
fn a_wide_window_keeps_the_column_and_a_narrow_one_has_room() {
    let world = World::new(long_history(), 3, (1_270, 880));
    let row_width = || world.view().row(world.view().visible_range().unwrap().1).unwrap().width();
    assert!((800..=860).contains(&row_width()), "{}", row_width());
    world.shot("wide");
    world.window.set_default_size(360, 640);
    wait("a narrow window", || world.window.width() <= 360 && row_width() <= 360);
    world.settle();
    assert!(world.view().distance_to_end().abs() < 1.0 || !world.view().is_stuck());
    world.page.activate_action("conversation.details", None).unwrap();
    world.shot("details-narrow");
}

#[gtk::test]
fn keys_do_what_one_expects() {
    let world = World::new(long_history(), 3, (900, 700));
    wait("the window in front", || world.window.is_active());
    wait("the news seen", || world.said("SetInFront { conversation: Some") > 0 && world.said("MarkRead") > 0);
    let composer = world.page.composer();
    world.page.focus_composer();
    world.press(&["o", "n", "e", "shift+Return", "t", "w", "o"]);
    wait("two lines", || composer.text() == "one\ntwo");
    world.press(&["Return"]);
    wait("the message", || world.history().last().is_some_and(|last| last.body() == "one\ntwo"));
    assert_eq!(composer.text(), "");
    // A page up from the composer, then into the messages, and back by typing.
    world.press(&["Prior"]);
    wait("a page up", || !world.view().is_stuck());
    world.view().grab_focus();
    world.press(&["x"]);
    wait("the letter", || composer.text() == "x");
    assert!(composer.text_view().has_focus());
    world.view().grab_focus();
    world.press(&["Escape"]);
    wait("the composer", || composer.text_view().has_focus());
    world.view().grab_focus();
    world.press(&["End"]);
    wait("the end", || world.view().is_stuck());
    world.press(&["Menu"]);
    world.shot("menu");
}

#[gtk::test]
fn a_text_stands_in_its_bubble_also_where_the_window_runs_the_other_way() {
    gtk::Widget::set_default_direction(gtk::TextDirection::Rtl);
    for body in ["مرحبا، كيف حالك؟", "select these words"] {
        let world = World::new(vec![message(1, body)], 0, (900, 700));
        wait("the window in front", || world.window.is_active());
        world.settle();
        let row = world.view().row(0).unwrap().downcast::<MessageRow>().unwrap();
        let text = all::<BubbleText>(&row).into_iter().find(|text| text.text() == body).expect("it is shown");
        let bounds = text.compute_bounds(&world.window).unwrap();
        let y = bounds.y() + bounds.height() / 2.0;
        // The time stands on the left.
        world.drag((bounds.x() + bounds.width() - 1.0, y), (bounds.x() + 1.0, y));
        world.shot("selected-rtl");
        wait("a selection", || row.selection().as_deref() == Some(body));
    }
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
}

#[gtk::test]
fn text_is_selected_with_the_mouse_while_the_keyboard_stays_in_the_composer() {
    let body = "select these words";
    let world = World::new(vec![message(1, body)], 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    world.page.focus_composer();
    let row = world.view().row(0).unwrap().downcast::<MessageRow>().unwrap();
    let bounds = row.compute_bounds(&world.window).unwrap();
    world.drag(
        (bounds.x() + 26.0, bounds.y() + bounds.height() - 22.0),
        (bounds.x() + 300.0, bounds.y() + bounds.height() - 22.0),
    );
    wait("a selection", || row.selection().as_deref() == Some(body));
    assert!(world.page.composer().text_view().has_focus());
    world.press(&["ctrl+c"]);
    wait("the clipboard", || world.clipboard() == body);
    world.view().grab_focus();
    world.press(&["Up"]);
    world.shot("focus");
}
