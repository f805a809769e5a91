//! Somebody with an engine of their own, as the window would drive it.

use std::{collections::VecDeque, fs, sync::Arc, time::Duration};

use stonechat::{
    engine::{
        self, EngineConfig,
        api::{
            AccountId, Avatar, BareJid, Command, CommandError, ConnectionState, Conversation, ConversationId,
            EngineHandle, Event, Events, HistoryAnchor, Message, MessageId, MessageState, NewAccount, Secret,
            ServerSettings, Snapshot,
        },
        clock::{RandomIds, SystemClock},
        secrets::MemorySecrets,
    },
    xmpp::session::Trust,
};
use tempfile::TempDir;
use tokio::time::{Instant, timeout_at};

use super::support::Prosody;

/// Nothing on one machine takes so long.
const DEADLINE: Duration = Duration::from_secs(30);

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

pub struct Person {
    pub address: BareJid,
    pub account: AccountId,
    pub handle: EngineHandle,
    pub dir: TempDir,
    events: Events,
    secrets: Arc<MemorySecrets>,
    /// What came with the news that were asked for.
    news: VecDeque<Message>,
}

impl Person {
    /// Signs in by way of `port`, with a new profile.
    pub async fn sign_in(prosody: &Prosody, name: &str, port: u16) -> Self {
        Self::sign_in_at(prosody, name, port, tempfile::tempdir().unwrap()).await
    }

    pub async fn sign_in_at(prosody: &Prosody, name: &str, port: u16, dir: TempDir) -> Self {
        let secrets = Arc::new(MemorySecrets::default());
        let (handle, events) = engine::start(config(&dir, &secrets));
        let address = jid(&prosody.address(name));
        let account = NewAccount {
            address: address.clone(),
            password: Secret::new("secret"),
            server: ServerSettings {
                host: Some("127.0.0.1".into()),
                port: Some(port),
                ca_file: Some(prosody.ca_file()),
                resource: None,
            },
            remember: true,
        };
        let account = handle.request(|reply| Command::SignIn { account, reply }).await.unwrap();
        let mut me = Self { address, account, handle, dir, events, secrets, news: VecDeque::new() };
        me.online().await;
        me
    }

    /// Ends the engine in an orderly way.
    pub async fn stop(&mut self) {
        assert!(self.handle.shutdown().await);
    }

    /// Begins anew on the same profile.
    pub fn start(&mut self) {
        (self.handle, self.events) = engine::start(config(&self.dir, &self.secrets));
    }

    /// Waits until the account is online.
    pub async fn online(&mut self) {
        let snapshot = self.snapshot().await;
        if snapshot.accounts.iter().any(|account| account.connection == ConnectionState::Online) {
            return;
        }
        self.wait("to be online", |event| match event {
            Event::AccountChanged(account) => (account.connection == ConnectionState::Online).then_some(()),
            _ => None,
        })
        .await;
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

    pub async fn open(&self, peer: &str) -> Conversation {
        let (account, peer) = (self.account, jid(peer));
        self.handle.request(|reply| Command::OpenConversation { account, peer, reply }).await.unwrap()
    }

    pub async fn try_send(&self, conversation: ConversationId, body: &str) -> Result<Message, CommandError> {
        let body = body.to_owned();
        self.handle.request(|reply| Command::SendMessage { conversation, body, reply }).await
    }

    pub async fn send(&self, conversation: ConversationId, body: &str) -> Message {
        self.try_send(conversation, body).await.unwrap()
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

    pub async fn texts(&self, conversation: ConversationId) -> Vec<String> {
        self.history(conversation).await.into_iter().map(|message| message.body).collect()
    }

    pub async fn set_avatar(&self, image: Option<Vec<u8>>) -> Result<(), CommandError> {
        let account = self.account;
        self.handle.request(|reply| Command::SetAvatar { account, image, reply }).await
    }
}

fn config(dir: &TempDir, secrets: &Arc<MemorySecrets>) -> EngineConfig {
    EngineConfig {
        data_dir: dir.path().to_owned(),
        secrets: secrets.clone(),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        trust: Arc::new(Trust::default()),
    }
}
