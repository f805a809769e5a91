//! Pointing something out: the words that were looked for, wherever they stand, and for a moment the message that one jumped to.

use std::time::Duration;

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::HistoryPane;
use crate::{engine::api::MessageId, ui::message_row::MessageRow};

/// As long as the style sheet takes to let it fade.
const MOMENT: Duration = Duration::from_secs(2);

impl HistoryPane {
    /// Shows one message in the middle, and for a moment which one it is.
    pub fn point_out(&self, message: MessageId) {
        self.stop_pointing();
        self.imp().pointed_at.set(Some(message));
        let weak = self.downgrade();
        let timeout = glib::timeout_add_local_once(MOMENT, move || {
            if let Some(pane) = weak.upgrade() {
                pane.imp().pointing.take();
                pane.stop_pointing();
            }
        });
        self.imp().pointing.replace(Some(timeout));
        self.show_message(message);
        self.point_in_rows();
    }

    /// Marks these words wherever they stand, until others are marked or the conversation is left; none when it is empty.
    pub fn mark_words(&self, words: &str) {
        if *self.imp().marked_words.borrow() != words {
            self.imp().marked_words.replace(words.to_owned());
            self.point_in_rows();
        }
    }

    pub(super) fn stop_pointing(&self) {
        if let Some(timeout) = self.imp().pointing.take() {
            timeout.remove();
        }
        if self.imp().pointed_at.take().is_some() {
            self.point_in_rows();
        }
    }

    pub(super) fn show_pointed(&self, row: &MessageRow) {
        let is_it = self.imp().pointed_at.get().is_some_and(|id| row.message().is_some_and(|m| m.id() == id));
        row.set_pointed_at(is_it);
        row.mark_words(&self.imp().marked_words.borrow());
    }

    fn point_in_rows(&self) {
        let Some(view) = self.imp().view.try_get() else { return };
        for row in view.rows() {
            if let Some(row) = row.downcast_ref() {
                self.show_pointed(row);
            }
        }
    }
}
