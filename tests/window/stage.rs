//! An engine played from memory, and a small believable world in it.

#[path = "../support/played.rs"]
mod played;

use std::{cell::RefCell, rc::Rc};

use gtk::glib;
use stonechat::engine::api::{
    self, Account, AccountId, Attachment, Availability, BareJid, BlockAbility, BlockList, Command, CommandError,
    ConnectionState, Contact, Conversation, ConversationId, Cursor, EVENT_CAPACITY, EngineHandle, Event, Events,
    ExportProgress, Exported, HistoryAnchor, HistoryPage, Message, MessageId, MessageState, Presence, Preview, Problem,
    Reply, Revision, ServerSettings, Snapshot, Subscription, SubscriptionRequest, TextFormat, Timestamp,
};

pub const ME: AccountId = AccountId(1);

/// Where an export tells how far it is, and what has come of it.
pub type Export = (async_channel::Sender<ExportProgress>, Reply<Result<Exported, CommandError>>);

/// What the played engine has stored, and what it was told.
#[derive(Default)]
pub struct World {
    pub snapshot: Snapshot,
    pub messages: Vec<Message>,
    pub commands: Vec<String>,
    /// What comes of an answer to a request.
    pub answer: Option<CommandError>,
    /// What the server does against those whom one does not want to hear from, if it can be asked.
    pub block_ability: Option<BlockAbility>,
    /// An export that is under way: the test tells how far it is, and what comes of it.
    pub export: Option<Export>,
    /// How many bytes of files are kept.
    pub files_kept: u64,
    /// What a sign-in comes to.
    pub sign_in: Option<CommandError>,
}

/// The played engine.
#[derive(Clone)]
pub struct Stage {
    pub world: Rc<RefCell<World>>,
    pub events: async_channel::Sender<Event>,
}

impl Stage {
    /// Begins to play; what the window needs of it.
    pub fn begin(world: World) -> (Self, EngineHandle, Events) {
        let (handle, commands) = EngineHandle::pair();
        let (sender, events) = async_channel::bounded(EVENT_CAPACITY);
        let stage = Self { world: Rc::new(RefCell::new(world)), events: sender };
        glib::spawn_future_local(stage.clone().play(commands));
        (stage, handle, events)
    }

    pub fn tell(&self, event: Event) {
        self.events.try_send(event).unwrap();
    }

    async fn play(self, commands: async_channel::Receiver<Command>) {
        while let Ok(command) = commands.recv().await {
            self.carry_out(command);
        }
    }

    fn carry_out(&self, command: Command) {
        let mut world = self.world.borrow_mut();
        match command {
            Command::LoadSnapshot { reply } => reply.send(Ok(world.snapshot.clone())),
            Command::LoadHistory { conversation, anchor, limit, reply } => {
                reply.send(Ok(world.page(conversation, anchor, limit)));
            }
            Command::OpenConversation { peer, reply, .. } => {
                let found = world.snapshot.conversations.iter_mut().find(|conversation| conversation.peer == peer);
                reply.send(
                    found
                        .map(|conversation| {
                            conversation.is_listed = true;
                            conversation.clone()
                        })
                        .ok_or(CommandError::NotFound),
                );
            }
            Command::ApproveRequest { reply, .. } | Command::DenyRequest { reply, .. } => {
                reply.send(world.answer.clone().map_or(Ok(()), Err));
            }
            Command::SearchMessages { query, before, limit, reply } => {
                reply.send(Ok(played::found(&world.messages, &query, before, limit)));
            }
            Command::ExportHistory { order, progress, reply, .. } => {
                world.commands.push(format!("ExportHistory {order:?}"));
                world.export = Some((progress, reply));
            }
            Command::DeleteHistory { conversation, reply } => {
                world.commands.push(format!("DeleteHistory {conversation:?}"));
                reply.send(Ok(()));
            }
            Command::LoadFilesKept { reply } => reply.send(Ok(world.files_kept)),
            Command::DropFilesKept { reply } => {
                world.files_kept = 0;
                reply.send(Ok(()));
            }
            Command::LoadBlockAbility { reply, .. } => {
                let ability = world.block_ability.ok_or(CommandError::NotOnline);
                reply.send(ability);
            }
            Command::Block { address, report, reply, .. } => {
                world.commands.push(format!("Block {address} {report:?}"));
                reply.send(Ok(()));
                drop(world);
                self.tell(blocked(&[address.as_str()]));
            }
            Command::Unblock { address, reply, .. } => {
                world.commands.push(format!("Unblock {address}"));
                reply.send(Ok(()));
                drop(world);
                self.tell(blocked(&[]));
            }
            Command::LoadRevisions { reply, .. } => {
                let text = |seconds: i64, body: &str| Revision {
                    time: Timestamp(seconds * 1_000),
                    body: body.to_owned(),
                    format: TextFormat::default(),
                    is_original: body.contains("frist"),
                };
                reply.send(Ok(vec![text(1_790_000_000, "The frist ferry"), text(1_790_000_060, "The first ferry")]));
            }
            Command::SignIn { reply, .. } => reply.send(world.sign_in.clone().map_or(Ok(ME), Err)),
            Command::Shutdown { reply } => reply.send(()),
            other => world.commands.push(format!("{other:?}")),
        }
    }
}

