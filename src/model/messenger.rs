//! The root of the model: everything a profile holds, and the one loop that applies what the engine says.

mod changes;

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::HashMap,
    sync::OnceLock,
};

use gio::prelude::*;
use glib::subclass::{Signal, prelude::*};

use super::{Account, Contact, Conversation, ConversationList, MessageSearch, Request, batch};
use crate::engine::api::{
    self, AccountId, BareJid, Command, CommandError, ConnectStep, ConversationId, EngineHandle, Event, Events, Notice,
    StartProblem,
};

mod imp {
    use super::{
        Account, AccountId, BareJid, Cell, Contact, Conversation, ConversationId, ConversationList, EngineHandle,
        HashMap, MessageSearch, OnceCell, OnceLock, RefCell, Request, Signal,
    };
    use glib::prelude::*;
    use glib::subclass::prelude::*;

    #[derive(glib::Properties)]
    #[properties(wrapper_type = super::Messenger)]
    pub struct Messenger {
        pub engine: OnceCell<EngineHandle>,
        pub event_loop: RefCell<Option<glib::JoinHandle<()>>>,
        /// Everybody known, on the roster or not.
        pub known: RefCell<HashMap<(AccountId, BareJid), Contact>>,
        pub by_id: RefCell<HashMap<ConversationId, Conversation>>,
        /// What was found is kept true as well.
        pub searches: RefCell<Vec<glib::WeakRef<MessageSearch>>>,
        /// Whether the order of the conversation list has to be looked at when the batch is through.
        pub is_disarranged: Cell<bool>,
        #[property(get)]
        pub accounts: gio::ListStore,
        /// Who is on a roster, in no order.
        #[property(get)]
        pub contacts: gio::ListStore,
        #[property(get)]
        pub conversations: ConversationList,
        /// Those that the person has put aside, in the same order.
        #[property(get)]
        pub archived: ConversationList,
        #[property(get)]
        pub requests: gio::ListStore,
        /// The first snapshot is there.
        #[property(get)]
        pub is_loaded: Cell<bool>,
        /// How many messages are unread in conversations that are not muted.
        #[property(get)]
        pub unread: Cell<u32>,
    }

    impl Default for Messenger {
        fn default() -> Self {
            Self {
                engine: OnceCell::new(),
                event_loop: RefCell::default(),
                known: RefCell::default(),
                by_id: RefCell::default(),
                searches: RefCell::default(),
                is_disarranged: Cell::default(),
                accounts: gio::ListStore::new::<Account>(),
                contacts: gio::ListStore::new::<Contact>(),
                conversations: ConversationList::default(),
                archived: ConversationList::default(),
                requests: gio::ListStore::new::<Request>(),
                is_loaded: Cell::default(),
                unread: Cell::default(),
            }
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Messenger {
        const NAME: &'static str = "StonechatMessenger";
        type Type = super::Messenger;
    }

    #[glib::derived_properties]
    impl ObjectImpl for Messenger {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| {
                let any = glib::BoxedAnyObject::static_type();
                let conversation = Conversation::static_type();
                vec![
                    Signal::builder("notice").param_types([any]).build(),
                    Signal::builder("start-failed").param_types([any]).build(),
                    Signal::builder("sign-in-progress").param_types([any]).build(),
                    Signal::builder("news").param_types([conversation, any]).build(),
                    Signal::builder("read").param_types([conversation]).build(),
                    Signal::builder("conversation-removed").param_types([conversation]).build(),
                ]
            })
        }

        fn dispose(&self) {
            if let Some(event_loop) = self.event_loop.take() {
                event_loop.abort();
            }
        }
    }
}

glib::wrapper! {
    /// All that the window shows. One for each running profile.
    pub struct Messenger(ObjectSubclass<imp::Messenger>);
}

impl Messenger {
    /// Asks for the first snapshot at once and keeps everything true from then on, until the object is dropped.
    pub fn new(engine: EngineHandle, events: Events) -> Self {
        let this: Self = glib::Object::new();
        let fresh = this.imp().engine.set(engine.clone()).is_ok();
        debug_assert!(fresh);
        let event_loop = glib::spawn_future_local(run(this.downgrade(), engine, events));
        this.imp().event_loop.replace(Some(event_loop));
        this
    }

    pub fn engine(&self) -> &EngineHandle {
        self.imp().engine.get().expect("a messenger is made with the engine's handle only")
    }

    /// Sends a command that needs no answer.
    pub fn send(&self, command: Command) {
        if let Err(error) = self.engine().send(command) {
            log::warn!("a command was not taken: {error}");
        }
    }

