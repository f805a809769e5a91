//! What stands below the history: where one writes, or that there is nobody to write to.

use adw::subclass::prelude::*;
use gtk::prelude::*;

use super::{
    super::{blocking, export, history_deletion},
    ConversationPage,
};
use crate::model::Conversation;

impl ConversationPage {
    /// While messages are selected their bar stands there.
    pub(super) fn update_foot(&self) {
        let imp = self.imp();
        let (conversation, is_selecting) = (self.conversation(), imp.pane.is_selecting());
        let is_blocked = conversation.as_ref().is_some_and(|conversation| conversation.contact().is_blocked());
        imp.blocked_bar.set_conversation(conversation.as_ref());
        imp.blocked_bar.set_visible(is_blocked && !is_selecting);
        imp.composer.set_visible(!is_blocked && !is_selecting);
        self.action_set_enabled("conversation.block", conversation.is_some() && !is_blocked);
        self.action_set_enabled("conversation.unblock", is_blocked);
        let is_archived = conversation.as_ref().is_some_and(Conversation::is_archived);
        self.action_set_enabled("conversation.archive", conversation.is_some() && !is_archived);
        self.action_set_enabled("conversation.unarchive", is_archived);
    }

    pub(super) fn block(&self) {
        self.with_conversation(|conversation| blocking::ask_to_block(self, conversation));
    }

    pub(super) fn unblock(&self) {
        self.with_conversation(|conversation| blocking::unblock(self, conversation));
    }

    pub(super) fn delete_history(&self) {
        self.with_conversation(|conversation| history_deletion::ask(self, conversation));
    }

    pub(super) fn export(&self) {
        self.with_conversation(|conversation| export::ask(self, conversation));
    }

    /// Puts it aside, and goes on to something else.
    pub(super) fn archive(&self) {
        self.keep_draft();
        self.with_conversation(|conversation| conversation.set_archived(true));
        self.set_conversation(None);
        // In a narrow window, back to the list.
        let _ = self.activate_action("navigation.pop", None);
    }

    pub(super) fn unarchive(&self) {
        self.with_conversation(|conversation| conversation.set_archived(false));
    }

    fn with_conversation(&self, f: impl FnOnce(&Conversation)) {
        if let Some(conversation) = self.conversation() {
            f(&conversation);
        }
    }
}
