//! Whether the person looks at the conversation, which the engine and the history are told.

use adw::{prelude::*, subclass::prelude::*};

use super::ConversationPage;
use crate::engine::api::Command;

impl ConversationPage {
    pub(super) fn follow_window(&self) {
        let Some(window) = self.root().and_downcast::<gtk::Window>() else { return };
        let weak = self.downgrade();
        let handler = window.connect_is_active_notify(move |_| {
            if let Some(page) = weak.upgrade() {
                page.update_presence_of_person();
            }
        });
        if let Some((old, handler)) = self.imp().window.replace(Some((window, handler))) {
            old.disconnect(handler);
        }
    }

    pub(super) fn update_presence_of_person(&self) {
        let window = self.root().and_downcast::<gtk::Window>();
        let is_shown = self.is_mapped();
        self.set_shown(is_shown);
        let is_there = is_shown && window.is_some_and(|window| window.is_active());
        self.set_in_front(is_there && self.conversation().is_some());
    }

    /// Whoever shows the conversation elsewhere need not show what is being written here.
    pub(super) fn set_shown(&self, is_shown: bool) {
        if let Some(conversation) = self.conversation().filter(|conversation| conversation.is_shown() != is_shown) {
            conversation.set_is_shown(is_shown);
        }
    }

    pub(super) fn set_in_front(&self, is_in_front: bool) {
        let imp = self.imp();
        if imp.is_in_front.replace(is_in_front) == is_in_front {
            return;
        }
        if let Some(messenger) = imp.messenger.upgrade() {
            let conversation = self.conversation().filter(|_| is_in_front).map(|conversation| conversation.id());
            messenger.send(Command::SetInFront { conversation });
        }
        if let Some(pane) = imp.pane.try_get() {
            pane.set_active(is_in_front);
        }
    }
}
