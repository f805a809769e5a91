//! What every part of the engine is given: where things are stored and told, and what the person has decided for all
//! accounts.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    api::{AccountId, BareJid, CommandError, ConversationId, Event, Notice},
    clock::{Clock, IdSource},
    effect::Privacy,
    event_sink::EventSink,
    file::{policy, transfer::Transfers},
    live::Accounts,
    secrets::{SecretError, SecretStore},
};
use crate::{
    secret::Secret,
    store::{Store, StoreError},
    xmpp::session::{SessionHandle, Trust},
};

/// Shared by all accounts.
#[derive(Debug)]
pub struct Shared {
    pub store: Store,
    pub events: EventSink,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
    pub secrets: Arc<dyn SecretStore>,
    pub trust: Arc<Trust>,
    pub data_dir: PathBuf,
    pub choices: Choices,
    pub accounts: Accounts,
    /// Files on their way.
    pub files: Transfers,
}

/// What the person has decided, or does at the moment.
#[derive(Debug)]
pub struct Choices {
    in_front: Mutex<Option<ConversationId>>,
    send_receipts: AtomicBool,
    send_markers: AtomicBool,
    send_chat_states: AtomicBool,
    /// In seconds.
    undo_time: AtomicU32,
    link_previews: AtomicBool,
    /// In bytes.
    unasked_bytes: AtomicU64,
    /// In bytes.
    kept_bytes: AtomicU64,
    is_idle: AtomicBool,
    is_active: AtomicBool,
    has_told_of_keyring: AtomicBool,
    has_tidied: AtomicBool,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            in_front: Mutex::default(),
            send_receipts: AtomicBool::new(true),
            send_markers: AtomicBool::new(true),
            send_chat_states: AtomicBool::new(true),
            undo_time: AtomicU32::new(0),
            link_previews: AtomicBool::new(false),
            unasked_bytes: AtomicU64::new(policy::UNASKED_BYTES),
            kept_bytes: AtomicU64::new(policy::KEPT_BYTES),
            is_idle: AtomicBool::new(false),
            is_active: AtomicBool::new(true),
            has_told_of_keyring: AtomicBool::new(false),
            has_tidied: AtomicBool::new(false),
        }
    }
}

impl Choices {
    /// The conversation that the person looks at.
    pub fn in_front(&self) -> Option<ConversationId> {
        *self.in_front.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_in_front(&self, conversation: Option<ConversationId>) {
        *self.in_front.lock().unwrap_or_else(PoisonError::into_inner) = conversation;
    }

    /// Somebody looks at the window.
    pub fn is_active(&self) -> bool {
        self.is_active.load(Relaxed)
    }

    /// Returns what it was before.
    pub fn set_active(&self, is_active: bool) -> bool {
        self.is_active.swap(is_active, Relaxed)
    }

    pub fn privacy(&self) -> Privacy {
        let (send_receipts, send_markers) = (self.send_receipts.load(Relaxed), self.send_markers.load(Relaxed));
        Privacy { send_receipts, send_markers }
    }

    pub fn send_chat_states(&self) -> bool {
        self.send_chat_states.load(Relaxed)
    }

    /// For how long a text that is sent can be taken back; zero for not at all.
    pub fn undo_time(&self) -> Duration {
        Duration::from_secs(self.undo_time.load(Relaxed).into())
    }

    pub fn set_undo_time(&self, seconds: u32) {
        self.undo_time.store(seconds, Relaxed);
    }

    /// Whether pages are asked what they are, when their links are about to be sent.
    pub fn link_previews(&self) -> bool {
        self.link_previews.load(Relaxed)
    }

    pub fn set_link_previews(&self, enabled: bool) {
        self.link_previews.store(enabled, Relaxed);
    }

    /// How large a file may be that nobody has asked for; zero where none comes.
    pub fn unasked_bytes(&self) -> u64 {
        self.unasked_bytes.load(Relaxed)
    }

    /// How many bytes of files stay here.
    pub fn kept_bytes(&self) -> u64 {
        self.kept_bytes.load(Relaxed)
    }

    pub fn set_file_limits(&self, unasked: u64, kept: u64) {
        self.unasked_bytes.store(unasked, Relaxed);
        self.kept_bytes.store(kept, Relaxed);
    }

    /// True for the first who asks, who is then to throw away what is old.
    pub fn is_to_tidy(&self) -> bool {
        !self.has_tidied.swap(true, Relaxed)
    }

    /// Nobody is at the machine.
    pub fn is_idle(&self) -> bool {
        self.is_idle.load(Relaxed)
    }

    /// Returns what it was before.
    pub fn set_idle(&self, is_idle: bool) -> bool {
        self.is_idle.swap(is_idle, Relaxed)
    }

    pub fn set_privacy(&self, privacy: Privacy, send_chat_states: bool) {
        self.send_receipts.store(privacy.send_receipts, Relaxed);
        self.send_markers.store(privacy.send_markers, Relaxed);
        self.send_chat_states.store(send_chat_states, Relaxed);
    }
}

impl Shared {
    /// Tells the person, once, that there is no keyring.
    pub fn no_keyring(&self, error: &SecretError) {
        log::warn!("{error}");
        if !self.choices.has_told_of_keyring.swap(true, Relaxed) {
            self.events.emit(Event::Notice(Notice::NoKeyring));
        }
    }

    /// Puts a password into the keyring, or tells that there is none.
    pub async fn keep_password(&self, address: &BareJid, password: &Secret) {
        if let Err(error) = self.secrets.set_password(address, password).await {
            self.no_keyring(&error);
        }
    }

    /// Puts a failure of the store into the window's words, and tells of a full disk.
    pub fn failed(&self, error: StoreError) -> CommandError {
        if matches!(error, StoreError::DiskFull) {
            self.events.emit(Event::Notice(Notice::DiskFull));
        }
        error.into()
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Self::DiskFull,
            StoreError::NotFound => Self::NotFound,
            StoreError::Stopped => Self::Stopped,
            StoreError::Sqlite(error) => Self::Store(error.to_string()),
        }
    }
}

/// What the parts that work for one account are given.
#[derive(Debug, Clone)]
pub struct AccountContext {
    pub id: AccountId,
    pub address: BareJid,
    pub session: SessionHandle,
    pub shared: Arc<Shared>,
}
