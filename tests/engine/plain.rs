//! The other side without an engine: a bare session that sends what a test gives it, good or bad.

use std::sync::Arc;

use stonechat::{
    engine::api::Secret,
    xmpp::{
        incoming::{Incoming, IncomingMessage},
        session::{self, AccountConfig, IqKind, SessionEvent, SessionHandle, Trust},
        xml::Element,
    },
};
use tokio::{sync::mpsc, time::timeout};
use uuid::Uuid;

use super::{person::jid, support::Prosody};

pub struct Plain {
    pub session: SessionHandle,
    events: mpsc::Receiver<SessionEvent>,
}

impl Plain {
    /// Signs in and is there.
    pub async fn sign_in(prosody: &Prosody, name: &str) -> Self {
        let (session, mut events) = session::start(AccountConfig {
            address: jid(&prosody.address(name)),
            password: Some(Secret::new("secret")),
            host: Some("127.0.0.1".into()),
            port: Some(prosody.port()),
            name_server: None,
            ca_file: Some(prosody.ca_file()),
            resource: Some("plain".into()),
            agent: Uuid::from_u128(7),
            token: None,
            seen: None,
            trust: Arc::new(Trust::default()),
        });
        while !matches!(next(&mut events).await, SessionEvent::Online { .. }) {}
        let me = Self { session, events };
        me.send("<presence xmlns='jabber:client'/>");
        me
    }

    pub fn send(&self, stanza: &str) {
        self.session.send(stanza.parse().unwrap(), None);
    }

    /// Publishes to a node of our own.
    pub async fn publish(&self, node: &str, id: &str, payload: Element) {
        self.set(stonechat::xmpp::pubsub::publish(node, Some(id), payload, None)).await;
    }

    pub async fn set(&self, payload: Element) {
        // The events have to flow for the answer to come.
        self.session.iq(None, IqKind::Set, payload).await.unwrap();
    }

    /// The next message that satisfies a condition.
    pub async fn message(&mut self, wanted: impl Fn(&IncomingMessage) -> bool) -> IncomingMessage {
        loop {
            if let SessionEvent::Stanza(Incoming::Message(message)) = next(&mut self.events).await
                && wanted(&message)
            {
                return *message;
            }
        }
    }
}

async fn next(events: &mut mpsc::Receiver<SessionEvent>) -> SessionEvent {
    let event = timeout(std::time::Duration::from_secs(30), events.recv()).await;
    event.expect("an event in time").expect("a session that lives")
}
