//! A stretch of one conversation's messages: a `GListModel` over what is loaded, page by page, of what is stored.
//!
//! The messages follow each other without a gap, oldest first. At most [`MAX_LOADED`] are kept: what is loaded at one end
//! pushes out the other. Live messages join only while the window reaches to the newest one.

use std::cell::{Cell, OnceCell, RefCell};

use gio::{prelude::*, subclass::prelude::*};
use glib::Properties;

use super::{Message, window};
use crate::engine::api::{
    self, Command, CommandError, ConversationId, Cursor, EngineHandle, HistoryAnchor, HistoryPage, MessageId,
};

/// How many messages are asked for at a time.
pub const PAGE: usize = 50;
/// How many messages are kept loaded.
pub const MAX_LOADED: usize = 400;

mod imp {
    use super::{Cell, ConversationId, EngineHandle, ListModelExt, Message, OnceCell, Properties, RefCell, api};
    use gio::subclass::prelude::*;
    use glib::prelude::*;

    #[derive(Properties)]
    #[properties(wrapper_type = super::History)]
    pub struct History {
        pub engine: OnceCell<EngineHandle>,
        pub conversation: Cell<Option<ConversationId>>,
        pub items: RefCell<Vec<Message>>,
        /// Raised whenever the window moves elsewhere; the answer to a question asked before counts no more.
        pub generation: Cell<u64>,
        /// What came live while a page was on its way: the page may have been read before or after it.
        pub arrived: RefCell<Vec<api::Message>>,
        /// Whether anything was ever loaded.
        #[property(get)]
        pub is_loaded: Cell<bool>,
        #[property(get)]
        pub has_older: Cell<bool>,
        /// Whether the newest message is loaded, so that live ones join.
        #[property(get)]
        pub is_at_newest: Cell<bool>,
        /// A page of older messages is on its way.
        #[property(get)]
        pub is_loading_older: Cell<bool>,
        #[property(get)]
        pub is_loading_newer: Cell<bool>,
        /// The newest page, or one around a message, is on its way.
        #[property(get)]
        pub is_jumping: Cell<bool>,
        /// Whether the view is stuck to the end. While it is, live messages push out the oldest ones; while it is not, they
        /// wait in the store as soon as the window is full.
        #[property(get, set)]
        pub follows_end: Cell<bool>,
    }

    impl Default for History {
        fn default() -> Self {
            Self {
                engine: OnceCell::new(),
                conversation: Cell::new(None),
                items: RefCell::default(),
                generation: Cell::new(0),
                arrived: RefCell::default(),
                is_loaded: Cell::new(false),
                has_older: Cell::new(false),
                is_at_newest: Cell::new(false),
                is_loading_older: Cell::new(false),
                is_loading_newer: Cell::new(false),
                is_jumping: Cell::new(false),
                follows_end: Cell::new(true),
            }
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for History {
        const NAME: &'static str = "StonechatHistory";
        type Type = super::History;
        type Interfaces = (gio::ListModel,);
    }

    #[glib::derived_properties]
    impl ObjectImpl for History {}

    impl ListModelImpl for History {
        fn item_type(&self) -> glib::Type {
            Message::static_type()
        }

        fn n_items(&self) -> u32 {
            u32::try_from(self.items.borrow().len()).unwrap_or(u32::MAX)
        }

        fn item(&self, position: u32) -> Option<glib::Object> {
            self.items.borrow().get(position as usize).map(|message| message.clone().upcast())
        }
    }

    impl History {
        /// Whether any page is on its way.
        pub fn is_loading(&self) -> bool {
            self.is_loading_older.get() || self.is_loading_newer.get() || self.is_jumping.get()
        }

        /// Replaces what is loaded, and says so once, for the part that differs.
        pub fn replace(&self, new: Vec<Message>) {
            let cursors = |items: &[Message]| items.iter().map(Message::cursor).collect::<Vec<_>>();
            let splice = super::window::difference(&cursors(&self.items.borrow()), &cursors(&new));
            self.items.replace(new);
            if let Some(splice) = splice {
                let int = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                self.obj().items_changed(int(splice.position), int(splice.removed), int(splice.added));
            }
        }

        pub fn set_has_older(&self, value: bool) {
            if self.has_older.replace(value) != value {
                self.obj().notify_has_older();
            }
        }

        pub fn set_at_newest(&self, value: bool) {
            if self.is_at_newest.replace(value) != value {
                self.obj().notify_is_at_newest();
            }
        }
    }
}

glib::wrapper! {
    /// The loaded part of a conversation's history.
    pub struct History(ObjectSubclass<imp::History>) @implements gio::ListModel;
}

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
    pub(super) fn new(engine: EngineHandle, conversation: ConversationId) -> Self {
        let this: Self = glib::Object::new();
        let imp = this.imp();
        let fresh = imp.engine.set(engine).is_ok();
        debug_assert!(fresh);
        imp.conversation.set(Some(conversation));
        this
    }

