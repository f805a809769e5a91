//! What an account does when its session stands: the first questions of a new one, and what their answers mean.

use std::{future::ready, sync::Arc, task::Poll};

use futures::FutureExt as _;
use minidom::Element;

use super::{Done, Task, read_state::synchronised};
use crate::{
    engine::{
        api::{ConnectionState, Timestamp},
        archive::Archive,
        avatar, blocking,
        effect::Released,
        file::{service::Known, upkeep, upload::start_waiting},
        outbox, overview,
        presence::shown,
        question::patient,
        roster,
        transact::Scopes,
    },
    ids::Jid,
    store::{StoreError, caps},
    xmpp::{
        disco, displayed, presence, pubsub,
        roster::{parse_result, query},
        session::{IqError, ServerFeatures},
        stanza_id,
    },
};

/// Half a year: by then most clients have another version.
const ABILITIES_KEPT_MS: i64 = 182 * 86_400_000;

impl Task {
    pub(super) async fn online(&mut self, resumed: bool, features: ServerFeatures) {
        let stays = resumed.then(|| self.shared.accounts.with(self.id, |live| live.features.clone())).flatten();
        self.shared.accounts.with(self.id, |live| live.features = stays.unwrap_or(features));
        if resumed {
            self.fetching.resumed();
        } else {
            // What is written from now on goes out behind what waits.
            self.shared.accounts.with(self.id, |live| live.outbox.set_offline());
            if let Err(error) = self.begin_fetching().await {
                self.failed(error);
            }
        }
        self.shared.set_connection(self.id, &ConnectionState::Online);
        if resumed {
            // It may have changed while there was no line.
            self.send_presence();
            self.taken_up().await;
        } else {
            self.forget_others();
            if let Some(avatars) = &self.avatars {
                avatars.new_session();
            }
            self.begin().await;
            self.tidy_once();
            self.shared.accounts.with(self.id, |live| live.upload = Known::default());
            // What waits is sent when all that the session before had has come back.
            if let Some(session) = self.session() {
                session.take_up();
            }
        }
        self.begin_telling();
    }

    /// The session takes messages: what waited goes out, and files that it names are brought where others can have them.
    pub(super) async fn taken_up(&mut self) {
        self.send_pending(Some(Released::All)).await;
        start_waiting(&self.shared, self.id).await;
    }

