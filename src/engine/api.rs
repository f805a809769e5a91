//! The boundary between what a person sees and what the network does: commands in, events out.
//!
//! Everything here is `Send` and owned: ids and snapshots, never a GObject, a stanza or a row of SQL. Both directions are
//! bounded; where events overflow, the engine says [`Event::Resync`] and whoever listens loads anew what it shows.

use std::{fmt, path::PathBuf};

use futures::channel::oneshot;

pub use crate::{
    ids::{AccountId, AvatarHash, BareJid, ConversationId, Cursor, FullJid, Jid, MessageId, Timestamp},
    secret::Secret,
    store::{MessageState, SendFailure},
    xmpp::{Availability, ChatState, ConnectStep, Problem, Subscription},
};

/// How many commands may wait for the engine.
pub const COMMAND_CAPACITY: usize = 1_024;
/// How many events may wait for the window.
pub const EVENT_CAPACITY: usize = 4_096;

/// The way back for the answer to one command.
pub struct Reply<T>(oneshot::Sender<T>);

impl<T> Reply<T> {
    /// Answers; does nothing when nobody waits any more.
    pub fn send(self, value: T) {
        let _ = self.0.send(value);
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

/// How to reach an account's server where its domain's DNS does not say it, or not rightly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerSettings {
    /// Host to connect to instead of what SRV says. The certificate must match the account's domain all the same.
    pub host: Option<String>,
    /// Port on `host` (or on the domain); without it 5222.
    pub port: Option<u16>,
    /// A PEM file with certificate authorities that are trusted for this account beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The resource to ask for; without it the server or the engine chooses.
    pub resource: Option<String>,
}

/// What a person gives to sign in.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub address: BareJid,
    pub password: Secret,
    pub server: ServerSettings,
    /// Keep the password in the keyring. False for a sign-in by command line.
    pub remember: bool,
}

/// An account as the window shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub address: BareJid,
    pub nickname: Option<String>,
    pub server: ServerSettings,
    /// Signed in at start; false once the person has signed out.
    pub enabled: bool,
    pub connection: ConnectionState,
    /// What the person chose; the presence that is sent may be away because of idleness.
    pub availability: Availability,
    pub status: String,
    pub avatar: Option<Avatar>,
}

/// Where an account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// By the person's wish.
    Offline,
    Connecting(ConnectStep),
    Online,
    /// The engine tries again by itself at this time.
    Waiting {
        retry_at: Timestamp,
        problem: Problem,
    },
    /// Only the person can mend it: wrong password, certificate, ….
    NeedsPerson(Problem),
}

/// A picture that has been checked, scaled to at most 192 × 192 px and written as PNG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    pub hash: AvatarHash,
    pub path: PathBuf,
}

/// Somebody: on the roster, or only known from a conversation (then `subscription` is `None` and `in_roster` false).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub account: AccountId,
    pub address: BareJid,
    pub in_roster: bool,
    /// The name the person gave on the roster.
    pub name: Option<String>,
    /// What the contact calls itself (XEP-0172).
    pub nickname: Option<String>,
    pub groups: Vec<String>,
    pub subscription: Subscription,
    /// We asked to see this contact's presence and have no answer yet.
    pub is_pending: bool,
    pub presence: Presence,
    pub avatar: Option<Avatar>,
}

impl Contact {
    /// Roster name, else nickname, else the address's local part, else the address.
    #[must_use]
    pub fn display_name(&self) -> String {
        let given = [&self.name, &self.nickname].into_iter().flatten().find(|n| !n.trim().is_empty());
        match given {
            Some(name) => name.clone(),
            None => self.address.node().map_or_else(|| self.address.to_string(), std::string::ToString::to_string),
        }
    }
}

/// The best presence of all of a contact's resources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presence {
    pub availability: Availability,
    pub status: Option<String>,
}

/// Somebody wants to see our presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRequest {
    pub account: AccountId,
    pub address: BareJid,
    pub nickname: Option<String>,
    pub text: Option<String>,
    pub time: Timestamp,
}

/// A conversation as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub id: ConversationId,
    pub account: AccountId,
    pub peer: BareJid,
    pub last: Option<Preview>,
    pub unread: u32,
    pub draft: Option<String>,
    pub is_muted: bool,
    pub is_pinned: bool,
    /// Whether it stands in the list; a conversation that was closed keeps its history.
    pub is_listed: bool,
    /// The list's order, newest first: the last message's time, or when the conversation was opened.
    pub active_at: Timestamp,
}