    /// Loads the newest page in place of what is loaded.
    pub async fn load_newest(&self) -> Result<(), CommandError> {
        self.jump(HistoryAnchor::Newest).await
    }

    /// Loads what surrounds a message in place of what is loaded; where it already is loaded, nothing happens.
    pub async fn jump_to(&self, message: MessageId) -> Result<(), CommandError> {
        if self.position_of(message).is_some() {
            return Ok(());
        }
        self.jump(HistoryAnchor::Around(message)).await
    }

    /// Loads one page before the oldest loaded message. `false`: there is none, or one is on its way.
    pub async fn load_older(&self) -> Result<bool, CommandError> {
        let imp = self.imp();
        let Some(oldest) = self.first_cursor().filter(|_| imp.has_older.get()) else { return Ok(false) };
        let Some(_loading) = Loading::begin(self, Kind::Older) else { return Ok(false) };
        let generation = imp.generation.get();
        let page = self.page(HistoryAnchor::Before(oldest)).await?;
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
        let page = self.page(HistoryAnchor::After(newest)).await?;
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
        match middle.filter(|_| !self.is_at_newest()) {
            Some(middle) => self.jump(HistoryAnchor::Around(middle)).await,
            None => self.jump(HistoryAnchor::Newest).await,
        }
    }

    /// Where a message stands in the list, if it is loaded.
    pub fn position_of(&self, message: MessageId) -> Option<u32> {
        let items = self.imp().items.borrow();
        items.iter().position(|item| item.id() == message).and_then(|position| u32::try_from(position).ok())
    }

    pub fn message(&self, position: u32) -> Option<Message> {
        self.imp().items.borrow().get(position as usize).cloned()
    }

    /// The newest message that is loaded.
    pub fn last(&self) -> Option<Message> {
        self.imp().items.borrow().last().cloned()
    }

    /// The `count`th-newest received message: where unread ones begin, when `count` is how many there are and they are loaded.
    pub fn first_unread(&self, count: u32) -> Option<Message> {
        let items = self.imp().items.borrow();
        items.iter().rev().filter(|message| !message.is_outgoing()).nth((count as usize).checked_sub(1)?).cloned()
    }

    async fn jump(&self, anchor: HistoryAnchor) -> Result<(), CommandError> {
        let imp = self.imp();
        let Some(_loading) = Loading::begin(self, Kind::Jump) else { return Ok(()) };
        imp.generation.set(imp.generation.get() + 1);
        let generation = imp.generation.get();
        let page = self.page(anchor).await?;
        if imp.generation.get() != generation {
            return Ok(());
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
        Ok(())
    }

    async fn page(&self, anchor: HistoryAnchor) -> Result<HistoryPage, CommandError> {
        let imp = self.imp();
        let (Some(engine), Some(conversation)) = (imp.engine.get(), imp.conversation.get()) else {
            return Err(CommandError::Stopped);
        };
        engine.request(|reply| Command::LoadHistory { conversation, anchor, limit: PAGE, reply }).await
    }

    /// New messages of this conversation. One change of the list, however many there are.
    pub(super) fn stored(&self, messages: Vec<api::Message>) {
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

    /// The same messages in another state.
    pub(super) fn changed(&self, messages: &[api::Message]) {
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

    pub(super) fn removed(&self, message: MessageId) {
        let imp = self.imp();
        imp.arrived.borrow_mut().retain(|waiting| waiting.cursor.id != message);
        let Some(position) = self.position_of(message) else { return };
        let mut items = imp.items.borrow().clone();
        items.remove(position as usize);
        imp.replace(items);
    }

    fn first_cursor(&self) -> Option<Cursor> {
        self.imp().items.borrow().first().map(Message::cursor)
    }

    fn last_cursor(&self) -> Option<Cursor> {
        self.imp().items.borrow().last().map(Message::cursor)
    }
}

fn find(items: &[Message], cursor: Cursor) -> Result<usize, usize> {
    items.binary_search_by_key(&cursor, Message::cursor)
}

/// Puts messages where they belong; those that are there already are brought up to date.
fn merge(items: &mut Vec<Message>, messages: Vec<api::Message>) {
    for message in messages {
        match find(items, message.cursor) {
            Ok(at) => items[at].update(&message),
            Err(at) => items.insert(at, Message::new(message)),
        }
    }
}