    /// Throws away what nobody needs any more, once in each run and not on the way to the first window.
    fn tidy_once(&self) {
        if !self.shared.choices.is_to_tidy() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let before = Timestamp(shared.clock.now().0 - ABILITIES_KEPT_MS);
            if let Err(error) = shared.store.write(move |store| caps::remove_older(store, before)).await {
                log::warn!("old abilities stay: {error}");
            }
            avatar::tidy(&shared).await;
            upkeep::tidy(&shared).await;
        });
    }

    /// All at once: the server answers in this order (RFC 6120 §10.1), so the roster is there before the presences, and what
    /// is known of stanza ids before the messages that waited for us.
    async fn begin(&mut self) {
        let Some(session) = self.session() else { return };
        self.shared.accounts.with(self.id, |live| live.blocking = None);
        let version = self.row().and_then(|row| row.roster_version);
        let has_versions = self.shared.accounts.with(self.id, |live| live.features.roster_versioning) == Some(true);
        let query = query(has_versions.then_some(version.as_deref().unwrap_or_default()));
        let ask = |to: Option<Jid>, payload: Element| patient(session.clone(), to, payload);
        let roster = ask(None, query).map(|answer| match answer {
            Ok(payload) => Done::Roster(parse_result(payload.as_ref())),
            Err(error) => {
                log::warn!("the roster does not come: {error}");
                Done::Nothing
            }
        });
        let displayed = ask(None, pubsub::items(displayed::NODE, None)).map(|answer| {
            let items = answer.ok().flatten().map(|items| pubsub::parse_items(&items, displayed::NODE));
            Done::Displayed(items.unwrap_or_default())
        });
        let own = Jid::from(self.address.clone());
        let abilities = ask(Some(own), disco::info_query(None)).map(|answer| {
            // Another session asks again: till then nobody can say that there is no archive.
            if answer == Err(IqError::Lost) {
                return Done::Nothing;
            }
            let info = answer.ok().flatten().as_ref().and_then(disco::parse_info);
            let has = |feature| info.as_ref().is_some_and(|info| info.has(feature));
            let archive = info.as_ref().map_or(Archive::Absent, Archive::of);
            Done::OwnAbilities { has_stanza_ids: has(stanza_id::NAMESPACE), archive }
        });
        let blocking = blocking::ask(session.clone(), self.address.clone())
            .map(|answer| answer.map_or(Done::Nothing, Done::Blocking));
        // A future asks when it is first polled, and presence must not overtake the questions.
        for mut job in [roster.boxed(), displayed.boxed(), abilities.boxed(), blocking.boxed()] {
            let job = match futures::poll!(&mut job) {
                Poll::Pending => job,
                Poll::Ready(done) => ready(done).boxed(),
            };
            self.jobs.push(job);
        }
        self.announced = None;
        self.send_presence();
    }

    /// What others see of us now.
    pub(super) fn own_presence(&self) -> Element {
        let Some(row) = self.row() else { return presence::unavailable("") };
        let availability = shown(overview::availability(row.availability), self.shared.choices.is_idle());
        presence::available(availability, &row.status, 0, None)
    }

    /// Sends what waits and is not under way, with what had to wait until now.
    pub(super) async fn send_pending(&mut self, released: Option<Released>) {
        let id = self.id;
        let held = self.shared.accounts.with(id, |live| live.outbox.held().clone()).unwrap_or_default();
        let sent =
            self.shared.change(move |store, scopes| Ok(((), outbox::pending(store, scopes.of(id)?, &held, released)?)));
        if let Err(error) = sent.await {
            log::error!("what waits can't be sent: {}", self.shared.failed(error));
        }
    }

    pub(super) async fn done(&mut self, done: Done) {
        let id = self.id;
        let changed = match done {
            Done::Nothing => return,
            Done::Published { reply, result } => {
                // The window hears of the change before it hears that it is done.
                self.read_row().await;
                return reply.send(result);
            }
            Done::Secrets(password, token) => return self.found_secrets(password, token),
            Done::OwnAbilities { has_stanza_ids, archive } => {
                self.shared.accounts.with(id, |live| live.has_stanza_ids = has_stanza_ids);
                return self.found_archive(archive).await;
            }
            Done::Blocking(answer) => self.found_blocking(answer).await,
            Done::Blocked { change, reply, result } => self.has_blocked(change, reply, result).await,
            Done::Page { query, result } => return self.page(&query, result).await,
            Done::Rested => return self.has_rested(),
            Done::TellRead => return self.tell_read().await,
            Done::Told { conversation, read, result } => return self.told(conversation, read, result).await,
            Done::Displayed(items) => {
                let change = move |store: &_, scopes: &Scopes| Ok(((), synchronised(store, scopes.of(id)?, &items)?));
                self.shared.change(move |store, scopes| change(store, scopes)).await
            }
            Done::Roster(result) => {
                self.shared
                    .change(move |store, scopes| Ok(((), roster::replaced(store, scopes.of(id)?, result)?)))
                    .await
            }
            Done::Abilities { key, info: None } => {
                self.shared.accounts.with(id, |live| live.abilities.give_up(&key));
                return;
            }
            Done::Abilities { key, info: Some(info) } => {
                let features = info.features;
                self.shared.accounts.with(id, |live| live.abilities.learn(key.clone(), features.clone()));
                let identities: Vec<String> =
                    info.identities.into_iter().map(|i| format!("{}/{}", i.category, i.kind)).collect();
                let now = self.shared.clock.now();
                let kept = self.shared.store.write(move |store| caps::put(store, &key, &identities, &features, now));
                kept.await
            }
        };
        if let Err(error) = changed {
            self.failed(error);
        }
    }

    pub(super) fn failed(&self, error: StoreError) {
        log::error!("what the server answered can't be stored: {}", self.shared.failed(error));
    }
}