/// The last message of a conversation, for one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub id: MessageId,
    /// At most 200 characters, line breaks replaced by spaces.
    pub text: String,
    pub is_outgoing: bool,
    pub time: Timestamp,
    pub state: MessageState,
}

/// A message as the history shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub cursor: Cursor,
    pub conversation: ConversationId,
    pub sender: BareJid,
    pub is_outgoing: bool,
    pub body: String,
    pub time: Timestamp,
    pub state: MessageState,
}

/// Which part of a history to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryAnchor {
    Newest,
    Oldest,
    Before(Cursor),
    After(Cursor),
    /// The message itself and about half a page on either side.
    Around(MessageId),
    /// Around the first message of this time or later; the newest where there is none.
    At(Timestamp),
    /// Around the first received message that has not been read; the newest where all have been.
    Unread,
}

/// Messages that follow each other without a gap, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryPage {
    pub messages: Vec<Message>,
    /// The one of them that was looked for: `Around`, `At` and `Unread` look for one.
    pub target: Option<Cursor>,
    pub has_older: bool,
    pub has_newer: bool,
}

/// All that the first window needs, in one go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    pub accounts: Vec<Account>,
    pub contacts: Vec<Contact>,
    pub requests: Vec<SubscriptionRequest>,
    pub conversations: Vec<Conversation>,
}

/// Why a command could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("the account is not online")]
    NotOnline,
    #[error("no such account, conversation or message")]
    NotFound,
    #[error("this account exists already")]
    AccountExists,
    #[error("the message is longer than the {limit} bytes that the server takes")]
    TooLong { limit: usize },
    #[error("there is nothing to send")]
    EmptyMessage,
    #[error("not a picture, or one that is too large")]
    BadImage,
    #[error("sign-in failed: {0}")]
    SignIn(Problem),
    /// The server answered with an error; its words, if any.
    #[error("the server refused: {condition}")]
    Refused { condition: String, text: Option<String> },
    #[error("no answer in time")]
    Timeout,
    #[error("the disk is full")]
    DiskFull,
    #[error("the database failed: {0}")]
    Store(String),
    #[error("the engine has stopped")]
    Stopped,
}

/// What a person, or the window on their behalf, wants.
#[derive(Debug)]
pub enum Command {
    LoadSnapshot {
        reply: Reply<Result<Snapshot, CommandError>>,
    },
    LoadHistory {
        conversation: ConversationId,
        anchor: HistoryAnchor,
        limit: usize,
        reply: Reply<Result<HistoryPage, CommandError>>,
    },
    /// The places of all messages from one to another, both included, in their order.
    LoadPlaces {
        conversation: ConversationId,
        from: Cursor,
        to: Cursor,
        reply: Reply<Result<Vec<Cursor>, CommandError>>,
    },

    /// Connects once; the account joins the profile only when that worked. Progress comes as `Event::SignInProgress`.
    SignIn {
        account: NewAccount,
        reply: Reply<Result<AccountId, CommandError>>,
    },
    /// Gives up the sign-in under way; its reply is `CommandError::Stopped`.
    CancelSignIn,
    /// Signs out and forgets the account with all it stored.
    RemoveAccount {
        account: AccountId,
        reply: Reply<Result<(), CommandError>>,
    },
    /// A new password for an account whose state is `NeedsPerson`; connects at once.
    SetPassword {
        account: AccountId,
        password: Secret,
        remember: bool,
    },
    SetServerSettings {
        account: AccountId,
        server: ServerSettings,
    },
    /// Goes online or offline for good (over restarts).
    SetEnabled {
        account: AccountId,
        enabled: bool,
    },
    /// Does not wait for the next try.
    ReconnectNow {
        account: AccountId,
    },
    /// The network or the machine has woken up or changed: every account checks or makes its connection at once.
    NetworkChanged {
        available: bool,
    },

    SetAvailability {
        account: AccountId,
        availability: Availability,
        status: String,
    },
    /// The person has left the machine, or is back.
    SetIdle {
        idle: bool,
    },
    SetNickname {
        account: AccountId,
        nickname: String,
        reply: Reply<Result<(), CommandError>>,
    },
    /// Bytes of a picture file in any format that can be read; `None` removes the avatar.
    SetAvatar {
        account: AccountId,
        image: Option<Vec<u8>>,
        reply: Reply<Result<(), CommandError>>,
    },

