//! Messages that are looked for, as a list that grows while somebody scrolls.

use std::cell::{Cell, OnceCell, RefCell};

use gio::{prelude::*, subclass::prelude::*};

use super::{Conversation, Messenger};
use crate::engine::api::{self, Command, MessageId, MessageQuery, SearchPlace, Timestamp};

/// As many as fill a window; more come when they are wanted.
const PAGE: usize = 50;

mod imp {
    use super::{Cell, FoundMessage, MessageQuery, Messenger, RefCell, SearchPlace, api};
    use gio::{prelude::*, subclass::prelude::*};

    #[derive(Default)]
    pub struct FoundItem {
        pub found: super::OnceCell<(api::FoundMessage, super::Conversation)>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for FoundItem {
        const NAME: &'static str = "StonechatFoundMessage";
        type Type = super::FoundMessage;
    }

    impl ObjectImpl for FoundItem {}

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
    /// A message that was found; it never changes.
    pub struct FoundMessage(ObjectSubclass<imp::FoundItem>);
}

glib::wrapper! {
    /// What was found, newest first.
    pub struct MessageSearch(ObjectSubclass<imp::MessageSearch>) @implements gio::ListModel;
}

impl FoundMessage {
    fn new(found: api::FoundMessage, conversation: Conversation) -> Self {
        let this: Self = glib::Object::new();
        let fresh = this.imp().found.set((found, conversation)).is_ok();
        debug_assert!(fresh);
        this
    }

    fn inner(&self) -> &(api::FoundMessage, Conversation) {
        self.imp().found.get().expect("it is made from what was found only")
    }

    pub fn id(&self) -> MessageId {
        self.inner().0.id
    }

    pub fn conversation(&self) -> &Conversation {
        &self.inner().1
    }

    pub fn is_outgoing(&self) -> bool {
        self.inner().0.is_outgoing
    }

    pub fn time(&self) -> Timestamp {
        self.inner().0.time
    }

    /// One line around the first place where the words stand.
    pub fn excerpt(&self) -> &str {
        &self.inner().0.excerpt
    }

    /// Where the words stand in the excerpt, in bytes.
    pub fn marks(&self) -> &[std::ops::Range<usize>] {
        &self.inner().0.marks
    }
}

impl FoundMessage {
    /// The file that it shared when it was found.
    pub fn attachment(&self) -> Option<&api::Attachment> {
        self.inner().0.attachment.as_ref()
    }

    /// What its links lead to, where only messages with a link were looked for.
    pub fn links(&self) -> &[String] {
        &self.inner().0.links
    }
}

impl MessageSearch {
    #[must_use]
    pub fn new(messenger: &Messenger) -> Self {
        let this: Self = glib::Object::new();
        this.imp().messenger.set(Some(messenger));
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

    fn set_is_loading(&self, is_loading: bool) {
        if self.imp().is_loading.replace(is_loading) != is_loading {
            self.notify_is_loading();
        }
    }
}
