//! Finding widgets by what a person sees of them, and waiting for what is to happen.

#[path = "../support/tree.rs"]
mod tree;

use std::time::{Duration, Instant};

use gtk::{glib, prelude::*};

/// Lets the main loop run until this holds; fails after ten seconds.
pub fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    // Wakes the loop up for the next look.
    let tick = glib::timeout_add_local(Duration::from_millis(5), || glib::ControlFlow::Continue);
    while !holds() {
        assert!(Instant::now() < deadline, "it did not come to pass: {what}");
        glib::MainContext::default().iteration(true);
    }
    tick.remove();
}

/// All mapped widgets of a kind below this one, in the order in which they stand there.
pub fn all<T: IsA<gtk::Widget>>(root: &impl IsA<gtk::Widget>) -> Vec<T> {
    tree::all(root).into_iter().filter(|widget: &T| widget.is_mapped()).collect()
}

/// Whether a label with this text is in sight.
pub fn shows(root: &impl IsA<gtk::Widget>, text: &str) -> bool {
    all::<gtk::Label>(root).iter().any(|label| label.label() == text)
}

/// The entry row with this title.
pub fn entry(root: &impl IsA<gtk::Widget>, title: &str) -> adw::EntryRow {
    let found = all::<adw::EntryRow>(root).into_iter().find(|row| adw::prelude::PreferencesRowExt::title(row) == title);
    found.unwrap_or_else(|| panic!("no field called {title}"))
}

/// The button with this label.
pub fn button(root: &impl IsA<gtk::Widget>, label: &str) -> gtk::Button {
    let fits = |button: &gtk::Button| {
        button.label().is_some_and(|text| text.replace('_', "") == label)
            || button.tooltip_text().is_some_and(|text| text == label)
    };
    all::<gtk::Button>(root).into_iter().find(fits).unwrap_or_else(|| panic!("no button called {label}"))
}
