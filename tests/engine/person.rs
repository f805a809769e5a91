//! Somebody with an engine of their own, as the window would drive it.

use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

use stonechat::{
    engine::{
        self, EngineConfig,
        api::{
            Account, AccountId, Availability, Avatar, BareJid, ChatState, Command, CommandError, ConnectionState,
            Contact, Conversation, ConversationId, EngineHandle, Event, Events, HistoryAnchor, Message, MessageId,
            MessageState, NewAccount, Reply, Secret, ServerSettings, Snapshot, Subscription, TextFormat,
        },
        clock::{RandomIds, SystemClock},
        secrets::{MemorySecrets, SecretStore},
    },
    xmpp::session::Trust,
};
use tempfile::TempDir;
use tokio::time::{Instant, timeout_at};

use super::support::{Options, Prosody};

/// Nothing on one machine takes so long.
const DEADLINE: Duration = Duration::from_secs(30);

/// The system's authorities take a while to read.
static TRUST: LazyLock<Arc<Trust>> = LazyLock::new(Arc::default);

pub fn jid(text: &str) -> BareJid {
    BareJid::new(text).unwrap()
}

/// Makes friends of two users, who see each other's presence. Before either signs in.
pub fn befriend(prosody: &Prosody, one: &str, other: &str) {
    for (user, friend) in [(one, other), (other, one)] {
        let dir = prosody.data_dir().join("roster");
        fs::create_dir_all(&dir).unwrap();
        let friend = prosody.address(friend);
        let roster = format!(
            "return {{ [false] = {{ version = 1, pending = {{}} }}, [{friend:?}] = {{ subscription = \"both\", groups = {{}} }} }};\n"
        );
        fs::write(dir.join(format!("{user}.dat")), roster).unwrap();
    }
}

/// A server where Alice and Bob are friends.
pub fn friendly_server() -> Prosody {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    befriend(&prosody, "alice", "bob");
    prosody
}

/// Two who have asked each other, and see each other.
pub async fn friends(prosody: &Prosody) -> (Person, Person) {
    let (mut one, mut other) = (Person::new(prosody, "alice").await, Person::new(prosody, "bob").await);
    let (alice, bob) = (one.address.clone(), other.address.clone());
    one.add(bob.as_str(), "", &[]).await;
    other.until_request(alice.as_str()).await;
    other.approve(alice.as_str(), true).await.unwrap();
    let is_there =
        |c: &Contact| c.subscription == Subscription::Both && c.presence.availability == Availability::Online;
    one.until_contact(bob.as_str(), "as a friend", is_there).await;
    other.until_contact(alice.as_str(), "as a friend", is_there).await;
    (one, other)
}

/// How to reach a server of the test's.
pub fn server(port: u16, ca_file: Option<PathBuf>) -> ServerSettings {
    ServerSettings { host: Some("127.0.0.1".into()), port: Some(port), ca_file, resource: None }
}

pub fn new_account(address: &str, password: &str, server: ServerSettings) -> NewAccount {
    NewAccount { address: jid(address), password: Secret::new(password), server, remember: true }
}

pub struct Person {
    pub address: BareJid,
    pub account: AccountId,
    pub handle: EngineHandle,
    pub dir: TempDir,
    pub secrets: Arc<MemorySecrets>,
    events: Events,
    /// What came with the news that were asked for.
    news: VecDeque<Message>,
}

impl Person {
    /// Signs in by way of `port`, with a new profile.
    pub async fn sign_in(prosody: &Prosody, name: &str, port: u16) -> Self {
        Self::sign_in_at(prosody, name, port, tempfile::tempdir().unwrap()).await
    }

    pub async fn sign_in_at(prosody: &Prosody, name: &str, port: u16, dir: TempDir) -> Self {
        let mut me = Self::nobody_at(dir);
        let settings = server(port, Some(prosody.ca_file()));
        me.join(new_account(&prosody.address(name), "secret", settings)).await.unwrap();
        me.online().await;
        me
    }

    /// Signs in with a new profile.
    pub async fn new(prosody: &Prosody, name: &str) -> Self {
        Self::sign_in(prosody, name, prosody.port()).await
    }

    /// Somebody with an engine and no account yet.
    pub fn nobody() -> Self {
        Self::nobody_at(tempfile::tempdir().unwrap())
    }

    fn nobody_at(dir: TempDir) -> Self {
        let secrets = Arc::new(MemorySecrets::default());
        let (handle, events) = engine::start(config(dir.path().to_owned(), secrets.clone()));
        let (address, account) = (jid("nobody@chat.test"), AccountId(0));
        Self { address, account, handle, dir, secrets, events, news: VecDeque::new() }
    }

