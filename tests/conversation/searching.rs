//! Looking for something in a conversation, and going from hit to hit.

use adw::prelude::*;
use gtk::gio;
use stonechat::{
    engine::api::{Attachment, AttachmentKind, MessageId},
    ui::{bubble_text::BubbleText, message_row::MessageRow},
};

use crate::world::{World, all, frame, message, wait, words};

/// A long history in which every hundredth message speaks of a wheatear.
fn history() -> World {
    sized((900, 700))
}

fn sized(size: (i32, i32)) -> World {
    let speaks = |n: i64| if n % 100 == 50 { format!("{}, a Wheatear!", words(n)) } else { words(n) };
    World::new((1..=1_500).map(|n| message(n, &speaks(n))).collect(), 0, size)
}

fn look_for(world: &World, words: &str) {
    world.page.activate_action("conversation.search", None).expect("it is there");
    let entry = world.find("search").and_downcast::<gtk::SearchEntry>().expect("the bar is open");
    entry.set_text(words);
}

/// Whether this message is in sight, and shown as the one that was found.
fn is_pointed_at(world: &World, id: i64) -> bool {
    let row = world.history().position_of(MessageId(id)).and_then(|index| world.view().row(index));
    row.is_some_and(|row| row.has_css_class("pointed-at")) && world.seen_at(MessageId(id)).is_some_and(|y| y > 0.0)
}

fn says(world: &World, text: &str) -> bool {
    all::<gtk::Label>(&world.page).iter().any(|label| label.label() == text && label.is_mapped())
}

fn go(world: &World, action: &str) {
    let entry = world.find("search").expect("the bar is open");
    entry.activate_action(action, None).expect("it is there");
}

/// The filter that begins with this choice.
fn filter(world: &World, first: &str) -> gtk::DropDown {
    let begins = |choices: gio::ListModel| choices.item(0).and_downcast::<gtk::StringObject>().map(|s| s.string());
    let mut found = all::<gtk::DropDown>(&world.page).into_iter();
    found.find(|list| list.model().and_then(begins).is_some_and(|s| s == first)).expect("there is such a filter")
}

/// How many words are marked in a message that is in sight.
fn marks(world: &World, id: i64) -> usize {
    let row = world.history().position_of(MessageId(id)).and_then(|index| world.view().row(index));
    let row = row.and_downcast::<MessageRow>().expect("it has a row");
    all::<BubbleText>(&row).iter().map(|text| text.marks().len()).sum()
}

#[gtk::test]
fn one_goes_from_hit_to_hit_and_sees_each() {
    let world = history();
    look_for(&world, "wheat");
    wait("the newest hit", || is_pointed_at(&world, 1_450));
    assert_eq!((marks(&world, 1_450), marks(&world, 1_449)), (1, 0));
    world.settle();
    world.shot("search-in-conversation");
    for n in [1_350, 1_250, 1_150] {
        go(&world, "found.older");
        wait("an older hit", || is_pointed_at(&world, n));
    }
    go(&world, "found.newer");
    wait("a newer hit", || is_pointed_at(&world, 1_250));
    wait("the moment is over", || !is_pointed_at(&world, 1_250));
    assert_eq!(marks(&world, 1_250), 1, "the words stay marked");
    for _ in 0..20 {
        go(&world, "found.older");
    }
    wait("the oldest hit", || is_pointed_at(&world, 50));
}

#[gtk::test]
fn a_search_that_ends_leaves_nothing_marked_and_one_where_one_is() {
    let world = history();
    wait("the window in front", || world.window.is_active());
    look_for(&world, "wheatear");
    wait("the newest hit", || is_pointed_at(&world, 1_450));
    world.press(&["Up"]);
    wait("an older hit", || is_pointed_at(&world, 1_350));
    world.settle();
    let (eye, y) = world.under_the_eye();
    world.press(&["Escape"]);
    wait("the bar gone", || world.find("search").is_none_or(|entry| !entry.is_mapped()));
    world.settle();
    frame(&world.window);
    assert_eq!(marks(&world, 1_350), 0);
    assert!(world.seen_at(eye).is_some_and(|seen| (seen - y).abs() < 60.0), "only by the height of the bar");
}

#[gtk::test]
fn filters_narrow_what_is_found() {
    let world = history();
    look_for(&world, "wheatear");
    wait("the newest hit", || is_pointed_at(&world, 1_450));
    let who = filter(&world, "Anyone");
    let is_ours = |n: i64| message(n, "").is_outgoing;
    let newest = |ours: bool| (1..=1_500).rev().find(|n| n % 100 == 50 && is_ours(*n) == ours).expect("there are both");
    for (chosen, ours) in [(1, true), (2, false)] {
        who.set_selected(chosen);
        wait("the newest of theirs", || is_pointed_at(&world, newest(ours)));
    }
    let menu = who.ancestor(gtk::MenuButton::static_type()).and_downcast::<gtk::MenuButton>().expect("it has a button");
    menu.popup();
    world.shot("search-filters");
    menu.popdown();
    look_for(&world, "nothing of the kind");
    wait("said so", || says(&world, "Nothing found"));
    world.shot("search-nothing");
}

#[gtk::test]
fn the_bar_has_room_in_a_narrow_window() {
    let world = sized((360, 640));
    look_for(&world, "wheatear");
    wait("the newest hit", || is_pointed_at(&world, 1_450));
    world.settle();
    world.shot("search-narrow");
    assert!(world.window.width() <= 360, "it pushes the window no wider");
}

#[gtk::test]
fn files_are_found_without_a_word() {
    let mut messages: Vec<_> = (1..=600).map(|n| message(n, &words(n))).collect();
    for (at, name, kind) in [(99, "a.png", AttachmentKind::Picture), (299, "b.pdf", AttachmentKind::Other)] {
        let file = Attachment { kind, name: name.to_owned(), is_uploaded: true, ..Attachment::default() };
        messages[at].attachment = Some(file);
    }
    let world = World::new(messages, 0, (360, 640));
    look_for(&world, "");
    let kinds = filter(&world, "With or without");
    kinds.set_selected(1);
    wait("the newest file", || is_pointed_at(&world, 300));
    wait("said so", || says(&world, "1 of 2"));
    go(&world, "found.older");
    wait("the other", || is_pointed_at(&world, 100));
    kinds.set_selected(5);
    wait("a file that is no picture", || is_pointed_at(&world, 300) && says(&world, "1 of 1"));
    let menu =
        kinds.ancestor(gtk::MenuButton::static_type()).and_downcast::<gtk::MenuButton>().expect("it has a button");
    menu.popup();
    world.shot("search-file-filter-narrow");
    menu.popdown();
}
