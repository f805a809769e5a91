//! A session as a test sees it: it waits for events with a deadline, and hands back what it was given as the engine would.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

use stonechat::{
    ids::{BareJid, FullJid, Jid},
    secret::Secret,
    xmpp::{
        Problem,
        incoming::Incoming,
        session::{self, AccountConfig, ServerFeatures, SessionEvent, SessionHandle, SessionState, Tag, Trust},
        xml::{Build as _, Element, element},
    },
};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::support::{Prosody, Scripted};

/// Longer than anything takes on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(20);

static TRUST: LazyLock<Arc<Trust>> = LazyLock::new(Arc::default);

/// How to reach this server as this user, whose password is `secret`.
pub fn config(prosody: &Prosody, user: &str, port: u16) -> AccountConfig {
    config_of(&prosody.address(user), port, prosody.ca_file())
}

/// The same for a server that does as it is told.
pub fn config_at(server: &Scripted) -> AccountConfig {
    config_of("alice@chat.test", server.port(), server.ca_file())
}

/// The same for any server.
pub fn config_of(address: &str, port: u16, ca_file: PathBuf) -> AccountConfig {
    AccountConfig {
        address: BareJid::new(address).unwrap(),
        password: Some(Secret::new("secret")),
        host: Some("127.0.0.1".into()),
        port: Some(port),
        name_server: None,
        ca_file: Some(ca_file),
        resource: None,
        agent: Uuid::new_v4(),
        token: None,
        seen: None,
        trust: Arc::clone(&TRUST),
    }
}

pub struct Client {
    pub handle: SessionHandle,
    events: mpsc::Receiver<SessionEvent>,
    /// Bodies of messages that came and were not looked at yet.
    heard: VecDeque<String>,
    /// Say `handled` for each stanza as it comes.
    pub handles: bool,
}

impl Client {
    pub fn start(config: AccountConfig) -> Self {
        let (handle, events) = session::start(config);
        Self { handle, events, heard: VecDeque::new(), handles: true }
    }

    /// Starts and waits until it is online; with presence, so that messages come.
    pub async fn online(config: AccountConfig) -> Self {
        let mut me = Self::start(config);
        me.until_online().await;
        me.handle.send(element("presence", "jabber:client"), None);
        // Its own presence comes back when the server has dealt with it.
        me.until("own presence", |e| matches!(e, SessionEvent::Stanza(Incoming::Presence(_))).then_some(())).await;
        me
    }

    pub async fn next(&mut self) -> Option<SessionEvent> {
        let event = tokio::time::timeout(DEADLINE, self.events.recv()).await.expect("nothing happens any more");
        if self.handles && matches!(event, Some(SessionEvent::Stanza(_) | SessionEvent::Counted)) {
            self.handle.handled(1);
        }
        if matches!(event, Some(SessionEvent::Online { resumed: false, .. })) {
            self.handle.take_up();
        }
        self.heard.extend(event.as_ref().and_then(body));
        event
    }

    /// The first event of which `pick` makes something.
    pub async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(&SessionEvent) -> Option<T>) -> T {
        let mut seen = Vec::new();
        let waiting = async {
            loop {
                let event = self.next().await.unwrap_or_else(|| panic!("ended before {what}: {seen:?}"));
                if let Some(picked) = pick(&event) {
                    return picked;
                }
                seen.push(event);
            }
        };
        tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("no {what} in time"))
    }

    pub async fn until_online(&mut self) -> (FullJid, bool, ServerFeatures) {
        self.until("sign-in", |event| match event {
            SessionEvent::Online { jid, resumed, features } => Some((jid.clone(), *resumed, features.clone())),
            SessionEvent::State(SessionState::NeedsPerson(problem)) => panic!("{problem}"),
            _ => None,
        })
        .await
    }

    /// Why it is not online.
    pub async fn until_problem(&mut self) -> Problem {
        self.until("a problem", |event| match event {
            SessionEvent::State(SessionState::NeedsPerson(problem) | SessionState::Waiting { problem, .. }) => {
                Some(problem.clone())
            }
            SessionEvent::Online { .. } => panic!("online"),
            _ => None,
        })
        .await
    }

    pub async fn until_acked(&mut self, tag: u64) {
        self.until("an acknowledgement", |event| match event {
            SessionEvent::Acked(tags) => tags.contains(&Tag(tag)).then_some(()),
            SessionEvent::Unsent { .. } => panic!("{event:?}"),
            _ => None,
        })
        .await;
    }

    /// The bodies of the next so many messages, whatever else was waited for meanwhile.
    pub async fn bodies(&mut self, count: usize) -> Vec<String> {
        while self.heard.len() < count {
            self.until("a message", body).await;
        }
        self.heard.drain(..count).collect()
    }

    pub fn say(&self, to: &str, id: u64, body: &str) {
        self.handle.send(message(to, &id.to_string(), body), Some(Tag(id)));
    }
}

pub fn body(event: &SessionEvent) -> Option<String> {
    match event {
        SessionEvent::Stanza(Incoming::Message(message)) => message.body.clone(),
        _ => None,
    }
}

pub fn message(to: &str, id: &str, body: &str) -> Element {
    element("message", "jabber:client")
        .with_attr("to", to)
        .with_attr("id", id)
        .with_attr("type", "chat")
        .with_child(element("body", "jabber:client").with_text(body))
}

pub fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}
