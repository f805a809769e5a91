//! The task that outlives streams: it connects, signs in, moves stanzas, and begins again when a stream is lost. All that it
//! does is done in one task; nobody else touches the stream. How a stream begins is in `connecting`.

mod connecting;

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};
use xmpp_parsers::ns;

use super::{
    auth::{Assurance, Token},
    back_off::BackOff,
    deafness::Deafness,
    element::StreamElement,
    event::{EVENT_CAPACITY, ServerFeatures, SessionEvent, SessionState},
    handle::{AccountConfig, Request, SessionHandle},
    login::{Login, revoke},
    sm::{Cause, TooHigh},
    stream::{Ended, Received, Stream},
    traffic::Traffic,
    transport::{Connector, Io},
};
use crate::{
    secret::Secret,
    xmpp::{
        Problem,
        xml::{Build as _, Element, element},
    },
};

const LOGIN_DEADLINE: Duration = Duration::from_secs(40);
/// How long an acknowledgement may take.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);
/// How long an acknowledgement may take while other things come: a server answers in order, and may have much to say before.
const ACK_DEADLINE: Duration = Duration::from_mins(1);
/// How long the peer may take to show that it is still there after the network has changed.
const PROBE_DEADLINE: Duration = Duration::from_secs(5);
/// How long we wait for acknowledgements before we go.
const FAREWELL: Duration = Duration::from_secs(2);

/// Begins to connect at once, in a task of its own on the current runtime, and goes on until it is closed.
pub fn start(config: AccountConfig) -> (SessionHandle, mpsc::Receiver<SessionEvent>) {
    let (handle, requests) = SessionHandle::new();
    let (events, receiver) = mpsc::channel(EVENT_CAPACITY);
    let domain = config.address.domain().to_string();
    let actor = Actor {
        traffic: Traffic::new(config.address.clone()),
        connector: Connector::new(&config),
        domain,
        password: config.password.clone(),
        seen: config.seen,
        token: config.token.clone(),
        is_active: true,
        config,
        requests,
        events,
        back_off: BackOff::default(),
        features: ServerFeatures::default(),
        failed_resumes: 0,
        deafness: Deafness::default(),
    };
    tokio::spawn(actor.run());
    (handle, receiver)
}

/// Has the server forget the token that `config` holds, where it holds one. Takes a connection of its own, and as long as that
/// takes.
pub async fn revoke_token(config: AccountConfig) -> Result<(), Problem> {
    let (Some(token), Some(password)) = (&config.token, &config.password) else { return Ok(()) };
    let plan = Login {
        address: config.address.clone(),
        password: password.clone(),
        resource: None,
        agent: config.agent,
        resume: None,
        token: None,
        at_least: None,
        is_inactive: true,
    };
    let (steps, _) = mpsc::unbounded_channel();
    let connected = Connector::new(&config).connect(&steps).await?;
    let revoking = revoke(connected.io, connected.exporter.as_deref(), &plan, token);
    timeout(LOGIN_DEADLINE, revoking).await.unwrap_or(Err(Problem::Timeout))
}

/// What the task does next.
enum Next {
    Connect,
    Online(Box<Stream<Io>>),
    Wait(Problem),
    NeedPerson(Problem),
    /// Whoever waits for the end is told.
    End(Option<oneshot::Sender<()>>),
}

/// What a request means to a task that has no stream.
enum Wake {
    /// It was dealt with.
    No,
    /// Try again at once.
    Now,
    /// As `Now`, unless an attempt has only just begun.
    IfStale,
    End(Option<oneshot::Sender<()>>),
}

struct Actor {
    config: AccountConfig,
    domain: String,
    password: Option<Secret>,
    traffic: Traffic,
    connector: Connector,
    requests: mpsc::UnboundedReceiver<Request>,
    events: mpsc::Sender<SessionEvent>,
    back_off: BackOff,
    /// What the server said last.
    features: ServerFeatures,
    /// The best sign-in that was seen, unless the person has taken a weaker one.
    seen: Option<Assurance>,
    token: Option<Token>,
    is_active: bool,
    /// In a row.
    failed_resumes: u32,
    deafness: Deafness,
}