    pub fn account(&self, id: AccountId) -> Option<Account> {
        self.each_account().find(|account| account.id() == id)
    }

    /// The account that a new conversation belongs to unless the person says otherwise.
    pub fn default_account(&self) -> Option<Account> {
        self.each_account().find(Account::enabled).or_else(|| self.each_account().next())
    }

    pub fn each_account(&self) -> impl Iterator<Item = Account> + use<> {
        self.accounts().iter::<Account>().filter_map(Result::ok).collect::<Vec<_>>().into_iter()
    }

    pub fn conversation(&self, id: ConversationId) -> Option<Conversation> {
        self.imp().by_id.borrow().get(&id).cloned()
    }

    /// Somebody known, on the roster or not.
    pub fn contact(&self, account: AccountId, address: &BareJid) -> Option<Contact> {
        self.imp().known.borrow().get(&(account, address.clone())).cloned()
    }

    /// Finds or makes the conversation and puts it into the list.
    pub async fn open_conversation(&self, account: AccountId, peer: BareJid) -> Result<Conversation, CommandError> {
        let opened = self.engine().request(|reply| Command::OpenConversation { account, peer, reply }).await?;
        let id = opened.id;
        self.conversations_changed(vec![opened]);
        self.finish_batch(false);
        self.conversation(id).ok_or(CommandError::NotFound)
    }

    pub fn connect_notice(&self, f: impl Fn(&Self, &Notice) + 'static) -> glib::SignalHandlerId {
        self.connect_boxed("notice", f)
    }

    pub fn connect_start_failed(&self, f: impl Fn(&Self, &StartProblem) + 'static) -> glib::SignalHandlerId {
        self.connect_boxed("start-failed", f)
    }

    pub fn connect_sign_in_progress(&self, f: impl Fn(&Self, &ConnectStep) + 'static) -> glib::SignalHandlerId {
        self.connect_boxed("sign-in-progress", f)
    }

    /// Messages that the person should be told of, oldest first.
    pub fn connect_news(&self, f: impl Fn(&Self, &Conversation, &[api::Message]) + 'static) -> glib::SignalHandlerId {
        self.connect_local("news", false, move |values| {
            let this = values[0].get::<Self>().ok()?;
            let conversation = values[1].get::<Conversation>().ok()?;
            let messages = values[2].get::<glib::BoxedAnyObject>().ok()?;
            f(&this, &conversation, &messages.borrow::<Vec<api::Message>>());
            None
        })
    }

    /// A conversation was read, here or on another device; what is still unread is its `unread`.
    pub fn connect_read(&self, f: impl Fn(&Self, &Conversation) + 'static) -> glib::SignalHandlerId {
        self.connect_conversation("read", f)
    }

    pub fn connect_conversation_removed(&self, f: impl Fn(&Self, &Conversation) + 'static) -> glib::SignalHandlerId {
        self.connect_conversation("conversation-removed", f)
    }

    fn connect_conversation(&self, signal: &str, f: impl Fn(&Self, &Conversation) + 'static) -> glib::SignalHandlerId {
        self.connect_local(signal, false, move |values| {
            f(&values[0].get::<Self>().ok()?, &values[1].get::<Conversation>().ok()?);
            None
        })
    }

