//! What is known of the accounts only while the program runs.
//!
//! Kept under one lock, which is never held while anything is waited for, so that a snapshot need not ask anybody.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc;

use super::{
    api::{BlockAbility, ConnectionState, HistoryProgress},
    caps::Abilities,
    chat_state::ChatStates,
    file::service::Known,
    order::Order,
    outbox::in_hand::Outbox,
    presence::Presences,
};
use crate::{
    ids::AccountId,
    store::account::AccountRow,
    xmpp::session::{ServerFeatures, SessionHandle},
};

/// One account.
#[derive(Debug)]
pub struct Live {
    /// As it is stored.
    pub row: AccountRow,
    pub connection: ConnectionState,
    pub history: Option<HistoryProgress>,
    /// There while the account is signed in or tries to be.
    pub session: Option<SessionHandle>,
    pub features: ServerFeatures,
    /// Whether the server gives stanza ids and takes away false ones (XEP-0359 §5).
    pub has_stanza_ids: bool,
    /// What the server does against those whom we don't want to hear from; `None` before it has said so.
    pub blocking: Option<BlockAbility>,
    pub presences: Presences,
    pub abilities: Abilities,
    pub chat_states: ChatStates,
    pub outbox: Outbox,
    /// Who takes files on the server.
    pub upload: Known,
    pub orders: mpsc::UnboundedSender<Order>,
}

impl Live {
    pub fn new(row: AccountRow, orders: mpsc::UnboundedSender<Order>) -> Self {
        Self {
            row,
            connection: ConnectionState::Offline,
            history: None,
            session: None,
            features: ServerFeatures::default(),
            has_stanza_ids: false,
            blocking: None,
            presences: Presences::default(),
            abilities: Abilities::default(),
            chat_states: ChatStates::default(),
            outbox: Outbox::default(),
            upload: Known::default(),
            orders,
        }
    }

    /// Tells the account's task what to do.
    pub fn order(&self, order: Order) {
        // When the task has ended, so has the account.
        let _ = self.orders.send(order);
    }
}

/// All accounts of the profile.
#[derive(Default)]
pub struct Accounts(Mutex<BTreeMap<AccountId, Live>>);

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accounts")
    }
}

impl Accounts {
    pub fn insert(&self, live: Live) {
        self.lock().insert(live.row.id, live);
    }

    pub fn remove(&self, id: AccountId) -> Option<Live> {
        self.lock().remove(&id)
    }

    /// Runs `f` with the account, if there is one of this id.
    pub fn with<T>(&self, id: AccountId, f: impl FnOnce(&mut Live) -> T) -> Option<T> {
        self.lock().get_mut(&id).map(f)
    }

    /// Runs `f` with each account.
    pub fn each(&self, f: impl FnMut(&mut Live)) {
        self.lock().values_mut().for_each(f);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, Live>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
