//! An account's session: how it begins, with which password, and how it ends.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt as _, stream::FuturesUnordered};
use tokio::sync::mpsc;

use super::{Begun, Done, Task};
use crate::{
    engine::{
        api::{ConnectionState, Event, Presence, Timestamp},
        avatar::Avatars,
        context::Shared,
        order::Order,
        outbox::{self, in_hand::Outbox},
        secrets::SecretError,
        transact::messages,
    },
    secret::Secret,
    store::account::{self, AccountRow},
    xmpp::{
        ConnectStep, Problem, presence,
        session::{self, AccountConfig, Assurance, SessionEvent, SessionHandle, SessionState, Token},
    },
};

/// How long saying goodbye may take: a little longer than the session itself waits for acknowledgements.
const GOODBYE: Duration = Duration::from_secs(3);

impl Task {
    /// The session has come to this.
    pub(super) fn state(&mut self, state: SessionState) {
        let connection = match state {
            SessionState::Connecting(step) => ConnectionState::Connecting(step),
            SessionState::Online => ConnectionState::Online,
            SessionState::Waiting { retry_in, problem } => {
                let retry_in = i64::try_from(retry_in.as_millis()).unwrap_or(i64::MAX);
                let retry_at = Timestamp(self.shared.clock.now().0.saturating_add(retry_in));
                ConnectionState::Waiting { retry_at, problem }
            }
            SessionState::NeedsPerson(problem) => {
                self.forget_others();
                ConnectionState::NeedsPerson(problem)
            }
            SessionState::Closed => return self.session_ended(),
        };
        self.shared.set_connection(self.id, &connection);
    }

    pub(super) fn session_ended(&mut self) {
        self.drop_session();
        self.shared.set_connection(self.id, &ConnectionState::Offline);
    }

    pub(super) fn drop_session(&mut self) {
        self.session = None;
        self.avatars = None;
        self.announced = None;
        // What they ask belongs to that session.
        self.jobs = FuturesUnordered::new();
        self.is_to_tell = false;
        self.telling.clear();
        self.unsettled.clear();
        self.retry_at = None;
        self.forget_others();
        self.shared.accounts.with(self.id, |live| {
            live.session = None;
            live.outbox = Outbox::default();
        });
    }

    /// A new session tells anew who is there.
    pub(super) fn forget_others(&self) {
        let Some((gone, states)) =
            self.shared.accounts.with(self.id, |live| (live.presences.clear(), live.chat_states.session_lost()))
        else {
            return;
        };
        if !gone.is_empty() {
            let changes = gone.into_iter().map(|address| (address, Presence::default())).collect();
            self.shared.events.emit(Event::PresenceChanged { account: self.id, changes });
        }
        self.shared.events.emit_all(states);
    }

    pub(super) fn look_for_password(&mut self) {
        self.shared.set_connection(self.id, &ConnectionState::Connecting(ConnectStep::Resolving));
        let (shared, address) = (Arc::clone(&self.shared), self.address.clone());
        let job = async move {
            let password = shared.secrets.password(&address).await;
            let token = match &password {
                Ok(Some(_)) => shared.secrets.token(&address).await.ok().flatten(),
                _ => None,
            };
            Done::Secrets(password, token.as_ref().and_then(Token::from_secret))
        };
        self.jobs.push(job.boxed());
    }

    pub(super) fn connect(&mut self) {
        let Some(row) = self.row() else { return };
        if !row.is_enabled || self.session.is_some() {
            return;
        }
        let Some(password) = self.password.clone() else {
            return self.shared.set_connection(self.id, &ConnectionState::NeedsPerson(Problem::NoPassword));
        };
        let (session, events) = session::start(self.config(row, password));
        self.shared.accounts.with(self.id, |live| live.session = Some(session.clone()));
        session.set_active(self.shared.choices.is_active());
        self.session = Some((session, events));
        self.start_avatars();
        self.shared.set_connection(self.id, &ConnectionState::Connecting(ConnectStep::Resolving));
    }

    fn config(&self, row: AccountRow, password: Secret) -> AccountConfig {
        AccountConfig {
            address: row.address,
            password: Some(password),
            host: row.server.host,
            port: row.server.port,
            name_server: None,
            ca_file: row.server.ca_file,
            resource: row.server.resource,
            agent: row.agent,
            token: self.token.clone(),
            seen: row.seen.and_then(Assurance::from_code),
            trust: Arc::clone(&self.shared.trust),
        }
    }

