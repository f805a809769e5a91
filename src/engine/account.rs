//! One task for each account, which owns its session from start to end.
//!
//! It waits for three things: jobs of its own (answers to IQs), orders, and what the session delivers. What takes an answer
//! from the network never stops it, because the answer itself comes by way of the session's events.
//!
//! | file | duty |
//! |---|---|
//! | `connection` | how a session begins, with which password, and how it ends |
//! | `delivery` | stores what the session delivers |
//! | `online` | the first questions of a session, and what answers mean |
//! | `archive` | brings in what the archive holds |
//! | `order` | carries out what the account is told |
//! | `contact` | orders that concern contacts |
//! | `blocking` | orders that concern who is kept away |
//! | `read_state` | tells others what was read |

mod archive;
mod blocking;
mod connection;
mod contact;
mod delivery;
mod online;
mod order;
mod read_state;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use minidom::Element;
use tokio::{sync::mpsc, time::Instant};

use super::{
    api::{CommandError, ConnectionState, Reply},
    archive::{Archive, Fetching},
    avatar::Avatars,
    batch::Batch,
    blocking::Answer,
    context::{AccountContext, Shared},
    live::Live,
    order::Order,
    secrets::SecretError,
};
use crate::{
    ids::{AccountId, BareJid, ConversationId, Cursor},
    secret::Secret,
    store::{account::AccountRow, caps::CapsKey},
    xmpp::{
        ConnectStep,
        archive::Fin,
        blocking::BlockPush,
        disco::Info,
        pubsub::Item,
        roster::RosterResult,
        session::{IqError, SessionEvent, SessionHandle, Token},
    },
};

/// What a job has brought.
enum Done {
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
    Blocking(Answer),
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

type Job = BoxFuture<'static, Done>;

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

struct Task {
    shared: Arc<Shared>,
    id: AccountId,
    address: BareJid,
    orders: mpsc::UnboundedReceiver<Order>,
    session: Option<(SessionHandle, mpsc::Receiver<SessionEvent>)>,
    password: Option<Secret>,
    token: Option<Token>,
    /// The presence that the server has of us.
    announced: Option<Element>,
    jobs: FuturesUnordered<Job>,
    /// Works for as long as the session.
    avatars: Option<Avatars>,
    /// Batches that could not be stored yet. While there are any, nothing more is taken from the session.
    unsettled: VecDeque<Arc<Batch>>,
    retry_at: Option<Instant>,
    fetching: Fetching,
    /// It is about to be told what was read.
    is_to_tell: bool,
    /// Conversations of which others are being told.
    telling: HashSet<ConversationId>,
    /// Whether the server keeps for our other devices what was read.
    synchronises: bool,
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

    fn session(&self) -> Option<SessionHandle> {
        self.session.as_ref().map(|(session, _)| session.clone())
    }

    /// What jobs for the session are given; `None` without one.
    fn context(&self) -> Option<AccountContext> {
        let (session, address) = (self.session()?, self.address.clone());
        Some(AccountContext { id: self.id, address, session, shared: Arc::clone(&self.shared) })
    }

    fn is_online(&self) -> bool {
        self.shared.accounts.with(self.id, |live| live.connection == ConnectionState::Online) == Some(true)
    }

    fn row(&self) -> Option<AccountRow> {
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
