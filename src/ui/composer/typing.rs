//! Tells the other side whether one is writing (XEP-0085).

use std::time::Duration;

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::Composer;
use crate::engine::api::ChatState;

/// How long after the last key one is no longer typing (XEP-0085 §5.1 leaves it to us).
const TYPING_PAUSE: Duration = Duration::from_secs(5);

impl Composer {
    pub(super) fn typed(&self, is_empty: bool) {
        self.stop_typing_timeout();
        if is_empty {
            self.tell(ChatState::Active);
            return;
        }
        self.tell(ChatState::Composing);
        let weak = self.downgrade();
        let timeout = glib::timeout_add_local_once(TYPING_PAUSE, move || {
            if let Some(composer) = weak.upgrade() {
                composer.imp().typing_timeout.take();
                composer.tell(ChatState::Paused);
            }
        });
        self.imp().typing_timeout.replace(Some(timeout));
    }

    pub(super) fn stop_typing_timeout(&self) {
        if let Some(timeout) = self.imp().typing_timeout.take() {
            timeout.remove();
        }
    }

    /// Tells the other side, once for each change; nothing before anything was typed.
    pub(super) fn tell(&self, state: ChatState) {
        let imp = self.imp();
        let before = imp.chat_state.get();
        if before == Some(state) || (before.is_none() && state != ChatState::Composing) {
            return;
        }
        imp.chat_state.set(Some(state));
        if let Some(conversation) = &*imp.conversation.borrow() {
            conversation.send_chat_state(state);
        }
    }
}
