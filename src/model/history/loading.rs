//! Loads pages of what is stored, one question of a kind at a time.

use std::cell::Cell;

use gio::subclass::prelude::*;

use super::{History, MAX_LOADED, PAGE, find, merge};
use crate::{
    engine::api::{
        self, Command, CommandError, ConversationId, Cursor, EngineHandle, HistoryAnchor, HistoryPage, MessageId,
        Timestamp,
    },
    model::Message,
};

/// How many messages are read at a time when their texts are wanted.
const TEXTS: usize = 500;

/// Holds a loading flag while a page is on its way; lets go however the waiting ends.
struct Loading<'a> {
    history: &'a History,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Older,
    Newer,
    Jump,
}

impl<'a> Loading<'a> {
    fn begin(history: &'a History, kind: Kind) -> Option<Self> {
        let this = Self { history, kind };
        if this.flag().replace(true) {
            std::mem::forget(this);
            return None;
        }
        this.notify();
        Some(this)
    }

    fn flag(&self) -> &Cell<bool> {
        let imp = self.history.imp();
        match self.kind {
            Kind::Older => &imp.is_loading_older,
            Kind::Newer => &imp.is_loading_newer,
            Kind::Jump => &imp.is_jumping,
        }
    }

    fn notify(&self) {
        match self.kind {
            Kind::Older => self.history.notify_is_loading_older(),
            Kind::Newer => self.history.notify_is_loading_newer(),
            Kind::Jump => self.history.notify_is_jumping(),
        }
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.flag().set(false);
        if !self.history.imp().is_loading() {
            self.history.imp().arrived.borrow_mut().clear();
        }
        self.notify();
    }
}

impl History {
    /// Loads the newest page in place of what is loaded.
    pub async fn load_newest(&self) -> Result<(), CommandError> {
        self.jump(HistoryAnchor::Newest).await.map(drop)
    }

    /// Loads the oldest page in place of what is loaded.
    pub async fn load_oldest(&self) -> Result<(), CommandError> {
        self.jump(HistoryAnchor::Oldest).await.map(drop)
    }

    /// Loads what surrounds a message in place of what is loaded; where it already is loaded, nothing happens.
    pub async fn jump_to(&self, message: MessageId) -> Result<(), CommandError> {
        if self.position_of(message).is_some() {
            return Ok(());
        }
        self.jump(HistoryAnchor::Around(message)).await.map(drop)
    }

    /// The first message of this time or later, loaded with what surrounds it where it is not yet. `None`: there is none, and
    /// the newest page is loaded.
    pub async fn jump_to_time(&self, time: Timestamp) -> Result<Option<Message>, CommandError> {
        match self.loaded_at(time) {
            Some(message) => Ok(Some(message)),
            None => self.jump(HistoryAnchor::At(time)).await,
        }
    }

    /// Where what has not been read begins. Nothing is loaded by this.
    pub async fn find_unread(&self) -> Result<Option<Cursor>, CommandError> {
        Ok(self.page(HistoryAnchor::Unread, 1).await?.target)
    }

    /// The places of all messages from one to another, both included, loaded or not.
    pub async fn places_between(&self, from: Cursor, to: Cursor) -> Result<Vec<Cursor>, CommandError> {
        let (engine, conversation) = self.source()?;
        engine.request(|reply| Command::LoadPlaces { conversation, from, to, reply }).await
    }

    /// The messages at these places, which are in their order; those that are gone are left out.
    pub async fn read(&self, places: &[Cursor]) -> Result<Vec<api::Message>, CommandError> {
        let mut messages = Vec::with_capacity(places.len());
        let mut left = places;
        while let Some(&next) = left.first() {
            let before = Cursor { position: next.position, id: MessageId(next.id.0 - 1) };
            let page = self.page(HistoryAnchor::After(before), TEXTS.min(left.len())).await?;
            let Some(end) = page.messages.last().map(|message| message.cursor) else { break };
            let read = left.partition_point(|place| *place <= end).max(1);
            let (wanted, rest) = left.split_at(read);
            messages.extend(page.messages.into_iter().filter(|message| wanted.binary_search(&message.cursor).is_ok()));
            left = rest;
        }
        Ok(messages)
    }