impl World {
    /// A profile that was never used.
    pub fn empty() -> Self {
        Self { sign_in: Some(CommandError::SignIn(Problem::WrongPassword)), ..Self::default() }
    }

    /// Somebody who knows nobody yet.
    pub fn lonely() -> Self {
        let mut world = Self::default();
        world.snapshot.accounts.push(account(ConnectionState::Online));
        world
    }

    /// A dozen people, with some of whom there are conversations.
    pub fn lively() -> Self {
        let now = glib::DateTime::now_utc().unwrap().to_unix() * 1_000;
        let mut world = Self::default();
        world.snapshot.accounts.push(account(ConnectionState::Online));
        for (at, (address, name, group, availability)) in PEOPLE.into_iter().enumerate() {
            let groups = Some(group).filter(|group| !group.is_empty()).map(str::to_owned).into_iter().collect();
            world.snapshot.contacts.push(contact(address, name, groups, availability));
            let Some((text, minutes, unread)) = LAST.get(at).copied() else { continue };
            let is_outgoing = at % 3 == 1;
            let id = ConversationId(i64::try_from(at).unwrap() + 1);
            let time = Timestamp(now - minutes * 60_000);
            let first = i64::try_from(world.messages.len()).unwrap();
            for n in 0..30 {
                let is_last = n == 29;
                let is_mine = if is_last { is_outgoing } else { n % 3 == 1 };
                let body = if is_last { text } else { LAST[(at + usize::try_from(n).unwrap()) % LAST.len()].0 };
                let time = Timestamp(time.0 - (29 - n) * 400_000);
                world.messages.push(Message {
                    cursor: Cursor { position: time.0 * 1_024, id: MessageId(first + n) },
                    conversation: id,
                    sender: jid(if is_mine { "alice@stone.example" } else { address }),
                    is_outgoing: is_mine,
                    body: body.to_owned(),
                    format: TextFormat::default(),
                    time,
                    state: if is_mine { MessageState::Delivered } else { MessageState::Received },
                    is_read: is_mine,
                    annotations: api::Annotations::default(),
                    attachment: None,
                });
            }
            world.snapshot.conversations.push(Conversation {
                id,
                account: ME,
                peer: jid(address),
                last: Some(Preview {
                    id: MessageId(first + 29),
                    text: text.to_owned(),
                    is_spoiler: false,
                    file: None,
                    is_outgoing,
                    time,
                    state: if is_outgoing { MessageState::Delivered } else { MessageState::Received },
                }),
                unread,
                draft: (at == 4).then(|| "About the tickets: shall I".to_owned()),
                draft_format: TextFormat::default(),
                language: None,
                is_muted: at == 5,
                muted_until: None,
                is_silent: false,
                is_archived: false,
                is_pinned: at == 3,
                is_listed: true,
                active_at: time,
            });
        }
        world.snapshot.requests.push(SubscriptionRequest {
            account: ME,
            address: jid("zoe@stone.example"),
            nickname: Some("Zoë".to_owned()),
            text: None,
            time: Timestamp(now),
        });
        world
    }