impl Actor {
    async fn run(mut self) {
        let mut next = Next::Connect;
        let done = loop {
            next = match next {
                Next::Connect => Box::pin(self.connect()).await,
                Next::Online(stream) => self.online(*stream).await,
                Next::Wait(problem) => self.wait(problem).await,
                Next::NeedPerson(problem) => self.need_person(problem).await,
                Next::End(done) => break done,
            };
        };
        self.traffic.end(None);
        self.state(SessionState::Closed);
        if let Some(done) = done {
            let _ = done.send(());
        }
        // Whoever closed the session may no longer look at its events.
        while let Some(event) = self.traffic.events.pop_front() {
            if timeout(FAREWELL, self.events.send(event)).await.is_err() {
                break;
            }
        }
    }

    fn state(&mut self, state: SessionState) {
        log::debug!("{}: {state:?}", self.config.address);
        self.traffic.events.push_back(SessionEvent::State(state));
    }

    /// Tells the server whether somebody looks (XEP-0352 §4); a stream begins as one that is looked at.
    fn indicate(&mut self) {
        if self.features.csi {
            let name = if self.is_active { "active" } else { "inactive" };
            self.traffic.out.push(StreamElement::Unknown(element(name, ns::CSI)));
        }
    }

    fn set_active(&mut self, is_active: bool) -> bool {
        std::mem::replace(&mut self.is_active, is_active) != is_active
    }

    async fn online(&mut self, mut stream: Stream<Io>) -> Next {
        let begun = Instant::now();
        let events = self.events.clone();
        let ended = loop {
            stream.queue(self.traffic.out.drain(..));
            if self.traffic.is_request_out() {
                stream.expect_answer(ANSWER_DEADLINE);
                stream.expect_ack(ACK_DEADLINE);
            }
            // While the engine is behind, the server has to wait.
            let is_reading = self.traffic.events.is_empty();
            let ack_by = self.traffic.ack_by();
            tokio::select! {
                permit = events.reserve(), if !is_reading => {
                    let Ok(permit) = permit else { return self.close(stream, None).await };
                    deliver(permit, &mut self.traffic);
                }
                request = self.requests.recv() => match request {
                    Some(Request::Send { stanza, tag }) => self.traffic.send(stanza, tag),
                    Some(Request::TakeUp) => self.traffic.taken_up(),
                    Some(Request::Iq { to, kind, payload, reply }) => self.traffic.ask(to, kind, payload, reply),
                    Some(Request::Handled(count)) => self.traffic.handled(count),
                    Some(Request::SetPassword(password)) => self.set_password(password),
                    Some(Request::AcceptWeaker) => self.seen = None,
                    Some(Request::SetActive(is_active)) => {
                        if self.set_active(is_active) {
                            self.indicate();
                        }
                    }
                    Some(request @ (Request::ReconnectNow | Request::NetworkChanged { .. })) => {
                        if matches!(request, Request::NetworkChanged { .. }) {
                            self.traffic.circumstances_changed();
                        }
                        self.traffic.probe();
                        stream.expect_answer(PROBE_DEADLINE);
                    }
                    Some(Request::Close(done)) => return self.close(stream, Some(done)).await,
                    None => return self.close(stream, None).await,
                },
                () = sleep_until(ack_by.unwrap_or(begun)), if ack_by.is_some() => self.traffic.ack(),
                received = stream.next(is_reading) => match received {
                    Ok(Received::Element(element)) => {
                        if self.traffic.is_ack(&element) {
                            stream.acked();
                            self.deafness.answered();
                        }
                        if let Err(ended) = self.traffic.receive(element) {
                            break ended;
                        }
                    }
                    Ok(Received::Silence) => self.traffic.probe(),
                    Err(ended) => break ended,
                },
            }
        };
        if let Ended::TooHigh(too_high) = &ended {
            stream.queue([StreamElement::Unknown(too_high_error(too_high))]);
            stream.close().await;
        }
        self.lost(&ended, begun.elapsed())
    }

