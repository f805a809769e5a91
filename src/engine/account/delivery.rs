//! What the session delivers: gathered into batches, stored, and only then acknowledged.

use std::sync::Arc;

use futures::FutureExt as _;
use tokio::time::{Duration, Instant};

use super::{Done, Task};
use crate::{
    engine::{
        batch::Batch,
        caps, outbox,
        transact::{amendments, messages},
    },
    ids::{Jid, MessageId},
    store::StoreError,
    xmpp::{caps::Caps, incoming::Incoming, session::SessionEvent},
};

/// How many events make a batch at most.
const BATCH: usize = 256;
/// How soon a batch that found no room on the disk is tried again.
const DISK_FULL_RETRY: Duration = Duration::from_secs(5);

impl Task {
    /// Takes in all that is ready.
    pub(super) async fn events(&mut self, first: SessionEvent) {
        let mut ready = vec![first];
        if let Some((_, events)) = &mut self.session {
            while ready.len() < BATCH
                && let Ok(event) = events.try_recv()
            {
                ready.push(event);
            }
        }
        let mut batch = Batch::default();
        let has_messages = ready.iter().any(|event| {
            matches!(event, SessionEvent::Stanza(Incoming::Message(message)) if message.archived.is_none() && message.body.is_some())
        });
        for event in ready {
            match event {
                SessionEvent::Stanza(Incoming::Message(message)) if message.archived.is_some() => {
                    self.fetching.take(&self.address, *message);
                    batch.counted += 1;
                }
                SessionEvent::Stanza(stanza) => {
                    batch.stanzas.push(stanza);
                    batch.counted += 1;
                }
                SessionEvent::Counted => batch.counted += 1,
                SessionEvent::Acked(tags) => {
                    batch.confirmed.extend(amendments(&tags));
                    batch.acked.extend(self.heard(messages(tags)));
                }
                SessionEvent::Refused(tag) => {
                    // What is said of a message and ends the stream is not said again.
                    batch.confirmed.extend(amendments(&[tag]));
                    batch.refused.extend(self.heard(messages([tag])));
                }
                SessionEvent::State(state) => {
                    self.push(&mut batch).await;
                    self.state(state);
                }
                SessionEvent::Online { resumed, features, .. } => {
                    self.push(&mut batch).await;
                    self.online(resumed, features).await;
                }
                SessionEvent::TakenUp => {
                    self.push(&mut batch).await;
                    self.taken_up().await;
                }
                SessionEvent::SignedIn(assurance) => self.signed_in(assurance).await,
                SessionEvent::Token(token) => self.keep_token(token),
                SessionEvent::Unsent { undelivered, unknown } => {
                    self.push(&mut batch).await;
                    self.shared.accounts.with(self.id, |live| {
                        live.outbox.release_amendments(amendments(&undelivered).chain(amendments(&unknown)));
                    });
                    let (undelivered, unknown) = (self.heard(messages(undelivered)), self.heard(messages(unknown)));
                    self.unsent(undelivered, unknown).await;
                }
            }
        }
        self.push(&mut batch).await;
        if has_messages {
            self.messages_came().await;
        }
    }

    /// Of what becomes of which messages the session has said.
    fn heard(&self, messages: impl Iterator<Item = MessageId>) -> Vec<MessageId> {
        self.shared.accounts.with(self.id, |live| live.outbox.heard(messages)).unwrap_or_default()
    }

    /// A session is over, and what it had in its hands is given back. With the next one all is sent again, in order; until
    /// then nothing more is.
    async fn unsent(&mut self, undelivered: Vec<MessageId>, unknown: Vec<MessageId>) {
        self.shared.accounts.with(self.id, |live| {
            live.outbox.set_offline();
            live.outbox.release(undelivered.iter().chain(&unknown).copied());
        });
        let noted = self.shared.change(move |store, _| Ok(((), outbox::not_sent(store, &undelivered)?)));
        if let Err(error) = noted.await {
            // It costs a look into the archive.
            log::warn!("what was not sent can't be noted: {error}");
        }
    }

    /// Takes in what the session has delivered before it gave the answer that is dealt with now.
    pub(super) async fn catch_up(&mut self) {
        while let Some(event) = self.session.as_mut().and_then(|(_, events)| events.try_recv().ok()) {
            Box::pin(self.events(event)).await;
        }
    }

    async fn push(&mut self, batch: &mut Batch) {
        if !batch.is_empty() {
            self.unsettled.push_back(Arc::new(std::mem::take(batch)));
            self.settle().await;
        }
    }

    /// Stores what has been taken from the session, in order, as far as that is possible.
    pub(super) async fn settle(&mut self) {
        self.retry_at = None;
        while let Some(batch) = self.unsettled.front().cloned() {
            match self.shared.take_in(self.id, &batch).await {
                Ok(questions) => self.ask(questions),
                Err(error @ StoreError::DiskFull) => {
                    // Neither lost nor acknowledged: it waits here, and the rest at the server.
                    self.shared.failed(error);
                    self.retry_at = Some(Instant::now() + DISK_FULL_RETRY);
                    return;
                }
                Err(error) if batch.stanzas.len() > 1 => {
                    log::error!("a batch can't be stored as a whole: {error}");
                    self.unsettled.pop_front();
                    let parts = Batch::clone(&batch).split();
                    parts.into_iter().rev().for_each(|part| self.unsettled.push_front(Arc::new(part)));
                    continue;
                }
                Err(error) => log::error!("a stanza can't be stored: {error}"),
            }
            self.unsettled.pop_front();
            self.shared.accounts.with(self.id, |live| {
                live.outbox.release(batch.acked.iter().chain(&batch.refused).copied());
                live.outbox.release_amendments(batch.confirmed.iter().copied());
            });
            if let Some((session, _)) = &self.session
                && batch.counted > 0
            {
                session.handled(batch.counted);
            }
        }
    }

    fn ask(&mut self, questions: Vec<(Jid, Caps)>) {
        let Some((session, _)) = &self.session else { return };
        for (who, caps) in questions {
            let Some(key) = caps::key(&caps) else { continue };
            let session = session.clone();
            self.jobs.push(async move { Done::Abilities { key, info: caps::ask(session, who, caps).await } }.boxed());
        }
    }
}
