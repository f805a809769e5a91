//! One task for each account, which owns its session from start to end.
//!
//! It waits for three things: jobs of its own (answers to IQs), orders, and what the session delivers. What takes an answer
//! from the network never stops it, because the answer itself comes by way of the session's events.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use minidom::Element;
use tokio::{
    sync::mpsc,
    time::{Duration, Instant},
};

use super::{
    api::{CommandError, ConnectionState, Reply, Timestamp},
    archive::{Archive, Fetching},
    avatar::Avatars,
    batch::Batch,
    blocking,
    context::{AccountContext, Shared},
    live::Live,
    order::Order,
    outbox,
    secrets::SecretError,
    transact::{amendments, messages},
};
use crate::{
    ids::{AccountId, BareJid, ConversationId, Cursor, Jid, MessageId},
    secret::Secret,
    store::{StoreError, account::AccountRow, caps::CapsKey},
    xmpp::{
        ConnectStep,
        archive::Fin,
        blocking::BlockPush,
        caps::Caps,
        disco::Info,
        incoming::Incoming,
        pubsub::Item,
        roster::RosterResult,
        session::{IqError, SessionEvent, SessionHandle, SessionState, Token},
    },
};

/// How many events make a batch at most.
const BATCH: usize = 256;
/// How soon a batch that found no room on the disk is tried again.
const DISK_FULL_RETRY: Duration = Duration::from_secs(5);

/// What a job has brought.
pub(super) enum Done {
    Nothing,
    /// The password and the token, from the keyring.
    Secrets(Result<Option<Secret>, SecretError>, Option<Token>),
    Roster(RosterResult),
    /// What the server does for our own address.
    OwnAbilities {
        has_stanza_ids: bool,
        archive: Archive,
    },
    /// The answer to the archive's query of this id.
    Page {
        query: String,
        result: Result<Option<Fin>, IqError>,
    },
    /// The archive has had its rest.
    Rested,
    /// How far all devices have read, as the server has it.
    Displayed(Vec<Item>),
    TellRead,
    Told {
        conversation: ConversationId,
        read: Cursor,
        result: Result<(), IqError>,
    },
    Abilities {
        key: CapsKey,
        info: Option<Info>,
    },
    /// What the server keeps away.
    Blocking(blocking::Found),
    /// A change of whom it keeps away.
    Blocked {
        change: BlockPush,
        reply: Reply<Result<(), CommandError>>,
        result: Result<(), CommandError>,
    },
    Published {
        reply: Reply<Result<(), CommandError>>,
        result: Result<(), CommandError>,
    },
}

pub(super) type Job = BoxFuture<'static, Done>;

/// A session that was begun elsewhere: by signing in.
#[derive(Debug)]
pub struct Begun {
    pub session: SessionHandle,
    pub events: mpsc::Receiver<SessionEvent>,
    /// Already taken out of `events`.
    pub first: Vec<SessionEvent>,
    pub password: Secret,
}

/// Starts an account's task.
pub fn spawn(shared: &Arc<Shared>, row: AccountRow, begun: Option<Begun>) {
    let (orders, receiver) = mpsc::unbounded_channel();
    let (id, is_enabled) = (row.id, row.is_enabled);
    let mut task = Task {
        shared: Arc::clone(shared),
        id,
        address: row.address.clone(),
        orders: receiver,
        session: None,
        password: None,
        token: None,
        announced: None,
        jobs: FuturesUnordered::new(),
        avatars: None,
        unsettled: VecDeque::new(),
        retry_at: None,
        fetching: Fetching::default(),
        is_to_tell: false,
        telling: HashSet::new(),
        synchronises: true,
    };
    let mut live = Live::new(row, orders);
    if begun.is_some() {
        live.connection = ConnectionState::Connecting(ConnectStep::Binding);
    }
    shared.accounts.insert(live);
    tokio::spawn(async move {
        match begun {
            Some(begun) => task.adopt(begun).await,
            None if is_enabled => task.look_for_password(),
            None => {}
        }
        task.run().await;
    });
}

