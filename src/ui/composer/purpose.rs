//! What becomes of the text in the field: a message of its own, an answer, or another text for a message that is there.

use gtk::{prelude::*, subclass::prelude::*};

use super::Composer;
use crate::ui::composer_bar::Purpose;

impl Composer {
    /// Called when the person wants to change what they wrote last.
    pub fn connect_edit_last(&self, f: impl Fn(&Self) + 'static) {
        self.connect_local("edit-last", false, move |values| {
            f(&values[0].get().ok()?);
            None
        });
    }

    /// What is written from now on answers a message, or takes the place of one's text.
    pub(in crate::ui) fn begin(&self, purpose: Purpose) {
        self.give_up();
        if let Purpose::Edit { message, .. } = &purpose {
            self.leave_recording();
            self.keep_draft();
            self.forget_links_left_out();
            self.know_links_of(&purpose);
            self.set_content(&message.body(), &message.format());
        }
        self.set_purpose(purpose);
        self.grab_focus();
    }

    /// It is a message of its own after all.
    pub(super) fn give_up(&self) {
        if let Purpose::Edit { before, .. } = self.imp().bar.purpose() {
            self.set_content(&before.0, &before.1);
        }
        self.set_purpose(Purpose::New);
    }

    pub(super) fn set_purpose(&self, purpose: Purpose) {
        let imp = self.imp();
        let peer = imp.conversation.borrow().as_ref().map(|conversation| conversation.contact().display_name());
        imp.bar.set_purpose(purpose, &peer.unwrap_or_default());
        self.show_what_can_be_done();
    }
}
