//! Keeps what was not sent, as the conversation's draft.

use std::time::Duration;

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::Composer;
use crate::ui::composer_bar::Purpose;

/// How long after the last key the draft is stored.
const DRAFT_PAUSE: Duration = Duration::from_secs(1);

impl Composer {
    /// Stores what stands in the field at once.
    pub fn keep_draft(&self) {
        if let Some(timeout) = self.imp().draft_timeout.take() {
            timeout.remove();
        }
        if let (Some(conversation), Some(_)) = (&*self.imp().conversation.borrow(), self.imp().text.try_get()) {
            // The new text of an old message is no draft.
            let draft = match self.imp().bar.purpose() {
                Purpose::Edit { before, .. } => before,
                _ => self.content(),
            };
            conversation.set_draft(&draft.0, &draft.1);
        }
    }

    /// Stores what stands in the field when the person pauses.
    pub(super) fn keep_draft_soon(&self) {
        let imp = self.imp();
        let weak = self.downgrade();
        let timeout = glib::timeout_add_local_once(DRAFT_PAUSE, move || {
            if let Some(composer) = weak.upgrade() {
                composer.imp().draft_timeout.take();
                composer.keep_draft();
            }
        });
        if let Some(old) = imp.draft_timeout.replace(Some(timeout)) {
            old.remove();
        }
    }
}
