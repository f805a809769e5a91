//! The keyboard in a row: what of it has it next.

use gtk::prelude::*;

/// From a row to what is in it, and from there back to the row; `false` where the way leads out of the list.
///
/// The row's own `focus` would not do: a box that takes the keyboard takes it again where there is nothing further in it.
pub(super) fn focus_within(row: &gtk::Widget, direction: gtk::DirectionType) -> bool {
    let is_back =
        matches!(direction, gtk::DirectionType::TabBackward | gtk::DirectionType::Up | gtk::DirectionType::Left);
    // A selectable label claims to have taken the keyboard also where it must not have it.
    let focus = || row.root().and_then(|root| root.focus());
    let before = focus();
    if row.has_focus() && is_back {
        return false;
    }
    let mut child = row.focus_child().or_else(|| row.first_child());
    while let Some(widget) = child {
        if widget.child_focus(direction) && focus() != before {
            return true;
        }
        child = if is_back { widget.prev_sibling() } else { widget.next_sibling() };
    }
    is_back && row.grab_focus()
}
