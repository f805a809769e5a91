//! Conversations that were put aside: a row at the end of the list leads to them, and a button back.

use adw::subclass::prelude::*;
use gettextrs::ngettext;
use gtk::prelude::*;

use super::{Sidebar, row_menu};
use crate::model::Conversation;

impl Sidebar {
    pub(super) fn set_up_archived(&self) {
        let imp = self.imp();
        let archived = self.messenger().archived();
        row_menu::attach_keys(&imp.archived, &*imp.row_menu);
        imp.archived.set_factory(Some(&self.rows()));
        imp.archived.set_model(Some(&gtk::NoSelection::new(Some(archived.clone()))));
        let (weak, list) = (self.downgrade(), archived.clone());
        imp.archived.connect_activate(move |_, position| {
            let conversation = list.item(position).and_downcast::<Conversation>();
            if let (Some(sidebar), Some(conversation)) = (weak.upgrade(), conversation) {
                sidebar.emit_by_name::<()>("conversation-chosen", &[&conversation]);
            }
        });
        let weak = self.downgrade();
        archived.connect_items_changed(move |_, _, _, _| {
            if let Some(sidebar) = weak.upgrade() {
                sidebar.count_archived();
            }
        });
        self.count_archived();
    }

    /// Shows those that were put aside, or the others again.
    pub(super) fn show_archived(&self, is_wanted: bool) {
        let imp = self.imp();
        imp.is_in_archive.set(is_wanted);
        self.show_page();
        if is_wanted {
            imp.archived.grab_focus();
        } else {
            imp.list.grab_focus();
        }
    }

    fn count_archived(&self) {
        let imp = self.imp();
        let count = self.messenger().archived().n_items();
        imp.archived_row.set_visible(count > 0);
        let text = ngettext("{n} archived conversation", "{n} archived conversations", count);
        imp.archived_label.set_label(&text.replace("{n}", &count.to_string()));
        if count == 0 {
            imp.is_in_archive.set(false);
        }
        self.show_page();
    }
}
