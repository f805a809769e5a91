//! What happens to loaded messages while one looks at them: others come, change, go.

use gio::subclass::prelude::*;

use super::{History, MAX_LOADED, find, merge};
use crate::engine::api::{self, Cursor, MessageId, Transfer};

impl History {
    /// New messages of this conversation. One change of the list, however many there are.
    pub(in crate::model) fn stored(&self, messages: Vec<api::Message>) {
        let imp = self.imp();
        if imp.is_loading() {
            imp.arrived.borrow_mut().extend(messages.iter().cloned());
        }
        if !imp.is_loaded.get() {
            return;
        }
        let (first, last) = (self.first_cursor(), self.last_cursor());
        let is_inside = |cursor: Cursor| {
            (imp.is_at_newest.get() || last.is_some_and(|last| cursor < last))
                && (!imp.has_older.get() || first.is_some_and(|first| cursor > first))
        };
        let joining: Vec<_> = messages.into_iter().filter(|message| is_inside(message.cursor)).collect();
        if joining.is_empty() {
            return;
        }
        let mut items = imp.items.borrow().clone();
        merge(&mut items, joining);
        let surplus = items.len().saturating_sub(MAX_LOADED);
        let (mut has_older, mut is_at_newest) = (imp.has_older.get(), imp.is_at_newest.get());
        if surplus > 0 && imp.follows_end.get() {
            items.drain(..surplus);
            has_older = true;
        } else if surplus > 0 {
            items.truncate(MAX_LOADED);
            is_at_newest = false;
        }
        imp.replace(items);
        imp.set_has_older(has_older);
        imp.set_at_newest(is_at_newest);
    }

    /// A message of our own, as the answer to its sending has it. An event may have brought it before, and another one what has
    /// become of it since: then the answer says nothing new.
    pub(in crate::model) fn sent(&self, message: api::Message) {
        let imp = self.imp();
        let has_arrived = imp.arrived.borrow().iter().any(|known| known.cursor == message.cursor);
        if !has_arrived && find(&imp.items.borrow(), message.cursor).is_err() {
            self.stored(vec![message]);
        }
    }

    /// The same messages in another state.
    pub(in crate::model) fn changed(&self, messages: &[api::Message]) {
        for message in messages {
            let item = {
                let items = self.imp().items.borrow();
                find(&items, message.cursor).ok().map(|at| items[at].clone())
            };
            if let Some(item) = item {
                item.update(message);
            }
        }
        for waiting in self.imp().arrived.borrow_mut().iter_mut() {
            if let Some(message) = messages.iter().find(|message| message.cursor == waiting.cursor) {
                *waiting = message.clone();
            }
        }
    }

    /// A message's file has come further, or is on its way no more.
    pub(in crate::model) fn transferred(&self, message: MessageId, transfer: Option<Transfer>) {
        if let Some(item) = self.position_of(message).and_then(|position| self.message(position)) {
            item.set_transfer(transfer);
        }
    }

    pub(in crate::model) fn removed(&self, message: MessageId) {
        let imp = self.imp();
        imp.arrived.borrow_mut().retain(|waiting| waiting.cursor.id != message);
        let Some(position) = self.position_of(message) else { return };
        let mut items = imp.items.borrow().clone();
        items.remove(position as usize);
        imp.replace(items);
    }
}