    /// Has the server forget the token of an account that goes. Nobody waits for that: without a line it is left to expire.
    pub(super) fn revoke_token(&self, row: AccountRow) {
        if let Some(password) = self.password.clone().filter(|_| self.token.is_some()) {
            let config = self.config(row, password);
            tokio::spawn(async move {
                let address = config.address.clone();
                if let Err(problem) = session::revoke_token(config).await {
                    log::info!("{address}: the token is not revoked: {problem}");
                }
            });
        }
    }

    pub(super) async fn adopt(&mut self, begun: Begun) {
        let Begun { session, events, first, password } = begun;
        self.password = Some(password);
        self.shared.accounts.with(self.id, |live| live.session = Some(session.clone()));
        session.set_active(self.shared.choices.is_active());
        self.session = Some((session, events));
        self.start_avatars();
        for event in first {
            self.events(event).await;
        }
    }

    /// The best sign-in that was seen is on disk before anything is built on it.
    pub(super) async fn signed_in(&mut self, assurance: Assurance) {
        let (id, code) = (self.id, assurance.code());
        if self.row().is_some_and(|row| row.seen != Some(code)) {
            self.change_row(move |store| account::set_seen(store, id, Some(code))).await;
        }
    }

    pub(super) fn keep_token(&mut self, token: Option<Token>) {
        self.token.clone_from(&token);
        let (shared, address) = (Arc::clone(&self.shared), self.address.clone());
        tokio::spawn(async move {
            let token = token.as_ref().map(Token::to_secret);
            // Without a keyring it is good until the program ends.
            if let Err(error) = shared.secrets.set_token(&address, token.as_ref()).await {
                log::info!("{address}: the token is not kept: {error}");
            }
        });
    }

    pub(super) async fn accept_weaker(&mut self) {
        let id = self.id;
        if self.change_row(move |store| account::set_seen(store, id, None)).await
            && let Some(session) = self.session()
        {
            session.accept_weaker();
        }
    }

    fn start_avatars(&mut self) {
        let own_changed = self.shared.accounts.with(self.id, |live| live.orders.clone());
        self.avatars = self.context().zip(own_changed).map(|(context, orders)| {
            Avatars::start(context, move || {
                let _ = orders.send(Order::ReadRow);
            })
        });
    }

    pub(super) const fn has_password(&self) -> bool {
        self.password.is_some()
    }

    pub(super) fn set_password(&mut self, password: Secret) {
        // It was for the old one.
        if self.token.is_some() {
            self.keep_token(None);
        }
        if let Some((session, _)) = &self.session {
            session.set_password(password.clone());
            self.password = Some(password);
        } else {
            self.password = Some(password);
            self.connect();
        }
    }

    /// A password from the keyring, unless the person was quicker.
    pub(super) fn found_secrets(&mut self, found: Result<Option<Secret>, SecretError>, token: Option<Token>) {
        if self.password.is_none() {
            match found {
                Ok(password) => (self.password, self.token) = (password, token),
                Err(error) => self.shared.no_keyring(&error),
            }
        }
        self.connect();
    }

    /// Says goodbye, if that is possible quickly, and ends the session.
    pub(super) async fn stop_session(&mut self) {
        if let Some((session, events)) = self.session.take() {
            if self.is_online() {
                session.send(presence::unavailable(""), None);
            }
            say_goodbye(&self.shared, &session, events).await;
        }
        self.session_ended();
    }
}

async fn say_goodbye(shared: &Shared, session: &SessionHandle, mut events: mpsc::Receiver<SessionEvent>) {
    let mut acked = Vec::new();
    let drain = async {
        // Stanzas that still come are not acknowledged, so the server keeps them.
        while let Some(event) = events.recv().await {
            if let SessionEvent::Acked(tags) = event {
                acked.extend(messages(tags));
            }
        }
    };
    let close = async { tokio::join!(session.close(), drain) };
    if tokio::time::timeout(GOODBYE, close).await.is_err() {
        log::debug!("the server did not say goodbye in time");
    }
    // Or they would be sent again at the next start.
    if !acked.is_empty()
        && let Err(error) = shared.change(move |store, _| Ok(((), outbox::acked(store, &acked)?))).await
    {
        log::error!("what was sent can't be stored as sent: {}", shared.failed(error));
    }
}