    /// Puts somebody on the roster, asks for their presence and lets them see ours (RFC 6121 §3.1, §3.4).
    AddContact {
        account: AccountId,
        address: BareJid,
        name: String,
        groups: Vec<String>,
        text: String,
        reply: Reply<Result<(), CommandError>>,
    },
    UpdateContact {
        account: AccountId,
        address: BareJid,
        name: String,
        groups: Vec<String>,
        reply: Reply<Result<(), CommandError>>,
    },
    RemoveContact {
        account: AccountId,
        address: BareJid,
        reply: Reply<Result<(), CommandError>>,
    },
    /// Asks again to see this contact's presence.
    RequestSubscription {
        account: AccountId,
        address: BareJid,
    },
    /// Lets the contact see our presence; adds them to the roster and asks back when `add` is set.
    ApproveRequest {
        account: AccountId,
        address: BareJid,
        add: bool,
    },
    DenyRequest {
        account: AccountId,
        address: BareJid,
    },
    /// The contact may no longer see our presence.
    CancelSubscription {
        account: AccountId,
        address: BareJid,
    },

    /// Finds or makes the conversation and puts it into the list.
    OpenConversation {
        account: AccountId,
        peer: BareJid,
        reply: Reply<Result<Conversation, CommandError>>,
    },
    /// Takes it out of the list; its history stays.
    CloseConversation {
        conversation: ConversationId,
    },
    SetDraft {
        conversation: ConversationId,
        text: String,
    },
    SetMuted {
        conversation: ConversationId,
        muted: bool,
    },
    SetPinned {
        conversation: ConversationId,
        pinned: bool,
    },
    /// Everything up to this message has been seen.
    MarkRead {
        conversation: ConversationId,
        up_to: Cursor,
    },
    /// The conversation that the person looks at, with the window in front; messages in it are no news.
    SetInFront {
        conversation: Option<ConversationId>,
    },
    SendMessage {
        conversation: ConversationId,
        body: String,
        reply: Reply<Result<Message, CommandError>>,
    },
    /// Sends a failed message again.
    RetryMessage {
        message: MessageId,
        reply: Reply<Result<(), CommandError>>,
    },
    /// Deletes a message that failed.
    DiscardMessage {
        message: MessageId,
        reply: Reply<Result<(), CommandError>>,
    },
    /// What the composer shows to the other side (XEP-0085).
    SetChatState {
        conversation: ConversationId,
        state: ChatState,
    },
    /// What other people may learn: receipts (XEP-0184) and chat states (XEP-0085).
    SetPrivacy {
        send_receipts: bool,
        send_chat_states: bool,
    },

    /// Sends presence `unavailable`, closes the streams, finishes what is being written.
    Shutdown {
        reply: Reply<()>,
    },
}

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

/// The window's side of the boundary.
#[derive(Debug, Clone)]
pub struct EngineHandle {
    commands: async_channel::Sender<Command>,
}

impl EngineHandle {
    /// A handle and the engine's end of it; tests play the engine with it.
    #[must_use]
    pub fn pair() -> (Self, async_channel::Receiver<Command>) {
        let (commands, receiver) = async_channel::bounded(COMMAND_CAPACITY);
        (Self { commands }, receiver)
    }

    /// Sends a command that needs no answer.
    ///
    /// # Errors
    /// When the engine has stopped, or is so far behind that its queue is full.
    pub fn send(&self, command: Command) -> Result<(), CommandError> {
        self.commands.try_send(command).map_err(|_| CommandError::Stopped)
    }

    /// Sends a command and waits for its answer: `handle.request(|reply| Command::LoadSnapshot { reply }).await?`.
    ///
    /// # Errors
    /// What the engine answers, or `Stopped` when it went away before it answered.
    pub async fn request<T>(
        &self,
        make: impl FnOnce(Reply<Result<T, CommandError>>) -> Command,
    ) -> Result<T, CommandError> {
        let (sender, receiver) = oneshot::channel();
        self.commands.send(make(Reply(sender))).await.map_err(|_| CommandError::Stopped)?;
        receiver.await.map_err(|_| CommandError::Stopped)?
    }

    /// Ends the engine and waits until it has: `true` when it said so itself.
    pub async fn shutdown(&self) -> bool {
        let (sender, receiver) = oneshot::channel();
        self.commands.send(Command::Shutdown { reply: Reply(sender) }).await.is_ok() && receiver.await.is_ok()
    }
}

/// The window's end of the events.
pub type Events = async_channel::Receiver<Event>;
