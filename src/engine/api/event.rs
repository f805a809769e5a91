//! What the engine tells.

use std::path::PathBuf;

use super::{
    Account, AccountId, Avatar, BareJid, BlockList, ChatState, ConnectStep, Contact, Conversation, ConversationId,
    Cursor, Message, MessageId, Presence, SubscriptionRequest, Transfer,
};

/// What has happened. Snapshots replace what was there before under the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Events were dropped: load anew.
    Resync,
    /// The profile could not be opened; nothing else will come.
    StartFailed(StartProblem),
    /// The profile was opened, but the person should know this.
    Notice(Notice),

    SignInProgress {
        step: ConnectStep,
    },
    AccountChanged(Account),
    AccountRemoved(AccountId),

    ContactsChanged(Vec<Contact>),
    ContactsRemoved {
        account: AccountId,
        addresses: Vec<BareJid>,
    },
    PresenceChanged {
        account: AccountId,
        changes: Vec<(BareJid, Presence)>,
    },
    AvatarChanged {
        account: AccountId,
        address: BareJid,
        avatar: Option<Avatar>,
    },
    /// All open requests of an account.
    RequestsChanged {
        account: AccountId,
        requests: Vec<SubscriptionRequest>,
    },

    BlockListChanged(BlockList),

    ConversationsChanged(Vec<Conversation>),
    ConversationRemoved(ConversationId),
    /// New messages, oldest first; all of one conversation. `news` names those that the person should be told of.
    MessagesStored {
        conversation: ConversationId,
        messages: Vec<Message>,
        news: Vec<MessageId>,
    },
    /// The same messages in another state; their cursors are what they were.
    MessagesChanged {
        conversation: ConversationId,
        messages: Vec<Message>,
    },
    MessageRemoved {
        conversation: ConversationId,
        message: MessageId,
    },
    /// All that was said has been deleted here, but for what still waits to be sent.
    HistoryDeleted(ConversationId),
    /// How far a message's file has come; `None` when it is on its way no more.
    TransferChanged {
        conversation: ConversationId,
        message: MessageId,
        transfer: Option<Transfer>,
    },
    /// Everything up to here has been read, here or on another device.
    ReadChanged {
        conversation: ConversationId,
        up_to: Cursor,
    },
    ChatStateChanged {
        conversation: ConversationId,
        state: ChatState,
    },
}

/// Why a profile can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartProblem {
    #[error("the database was written by a newer version ({found}; this one knows {known})")]
    NewerVersion { found: i64, known: i64 },
    #[error("the disk is full")]
    DiskFull,
    #[error("{path}: {error}")]
    Unusable { path: PathBuf, error: String },
}

/// What a person should know, though work goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The database was damaged; it now lies here, and a new one has been begun.
    DatabaseSetAside(PathBuf),
    /// There is no keyring: passwords are asked for at each start.
    NoKeyring,
    /// Something could not be written because the disk is full.
    DiskFull,
}