    pub async fn join(&mut self, account: NewAccount) -> Result<AccountId, CommandError> {
        let address = account.address.clone();
        let joined = self.request(|reply| Command::SignIn { account, reply }).await;
        if let Ok(account) = joined {
            (self.address, self.account) = (address, account);
        }
        joined
    }

    pub async fn request<T>(
        &self,
        make: impl FnOnce(Reply<Result<T, CommandError>>) -> Command,
    ) -> Result<T, CommandError> {
        tokio::time::timeout(DEADLINE, self.handle.request(make)).await.expect("an answer in time")
    }

    /// Gives a command that has no answer.
    pub fn tell(&self, command: Command) {
        self.handle.send(command).unwrap();
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        self.start();
    }

    /// Ends the engine in an orderly way.
    pub async fn stop(&mut self) {
        assert!(self.handle.shutdown().await);
    }

    /// Begins anew on the same profile.
    pub fn start(&mut self) {
        self.start_with(self.secrets.clone());
    }

    /// The same with other secrets than one's own.
    pub fn start_with(&mut self, secrets: Arc<dyn SecretStore>) {
        (self.handle, self.events) = engine::start(config(self.dir.path().to_owned(), secrets));
    }

    /// Waits until the account is online.
    pub async fn online(&mut self) {
        self.until_account("online", |account| account.connection == ConnectionState::Online).await;
    }

