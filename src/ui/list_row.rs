//! Puts a row of ours into an item of a list.

use gtk::prelude::*;

/// The item, which is what gets the focus, is called by the row's property `description`.
pub fn fill(item: &gtk::ListItem, row: &impl IsA<gtk::Widget>) {
    item.set_child(Some(row));
    row.bind_property("description", item, "accessible-label").sync_create().build();
}
