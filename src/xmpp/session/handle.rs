//! The engine's side of a session: what it can be told and asked.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use minidom::Element;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{
    auth::{Assurance, Token},
    event::Tag,
    trust::Trust,
};
use crate::{
    ids::{BareJid, Jid},
    secret::Secret,
    xmpp::{StanzaError, stanza_error::ErrorKind},
};

/// How long the reply to an IQ is waited for.
pub const IQ_TIMEOUT: Duration = Duration::from_secs(30);

/// What a session needs to know of its account.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    pub address: BareJid,
    pub password: Option<Secret>,
    /// Where to connect to instead of what the domain's DNS says.
    pub host: Option<String>,
    /// Port on `host`, or on the domain.
    pub port: Option<u16>,
    /// Asked for names instead of the name servers of the system.
    pub name_server: Option<SocketAddr>,
    /// Authorities beside the system's, as PEM.
    pub ca_file: Option<PathBuf>,
    /// The resource to ask for; without it the server chooses.
    pub resource: Option<String>,
    /// Names this installation to the server, the same over restarts (XEP-0388 §2.3.1).
    pub agent: Uuid,
    /// To sign in with before the password is tried.
    pub token: Option<Token>,
    /// The best sign-in that was seen before: nothing less is taken without the person's word.
    pub seen: Option<Assurance>,
    pub trust: Arc<Trust>,
}

/// Whether an IQ asks for something or changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IqKind {
    Get,
    Set,
}

/// Why an IQ has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IqError {
    #[error("refused: {0}")]
    Stanza(StanzaError),
    #[error("no answer in time")]
    Timeout,
    /// The session ended before the answer came. Whether it was carried out is not known.
    #[error("the session was lost")]
    Lost,
}

impl IqError {
    /// Whether the same question may be answered a while later, in the same session.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Timeout => true,
            Self::Stanza(error) => error.kind == ErrorKind::Wait,
            Self::Lost => false,
        }
    }
}

/// What the actor is told. Without `Debug`, because it holds what people write.
pub(super) enum Request {
    Send { stanza: Element, tag: Option<Tag> },
    TakeUp,
    Iq { to: Option<Jid>, kind: IqKind, payload: Element, reply: oneshot::Sender<Result<Option<Element>, IqError>> },
    Handled(u32),
    ReconnectNow,
    NetworkChanged { available: bool },
    SetPassword(Secret),
    AcceptWeaker,
    SetActive(bool),
    Close(oneshot::Sender<()>),
}

/// Speaks to a session from anywhere. The session ends when the last handle is gone.
#[derive(Debug, Clone)]
pub struct SessionHandle {
    requests: mpsc::UnboundedSender<Request>,
}

impl SessionHandle {
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Request>) {
        let (requests, receiver) = mpsc::unbounded_channel();
        (Self { requests }, receiver)
    }

    /// The engine knows that a new session has begun, and gives it nothing with a tag until `TakenUp` has come: what was under
    /// way to the session before is then given back, and can be sent in its order.
    pub fn take_up(&self) {
        let _ = self.requests.send(Request::TakeUp);
    }

    /// Puts a stanza in line. With a tag it comes back in `Acked` or `Unsent`.
    ///
    /// While there is no stream it waits in line if the session may yet be resumed; else it comes back as undelivered at once,
    /// as it does where the session is not taken up.
    pub fn send(&self, stanza: Element, tag: Option<Tag>) {
        let _ = self.requests.send(Request::Send { stanza, tag });
    }

    /// Asks an entity, or without `to` our own server on behalf of the account, and waits for the answer: the payload of a
    /// result, if it has one.
    pub async fn iq(&self, to: Option<Jid>, kind: IqKind, payload: Element) -> Result<Option<Element>, IqError> {
        self.iq_within(IQ_TIMEOUT, to, kind, payload).await
    }

    async fn iq_within(
        &self,
        limit: Duration,
        to: Option<Jid>,
        kind: IqKind,
        payload: Element,
    ) -> Result<Option<Element>, IqError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Iq { to, kind, payload, reply }).map_err(|_| IqError::Lost)?;
        // When this gives up, the session sees that nobody waits any more.
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(IqError::Lost),
            Err(_) => Err(IqError::Timeout),
        }
    }

    /// So many more counted events (`Stanza`, `Counted`), in the order in which they came, are dealt with for good: only then
    /// does the server learn that it need not keep them.
    pub fn handled(&self, count: u32) {
        let _ = self.requests.send(Request::Handled(count));
    }

    /// Does not wait for the next try, and checks a connection that seems to stand.
    pub fn reconnect_now(&self) {
        let _ = self.requests.send(Request::ReconnectNow);
    }

    /// The machine's network has changed, or the machine has woken up.
    pub fn network_changed(&self, available: bool) {
        let _ = self.requests.send(Request::NetworkChanged { available });
    }

    /// Another password, for the next sign-in; ends waiting for the person.
    pub fn set_password(&self, password: Secret) {
        let _ = self.requests.send(Request::SetPassword(password));
    }

    /// The person takes a sign-in that is weaker than before.
    pub fn accept_weaker(&self) {
        let _ = self.requests.send(Request::AcceptWeaker);
    }

    /// Whether somebody looks at what comes (XEP-0352).
    pub fn set_active(&self, is_active: bool) {
        let _ = self.requests.send(Request::SetActive(is_active));
    }

    /// Closes the stream in an orderly way, which ends the session for good; ready when that is done.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.requests.send(Request::Close(done)).is_ok() {
            let _ = closed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::ping;

    #[tokio::test]
    async fn an_iq_without_an_answer_times_out_and_nobody_waits_any_more() {
        let (handle, mut requests) = SessionHandle::new();
        let answer = handle.iq_within(Duration::from_millis(5), None, IqKind::Get, ping::build()).await;
        assert_eq!(answer, Err(IqError::Timeout));
        let Some(Request::Iq { reply, .. }) = requests.recv().await else { panic!("no IQ") };
        assert!(reply.is_closed());
    }

    #[tokio::test]
    async fn a_session_that_is_gone_loses_what_it_is_asked() {
        let (handle, requests) = SessionHandle::new();
        drop(requests);
        assert_eq!(handle.iq(None, IqKind::Get, ping::build()).await, Err(IqError::Lost));
        handle.close().await;
    }
}
