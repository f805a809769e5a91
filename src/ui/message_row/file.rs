//! The file in a row of the history: shown, fetched when it comes into sight, opened, saved.

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::MessageRow;
use crate::{
    engine::api::AttachmentKind,
    ui::attachment::{self, view::AttachmentView},
};

impl MessageRow {
    pub(super) fn show_file(&self) {
        let Some(message) = self.message() else { return };
        let attachment = message.attachment().filter(|_| !message.is_covered());
        self.imp().bubble.set_look("with-file", attachment.is_some());
        let known = self.imp().file.borrow().clone();
        match (attachment, known) {
            (Some(attachment), known) => {
                let view = known.unwrap_or_else(|| {
                    let view = AttachmentView::default();
                    self.imp().bubble.set_head(&view);
                    let weak = self.imp().bubble.downgrade();
                    view.connect_kind_changed(move |view| {
                        if let Some(bubble) = weak.upgrade() {
                            bubble.set_kind_of_head(view.is_picture(), view.tail());
                        }
                    });
                    self.imp().file.replace(Some(view.clone()));
                    view
                });
                view.set_attachment(&attachment, message.transfer());
                view.set_visible(true);
                self.imp().bubble.set_kind_of_head(view.is_picture(), view.tail());
            }
            (None, Some(view)) => {
                view.set_visible(false);
                self.imp().bubble.set_kind_of_head(false, 0);
            }
            (None, None) => {}
        }
    }

    /// The file has come into sight: whether it is fetched now, the engine decides.
    pub(super) fn begin_file(&self) {
        if let Some(view) = &*self.imp().file.borrow() {
            view.begin();
        }
    }

    pub(super) fn look_at_file(&self) {
        let Some(message) = self
            .message()
            .filter(|message| !message.is_covered() && message.attachment().is_some_and(|file| file.path.is_none()))
        else {
            return;
        };
        let weak = self.downgrade();
        // A row that is being bound need not be in the window yet.
        glib::idle_add_local_once(move || {
            if let Some(row) = weak.upgrade().filter(|row| row.message().as_ref() == Some(&message)) {
                row.ask("conversation.show-file");
            }
        });
    }

    pub(super) fn open_file(&self) {
        let Some(attachment) = self.message().and_then(|message| message.attachment()) else { return };
        match &attachment.path {
            Some(_) if attachment.kind == AttachmentKind::Picture || AttachmentView::is_film(&attachment) => {
                self.ask("conversation.view-picture");
            }
            Some(path) => attachment::open::open(self, path, &attachment.name),
            None => self.ask("conversation.fetch-file"),
        }
    }

    /// Another program is wanted, whatever is possible here.
    pub(super) fn open_file_elsewhere(&self) {
        if let Some(attachment) = self.message().and_then(|message| message.attachment())
            && let Some(path) = &attachment.path
        {
            attachment::open::open(self, path, &attachment.name);
        }
    }

    pub(super) fn save_file(&self) {
        if let Some(attachment) = self.message().and_then(|message| message.attachment())
            && let Some(path) = &attachment.path
        {
            attachment::open::save(self, path, &attachment.name);
        }
    }
}
