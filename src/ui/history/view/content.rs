//! Follows the model: which item each row shows when items come and go.

use gtk::{gio, prelude::*, subclass::prelude::*};

use super::{super::scroll_state::ScrollState, imp::HistoryView};

impl HistoryView {
    pub(super) fn set_model(&self, model: Option<gio::ListModel>) {
        if let Some((old, handler)) = self.model.take() {
            old.disconnect(handler);
        }
        self.pool.set_model(model.clone());
        self.state.replace(ScrollState::default());
        self.cursor.set(None);
        if let Some(model) = model {
            let weak = self.obj().downgrade();
            let handler = model.connect_items_changed(move |_, position, removed, added| {
                if let Some(view) = weak.upgrade() {
                    view.imp().items_changed(position, removed, added);
                }
            });
            self.model.replace(Some((model, handler)));
        }
        self.obj().queue_allocate();
    }

    fn items_changed(&self, position: u32, removed: u32, added: u32) {
        let had_focus = self.focused_index().is_some();
        let kept = self.pool.reindex(position, removed, added);
        let new_index = |index: u32| match kept.iter().find(|(was, _)| *was == index) {
            Some((_, now)) => Some(*now),
            None if index < position => Some(index),
            None if index >= position + removed => Some(index - removed + added),
            None => None,
        };
        self.state.borrow_mut().reindex(new_index);
        self.cursor.set(self.cursor.get().and_then(new_index));
        let edge = position.saturating_sub(1)..=position + added;
        self.pool.rebind(|index| edge.contains(&index));
        let view = self.obj();
        if had_focus && self.focused_index().is_none() {
            // The row went away under the keyboard.
            view.grab_focus();
        }
        view.queue_allocate();
    }
}
