//! Selecting several messages and copying them.

use adw::prelude::*;
use stonechat::engine::api::{Message, MessageId};

use crate::{
    long_history,
    world::{World, message, wait},
};

fn short_history() -> Vec<Message> {
    (1..=8).map(|n| message(n, &format!("message number {n}"))).collect()
}

fn lines_of(transcript: &str) -> usize {
    transcript.matches("] Bob Martens: #").count() + transcript.matches("] alice: #").count()
}

#[gtk::test]
fn shift_selects_from_one_message_to_another_and_control_one_more() {
    let world = World::new(short_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    world.click(MessageId(2), &[]);
    assert!(world.selected().is_empty());
    world.click(MessageId(4), &["shift"]);
    wait("a selection", || world.selected() == [2, 3, 4]);
    assert!(world.page.pane().is_selecting() && !world.page.composer().is_visible());
    world.click(MessageId(7), &["ctrl"]);
    wait("one more", || world.selected() == [2, 3, 4, 7]);
    world.click(MessageId(3), &[]);
    wait("one less", || world.selected() == [2, 4, 7]);
    world.shot("selecting");
    world.press(&["ctrl+c"]);
    wait("the end of it", || !world.page.pane().is_selecting());
    let text = world.clipboard();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("[20") && lines[0].ends_with("] Bob Martens: message number 2"), "{text}");
    assert!(lines[1].ends_with("] alice: message number 4"), "{text}");
    assert!(world.page.composer().is_visible());
}

#[gtk::test]
fn messages_are_selected_by_drawing_over_them() {
    let world = World::new(short_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    world.page.focus_composer();
    let (from, to) = (world.middle(MessageId(6)), world.middle(MessageId(2)));
    world.drag(from, to);
    wait("a selection", || world.selected() == [2, 3, 4, 5, 6]);
    assert_eq!(world.page.pane().selection(), None, "no text");
    world.press(&["Escape"]);
    wait("nothing selected", || world.selected().is_empty() && !world.page.pane().is_selecting());
}

#[gtk::test]
fn the_keyboard_selects_and_leaves() {
    let world = World::new(short_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    world.view().grab_focus();
    world.press(&["Up", "shift+Up", "shift+Up"]);
    wait("three", || world.selected() == [5, 6, 7]);
    world.press(&["shift+Down"]);
    wait("two", || world.selected() == [6, 7]);
    world.press(&["Up", "Up", "space"]);
    wait("one more", || world.selected() == [4, 6, 7]);
    world.press(&["Escape"]);
    wait("nothing", || !world.page.pane().is_selecting());
    assert_eq!(world.focused(), Some(MessageId(4)), "the keyboard stays where it was");
    world.press(&["Escape"]);
    wait("the composer", || world.page.composer().text_view().has_focus());
}

#[gtk::test]
fn all_of_a_long_history_is_selected_and_copied_though_little_of_it_is_loaded() {
    let world = World::new(long_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    world.view().grab_focus();
    world.press(&["ctrl+a"]);
    wait("a selection", || world.page.pane().is_selecting());
    world.shot("all");
    world.press(&["ctrl+c"]);
    wait("the end of it", || !world.page.pane().is_selecting());
    assert_eq!(lines_of(&world.clipboard()), 3_000);
    assert!(world.history().n_items() <= 400);
}

#[gtk::test]
fn a_stretch_reaches_over_what_is_not_loaded_any_more() {
    let world = World::new(long_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    world.click(MessageId(2_999), &[]);
    world.page.pane().show_message(MessageId(1_000));
    wait("the message", || world.seen_at(MessageId(1_000)).is_some());
    world.settle();
    world.click(MessageId(1_000), &["shift"]);
    wait("a selection", || world.page.pane().is_selecting());
    world.press(&["ctrl+c"]);
    wait("the end of it", || !world.page.pane().is_selecting());
    assert_eq!(lines_of(&world.clipboard()), 2_000);
}

#[gtk::test]
fn selecting_and_choosing_a_day_have_their_looks() {
    let world = World::new(short_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    let look = |world: &World, name: &str| {
        world.view().grab_focus();
        world.press(&["Up", "shift+Up", "shift+Up"]);
        wait("a selection", || world.page.pane().is_selecting());
        world.shot(&format!("selecting-{name}"));
        world.press(&["Escape"]);
        world.page.pane().choose_date();
        world.settle();
        world.shot(&format!("date-{name}"));
        world.press(&["Escape"]);
    };
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark);
    look(&world, "dark");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
    world.window.set_default_size(360, 640);
    world.settle();
    look(&world, "narrow");
    drop(world);
    gtk::Widget::set_default_direction(gtk::TextDirection::Rtl);
    let world = World::new(short_history(), 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    look(&world, "rtl");
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
}