pub(super) struct Task {
    pub(super) shared: Arc<Shared>,
    pub(super) id: AccountId,
    pub(super) address: BareJid,
    orders: mpsc::UnboundedReceiver<Order>,
    pub(super) session: Option<(SessionHandle, mpsc::Receiver<SessionEvent>)>,
    pub(super) password: Option<Secret>,
    pub(super) token: Option<Token>,
    /// The presence that the server has of us.
    pub(super) announced: Option<Element>,
    pub(super) jobs: FuturesUnordered<Job>,
    /// Works for as long as the session.
    pub(super) avatars: Option<Avatars>,
    /// Batches that could not be stored yet. While there are any, nothing more is taken from the session.
    pub(super) unsettled: VecDeque<Arc<Batch>>,
    pub(super) retry_at: Option<Instant>,
    pub(super) fetching: Fetching,
    /// It is about to be told what was read.
    pub(super) is_to_tell: bool,
    /// Conversations of which others are being told.
    pub(super) telling: HashSet<ConversationId>,
    /// Whether the server keeps for our other devices what was read.
    pub(super) synchronises: bool,
}

impl Task {
    async fn run(&mut self) {
        loop {
            let retry_at = self.retry_at;
            // In this order: the answer to a roster query must be in the store before the pushes that came after it.
            tokio::select! {
                biased;
                Some(done) = self.jobs.next() => self.done(done).await,
                order = self.orders.recv() => match order {
                    Some(Order::Stop(reply)) => {
                        self.stop_session().await;
                        let _ = reply.send(());
                        return;
                    }
                    Some(Order::Leave { row, was_online, done }) => {
                        if was_online {
                            self.revoke_token(*row);
                        }
                        self.stop_session().await;
                        let _ = done.send(());
                        return;
                    }
                    Some(order) => self.order(order).await,
                    None => return self.stop_session().await,
                },
                () = until(retry_at), if retry_at.is_some() => self.settle().await,
                event = next(&mut self.session), if self.unsettled.is_empty() => match event {
                    Some(event) => self.events(event).await,
                    None => self.session_ended(),
                },
            }
        }
    }

    /// Takes in all that is ready.
    pub(super) async fn events(&mut self, first: SessionEvent) {
        let mut ready = vec![first];
        if let Some((_, events)) = &mut self.session {
            while ready.len() < BATCH
                && let Ok(event) = events.try_recv()
            {
                ready.push(event);
            }
        }
        let mut batch = Batch::default();
        let has_messages = ready.iter().any(|event| {
            matches!(event, SessionEvent::Stanza(Incoming::Message(message)) if message.archived.is_none() && message.body.is_some())
        });
        for event in ready {
            match event {
                SessionEvent::Stanza(Incoming::Message(message)) if message.archived.is_some() => {
                    self.fetching.take(&self.address, *message);
                    batch.counted += 1;
                }
                SessionEvent::Stanza(stanza) => {
                    batch.stanzas.push(stanza);
                    batch.counted += 1;
                }
                SessionEvent::Counted => batch.counted += 1,
                SessionEvent::Acked(tags) => {
                    batch.confirmed.extend(amendments(&tags));
                    batch.acked.extend(self.heard(messages(tags)));
                }
                SessionEvent::Refused(tag) => {
                    // What is said of a message and ends the stream is not said again.
                    batch.confirmed.extend(amendments(&[tag]));
                    batch.refused.extend(self.heard(messages([tag])));
                }
                SessionEvent::State(state) => {
                    self.push(&mut batch).await;
                    self.state(state);
                }
                SessionEvent::Online { resumed, features, .. } => {
                    self.push(&mut batch).await;
                    self.online(resumed, features).await;
                }
                SessionEvent::SignedIn(assurance) => self.signed_in(assurance).await,
                SessionEvent::Token(token) => self.keep_token(token),
                SessionEvent::Unsent { undelivered, unknown } => {
                    self.push(&mut batch).await;
                    self.shared.accounts.with(self.id, |live| {
                        live.outbox.release_amendments(amendments(&undelivered).chain(amendments(&unknown)));
                    });
                    let (undelivered, unknown) = (self.heard(messages(undelivered)), self.heard(messages(unknown)));
                    self.unsent(undelivered, unknown).await;
                }
            }
        }
        self.push(&mut batch).await;
        if has_messages {
            self.messages_came().await;
        }
    }

    /// Of what becomes of which messages the session has said.
    fn heard(&self, messages: impl Iterator<Item = MessageId>) -> Vec<MessageId> {
        self.shared.accounts.with(self.id, |live| live.outbox.heard(messages)).unwrap_or_default()
    }

