//! Going about in a long history: to days, to either end, away and back.

use adw::prelude::*;
use gtk::glib;
use stonechat::engine::api::{MessageId, Timestamp};

use crate::{
    long_history,
    world::{CONVERSATION, World, frame, message, wait},
};

/// The first moment of the day of a message, and the first message of that day.
fn day_of(world: &World, n: i64) -> (Timestamp, MessageId) {
    let messages = world.engine.messages.borrow();
    let local = |time: Timestamp| glib::DateTime::from_unix_local(time.0 / 1_000).expect("a time");
    let time = local(message(n, "").time);
    let begin =
        glib::DateTime::from_local(time.year(), time.month(), time.day_of_month(), 0, 0, 0.0).expect("a day").to_unix()
            * 1_000;
    let first = messages.iter().find(|message| message.time.0 >= begin).expect("it has messages");
    (Timestamp(begin), first.cursor.id)
}

#[gtk::test]
fn a_day_is_shown_from_its_first_message_with_the_first_frame() {
    let world = World::new(long_history(), 0, (900, 700));
    for n in [30, 1_500, 2_950, 900] {
        let (begin, first) = day_of(&world, n);
        world.page.pane().show_time(begin);
        wait("the day", || world.history().position_of(first).is_some() && world.seen_at(first).is_some());
        frame(&world.window);
        assert!(world.seen_at(first).is_some_and(|y| y.abs() < 1.0), "{n} at {:?}", world.seen_at(first));
        world.settle();
        assert!(world.seen_at(first).is_some_and(|y| y.abs() < 1.0), "{n} stays");
    }
    world.page.pane().show_time(Timestamp(i64::MAX / 2));
    wait("the newest", || world.history().is_at_newest() && world.view().is_stuck());
}

#[gtk::test]
fn a_day_is_chosen_by_keyboard() {
    let world = World::new(long_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    let (first, _) = world.view().visible_range().unwrap();
    let (_, now) = day_of(&world, world.history().message(first).unwrap().id().0);
    let (_, before) = day_of(&world, now.0 - 1);
    assert!(before < now);
    world.view().grab_focus();
    world.page.activate_action("conversation.choose-date", None).expect("it is there");
    world.settle();
    world.shot("date");
    world.press(&["Left", "Return"]);
    wait("the day", || world.seen_at(before).is_some_and(|y| y.abs() < 1.0));
}

#[gtk::test]
fn home_and_end_reach_the_oldest_and_the_newest_that_are_stored() {
    let world = World::new(long_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    world.view().grab_focus();
    world.press(&["Home"]);
    wait("the oldest", || world.focused() == Some(MessageId(1)));
    world.settle();
    assert!(world.seen_at(MessageId(1)).is_some_and(|y| y.abs() < 1.0));
    assert!(world.history().n_items() <= 400);
    world.press(&["End"]);
    wait("the newest", || world.focused() == Some(MessageId(3_000)));
    world.settle();
    assert!(world.view().is_stuck());
}

#[gtk::test]
fn whoever_comes_back_finds_the_place_that_they_left() {
    let world = World::new(long_history(), 0, (900, 700));
    for _ in 0..20 {
        world.scroll_by(-777.0);
        world.settle();
    }
    let (eye, y) = world.under_the_eye();
    world.page.set_conversation(None);
    assert!(world.history().n_items() <= 100, "what nobody looks at is let go");
    world.receive(message(3_001, "meanwhile"));
    world.page.set_conversation(world.messenger.conversation(CONVERSATION).as_ref());
    wait("the history", || world.view().live_rows() > 0);
    world.settle();
    assert!(world.seen_at(eye).is_some_and(|seen| (seen - y).abs() < 1.0), "{:?} instead of {y}", world.seen_at(eye));
    // At the end one comes back to the end, whatever came meanwhile.
    world.page.pane().show_newest();
    wait("the newest", || world.view().is_stuck());
    world.settle();
    world.page.set_conversation(None);
    world.receive(message(3_002, "and again"));
    world.page.set_conversation(world.messenger.conversation(CONVERSATION).as_ref());
    wait("the history", || world.view().live_rows() > 0);
    world.settle();
    assert!(world.seen_at(MessageId(3_002)).is_some() && world.view().distance_to_end().abs() < 1.0);
}

#[gtk::test]
fn the_unread_line_stays_while_one_reads_and_goes_when_one_leaves() {
    let world = World::new(long_history(), 3, (900, 700));
    wait("the news seen", || world.said("MarkRead") > 0);
    let line = world.unread_line().expect("it is in sight");
    world.unread_is(0);
    world.receive(message(3_001, "one more, while one looks"));
    world.settle();
    assert_eq!(world.unread_line(), Some(line));
    world.shot("unread-line");
    world.page.set_conversation(None);
    world.page.set_conversation(world.messenger.conversation(CONVERSATION).as_ref());
    wait("the history", || world.view().live_rows() > 0);
    world.settle();
    assert_eq!(world.unread_line(), None);
}

#[gtk::test]
fn the_round_button_counts_what_is_unread_and_leads_to_the_newest() {
    let world = World::new(long_history(), 0, (900, 700));
    for _ in 0..30 {
        world.scroll_by(-900.0);
        world.settle();
    }
    let (eye, y) = world.under_the_eye();
    world.receive(message(3_001, "below"));
    world.unread_is(1);
    world.settle();
    assert_eq!(world.seen_at(eye), Some(y));
    let button = world.find("to-newest").and_downcast::<gtk::Button>().expect("it is there");
    assert!(button.is_child_visible() && button.is_mapped());
    let badge = world.find("badge").and_downcast::<gtk::Label>().expect("it is there");
    assert_eq!((badge.is_visible(), badge.label().as_str()), (true, "1"));
    world.shot("to-newest");
    button.emit_clicked();
    wait("the newest", || world.seen_at(MessageId(3_001)).is_some() && world.view().is_stuck());
}
