//! Finding widgets by their kind, for tests with a window.

use gtk::prelude::*;

/// All widgets of a kind below another, and that one itself, in the order in which they stand there; also those out of sight.
pub fn all<T: IsA<gtk::Widget>>(root: &impl IsA<gtk::Widget>) -> Vec<T> {
    let (mut open, mut found) = (vec![root.clone().upcast::<gtk::Widget>()], Vec::new());
    while let Some(widget) = open.pop() {
        let mut child = widget.last_child();
        while let Some(widget) = child {
            child = widget.prev_sibling();
            open.push(widget);
        }
        found.extend(widget.downcast::<T>());
    }
    found
}
