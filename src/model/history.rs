//! A stretch of one conversation's messages: a `GListModel` over what is loaded, page by page, of what is stored.
//!
//! The messages follow each other without a gap, oldest first. At most [`MAX_LOADED`] are kept: what is loaded at one end
//! pushes out the other. Live messages join only while the window reaches to the newest one.

mod live;
mod loading;

use std::cell::{Cell, OnceCell, RefCell};

use gio::{prelude::*, subclass::prelude::*};
use glib::Properties;

use super::{Message, window};
use crate::engine::api::{self, ConversationId, Cursor, EngineHandle, MessageId};

/// How many messages are asked for at a time.
pub const PAGE: usize = 50;
/// How many messages are kept loaded.
pub const MAX_LOADED: usize = 400;

mod imp {
    use super::{
        Cell, ConversationId, EngineHandle, ListModelExt, Message, OnceCell, Properties, ReadingPlace, RefCell, api,
    };
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
        /// Where somebody was when they left.
        pub place: Cell<Option<ReadingPlace>>,
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
                place: Cell::new(None),
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

/// Where somebody was in a history when they left it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadingPlace {
    pub message: Cursor,
    /// How far below the upper edge of what was in sight the message began, in pixels.
    pub offset: f64,
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

    /// Where a message stands in the list, if it is loaded.
    pub fn position_of(&self, message: MessageId) -> Option<u32> {
        let items = self.imp().items.borrow();
        items.iter().position(|item| item.id() == message).and_then(|position| u32::try_from(position).ok())
    }

    pub fn message(&self, position: u32) -> Option<Message> {
        self.imp().items.borrow().get(position as usize).cloned()
    }

    /// The newest messages that are loaded, the newest first; `most` of them at most.
    pub fn newest(&self, most: usize) -> Vec<Message> {
        self.imp().items.borrow().iter().rev().take(most).cloned().collect()
    }

    /// The newest message that is loaded.
    pub fn last(&self) -> Option<Message> {
        self.imp().items.borrow().last().cloned()
    }

    /// The loaded messages from one place to another, both included.
    pub fn loaded_between(&self, from: Cursor, to: Cursor) -> Vec<Message> {
        let items = self.imp().items.borrow();
        let begin = items.partition_point(|message| message.cursor() < from);
        let end = items.partition_point(|message| message.cursor() <= to);
        items.get(begin..end).map(<[Message]>::to_vec).unwrap_or_default()
    }

    /// The `count`th-newest received message: where unread ones begin, when `count` is how many there are and they are loaded.
    pub fn first_unread(&self, count: u32) -> Option<Message> {
        let items = self.imp().items.borrow();
        items.iter().rev().filter(|message| !message.is_outgoing()).nth((count as usize).checked_sub(1)?).cloned()
    }

    /// Where somebody was when they left; `None`: at the end, or nobody was here.
    pub fn place(&self) -> Option<ReadingPlace> {
        self.imp().place.get()
    }

    pub fn set_place(&self, place: Option<ReadingPlace>) {
        self.imp().place.set(place);
    }

    /// Nobody looks at this for now: keeps two pages around a message, or the newest ones, so that many histories that were
    /// opened once take no more room than a few.
    pub fn shrink(&self, around: Option<Cursor>) {
        let imp = self.imp();
        let items = imp.items.borrow().clone();
        if imp.is_loading() || items.len() <= 2 * PAGE {
            return;
        }
        let middle = around.map_or(items.len(), |cursor| items.partition_point(|message| message.cursor() < cursor));
        let end = (middle + PAGE).clamp(2 * PAGE, items.len());
        let start = end - 2 * PAGE;
        imp.replace(items[start..end].to_vec());
        if start > 0 {
            imp.set_has_older(true);
        }
        if end < items.len() {
            imp.set_at_newest(false);
        }
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
