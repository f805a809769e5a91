//! A batch of what a session has delivered: one transaction, then few events.

use std::{collections::HashMap, sync::Arc};

use minidom::Element;
use rusqlite::Connection;

use super::{
    amendment,
    api::{Event, Presence},
    avatar, blocking, caps,
    context::Shared,
    conversation,
    effect::{Effects, Scope},
    inbound::Inbound,
    outbox, request, responder, roster,
    transact::{Settled, settle},
};
use crate::{
    ids::{AccountId, AmendmentId, BareJid, Jid, MessageId},
    store::{
        StoreError,
        caps::{self as caps_table, CapsKey},
        contact,
    },
    xmpp::{
        caps::Caps,
        incoming::{Incoming, IncomingPresence, PresenceKind},
        iq,
    },
};

/// Stanzas and acknowledgements in the order in which they came.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    pub stanzas: Vec<Incoming>,
    pub acked: Vec<MessageId>,
    /// What we said of messages, that servers have now.
    pub confirmed: Vec<AmendmentId>,
    /// These make the server end the stream.
    pub refused: Vec<MessageId>,
    /// How many stanzas the session counts, those that it consumed by itself included.
    pub counted: u32,
}

impl Batch {
    pub const fn is_empty(&self) -> bool {
        self.is_count_only() && self.counted == 0
    }

    /// Whether nothing of it has to be stored: a page of the archive is kept until its end has come.
    const fn is_count_only(&self) -> bool {
        self.stanzas.is_empty() && self.acked.is_empty() && self.confirmed.is_empty() && self.refused.is_empty()
    }

    /// The same in batches of one stanza each: where one of them can't be stored, the others can.
    pub fn split(self) -> Vec<Self> {
        let Self { stanzas, acked, confirmed, refused, counted } = self;
        let consumed = counted.saturating_sub(u32::try_from(stanzas.len()).unwrap_or(u32::MAX));
        let rest = Self { stanzas: Vec::new(), acked, confirmed, refused, counted: consumed };
        let single = |stanza| Self { stanzas: vec![stanza], counted: 1, ..Self::default() };
        stanzas.into_iter().map(single).chain([rest]).collect()
    }
}

/// What the transaction found out that is kept in memory or answered.
#[derive(Debug, Default)]
pub(super) struct Found {
    presences: Vec<IncomingPresence>,
    abilities: Vec<(CapsKey, Vec<String>)>,
    answers: Vec<Element>,
}

impl Shared {
    /// Stores a batch, then tells of it. Returns whom to ask what their clients can do.
    pub async fn take_in(&self, account: AccountId, batch: &Arc<Batch>) -> Result<Vec<(Jid, Caps)>, StoreError> {
        if batch.is_count_only() {
            return Ok(Vec::new());
        }
        let scopes = self.scopes();
        let pre_approves = self.accounts.with(account, |live| live.features.pre_approval).unwrap_or_default();
        let shared_batch = Arc::clone(batch);
        let done = self.store.write(move |store| store_batch(store, scopes.of(account)?, &shared_batch, pre_approves));
        let (settled, found) = done.await?;
        self.carry_out(settled);
        Ok(self.remember(account, found))
    }

    fn remember(&self, account: AccountId, found: Found) -> Vec<(Jid, Caps)> {
        let mut changes: HashMap<BareJid, Presence> = HashMap::new();
        let (mut questions, mut states) = (Vec::new(), Vec::new());
        self.accounts.with(account, |live| {
            for (key, features) in found.abilities {
                live.abilities.learn(key, features);
            }
            for presence in found.presences {
                let Some(from) = &presence.from else { continue };
                let key = presence.caps.as_ref().and_then(caps::key);
                if let (Some(key), Some(caps)) = (&key, &presence.caps)
                    && live.abilities.ask(key)
                {
                    questions.push((from.clone(), caps.clone()));
                }
                let contact = from.to_bare();
                if let Some(best) = live.presences.update(from, &presence, key) {
                    if !live.presences.is_available(&contact) {
                        states.extend(live.chat_states.went_offline(&contact));
                    }
                    changes.insert(contact, best);
                }
            }
            if let Some(session) = &live.session {
                for answer in found.answers {
                    session.send(answer, None);
                }
            }
        });
        if !changes.is_empty() {
            self.events.emit(Event::PresenceChanged { account, changes: changes.into_iter().collect() });
        }
        self.events.emit_all(states);
        questions
    }
}

fn store_batch(
    store: &Connection,
    scope: &Scope,
    batch: &Batch,
    pre_approves: bool,
) -> Result<(Settled, Found), StoreError> {
    let (effects, found) = taken_in(store, scope, batch, pre_approves)?;
    Ok((settle(store, effects)?, found))
}

/// Stores a batch; what follows from it.
pub(super) fn taken_in(
    store: &Connection,
    scope: &Scope,
    batch: &Batch,
    pre_approves: bool,
) -> Result<(Effects, Found), StoreError> {
    let (mut effects, mut found) = (conversation::end_mutes(store, scope.now)?, Found::default());
    let mut inbound = Inbound::new(scope);
    for stanza in &batch.stanzas {
        match stanza {
            Incoming::Message(message) => inbound.message(store, message)?,
            Incoming::Presence(stanza) => match stanza.kind {
                PresenceKind::Available(_) | PresenceKind::Unavailable | PresenceKind::Error => {
                    presence(store, scope, stanza, &mut effects, &mut found)?;
                }
                _ => effects.merge(request::received(store, scope, stanza, pre_approves)?),
            },
            Incoming::Iq(request) => {
                if let Some(push) = roster::push(&scope.address, request) {
                    effects.merge(roster::pushed(store, scope, push)?);
                    found.answers.push(iq::result(request, None));
                } else if let Some(push) = blocking::push(&scope.address, request) {
                    effects.merge(blocking::pushed(store, scope, &push)?);
                    found.answers.push(iq::result(request, None));
                } else {
                    found.answers.extend(responder::answer(request, scope.now));
                }
            }
            Incoming::Unreadable { reason } => log::debug!("a stanza left alone: {reason}"),
        }
    }
    effects.merge(inbound.finish(store)?);
    effects.merge(outbox::acked(store, &batch.acked)?);
    effects.merge(amendment::confirmed(store, &batch.confirmed)?);
    // What was said of them while they were on their way.
    effects.stanzas.extend(amendment::due(store, scope, Some(&batch.acked))?);
    effects.merge(outbox::refused(store, &batch.refused)?);
    Ok((effects, found))
}

/// A presence counts from those whom we know: the roster, and who we talk with.
fn presence(
    store: &Connection,
    scope: &Scope,
    stanza: &IncomingPresence,
    effects: &mut Effects,
    found: &mut Found,
) -> Result<(), StoreError> {
    let Some(from) = stanza.from.as_ref().filter(|_| !stanza.muc) else { return Ok(()) };
    if contact::find(store, scope.account, &from.to_bare())?.is_none() {
        return Ok(());
    }
    effects.avatars.extend(avatar::in_presence(scope.account, stanza));
    if let Some(key) = stanza.caps.as_ref().and_then(caps::key)
        && !found.abilities.iter().any(|(known, _)| *known == key)
        && let Some(features) = caps_table::features(store, &key)?
    {
        found.abilities.push((key, features));
    }
    found.presences.push(stanza.clone());
    Ok(())
}
