//! Messages that are looked for, as a list that grows while somebody scrolls.

use std::cell::{Cell, RefCell};

use gio::{prelude::*, subclass::prelude::*};

use super::{FoundMessage, Messenger};
use crate::engine::api::{self, Command, ConversationId, Message, MessageId, MessageQuery, SearchPlace, Transfer};

/// As many as fill a window; more come when they are wanted.
const PAGE: usize = 50;

mod imp {
    use super::{Cell, FoundMessage, MessageQuery, Messenger, RefCell, SearchPlace};
    use gio::{prelude::*, subclass::prelude::*};

    #[derive(Default, glib::Properties)]
    #[properties(wrapper_type = super::MessageSearch)]
    pub struct MessageSearch {
        pub messenger: glib::WeakRef<Messenger>,
        pub items: RefCell<Vec<FoundMessage>>,
        pub query: RefCell<MessageQuery>,
        /// Where what is not loaded yet begins.
        pub next: Cell<Option<SearchPlace>>,
        /// Goes up with each query: an answer to an older one counts no more.
        pub turn: Cell<u64>,
        #[property(get)]
        pub is_loading: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for MessageSearch {
        const NAME: &'static str = "StonechatMessageSearch";
        type Type = super::MessageSearch;
        type Interfaces = (gio::ListModel,);
    }

    #[glib::derived_properties]
    impl ObjectImpl for MessageSearch {}

    impl ListModelImpl for MessageSearch {
        fn item_type(&self) -> glib::Type {
            FoundMessage::static_type()
        }

        fn n_items(&self) -> u32 {
            u32::try_from(self.items.borrow().len()).unwrap_or(u32::MAX)
        }

        fn item(&self, position: u32) -> Option<glib::Object> {
            self.items.borrow().get(position as usize).map(|item| item.clone().upcast())
        }
    }
}

glib::wrapper! {
    /// What was found, newest first.
    pub struct MessageSearch(ObjectSubclass<imp::MessageSearch>) @implements gio::ListModel;
}

impl MessageSearch {
    #[must_use]
    pub fn new(messenger: &Messenger) -> Self {
        let this: Self = glib::Object::new();
        this.imp().messenger.set(Some(messenger));
        messenger.keep_true(&this);
        this
    }

    /// Looks for something else. What was found before stays until the answer is there, so that nothing flashes.
    pub fn set_query(&self, query: MessageQuery) {
        let imp = self.imp();
        if *imp.query.borrow() == query {
            return;
        }
        imp.query.replace(query);
        imp.next.set(None);
        self.load(None);
    }

    pub fn query(&self) -> MessageQuery {
        self.imp().query.borrow().clone()
    }

    /// Finds older ones, if there are any and nothing is under way.
    pub fn load_more(&self) {
        if let Some(next) = self.imp().next.get().filter(|_| !self.is_loading()) {
            self.load(Some(next));
        }
    }

    pub fn has_more(&self) -> bool {
        self.imp().next.get().is_some()
    }

    /// One of those that were found.
    pub fn hit(&self, index: u32) -> Option<FoundMessage> {
        self.imp().items.borrow().get(index as usize).cloned()
    }

    pub fn iter(&self) -> impl Iterator<Item = FoundMessage> + use<> {
        self.imp().items.borrow().clone().into_iter()
    }

    fn load(&self, before: Option<SearchPlace>) {
        let imp = self.imp();
        let turn = imp.turn.get() + 1;
        imp.turn.set(turn);
        let query = self.query();
        if query.is_empty() {
            self.set_is_loading(false);
            return self.replace_from(0, &[]);
        }
        let Some(messenger) = imp.messenger.upgrade() else { return };
        self.set_is_loading(true);
        let (weak, engine) = (self.downgrade(), messenger.engine().clone());
        glib::spawn_future_local(async move {
            let answer = engine.request(|reply| Command::SearchMessages { query, before, limit: PAGE, reply }).await;
            let Some(this) = weak.upgrade().filter(|this| this.imp().turn.get() == turn) else { return };
            let page = answer.unwrap_or_else(|error| {
                log::warn!("the search failed: {error}");
                api::FoundPage::default()
            });
            this.imp().next.set(page.next);
            let found = page.found.into_iter().filter_map(|found| {
                let conversation = messenger.conversation(found.conversation)?;
                Some(FoundMessage::new(found, conversation))
            });
            let start = if before.is_some() { this.imp().items.borrow().len() } else { 0 };
            this.replace_from(start, &found.collect::<Vec<_>>());
            this.set_is_loading(false);
        });
    }

    fn replace_from(&self, start: usize, new: &[FoundMessage]) {
        let (removed, added) = {
            let mut items = self.imp().items.borrow_mut();
            let removed = items.len() - start;
            items.truncate(start);
            items.extend_from_slice(new);
            (removed, new.len())
        };
        if removed > 0 || added > 0 {
            let int = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            self.items_changed(int(start), int(removed), int(added));
        }
    }

    /// What is known of files is so still; a message that has none any more is not found by one.
    pub(super) fn changed(&self, messages: &[Message]) {
        let by_file = !self.imp().query.borrow().files.is_empty();
        for message in messages {
            let Some((index, item)) = self.find(message.cursor.id) else { continue };
            if by_file && message.attachment.is_none() {
                self.remove(index);
            } else {
                item.set_attachment(message.attachment.clone());
            }
        }
    }

    pub(super) fn transferred(&self, message: MessageId, transfer: Option<Transfer>) {
        if let Some((_, item)) = self.find(message) {
            item.set_transfer(transfer);
        }
    }

    pub(super) fn removed(&self, message: MessageId) {
        if let Some((index, _)) = self.find(message) {
            self.remove(index);
        }
    }

    /// Nothing is left of what was said there.
    pub(super) fn deleted(&self, conversation: ConversationId) {
        let of_it: Vec<_> = self.iter().filter(|item| item.conversation().id() == conversation).collect();
        for item in of_it {
            self.removed(item.id());
        }
    }

    fn find(&self, message: MessageId) -> Option<(usize, FoundMessage)> {
        let items = self.imp().items.borrow();
        items.iter().position(|item| item.id() == message).map(|index| (index, items[index].clone()))
    }

    fn remove(&self, index: usize) {
        self.imp().items.borrow_mut().remove(index);
        self.items_changed(u32::try_from(index).unwrap_or(u32::MAX), 1, 0);
    }

    fn set_is_loading(&self, is_loading: bool) {
        if self.imp().is_loading.replace(is_loading) != is_loading {
            self.notify_is_loading();
        }
    }
}