    /// Lets a message of a conversation be one that shares a file; counted from its newest.
    pub fn share(&mut self, conversation: ConversationId, from_newest: usize, caption: &str, file: Attachment) {
        let message =
            self.messages.iter_mut().rev().filter(|message| message.conversation == conversation).nth(from_newest);
        let message = message.expect("there are so many");
        caption.clone_into(&mut message.body);
        message.attachment = Some(file);
    }

    /// As many contacts as a large roster has.
    pub fn crowded() -> Self {
        let mut world = Self::lively();
        for n in 0..1_000 {
            let name = format!("Contact {n:04}");
            let group = format!("Group {}", n % 20);
            let contact = contact(&format!("c{n}@stone.example"), &name, vec![group], Availability::Online);
            world.snapshot.contacts.push(contact);
        }
        world
    }

    fn page(&self, conversation: ConversationId, anchor: HistoryAnchor, limit: usize) -> HistoryPage {
        let all: Vec<_> =
            self.messages.iter().filter(|message| message.conversation == conversation).cloned().collect();
        played::page(&all, anchor, limit, 0)
    }
}

pub fn account(connection: ConnectionState) -> Account {
    Account {
        id: ME,
        address: jid("alice@stone.example"),
        nickname: Some("Alice Marlow".to_owned()),
        server: ServerSettings::default(),
        enabled: true,
        connection,
        availability: Availability::Online,
        status: String::new(),
        avatar: None,
        history: None,
    }
}

/// That these are blocked now, and nobody else.
pub fn blocked(addresses: &[&str]) -> Event {
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    Event::BlockListChanged(BlockList { account: ME, addresses })
}

fn contact(address: &str, name: &str, groups: Vec<String>, availability: Availability) -> Contact {
    Contact {
        account: ME,
        address: jid(address),
        in_roster: true,
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        nickname: None,
        groups,
        subscription: Subscription::Both,
        is_pending: false,
        presence: Presence { availability, status: None },
        avatar: None,
    }
}

fn jid(text: &str) -> BareJid {
    text.parse().unwrap()
}

const PEOPLE: [(&str, &str, &str, Availability); 12] = [
    ("bob@stone.example", "Bob", "Friends", Availability::Online),
    ("carol@stone.example", "Carol Whitaker", "Work", Availability::Away),
    ("dave@other.example", "Dave", "Friends", Availability::Offline),
    ("erin@stone.example", "Erin O’Donnell", "Family", Availability::Online),
    ("frank@other.example", "Frank", "", Availability::DoNotDisturb),
    (
        "long@stone.example",
        "Wolfeschlegelsteinhausenbergerdorff the Elder, of Bergerdorf",
        "Work",
        Availability::Online,
    ),
    ("grace@stone.example", "Grace Hopper", "Work", Availability::ExtendedAway),
    ("heidi@stone.example", "", "Friends", Availability::Online),
    ("ivan@other.example", "Ivan", "Friends", Availability::Offline),
    ("judy@stone.example", "Judy", "Family", Availability::Online),
    ("karim@stone.example", "كريم", "Friends", Availability::Online),
    ("leo@stone.example", "Leo", "", Availability::Offline),
];

/// Text, minutes ago, unread.
const LAST: [(&str, i64, u32); 9] = [
    ("See you at eight, then! 🎉", 0, 2),
    ("I'll send you the draft before lunch", 7, 0),
    (
        "The wheatear is back on the north wall. I saw two of them this morning, quite close to the path, and neither minded me at all.",
        58,
        0,
    ),
    ("Can you call me when you are home?", 190, 1),
    ("Thanks a lot", 26 * 60, 0),
    ("Standup moved to 10:30", 2 * 24 * 60, 1_204),
    ("https://example.org/release-notes", 3 * 24 * 60, 0),
    ("😀😀😀", 20 * 24 * 60, 0),
    ("Happy new year!", 400 * 24 * 60, 0),
];
