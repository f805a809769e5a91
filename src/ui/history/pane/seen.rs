//! What counts as seen, and where the line above what was unread stands.

use gtk::subclass::prelude::*;

use super::HistoryPane;
use crate::model::Conversation;

/// How near to the end one counts as being there, in pixels.
const NEAR_END: f64 = 60.0;

impl HistoryPane {
    /// Whether the person looks at this; only then messages count as seen.
    pub fn set_active(&self, is_active: bool) {
        if self.imp().is_active.replace(is_active) != is_active {
            self.mark_seen();
        }
    }

    /// The person has answered: what was unread is no more.
    pub fn clear_unread_line(&self) {
        if self.imp().unread_line.borrow_mut().clear() {
            self.imp().view.rebind();
        }
    }

    pub(super) fn unread_changed(&self) {
        let imp = self.imp();
        let unread = imp.conversation.borrow().as_ref().map_or(0, Conversation::unread);
        let first = {
            let history = imp.history.borrow();
            history.as_ref().filter(|history| history.is_at_newest()).and_then(|history| history.first_unread(unread))
        };
        if unread == 0 {
            imp.unread_line.borrow_mut().all_read();
        } else if !imp.is_active.get()
            && let Some(first) = first
            && imp.unread_line.borrow_mut().news(first.cursor())
        {
            imp.view.rebind();
        }
        self.moved();
    }

    /// What has been in sight while the person was here has been seen.
    pub(super) fn mark_seen(&self) {
        let imp = self.imp();
        let Some(conversation) = imp.conversation.borrow().clone() else { return };
        if !imp.is_active.get() || conversation.unread() == 0 {
            return;
        }
        let Some(history) = imp.history.borrow().clone() else { return };
        let seen = if imp.view.distance_to_end() < NEAR_END {
            history.last()
        } else {
            imp.view.visible_range().and_then(|(_, last)| history.message(last))
        };
        let Some(seen) = seen.map(|message| message.cursor()) else { return };
        if imp.marked.get().is_none_or(|marked| marked < seen) {
            imp.marked.set(Some(seen));
            conversation.mark_read(seen);
        }
    }
}
