//! What can be done with a message where it stands: its menu, copying, uncovering, opening its links. What concerns the
//! conversation is asked for by name.

use gtk::{gio, prelude::*, subclass::prelude::*};

use super::{
    super::{context_menu, message_menu},
    MessageRow, message_text, spoiler, spoken_text,
};

impl MessageRow {
    pub(super) fn add_controllers(&self) {
        let weak = self.downgrade();
        context_menu::attach(self, true, move |at| {
            if let Some(row) = weak.upgrade() {
                row.popup_menu(Some(at));
            }
        });
        let weak = self.downgrade();
        let day = gtk::GestureClick::new();
        day.connect_released(move |_, _, _, _| {
            if let Some(row) = weak.upgrade()
                && let Err(error) = row.activate_action("conversation.choose-date", None)
            {
                log::warn!("no day can be chosen: {error}");
            }
        });
        self.imp().day.add_controller(day);
    }

    pub(super) fn popup_menu(&self, at: Option<(f64, f64)>) {
        let Some(message) = self.message() else { return };
        let menu = message_menu::build(&message, &self.imp().shown.borrow());
        if let Some(file) = message.attachment().filter(|_| !message.is_covered()) {
            message_menu::add_file(&menu, file.path.is_some(), message.transfer().is_some());
        }
        let quick = (!message.is_retracted()).then(|| message_menu::quick_reactions(&message));
        message_menu::popup(self, self.imp().bubble.upcast_ref(), &menu, quick, at);
    }

    pub(super) fn copy(&self) {
        if let Some(text) = self.selection().or_else(|| self.message().map(|message| spoiler::readable(&message))) {
            self.clipboard().set_text(&text);
        }
    }

    /// Uncovers a text that is covered, or covers it again.
    pub(super) fn uncover(&self) {
        let Some(message) = self.message().filter(|message| message.format().spoiler.is_some()) else { return };
        message.set_is_uncovered(!message.is_uncovered());
        self.announce(&spoken_text(&message), gtk::AccessibleAnnouncementPriority::Medium);
    }

    /// Enter: uncovers what is covered; else there is the menu.
    pub(super) fn activate_row(&self) {
        match self.message() {
            Some(message) if message.format().spoiler.is_some() => self.uncover(),
            _ => self.popup_menu(None),
        }
    }

    pub(super) fn ask(&self, action: &str) {
        if let Some(message) = self.message() {
            let target = message.id().0.to_variant();
            if let Err(error) = self.activate_action(action, Some(&target)) {
                log::warn!("{action}: {error}");
            }
        }
    }

    pub(super) fn open_link(&self, url: &str) {
        if !message_text::may_open(url) {
            return;
        }
        let window = self.root().and_downcast::<gtk::Window>();
        gtk::UriLauncher::new(url).launch(window.as_ref(), gio::Cancellable::NONE, |result| {
            if let Err(error) = result {
                log::warn!("a link could not be opened: {error}");
            }
        });
    }
}
