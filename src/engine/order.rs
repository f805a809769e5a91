//! What an account's task is told to do, as it is handed over. Does nothing itself.

use tokio::sync::oneshot;

use super::{
    api::{ArchivePolicy, Availability, BlockAbility, CommandError, Reply, Secret, ServerSettings},
    effect::AvatarNotice,
};
use crate::{
    ids::{BareJid, ConversationId, Jid},
    store::account::AccountRow,
    xmpp::ReportReason,
};

/// What an account's task is told to do.
#[derive(Debug)]
pub enum Order {
    SetPassword {
        password: Secret,
        remember: bool,
    },
    SetServer(ServerSettings),
    SetEnabled(bool),
    ReconnectNow,
    /// The person takes a sign-in that is weaker than before.
    AcceptWeaker,
    /// Whether somebody looks at the window.
    SetActive(bool),
    NetworkChanged {
        available: bool,
    },
    SetAvailability {
        availability: Availability,
        status: String,
    },
    /// What others are shown may have to change.
    SendPresence,
    Contact(ContactOrder),
    Block(BlockOrder),
    Avatars(Vec<AvatarNotice>),
    /// The account's row has changed.
    ReadRow,
    /// Something was read here.
    TellRead,
    /// There are files to upload.
    Upload,
    /// Something waits that the session was not given.
    SendPending,
    /// The person looks at a conversation, or wants older messages of it than there are here.
    Prefer {
        conversation: ConversationId,
        is_older: bool,
    },
    SetNickname {
        nickname: String,
        reply: Reply<Result<(), CommandError>>,
    },
    SetAvatar {
        image: Option<Vec<u8>>,
        reply: Reply<Result<(), CommandError>>,
    },
    LoadArchivePolicy(Reply<Result<Option<ArchivePolicy>, CommandError>>),
    SetArchivePolicy {
        policy: ArchivePolicy,
        reply: Reply<Result<(), CommandError>>,
    },
    /// Says goodbye and ends; the account stays.
    Stop(oneshot::Sender<()>),
    /// The same, and the account goes: what it was.
    Leave {
        row: Box<AccountRow>,
        was_online: bool,
        done: oneshot::Sender<()>,
    },
}

impl Order {
    /// Answers whoever waits, when there is nobody to carry it out.
    pub fn refuse(self, error: CommandError) {
        match self {
            Self::SetNickname { reply, .. } | Self::SetAvatar { reply, .. } | Self::SetArchivePolicy { reply, .. } => {
                reply.send(Err(error));
            }
            Self::LoadArchivePolicy(reply) => reply.send(Err(error)),
            Self::Contact(order) => order.refuse(error),
            Self::Block(order) => order.refuse(error),
            _ => {}
        }
    }
}

/// What is wanted of somebody's place on the roster and their subscriptions.
#[derive(Debug)]
pub enum ContactOrder {
    Add { address: BareJid, name: String, groups: Vec<String>, text: String, reply: Reply<Result<(), CommandError>> },
    Update { address: BareJid, name: String, groups: Vec<String>, reply: Reply<Result<(), CommandError>> },
    Remove { address: BareJid, reply: Reply<Result<(), CommandError>> },
    Subscribe { address: BareJid, reply: Reply<Result<(), CommandError>> },
    Approve { address: BareJid, add: bool, reply: Reply<Result<(), CommandError>> },
    Deny { address: BareJid, reply: Reply<Result<(), CommandError>> },
    Cancel { address: BareJid, reply: Reply<Result<(), CommandError>> },
}

impl ContactOrder {
    /// Answers whoever waits, when nothing can be done.
    pub fn refuse(self, error: CommandError) {
        match self {
            Self::Add { reply, .. }
            | Self::Update { reply, .. }
            | Self::Remove { reply, .. }
            | Self::Subscribe { reply, .. }
            | Self::Approve { reply, .. }
            | Self::Deny { reply, .. }
            | Self::Cancel { reply, .. } => reply.send(Err(error)),
        }
    }
}

/// What is wanted of the list of those who are kept away.
#[derive(Debug)]
pub enum BlockOrder {
    Ability(Reply<Result<BlockAbility, CommandError>>),
    Block { address: BareJid, report: Option<ReportReason>, reply: Reply<Result<(), CommandError>> },
    Unblock { address: Jid, reply: Reply<Result<(), CommandError>> },
}

impl BlockOrder {
    /// Answers whoever waits, when nothing can be done.
    pub fn refuse(self, error: CommandError) {
        match self {
            Self::Ability(reply) => reply.send(Err(error)),
            Self::Block { reply, .. } | Self::Unblock { reply, .. } => reply.send(Err(error)),
        }
    }
}