    /// Waits until the state of things is as wanted. Events only say when to look again.
    pub async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&Snapshot) -> Option<T>) -> T {
        let until = Instant::now() + DEADLINE;
        loop {
            let snapshot = self.snapshot().await;
            if let Some(value) = wanted(&snapshot) {
                return value;
            }
            let Ok(event) = timeout_at(until, self.events.recv()).await else {
                panic!("{}: {what} did not come to be; {snapshot:#?}", self.address);
            };
            event.unwrap_or_else(|_| panic!("{}: the engine ended before {what}", self.address));
        }
    }

    pub async fn until_account(&mut self, what: &str, is: impl Fn(&Account) -> bool) -> Account {
        let id = self.account;
        self.until(what, |all| all.accounts.iter().find(|a| a.id == id && is(a)).cloned()).await
    }

    pub async fn until_contact(&mut self, address: &str, what: &str, is: impl Fn(&Contact) -> bool) -> Contact {
        let address = jid(address);
        let of = |all: &Snapshot| all.contacts.iter().find(|c| c.address == address && is(c)).cloned();
        self.until(&format!("{address} {what}"), of).await
    }

    pub async fn until_no_contact(&mut self, address: &str) {
        let address = jid(address);
        let is_gone = |all: &Snapshot| all.contacts.iter().all(|c| c.address != address).then_some(());
        self.until(&format!("end of {address}"), is_gone).await;
    }

    pub async fn until_request(&mut self, address: &str) {
        let address = jid(address);
        let is_there = |all: &Snapshot| all.requests.iter().any(|r| r.address == address).then_some(());
        self.until(&format!("request of {address}"), is_there).await;
    }

    /// Takes events until one says what is waited for.
    pub async fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let until = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        loop {
            let Ok(event) = timeout_at(until, self.events.recv()).await else {
                panic!("{}: {what} did not happen; {seen:#?}", self.address);
            };
            let event = event.unwrap_or_else(|_| panic!("{}: the engine ended before {what}", self.address));
            match wanted(&event) {
                Some(value) => return value,
                None => seen.push(event),
            }
        }
    }

    /// The next message that the person is told of.
    pub async fn news(&mut self) -> Message {
        if let Some(message) = self.news.pop_front() {
            return message;
        }
        let mut all = self
            .wait("news", |event| match event {
                Event::MessagesStored { messages, news, .. } if !news.is_empty() => {
                    Some(messages.iter().filter(|m| news.contains(&m.cursor.id)).cloned().collect::<VecDeque<_>>())
                }
                _ => None,
            })
            .await;
        let first = all.pop_front().unwrap();
        self.news = all;
        first
    }

    /// Waits until a message is in this state, or further.
    pub async fn state(&mut self, message: MessageId, wanted: MessageState) {
        self.wait(&format!("{wanted:?}"), |event| match event {
            Event::MessagesChanged { messages, .. } => messages
                .iter()
                .any(|m| {
                    m.cursor.id == message
                        && (m.state == wanted || (wanted == MessageState::Sent && m.state == MessageState::Delivered))
                })
                .then_some(()),
            _ => None,
        })
        .await;
    }

    /// Waits until a stored message is in this state, or further, however that came.
    pub async fn until_state(&mut self, conversation: ConversationId, message: MessageId, wanted: MessageState) {
        let fits = |state| state == wanted || (wanted == MessageState::Sent && state == MessageState::Delivered);
        loop {
            let all = self.history(conversation).await;
            if all.iter().any(|m| m.cursor.id == message && fits(m.state)) {
                return;
            }
            self.wait(&format!("{wanted:?}"), |event| matches!(event, Event::MessagesChanged { .. }).then_some(()))
                .await;
        }
    }

    /// What the other side does next.
    pub async fn chat_state(&mut self, of: ConversationId) -> ChatState {
        self.wait("a chat state", |event| match event {
            Event::ChatStateChanged { conversation, state } if *conversation == of => Some(*state),
            _ => None,
        })
        .await
    }

    pub async fn avatar(&mut self, of: &str) -> Option<Avatar> {
        let of = jid(of);
        self.wait("an avatar", |event| match event {
            Event::AvatarChanged { address, avatar, .. } if *address == of => Some(avatar.clone()),
            _ => None,
        })
        .await
    }

    pub async fn snapshot(&self) -> Snapshot {
        self.handle.request(|reply| Command::LoadSnapshot { reply }).await.unwrap()
    }

    pub async fn add(&self, address: &str, name: &str, groups: &[&str]) {
        let (account, address, name) = (self.account, jid(address), name.to_owned());
        let groups = groups.iter().map(|&group| group.to_owned()).collect();
        let text = "It is me".to_owned();
        self.request(|reply| Command::AddContact { account, address, name, groups, text, reply }).await.unwrap();
    }

    /// Lets somebody see one's presence, and with `add` asks back.
    pub async fn approve(&self, address: &str, add: bool) -> Result<(), CommandError> {
        let (account, address) = (self.account, jid(address));
        self.request(|reply| Command::ApproveRequest { account, address, add, reply }).await
    }

    pub async fn open(&self, peer: &str) -> Conversation {
        let (account, peer) = (self.account, jid(peer));
        self.handle.request(|reply| Command::OpenConversation { account, peer, reply }).await.unwrap()
    }

    pub async fn try_send(&self, conversation: ConversationId, body: &str) -> Result<Message, CommandError> {
        let body = body.to_owned();
        self.handle
            .request(|reply| Command::SendMessage {
                conversation,
                body,
                format: TextFormat::default(),
                answers: None,
                preview: None,
                reply,
            })
            .await
    }

    pub async fn send(&self, conversation: ConversationId, body: &str) -> Message {
        self.try_send(conversation, body).await.unwrap()
    }

    /// Writes to somebody.
    pub async fn say(&self, peer: &str, body: &str) -> Message {
        self.send(self.open(peer).await.id, body).await
    }

    /// The stored message with this text, whoever sent it.
    pub async fn message(&mut self, body: &str) -> Message {
        self.wait(&format!("message {body:?}"), |event| match event {
            Event::MessagesStored { messages, .. } => messages.iter().find(|m| m.body == body).cloned(),
            _ => None,
        })
        .await
    }

    /// All that was said with somebody.
    pub async fn history_with(&self, peer: &str) -> Vec<Message> {
        self.history(self.open(peer).await.id).await
    }

    /// The texts of a conversation, oldest first.
    pub async fn history(&self, conversation: ConversationId) -> Vec<Message> {
        let page = self.handle.request(|reply| Command::LoadHistory {
            conversation,
            anchor: HistoryAnchor::Newest,
            limit: 1_000,
            reply,
        });
        page.await.unwrap().messages
    }

    /// Waits until the history with somebody is as wanted.
    pub async fn until_history(&mut self, peer: &str, what: &str, wanted: impl Fn(&[Message]) -> bool) -> Vec<Message> {
        let conversation = self.open(peer).await.id;
        loop {
            let all = self.history(conversation).await;
            if wanted(&all) {
                return all;
            }
            let is_news = |event: &Event| matches!(event, Event::MessagesStored { .. } | Event::MessagesChanged { .. });
            self.wait(&format!("{what}; now: {all:#?}"), |event| is_news(event).then_some(())).await;
        }
    }

    pub async fn texts(&self, conversation: ConversationId) -> Vec<String> {
        self.history(conversation).await.into_iter().map(|message| message.body).collect()
    }

    pub async fn set_avatar(&self, image: Option<Vec<u8>>) -> Result<(), CommandError> {
        let account = self.account;
        self.handle.request(|reply| Command::SetAvatar { account, image, reply }).await
    }
}

/// An engine with this profile.
pub fn config(data_dir: PathBuf, secrets: Arc<dyn SecretStore>) -> EngineConfig {
    EngineConfig {
        data_dir,
        secrets,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        trust: Arc::clone(&TRUST),
    }
}
