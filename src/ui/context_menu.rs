//! Menus of what stands in a list: by right click, by a long press, by the menu key and Shift+F10.

use gtk::{gdk, glib, prelude::*};

/// Calls `open` with the place in the widget where its menu is asked for. With `is_first` also where something in it would
/// take the click.
pub fn attach(widget: &impl IsA<gtk::Widget>, is_first: bool, open: impl Fn((f64, f64)) + Clone + 'static) {
    let phase = if is_first { gtk::PropagationPhase::Capture } else { gtk::PropagationPhase::Bubble };
    let click = gtk::GestureClick::builder().button(gdk::BUTTON_SECONDARY).propagation_phase(phase).build();
    let on_click = open.clone();
    click.connect_pressed(move |gesture, _, x, y| {
        gesture.set_state(gtk::EventSequenceState::Claimed);
        on_click((x, y));
    });
    widget.add_controller(click);
    let press = gtk::GestureLongPress::builder().touch_only(true).build();
    press.connect_pressed(move |gesture, x, y| {
        gesture.set_state(gtk::EventSequenceState::Claimed);
        open((x, y));
    });
    widget.add_controller(press);
}

/// Calls `open` with what is in the list's item that has the focus, when a key asks for its menu; whether there is one.
pub fn attach_keys(list: &impl IsA<gtk::Widget>, open: impl Fn(&gtk::Widget) -> bool + 'static) {
    let keys = gtk::ShortcutController::new();
    let action = gtk::CallbackAction::new(move |list, _| {
        // The focus is on the list's own item around what is shown.
        let shown = list.root().and_then(|root| root.focus()).and_then(|item| item.first_child());
        if shown.is_some_and(|shown| open(&shown)) { glib::Propagation::Stop } else { glib::Propagation::Proceed }
    });
    for text in ["Menu", "<Shift>F10"] {
        keys.add_shortcut(gtk::Shortcut::new(gtk::ShortcutTrigger::parse_string(text), Some(action.clone())));
    }
    list.add_controller(keys);
}

/// Opens a menu at a place in its parent, which it points to where no press has said it.
#[expect(clippy::cast_possible_truncation, reason = "pixels")]
pub fn popup(menu: &gtk::PopoverMenu, parent: &impl IsA<gtk::Widget>, at: Option<(f64, f64)>) {
    menu.set_parent(parent);
    if let Some((x, y)) = at {
        menu.set_pointing_to(Some(&gdk::Rectangle::new(x as i32, y as i32, 1, 1)));
    }
    menu.connect_closed(|menu| {
        let menu = menu.clone();
        // The chosen action is carried out after the menu has closed, and finds its widget by the parent.
        glib::idle_add_local_once(move || menu.unparent());
    });
    menu.popup();
}

/// The same beside the pointer, or with an arrow to the whole parent.
pub fn popup_beside(menu: &gtk::PopoverMenu, parent: &impl IsA<gtk::Widget>, at: Option<(f64, f64)>) {
    menu.set_has_arrow(at.is_none());
    if at.is_some() {
        menu.set_halign(gtk::Align::Start);
    }
    popup(menu, parent, at);
}