    /// Loads one page before the oldest loaded message. `false`: there is none, or one is on its way.
    pub async fn load_older(&self) -> Result<bool, CommandError> {
        let imp = self.imp();
        let Some(oldest) = self.first_cursor().filter(|_| imp.has_older.get()) else { return Ok(false) };
        let Some(_loading) = Loading::begin(self, Kind::Older) else { return Ok(false) };
        let generation = imp.generation.get();
        let page = self.page(HistoryAnchor::Before(oldest), PAGE).await?;
        if imp.generation.get() != generation || self.first_cursor() != Some(oldest) {
            return Ok(false);
        }
        let loaded = imp.items.borrow().clone();
        let mut items: Vec<_> =
            page.messages.into_iter().filter(|message| message.cursor < oldest).map(Message::new).collect();
        items.extend(loaded);
        let is_over = items.len() > MAX_LOADED;
        items.truncate(MAX_LOADED);
        imp.replace(items);
        imp.set_has_older(page.has_older);
        if is_over {
            imp.set_at_newest(false);
        }
        Ok(true)
    }

    /// Loads one page after the newest loaded message. `false`: there is none, or one is on its way.
    pub async fn load_newer(&self) -> Result<bool, CommandError> {
        let imp = self.imp();
        let Some(newest) = self.last_cursor().filter(|_| !imp.is_at_newest.get()) else { return Ok(false) };
        let Some(_loading) = Loading::begin(self, Kind::Newer) else { return Ok(false) };
        let generation = imp.generation.get();
        let page = self.page(HistoryAnchor::After(newest), PAGE).await?;
        if imp.generation.get() != generation || self.last_cursor() != Some(newest) {
            return Ok(false);
        }
        let mut items = imp.items.borrow().clone();
        items.extend(page.messages.into_iter().filter(|message| message.cursor > newest).map(Message::new));
        if !page.has_newer {
            merge(&mut items, imp.arrived.borrow().clone());
        }
        let surplus = items.len().saturating_sub(MAX_LOADED);
        items.drain(..surplus);
        imp.replace(items);
        imp.set_at_newest(!page.has_newer);
        if surplus > 0 {
            imp.set_has_older(true);
        }
        Ok(true)
    }

    /// Loads anew what is shown, because events were lost. Messages that are still there keep their objects.
    pub async fn reload(&self) -> Result<(), CommandError> {
        let middle = {
            let items = self.imp().items.borrow();
            items.get(items.len() / 2).map(Message::id)
        };
        let anchor = middle.filter(|_| !self.is_at_newest()).map_or(HistoryAnchor::Newest, HistoryAnchor::Around);
        self.jump(anchor).await.map(drop)
    }

    /// What was said has been deleted: nothing of it stays loaded.
    pub(in crate::model) fn deleted(&self) {
        if !self.is_loaded() {
            return;
        }
        let this = self.clone();
        glib::spawn_future_local(async move {
            if let Err(error) = this.jump(HistoryAnchor::Newest).await {
                log::warn!("a history was not reloaded: {error}");
            }
        });
    }

    /// The first loaded message of this time or later, where nothing that is not loaded can come before it.
    fn loaded_at(&self, time: Timestamp) -> Option<Message> {
        let items = self.imp().items.borrow();
        let at = items.iter().position(|message| message.time() >= time)?;
        let is_certain = at > 0 || (self.imp().is_loaded.get() && !self.imp().has_older.get());
        items.get(at).filter(|_| is_certain).cloned()
    }

    /// Replaces what is loaded; what was looked for is returned.
    async fn jump(&self, anchor: HistoryAnchor) -> Result<Option<Message>, CommandError> {
        let imp = self.imp();
        let Some(_loading) = Loading::begin(self, Kind::Jump) else { return Ok(None) };
        imp.generation.set(imp.generation.get() + 1);
        let generation = imp.generation.get();
        let page = self.page(anchor, PAGE).await?;
        if imp.generation.get() != generation {
            return Ok(None);
        }
        let known = imp.items.borrow().clone();
        let mut items: Vec<_> = page
            .messages
            .into_iter()
            .map(|message| match find(&known, message.cursor) {
                Ok(at) => {
                    known[at].update(&message);
                    known[at].clone()
                }
                Err(_) => Message::new(message),
            })
            .collect();
        if !page.has_newer {
            merge(&mut items, imp.arrived.borrow().clone());
        }
        imp.replace(items);
        imp.set_has_older(page.has_older);
        imp.set_at_newest(!page.has_newer);
        if !imp.is_loaded.replace(true) {
            self.notify_is_loaded();
        }
        Ok(page.target.and_then(|target| self.position_of(target.id)).and_then(|position| self.message(position)))
    }

    async fn page(&self, anchor: HistoryAnchor, limit: usize) -> Result<HistoryPage, CommandError> {
        let (engine, conversation) = self.source()?;
        engine.request(|reply| Command::LoadHistory { conversation, anchor, limit, reply }).await
    }

    fn source(&self) -> Result<(&EngineHandle, ConversationId), CommandError> {
        let imp = self.imp();
        imp.engine.get().zip(imp.conversation.get()).ok_or(CommandError::Stopped)
    }
}