    /// A session is over, and what it had in its hands is given back. With the next one all is sent again, in order; until
    /// then nothing more is.
    async fn unsent(&mut self, undelivered: Vec<MessageId>, unknown: Vec<MessageId>) {
        self.shared.accounts.with(self.id, |live| {
            live.outbox.set_offline();
            live.outbox.release(undelivered.iter().chain(&unknown).copied());
        });
        let noted = self.shared.store.write(move |store| outbox::not_sent(store, &undelivered)).await;
        if let Err(error) = noted {
            // It costs a look into the archive.
            log::warn!("what was not sent can't be noted: {error}");
        }
    }

    /// Takes in what the session has delivered before it gave the answer that is dealt with now.
    pub(super) async fn catch_up(&mut self) {
        while let Some(event) = self.session.as_mut().and_then(|(_, events)| events.try_recv().ok()) {
            Box::pin(self.events(event)).await;
        }
    }

    async fn push(&mut self, batch: &mut Batch) {
        if !batch.is_empty() {
            self.unsettled.push_back(Arc::new(std::mem::take(batch)));
            self.settle().await;
        }
    }

    /// Stores what has been taken from the session, in order, as far as that is possible.
    async fn settle(&mut self) {
        self.retry_at = None;
        while let Some(batch) = self.unsettled.front().cloned() {
            match self.shared.take_in(self.id, &batch).await {
                Ok(questions) => self.ask(questions),
                Err(error @ StoreError::DiskFull) => {
                    // Neither lost nor acknowledged: it waits here, and the rest at the server.
                    self.shared.failed(error);
                    self.retry_at = Some(Instant::now() + DISK_FULL_RETRY);
                    return;
                }
                Err(error) if batch.stanzas.len() > 1 => {
                    log::error!("a batch can't be stored as a whole: {error}");
                    self.unsettled.pop_front();
                    let parts = Batch::clone(&batch).split();
                    parts.into_iter().rev().for_each(|part| self.unsettled.push_front(Arc::new(part)));
                    continue;
                }
                Err(error) => log::error!("a stanza can't be stored: {error}"),
            }
            self.unsettled.pop_front();
            self.shared.accounts.with(self.id, |live| {
                live.outbox.release(batch.acked.iter().chain(&batch.refused).copied());
                live.outbox.release_amendments(batch.confirmed.iter().copied());
            });
            if let Some((session, _)) = &self.session
                && batch.counted > 0
            {
                session.handled(batch.counted);
            }
        }
    }

    fn state(&mut self, state: SessionState) {
        let connection = match state {
            SessionState::Connecting(step) => ConnectionState::Connecting(step),
            SessionState::Online => ConnectionState::Online,
            SessionState::Waiting { retry_in, problem } => {
                let retry_in = i64::try_from(retry_in.as_millis()).unwrap_or(i64::MAX);
                let retry_at = Timestamp(self.shared.clock.now().0.saturating_add(retry_in));
                ConnectionState::Waiting { retry_at, problem }
            }
            SessionState::NeedsPerson(problem) => {
                self.forget_others();
                ConnectionState::NeedsPerson(problem)
            }
            SessionState::Closed => return self.session_ended(),
        };
        self.shared.set_connection(self.id, &connection);
    }

    fn ask(&mut self, questions: Vec<(Jid, Caps)>) {
        let Some((session, _)) = &self.session else { return };
        for (who, caps) in questions {
            let Some(key) = super::caps::key(&caps) else { continue };
            let session = session.clone();
            self.jobs
                .push(async move { Done::Abilities { key, info: super::caps::ask(session, who, caps).await } }.boxed());
        }
    }

    pub(super) fn session(&self) -> Option<SessionHandle> {
        self.session.as_ref().map(|(session, _)| session.clone())
    }

    /// What jobs for the session are given; `None` without one.
    pub(super) fn context(&self) -> Option<AccountContext> {
        let (session, address) = (self.session()?, self.address.clone());
        Some(AccountContext { id: self.id, address, session, shared: Arc::clone(&self.shared) })
    }

    pub(super) fn is_online(&self) -> bool {
        self.shared.accounts.with(self.id, |live| live.connection == ConnectionState::Online) == Some(true)
    }

    pub(super) fn row(&self) -> Option<AccountRow> {
        self.shared.accounts.with(self.id, |live| live.row.clone())
    }
}

async fn next(session: &mut Option<(SessionHandle, mpsc::Receiver<SessionEvent>)>) -> Option<SessionEvent> {
    match session {
        Some((_, events)) => events.recv().await,
        None => std::future::pending().await,
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