    fn lost(&mut self, ended: &Ended, online: Duration) -> Next {
        let problem = ended.problem(&self.domain);
        log::info!("{}: {problem}", self.config.address);
        // With the cause known and out of the way, the session can go on.
        let is_explained = self.traffic.judge(ended.evidence());
        self.traffic.detach(if is_explained { Cause::Network } else { ended.cause(&self.domain) });
        if self.deafness.ended(matches!(ended, Ended::Silent)) {
            self.traffic.give_up_resuming();
        }
        if problem.needs_person() {
            return Next::NeedPerson(problem);
        }
        if self.back_off.lost_after(online) { Next::Connect } else { Next::Wait(problem) }
    }

    /// Says goodbye: what was sent is given the time to be acknowledged.
    async fn close(&mut self, mut stream: Stream<Io>, done: Option<oneshot::Sender<()>>) -> Next {
        if self.traffic.has_unacked() {
            self.traffic.probe();
        }
        stream.queue(self.traffic.out.drain(..));
        let farewell = async {
            while self.traffic.has_unacked() {
                let Ok(Received::Element(element)) = stream.next(true).await else { return };
                // What comes now is not handed over, and so not acknowledged: the server keeps it for the next session.
                if self.traffic.is_ack(&element) && self.traffic.receive(element).is_err() {
                    return;
                }
            }
        };
        let _ = timeout(FAREWELL, farewell).await;
        stream.close().await;
        Next::End(done)
    }

    async fn wait(&mut self, problem: Problem) -> Next {
        let retry_in = self.back_off.failed();
        let until = Instant::now() + retry_in;
        self.state(SessionState::Waiting { retry_in, problem });
        self.idle(Some(until)).await
    }

    async fn need_person(&mut self, problem: Problem) -> Next {
        self.state(SessionState::NeedsPerson(problem));
        self.idle(None).await
    }

    async fn idle(&mut self, until: Option<Instant>) -> Next {
        let needs_person = until.is_none();
        let events = self.events.clone();
        loop {
            tokio::select! {
                permit = events.reserve(), if !self.traffic.events.is_empty() => {
                    let Ok(permit) = permit else { return Next::End(None) };
                    deliver(permit, &mut self.traffic);
                }
                request = self.requests.recv() => match self.without_stream(request) {
                    Wake::No => (),
                    // Another network does not make a password right.
                    Wake::IfStale if needs_person => (),
                    Wake::Now | Wake::IfStale => {
                        self.back_off.reset();
                        return Next::Connect;
                    }
                    Wake::End(done) => return Next::End(done),
                },
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => return Next::Connect,
            }
        }
    }

    fn without_stream(&mut self, request: Option<Request>) -> Wake {
        match request {
            Some(Request::Send { stanza, tag }) => self.traffic.send(stanza, tag),
            Some(Request::TakeUp) => self.traffic.taken_up(),
            Some(Request::Iq { to, kind, payload, reply }) => self.traffic.ask(to, kind, payload, reply),
            Some(Request::Handled(count)) => self.traffic.handled(count),
            Some(Request::SetPassword(password)) => {
                self.set_password(password);
                return Wake::Now;
            }
            Some(Request::AcceptWeaker) => {
                self.seen = None;
                return Wake::Now;
            }
            Some(Request::SetActive(is_active)) => {
                self.set_active(is_active);
            }
            Some(Request::ReconnectNow) => return Wake::Now,
            Some(Request::NetworkChanged { available }) => {
                self.traffic.circumstances_changed();
                if available {
                    return Wake::IfStale;
                }
            }
            Some(Request::Close(done)) => return Wake::End(Some(done)),
            None => return Wake::End(None),
        }
        Wake::No
    }

    fn set_password(&mut self, password: Secret) {
        self.password = Some(password);
        // It was for the old one.
        self.token = None;
    }
}

fn deliver(permit: mpsc::Permit<'_, SessionEvent>, traffic: &mut Traffic) {
    if let Some(event) = traffic.events.pop_front() {
        permit.send(event);
    }
}

/// XEP-0198 §4.
fn too_high_error(TooHigh { h, sent }: &TooHigh) -> Element {
    let details = element("handled-count-too-high", ns::SM)
        .with_attr("h", h.to_string())
        .with_attr("send-count", sent.to_string());
    let condition = element("undefined-condition", ns::XMPP_STREAMS);
    element("error", ns::STREAM).with_child(condition).with_child(details)
}
