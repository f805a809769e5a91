//! An engine played by the test, and snapshots to feed it with.

use std::{cell::RefCell, future::Future, rc::Rc, time::Duration};

#[path = "../../tests/support/played.rs"]
mod played;

use super::Messenger;
use crate::engine::api::{
    self, AccountId, BareJid, Command, Contact, Conversation, ConversationId, Cursor, EVENT_CAPACITY, EngineHandle,
    Event, Message, MessageId, MessageState, Presence, Snapshot, Subscription, TextFormat, Timestamp,
};

pub fn jid(text: &str) -> BareJid {
    text.parse().unwrap()
}

pub fn message(conversation: ConversationId, n: i64) -> Message {
    Message {
        cursor: Cursor { position: n * 1024, id: MessageId(n) },
        conversation,
        sender: jid("bob@a.example"),
        is_outgoing: false,
        body: format!("m{n}"),
        format: TextFormat::default(),
        time: Timestamp(n),
        state: MessageState::Received,
        is_read: false,
        annotations: api::Annotations::default(),
        attachment: None,
    }
}

pub fn conversation(id: i64, peer: &str, active_at: i64) -> Conversation {
    Conversation {
        id: ConversationId(id),
        account: AccountId(1),
        peer: jid(peer),
        last: None,
        unread: 0,
        draft: None,
        draft_format: TextFormat::default(),
        language: None,
        is_muted: false,
        muted_until: None,
        is_silent: false,
        is_archived: false,
        is_pinned: false,
        is_listed: true,
        active_at: Timestamp(active_at),
    }
}

pub fn contact(address: &str) -> Contact {
    Contact {
        account: AccountId(1),
        address: jid(address),
        in_roster: true,
        name: None,
        nickname: None,
        groups: Vec::new(),
        subscription: Subscription::Both,
        is_pending: false,
        presence: Presence::default(),
        avatar: None,
    }
}

/// What the played engine has stored, and what it was told.
#[derive(Default)]
pub struct Stored {
    pub snapshot: Snapshot,
    pub messages: Vec<Message>,
    pub commands: Vec<String>,
}

/// A messenger with an engine that answers from memory.
pub struct Stage {
    pub messenger: Messenger,
    pub stored: Rc<RefCell<Stored>>,
    pub events: async_channel::Sender<Event>,
    engine: glib::JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.engine.abort();
    }
}

/// Runs a test on a main context of its own.
pub fn on_stage<F: Future<Output = ()>>(stored: Stored, test: impl FnOnce(Stage) -> F) {
    let context = glib::MainContext::new();
    context
        .with_thread_default(|| {
            let (engine, commands) = EngineHandle::pair();
            let (sender, events) = async_channel::bounded(EVENT_CAPACITY);
            let stored = Rc::new(RefCell::new(stored));
            let engine_task = glib::spawn_future_local(play(stored.clone(), commands));
            let messenger = Messenger::new(engine, events);
            let stage = Stage { messenger, stored, events: sender, engine: engine_task };
            context.block_on(async {
                until(&stage.messenger.clone(), Messenger::is_loaded).await;
                test(stage).await;
            });
        })
        .unwrap();
}

/// Lets the main loop run until this holds; fails after five seconds.
pub async fn until<T>(subject: &T, holds: impl Fn(&T) -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while !holds(subject) {
        assert!(std::time::Instant::now() < deadline, "it did not come to pass");
        glib::timeout_future(Duration::from_millis(1)).await;
    }
}

async fn play(stored: Rc<RefCell<Stored>>, commands: async_channel::Receiver<Command>) {
    while let Ok(command) = commands.recv().await {
        let mut stored = stored.borrow_mut();
        match command {
            Command::LoadSnapshot { reply } => reply.send(Ok(stored.snapshot.clone())),
            Command::LoadHistory { anchor, limit, reply, .. } => {
                reply.send(Ok(played::page(&stored.messages, anchor, limit, stored.messages.len())));
            }
            Command::LoadPlaces { from, to, reply, .. } => reply.send(Ok(played::places(&stored.messages, from, to))),
            Command::SearchMessages { query, before, limit, reply } => {
                reply.send(Ok(played::found(&stored.messages, &query, before, limit)));
            }
            other => stored.commands.push(format!("{other:?}")),
        }
    }
}