    fn connect_boxed<T: 'static>(&self, signal: &str, f: impl Fn(&Self, &T) + 'static) -> glib::SignalHandlerId {
        self.connect_local(signal, false, move |values| {
            let this = values[0].get::<Self>().ok()?;
            let value = values[1].get::<glib::BoxedAnyObject>().ok()?;
            f(&this, &value.borrow::<T>());
            None
        })
    }

    fn emit_boxed<T: 'static>(&self, signal: &str, value: T) {
        self.emit_by_name::<()>(signal, &[&glib::BoxedAnyObject::new(value)]);
    }

    /// Applies what was ready together. Returns whether events were lost, so that all has to be loaded anew.
    fn apply(&self, events: Vec<Event>) -> bool {
        let mut is_lost = false;
        let mut news: Vec<(ConversationId, Vec<api::Message>)> = Vec::new();
        let mut read = Vec::new();
        for event in batch::join(events) {
            match event {
                Event::Resync => is_lost = true,
                Event::StartFailed(problem) => self.emit_boxed("start-failed", problem),
                Event::Notice(notice) => self.emit_boxed("notice", notice),
                Event::SignInProgress { step } => self.emit_boxed("sign-in-progress", step),
                Event::AccountChanged(account) => self.account_changed(account),
                Event::AccountRemoved(account) => self.account_removed(account),
                Event::ContactsChanged(contacts) => self.contacts_changed(contacts),
                Event::ContactsRemoved { account, addresses } => self.contacts_removed(account, addresses),
                Event::PresenceChanged { account, changes } => {
                    for (address, presence) in changes {
                        if let Some(contact) = self.contact(account, &address) {
                            contact.set_presence(presence);
                        }
                    }
                }
                Event::AvatarChanged { account, address, avatar } => {
                    if let Some(contact) = self.contact(account, &address) {
                        contact.set_avatar(avatar);
                    }
                }
                Event::RequestsChanged { account, requests } => self.requests_changed(account, requests),
                Event::BlockListChanged(list) => self.block_list_changed(list),
                Event::ConversationsChanged(conversations) => self.conversations_changed(conversations),
                Event::ConversationRemoved(id) => self.conversation_removed(id),
                Event::MessagesStored { conversation, messages, news: new } => {
                    let told: Vec<_> = messages.iter().filter(|m| new.contains(&m.cursor.id)).cloned().collect();
                    if !told.is_empty() {
                        news.push((conversation, told));
                    }
                    self.with_history(conversation, |history| history.stored(messages));
                }
                Event::MessagesChanged { conversation, messages } => {
                    self.with_history(conversation, |history| history.changed(&messages));
                    self.each_search(|search| search.changed(&messages));
                }
                Event::MessageRemoved { conversation, message } => {
                    self.with_history(conversation, |history| history.removed(message));
                    self.each_search(|search| search.removed(message));
                }
                Event::HistoryDeleted(conversation) => {
                    self.with_history(conversation, super::History::deleted);
                    self.each_search(|search| search.deleted(conversation));
                    read.push(conversation);
                }
                Event::TransferChanged { conversation, message, transfer } => {
                    self.with_history(conversation, |history| history.transferred(message, transfer));
                    self.each_search(|search| search.transferred(message, transfer));
                }
                Event::ReadChanged { conversation, .. } => read.push(conversation),
                Event::ChatStateChanged { conversation, state } => {
                    if let Some(conversation) = self.conversation(conversation) {
                        conversation.set_chat_state(state);
                    }
                }
            }
        }
        self.finish_batch(false);
        for (conversation, messages) in news {
            if let Some(conversation) = self.conversation(conversation) {
                self.emit_by_name::<()>("news", &[&conversation, &glib::BoxedAnyObject::new(messages)]);
            }
        }
        for conversation in read.into_iter().filter_map(|id| self.conversation(id)) {
            self.emit_by_name::<()>("read", &[&conversation]);
        }
        is_lost
    }

    /// What was found is told what becomes of it, for as long as somebody has it.
    pub(super) fn keep_true(&self, search: &MessageSearch) {
        let mut searches = self.imp().searches.borrow_mut();
        searches.retain(|known| known.upgrade().is_some());
        searches.push(search.downgrade());
    }

    fn each_search(&self, f: impl Fn(&MessageSearch)) {
        let searches: Vec<_> = self.imp().searches.borrow().iter().filter_map(glib::WeakRef::upgrade).collect();
        for search in searches {
            f(&search);
        }
    }

    fn with_history(&self, conversation: ConversationId, f: impl FnOnce(&super::History)) {
        if let Some(conversation) = self.conversation(conversation)
            && let Some(history) = conversation.known_history()
        {
            f(history);
        }
    }
}

/// The loop. Events wait in the channel while a snapshot is on its way: those that are older than it are repeated by
/// it, those that are newer come after it.
async fn run(messenger: glib::WeakRef<Messenger>, engine: EngineHandle, events: Events) {
    load(&messenger, &engine).await;
    while let Ok(first) = events.recv().await {
        let mut ready = vec![first];
        ready.extend(std::iter::from_fn(|| events.try_recv().ok()).take(api::EVENT_CAPACITY));
        let Some(this) = messenger.upgrade() else { return };
        if !this.apply(ready) {
            continue;
        }
        let histories: Vec<_> = {
            let by_id = this.imp().by_id.borrow();
            by_id.values().filter_map(|conversation| conversation.known_history().cloned()).collect()
        };
        drop(this);
        load(&messenger, &engine).await;
        for history in histories.into_iter().filter(super::History::is_loaded) {
            if let Err(error) = history.reload().await {
                log::warn!("a history was not reloaded: {error}");
            }
        }
    }
}

async fn load(messenger: &glib::WeakRef<Messenger>, engine: &EngineHandle) {
    match engine.request(|reply| Command::LoadSnapshot { reply }).await {
        Ok(snapshot) => {
            if let Some(this) = messenger.upgrade() {
                this.load(snapshot);
            }
        }
        // Why it stopped comes as an event.
        Err(error) => log::warn!("no snapshot: {error}"),
    }
}
