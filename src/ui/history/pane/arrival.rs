//! Coming to a conversation, going about in it, leaving it: what is loaded for that, and where the person then is.

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{
    super::{HistoryView, unread_line::UnreadLine},
    HistoryPane,
};
use crate::{
    engine::api::{CommandError, MessageId, Timestamp},
    model::{Conversation, History, ReadingPlace},
};

/// Where the first unread message is shown: near the top, with a little of what came before.
const UNREAD_ALIGN: f64 = 0.1;

impl HistoryPane {
    /// Shows another conversation: where the person left it, else from where unread messages begin, else from the newest.
    pub fn set_conversation(&self, conversation: Option<&Conversation>) {
        let imp = self.imp();
        if imp.conversation.borrow().as_ref() == conversation {
            return;
        }
        self.leave();
        let Some(conversation) = conversation else { return };
        let history = conversation.history();
        imp.conversation.replace(Some(conversation.clone()));
        imp.history.replace(Some(history.clone()));
        self.follow(conversation, &history);
        let unread = conversation.unread();
        self.start(async move |pane| {
            if let Err(error) = pane.enter(&history, unread).await {
                log::warn!("a history could not be loaded: {error}");
            }
        });
    }

    /// Goes to the newest message and stays there.
    pub fn show_newest(&self) {
        self.start(async move |pane| {
            let Some(history) = pane.history() else { return };
            if !history.is_at_newest()
                && let Err(error) = history.load_newest().await
            {
                return log::warn!("the newest messages could not be loaded: {error}");
            }
            pane.imp().view.carry_to_end();
        });
    }

    /// Goes to the oldest message that is stored.
    pub fn show_oldest(&self) {
        self.start(async move |pane| {
            let Some(history) = pane.history() else { return };
            if history.has_older()
                && let Err(error) = history.load_oldest().await
            {
                return log::warn!("the oldest messages could not be loaded: {error}");
            }
            pane.imp().view.carry_to(0, 0.0);
        });
    }

    /// Shows one message in the middle.
    pub fn show_message(&self, message: MessageId) {
        self.start(async move |pane| {
            let Some(history) = pane.history() else { return };
            if let Err(error) = history.jump_to(message).await {
                return log::warn!("a message could not be found: {error}");
            }
            let Some(position) = history.position_of(message) else { return };
            let view = &*pane.imp().view;
            if view.shows(&history) {
                view.carry_to(position, 0.5);
            } else {
                // One has come to the conversation for this message.
                view.set_model(Some(&history));
                view.jump_to(position, 0.5);
                pane.show_whether_empty();
            }
        });
    }

    /// Shows what was written from this time on; the newest messages where nothing was.
    pub fn show_time(&self, time: Timestamp) {
        self.start(async move |pane| {
            let Some(history) = pane.history() else { return };
            match history.jump_to_time(time).await {
                Ok(Some(message)) => {
                    let position = history.position_of(message.id()).unwrap_or_default();
                    pane.imp().view.carry_to(position, 0.0);
                }
                Ok(None) => pane.imp().view.carry_to_end(),
                Err(error) => log::warn!("a day could not be found: {error}"),
            }
        });
    }

    /// Loads what is to be shown first, then shows it.
    async fn enter(&self, history: &History, unread: u32) -> Result<(), CommandError> {
        let imp = self.imp();
        let first_unread = if unread > 0 { history.find_unread().await? } else { None };
        let place = history.place();
        let goal = place.map(|place| place.message).or(first_unread);
        let is_found = match goal {
            // It may have been deleted meanwhile.
            Some(goal) => history.jump_to(goal.id).await.is_ok(),
            None => history.is_loaded() && history.is_at_newest(),
        };
        if !is_found {
            history.load_newest().await?;
        }
        imp.unread_line.replace(UnreadLine::at(first_unread));
        imp.view.set_model(Some(history));
        match (goal.and_then(|goal| history.position_of(goal.id)), place) {
            (Some(position), Some(place)) => imp.view.put_at(position, place.offset),
            (Some(position), None) => imp.view.jump_to(position, UNREAD_ALIGN),
            (None, _) => {}
        }
        self.show_whether_empty();
        Ok(())
    }

    fn follow(&self, conversation: &Conversation, history: &History) {
        let imp = self.imp();
        let view = &*imp.view;
        let has_older = history.bind_property("has-older", view, "has-older").sync_create().build();
        let has_newer = history.bind_property("is-at-newest", view, "has-newer").sync_create().invert_boolean().build();
        let stuck = imp.view.bind_property("is-stuck", history, "follows-end").sync_create().build();
        let weak = self.downgrade();
        let on_unread = conversation.connect_unread_notify(move |_| {
            if let Some(pane) = weak.upgrade() {
                pane.unread_changed();
            }
        });
        let weak = self.downgrade();
        let on_items = history.connect_items_changed(move |_, _, _, _| {
            if let Some(pane) = weak.upgrade() {
                pane.show_whether_empty();
            }
        });
        let mut handlers = imp.handlers.borrow_mut();
        handlers.push((conversation.clone().upcast(), on_unread));
        handlers.push((history.clone().upcast(), on_items));
        drop(handlers);
        imp.bindings.replace(vec![has_older, has_newer, stuck]);
    }

    pub(super) fn leave(&self) {
        let imp = self.imp();
        if let Some(loading) = imp.loading.take() {
            loading.abort();
        }
        for (object, handler) in imp.handlers.take() {
            object.disconnect(handler);
        }
        for binding in imp.bindings.take() {
            binding.unbind();
        }
        self.leave_selection();
        self.hide_day();
        self.stop_pointing();
        imp.marked_words.take();
        if let Some(view) = imp.view.try_get() {
            self.keep_place(&view);
            view.set_model(None::<&History>);
        }
        imp.conversation.take();
        if let Some(history) = imp.history.take() {
            history.shrink(history.place().map(|place| place.message));
        }
        imp.unread_line.take();
        imp.marked.set(None);
    }

    /// Notes where the person was, unless they never saw anything.
    fn keep_place(&self, view: &HistoryView) {
        let (Some(history), Some((first, _))) = (self.history(), view.visible_range()) else { return };
        let place = match (history.message(first), view.row_y(first)) {
            (Some(message), Some(offset)) if !view.is_stuck() => {
                Some(ReadingPlace { message: message.cursor(), offset })
            }
            _ => None,
        };
        history.set_place(place);
    }

    /// One thing is loaded at a time; what was under way is given up.
    pub(super) fn start<F: Future<Output = ()> + 'static>(&self, work: impl FnOnce(Self) -> F + 'static) {
        let weak = self.downgrade();
        let handle = glib::spawn_future_local(async move {
            if let Some(pane) = weak.upgrade() {
                work(pane).await;
            }
        });
        if let Some(old) = self.imp().loading.replace(Some(handle)) {
            old.abort();
        }
    }

    pub(super) fn load(&self, older: bool) {
        let Some(history) = self.imp().history.borrow().clone() else { return };
        // The history itself knows whether a page is on its way.
        glib::spawn_future_local(async move {
            let result = if older { history.load_older().await } else { history.load_newer().await };
            if let Err(error) = result {
                log::warn!("a page of history could not be loaded: {error}");
            }
        });
    }

    pub(super) fn show_whether_empty(&self) {
        let imp = self.imp();
        let is_empty = imp.history.borrow().as_ref().is_some_and(|h| h.is_loaded() && h.n_items() == 0);
        imp.empty.set_visible(is_empty);
    }
}
