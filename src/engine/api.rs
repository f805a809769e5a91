//! The boundary between what a person sees and what the network does: commands in, events out.
//!
//! Everything here is `Send` and owned: ids and snapshots, never a GObject, a stanza or a row of SQL. Both directions are
//! bounded; where events overflow, the engine says [`Event::Resync`] and whoever listens loads anew what it shows.

mod attachment;
mod command;
mod event;
mod export;

use std::{fmt, ops::Range, path::PathBuf};

use futures::channel::oneshot;

use crate::plain_text::one_line;
pub use attachment::{Attachment, AttachmentKind, AttachmentProblem, MediaFacts, NewFile, Transfer};
pub use command::{Command, CommandError};
pub use event::{Event, Notice, StartProblem};
pub use export::{ExportFormat, ExportOrder, ExportProgress, ExportWords, Exported};

pub use crate::{
    ids::{AccountId, AvatarHash, BareJid, ConversationId, Cursor, FullJid, Jid, MessageId, Timestamp},
    secret::Secret,
    store::{
        MessageState, SendFailure,
        amendment::Revision,
        link_preview::LinkPreview,
        search::{Place as SearchPlace, Query as MessageQuery},
    },
    text_format::{Mention, TextFormat},
    xmpp::{ArchivePolicy, Availability, ChatState, ConnectStep, Problem, ReportReason, Subscription},
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

    /// Returns when nobody waits any more.
    pub async fn abandoned(&mut self) {
        self.0.cancellation().await;
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
    /// While so much history is fetched from the server that it takes a while.
    pub history: Option<HistoryProgress>,
}

/// How far fetching an account's history has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryProgress {
    /// Messages, in this session.
    pub fetched: u32,
    /// How many there are, where the server said it.
    pub total: Option<u32>,
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

/// What an account's server does against those whom one does not want to hear from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockAbility {
    None,
    Block,
    BlockAndReport,
}

/// Who may not reach an account: people, single clients, whole servers; in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockList {
    pub account: AccountId,
    pub addresses: Vec<Jid>,
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
        let given = [&self.name, &self.nickname].into_iter().flatten().map(|name| one_line(name));
        match given.into_iter().find(|name| !name.is_empty()) {
            Some(name) => name.into_owned(),
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
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of the person's for itself")]
pub struct Conversation {
    pub id: ConversationId,
    pub account: AccountId,
    pub peer: BareJid,
    pub last: Option<Preview>,
    pub unread: u32,
    pub draft: Option<String>,
    pub draft_format: TextFormat,
    /// What one writes in there, as dictionaries name it (`en_US`); none where it is the desktop's.
    pub language: Option<String>,
    pub is_muted: bool,
    /// When that ends by itself.
    pub muted_until: Option<Timestamp>,
    /// Notifications come without sound and pop-up.
    pub is_silent: bool,
    /// It stands in a list of its own until something new comes; a muted one stays there.
    pub is_archived: bool,
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
    /// At most 200 characters, line breaks replaced by spaces; what is said beside a file, or of a covered text.
    pub text: String,
    /// The text is covered: neither it nor its file is here.
    pub is_spoiler: bool,
    /// The file that it shares: what it is, and its name.
    pub file: Option<(AttachmentKind, String)>,
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
    pub format: TextFormat,
    pub time: Timestamp,
    pub state: MessageState,
    /// The other side has seen it, or something after it.
    pub is_read: bool,
    pub annotations: Annotations,
    /// The file that it shares; the text is then what is said beside it.
    pub attachment: Option<Attachment>,
}

/// What stands with a message beside its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Annotations {
    /// When its text was changed last.
    pub edited_at: Option<Timestamp>,
    /// Its author has taken it back: there is no text any more.
    pub is_retracted: bool,
    /// By when each emoji came first.
    pub reactions: Vec<Reaction>,
    /// What it answers.
    pub quote: Option<Quote>,
    /// One's own that has not left: it can be taken back until then.
    pub held_until: Option<Timestamp>,
    /// What its author says of links in it; nobody vouches for that.
    pub links: Vec<LinkPreview>,
}

/// An emoji under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    pub emoji: String,
    /// Who put it there; never empty.
    pub by: Vec<BareJid>,
    pub is_own: bool,
}

/// What a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// `None` where it is not here.
    pub message: Option<MessageId>,
    /// Who wrote it; `None` where that is not known.
    pub sender: Option<BareJid>,
    pub is_own: bool,
    /// The beginning of its text as it is now, or as the answer has it where it is not here.
    pub text: String,
    /// The file that it shares: of what kind it is, and its name.
    pub file: Option<(AttachmentKind, String)>,
    /// The text is covered, and here stands what may be read of it.
    pub is_spoiler: bool,
    pub is_retracted: bool,
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

/// A message that was found, as a result shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMessage {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub sender: BareJid,
    pub is_outgoing: bool,
    pub time: Timestamp,
    /// One line around the first place where the words stand; of a covered text, what may be read of it.
    pub excerpt: String,
    pub is_spoiler: bool,
    /// Where they stand in it, in bytes.
    pub marks: Vec<Range<usize>>,
    /// Where only messages with a link were looked for: what their links lead to.
    pub links: Vec<String>,
    /// The file that it shares; the excerpt is then of its name and of what is said beside it.
    pub attachment: Option<Attachment>,
}

/// Found messages, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundPage {
    pub found: Vec<FoundMessage>,
    /// Where the next page begins, if there is one.
    pub next: Option<SearchPlace>,
}

/// All that the first window needs, in one go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    pub accounts: Vec<Account>,
    pub contacts: Vec<Contact>,
    pub requests: Vec<SubscriptionRequest>,
    pub block_lists: Vec<BlockList>,
    pub conversations: Vec<Conversation>,
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
