//! From nothing to a stream that is signed in: one attempt, and what it has brought.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};
use uuid::Uuid;

use super::{
    super::{
        auth::Assurance,
        element::StreamError,
        event::{SessionEvent, SessionState},
        login::{LoggedIn, Login, Management, Outcome, Tokens, login},
        problem::is_likely_again,
        sm::{Cause, ResumePoint},
        stream::{Ended, Stream},
        transport::{Connector, Io},
    },
    Actor, LOGIN_DEADLINE, Next, Wake, deliver,
};
use crate::xmpp::{ConnectStep, Problem, carbon, iq};

/// An attempt that is older than this began under other circumstances when the network changes.
const STALE_ATTEMPT: Duration = Duration::from_secs(2);
/// So many attempts to resume may fail on the way before a fresh session is made.
const RESUME_ATTEMPTS: u32 = 3;

/// What an attempt to connect brought.
struct Attempt {
    connector: Connector,
    result: Result<LoggedIn<Io>, Failure>,
}

struct Failure {
    problem: Problem,
    /// It failed after the line was secured.
    was_signing_in: bool,
}

impl Actor {
    pub(super) async fn connect(&mut self) -> Next {
        let Some(password) = self.password.clone() else { return Next::NeedPerson(Problem::NoPassword) };
        let resume = self.traffic.resume();
        let point = resume.as_ref().map(|(.., point)| *point);
        let login = Login {
            address: self.config.address.clone(),
            password,
            resource: self.config.resource.clone(),
            agent: self.config.agent,
            resume: resume.map(|(previd, h, _)| (previd, h)),
            token: self.token.clone(),
            at_least: self.seen,
            is_inactive: !self.is_active,
        };
        let (steps, mut step) = mpsc::unbounded_channel();
        let mut attempt = std::pin::pin!(attempt(self.connector.clone(), login, steps));
        let begun = Instant::now();
        let events = self.events.clone();
        loop {
            tokio::select! {
                permit = events.reserve(), if !self.traffic.events.is_empty() => {
                    let Ok(permit) = permit else { return Next::End(None) };
                    deliver(permit, &mut self.traffic);
                }
                request = self.requests.recv() => match self.without_stream(request) {
                    Wake::No => (),
                    Wake::IfStale if begun.elapsed() < STALE_ATTEMPT => (),
                    Wake::IfStale | Wake::Now => return Next::Connect,
                    Wake::End(done) => return Next::End(done),
                },
                Some(step) = step.recv() => self.state(SessionState::Connecting(step)),
                Attempt { connector, result } = &mut attempt => {
                    self.connector = connector;
                    return match result {
                        Ok(logged_in) => self.signed_in(logged_in, point),
                        Err(failure) => self.failed(failure, point.is_some()),
                    };
                }
            }
        }
    }

    fn failed(&mut self, failure: Failure, was_resuming: bool) -> Next {
        let Failure { problem, was_signing_in } = failure;
        log::info!("{}: {problem}", self.config.address);
        if was_resuming && was_signing_in && !problem.needs_person() {
            // Whatever breaks the stream on resuming must not do so for ever.
            self.failed_resumes += 1;
            if is_likely_again(&problem) {
                self.traffic.detach(Cause::Protocol);
            }
            if self.failed_resumes >= RESUME_ATTEMPTS {
                self.traffic.give_up_resuming();
            }
        }
        if problem.needs_person() { Next::NeedPerson(problem) } else { Next::Wait(problem) }
    }

    fn signed_in(&mut self, logged_in: LoggedIn<Io>, point: Option<ResumePoint>) -> Next {
        let LoggedIn { stream, features, mechanism, assurance, tokens, outcome } = logged_in;
        let address = self.config.address.clone();
        self.features = features.unwrap_or_else(|| self.features.clone());
        self.failed_resumes = 0;
        self.proved(assurance, tokens);
        let mut stream = Box::new(Stream::new(stream));
        let resumed = match outcome {
            Outcome::Resumed { h } => {
                let resumed = match point {
                    Some(point) => self.traffic.resumed(h, point),
                    None => Err(Ended::Error(StreamError::new("undefined-condition"))),
                };
                if let Err(ended) = resumed {
                    // The server's books and ours differ: only a fresh session helps.
                    self.traffic.give_up_resuming();
                    return Next::Wait(ended.problem(&self.domain));
                }
                true
            }
            Outcome::Fresh { jid, failed_h, sm, has_carbons } => {
                self.traffic.begin(jid, failed_h);
                match sm {
                    Management::NotOffered => self.traffic.unmanaged(),
                    Management::Offered => self.traffic.enable(),
                    Management::Enabled(resumption) => self.traffic.managed(resumption),
                }
                if !has_carbons {
                    // Copies of what our other clients send and get (XEP-0280 §4). A server that can't refuses, and all is well.
                    let id = Uuid::new_v4().to_string();
                    self.traffic.send(iq::set(None, &id, carbon::enable()), None);
                }
                false
            }
        };
        let Some(jid) = self.traffic.bound().cloned() else { return Next::Wait(Problem::Lost) };
        log::info!("{address}: online by {mechanism}{}", if resumed { ", resumed" } else { "" });
        self.back_off.succeeded();
        self.deafness.begun(resumed);
        self.state(SessionState::Online);
        let features = self.features.clone();
        self.traffic.events.push_back(SessionEvent::Online { jid, resumed, features });
        if !self.is_active {
            self.indicate();
        }
        stream.queue(self.traffic.out.drain(..));
        Next::Online(stream)
    }

    /// What was learnt by signing in, for the next time.
    fn proved(&mut self, assurance: Option<Assurance>, tokens: Tokens) {
        if let Some(assurance) = assurance {
            let best = self.seen.map_or(assurance, |seen| seen.join(assurance));
            self.seen = Some(best);
            self.traffic.events.push_back(SessionEvent::SignedIn(best));
        }
        let Tokens { is_refused, new } = tokens;
        if is_refused || new.is_some() {
            self.token.clone_from(&new);
            self.traffic.events.push_back(SessionEvent::Token(new));
        }
    }
}

async fn attempt(mut connector: Connector, plan: Login, steps: mpsc::UnboundedSender<ConnectStep>) -> Attempt {
    let result = match connector.connect(&steps).await {
        Ok(connected) => {
            let guard = connected.io.handle();
            let exporter = connected.exporter.as_deref();
            let signing_in = login(connected.io, &guard, exporter, &plan, &steps);
            let signed_in = timeout(LOGIN_DEADLINE, signing_in).await.unwrap_or(Err(Problem::Timeout));
            signed_in.map_err(|problem| Failure { problem, was_signing_in: true })
        }
        Err(problem) => Err(Failure { problem, was_signing_in: false }),
    };
    Attempt { connector, result }
}
