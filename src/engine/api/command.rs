//! What the window can ask for, and why it may not be done.

use super::{
    AccountId, ArchivePolicy, Availability, BareJid, BlockAbility, ChatState, Conversation, ConversationId, Cursor,
    ExportOrder, ExportProgress, ExportWords, Exported, FoundPage, HistoryAnchor, HistoryPage, Jid, LinkPreview,
    Message, MessageId, MessageQuery, NewAccount, NewFile, Problem, Reply, ReportReason, Revision, SearchPlace, Secret,
    ServerSettings, Snapshot, TextFormat, Timestamp,
};

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
    #[error("not a film or sound whose place can be taken out")]
    BadMedia,
    #[error("the file can't be read")]
    UnreadableFile,
    #[error("the file is larger than the {limit} bytes that the server takes")]
    FileTooLarge { limit: u64 },
    #[error("the server takes no files")]
    NoUploadService,
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
    #[error("the file can't be written: {0}")]
    File(String),
    #[error("given up, as was wanted")]
    Cancelled,
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
    /// Finds messages by their words, newest first; those older than `before`.
    SearchMessages {
        query: MessageQuery,
        before: Option<SearchPlace>,
        limit: usize,
        reply: Reply<Result<FoundPage, CommandError>>,
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
    /// Signs in although the server offers only what is weaker than before (`Problem::WeakerSignIn`).
    AcceptWeakerSignIn {
        account: AccountId,
    },
    /// Whether somebody looks at the window: the server may hold back what can wait while nobody does (XEP-0352).
    SetActive {
        active: bool,
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

    /// What the server keeps of conversations; `None` where there is nothing to choose (XEP-0441).
    LoadArchivePolicy {
        account: AccountId,
        reply: Reply<Result<Option<ArchivePolicy>, CommandError>>,
    },
    SetArchivePolicy {
        account: AccountId,
        policy: ArchivePolicy,
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
        reply: Reply<Result<(), CommandError>>,
    },
    /// Lets the contact see our presence; adds them to the roster and asks back when `add` is set.
    ApproveRequest {
        account: AccountId,
        address: BareJid,
        add: bool,
        reply: Reply<Result<(), CommandError>>,
    },
    DenyRequest {
        account: AccountId,
        address: BareJid,
        reply: Reply<Result<(), CommandError>>,
    },
    /// The contact may no longer see our presence.
    CancelSubscription {
        account: AccountId,
        address: BareJid,
        reply: Reply<Result<(), CommandError>>,
    },

    /// What the account's server does against those whom one does not want to hear from.
    LoadBlockAbility {
        account: AccountId,
        reply: Reply<Result<BlockAbility, CommandError>>,
    },
    /// Keeps somebody away on all devices (XEP-0191); with `report` those who run the server are told why (XEP-0377).
    Block {
        account: AccountId,
        address: BareJid,
        report: Option<ReportReason>,
        reply: Reply<Result<(), CommandError>>,
    },
    /// Takes an entry off the block list.
    Unblock {
        account: AccountId,
        address: Jid,
        reply: Reply<Result<(), CommandError>>,
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
    /// Deletes what was said on this computer, and nowhere else.
    DeleteHistory {
        conversation: ConversationId,
        reply: Reply<Result<(), CommandError>>,
    },
    /// Writes what was said to a file, and what was shared to a folder beside it, whole or not at all. It is given up when nobody listens to `progress` any more.
    ExportHistory {
        conversation: ConversationId,
        order: ExportOrder,
        words: ExportWords,
        progress: async_channel::Sender<ExportProgress>,
        reply: Reply<Result<Exported, CommandError>>,
    },
    SetDraft {
        conversation: ConversationId,
        text: String,
        format: TextFormat,
    },
    /// What one writes in there, as dictionaries name it (`en_US`); none: the desktop's.
    SetLanguage {
        conversation: ConversationId,
        language: Option<String>,
    },
    SetMuted {
        conversation: ConversationId,
        muted: bool,
        /// When that ends by itself.
        until: Option<Timestamp>,
    },
    /// Notifications without sound and pop-up.
    SetSilent {
        conversation: ConversationId,
        silent: bool,
    },
    /// Puts it into the list of archived ones, or takes it out.
    SetArchived {
        conversation: ConversationId,
        archived: bool,
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
        format: TextFormat,
        /// The message that it answers (XEP-0461).
        answers: Option<MessageId>,
        /// What is said of a link in it (XEP-0511).
        preview: Option<LinkPreview>,
        reply: Reply<Result<Message, CommandError>>,
    },
    /// Takes back a message that is held (`Annotations::held_until`): it goes, and its text stands before the conversation's
    /// draft. The reply has it as it was.
    UndoSend {
        message: MessageId,
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
    /// Gives a message of ours another text (XEP-0308).
    CorrectMessage {
        message: MessageId,
        body: String,
        format: TextFormat,
        /// What is said of a link in it, in place of what was said.
        preview: Option<LinkPreview>,
        reply: Reply<Result<(), CommandError>>,
    },
    /// All that we say of a message in emoji from now on (XEP-0444).
    React {
        message: MessageId,
        emoji: Vec<String>,
        reply: Reply<Result<(), CommandError>>,
    },
    /// Takes back a message of ours, here and with all who understand it (XEP-0424).
    RetractMessage {
        message: MessageId,
        reply: Reply<Result<(), CommandError>>,
    },
    /// Takes a message away on this computer alone.
    RemoveMessage {
        message: MessageId,
        reply: Reply<Result<(), CommandError>>,
    },
    /// The texts that a message has had, the first of them first; none where it never had another one.
    LoadRevisions {
        message: MessageId,
        reply: Reply<Result<Vec<Revision>, CommandError>>,
    },
    /// Sends files, each in a message of its own, and the caption after them. The first of them answers a message, if any does.
    SendFiles {
        conversation: ConversationId,
        files: Vec<NewFile>,
        caption: String,
        format: TextFormat,
        answers: Option<MessageId>,
        reply: Reply<Result<Vec<Message>, CommandError>>,
    },
    /// How large a file may be for the account's server, in bytes; `None` where it sets no limit.
    LoadUploadLimit {
        account: AccountId,
        reply: Reply<Result<Option<u64>, CommandError>>,
    },
    /// Fetches a message's file: because somebody asks for it, or because it has come into sight, where the engine decides.
    FetchFile {
        message: MessageId,
        is_asked: bool,
    },
    /// Stops fetching a file; the upload of one is given up with its message.
    CancelTransfer {
        message: MessageId,
    },
    /// What the composer shows to the other side (XEP-0085).
    SetChatState {
        conversation: ConversationId,
        state: ChatState,
    },
    /// What other people may learn: receipts (XEP-0184), markers (XEP-0333) and chat states (XEP-0085).
    SetPrivacy {
        send_receipts: bool,
        send_markers: bool,
        send_chat_states: bool,
    },
    /// For how many seconds a text that is sent can be taken back; it leaves after them.
    SetUndoTime {
        seconds: u32,
    },
    /// How large a file of a contact's may be to come by itself, and how much of all that came is kept (`None`: all); in bytes.
    SetFileLimits {
        unasked: u64,
        kept: Option<u64>,
    },
    /// How many bytes of files are kept here that could be had again.
    LoadFilesKept {
        reply: Reply<Result<u64, CommandError>>,
    },
    /// Lets go of those files.
    DropFilesKept {
        reply: Reply<Result<(), CommandError>>,
    },

    /// Whether pages are asked what they are, when their links are about to be sent. Off until this is said.
    SetLinkPreviews {
        enabled: bool,
    },
    /// Asks the page behind a link what it is; `None` where it says nothing, may not be asked, or nobody wants that. It is given
    /// up when nobody waits for the reply any more.
    LoadLinkPreview {
        url: String,
        reply: Reply<Result<Option<LinkPreview>, CommandError>>,
    },

    /// Sends presence `unavailable`, closes the streams, finishes what is being written.
    Shutdown {
        reply: Reply<()>,
    },
}
