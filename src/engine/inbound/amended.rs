//! What others, and our other devices, say of messages after they were sent.
//!
//! Who may: a text is changed and taken back only by whoever wrote it, and only in its own conversation. What comes before its
//! message waits for it; a text for a message that never comes is shown as one of its own.

use rusqlite::Connection;

use super::{Inbound, UNIQUE_ID_LENGTH, filling::Filling};
use crate::{
    engine::{
        identity::{self, SLACK_MS},
        link_preview,
        route::Routed,
    },
    ids::{ConversationId, MessageId, OriginId, Timestamp},
    store::{
        self, MessageState, StoreError,
        amendment::{self, Amendment, Kind, Order},
        annotation::{self, Reply},
        contact, deletion,
        early_amendment::{self as early, Found, Orphan, Target},
        message::{self, ArchiveId, MessageRow, NewMessage, Place},
    },
    text_format::TextFormat,
    xmpp::{archive::Archived, incoming::IncomingMessage},
};

/// What stands before the time that is the name of what has no id.
const NAMELESS: char = '@';

/// What became of a message that may say something of another.
#[derive(Debug)]
pub(super) enum Amended {
    /// It says nothing of another: it is a message of its own, if anything.
    Nothing,
    /// It was taken in, or may not count.
    Done,
    /// It has a new text for a message that nobody knows, by this name.
    Unknown(String, Amendment),
}

impl Inbound<'_> {
    /// Takes in what a message says of another; `archived` is where the archive has it, if it comes from there.
    pub(super) fn amended(
        &mut self,
        store: &Connection,
        routed: &Routed<'_>,
        time: Timestamp,
        mut archived: Option<(&Archived, &mut Filling)>,
    ) -> Result<Amended, StoreError> {
        let Some((id, amendment)) = read(routed, time) else { return Ok(Amended::Nothing) };
        let is_correction = amendment.kind == Kind::Correction;
        let Some(conversation) = self.answered_in(store, &routed.peer, archived.is_some())? else {
            return Ok(if is_correction { Amended::Unknown(id, amendment) } else { Amended::Done });
        };
        let target = Target { conversation, id, sender: amendment.sender.clone() };
        let order = archived.as_ref().map_or(Order::Onwards, |(_, filling)| filling.order(&target));
        let author = Some(&amendment.sender).filter(|_| amendment.kind != Kind::Reactions);
        let known_as = match amendment::find_target(store, conversation, &target.id, author)? {
            Some(message) => Some(message),
            None => Self::waits(store, &target, &amendment, &mut archived, order)?,
        };
        if let Some(message) = known_as {
            let row = message::by_id(store, message)?;
            if amendment::apply(store, &row, &amendment, order)? {
                self.has_changed(store, message)?;
            }
        } else if is_correction && archived.is_none() && early::time_of(store, &target, &amendment)?.is_none() {
            return Ok(Amended::Unknown(target.id, amendment));
        }
        if let Some((_, filling)) = archived.filter(|_| is_correction) {
            let time = match known_as {
                Some(message) => amendment::time_of(store, message, &amendment.origin_id)?,
                None => early::time_of(store, &target, &amendment)?,
            };
            filling.said(target, time);
        }
        Ok(Amended::Done)
    }

    /// Keeps what is said of what nobody knows, but for a text that comes live: that is shown. The message that stands in for
    /// what is meant, where one does.
    fn waits(
        store: &Connection,
        target: &Target,
        amendment: &Amendment,
        archived: &mut Option<(&Archived, &mut Filling)>,
        order: Order,
    ) -> Result<Option<MessageId>, StoreError> {
        let stand_in = match amendment.kind {
            Kind::Correction | Kind::Retraction => early::stand_in(store, target)?,
            Kind::Reactions => None,
        };
        if amendment.kind == Kind::Correction && archived.is_none() && stand_in.is_none() {
            return Ok(None);
        }
        let found = match archived {
            Some((item, filling)) => {
                let (position, is_absence) = filling.place(store, target.conversation, amendment.time)?;
                if amendment.kind == Kind::Correction {
                    filling.waits(target.conversation, position);
                }
                Some(Found { archive_id: item.id.clone(), position, is_absence })
            }
            None => None,
        };
        early::keep(store, target, amendment, stand_in, found.as_ref(), order)?;
        Ok(stand_in)
    }

    /// Keeps a new text for what nobody knows; a message of its own stands for it until that comes.
    pub(super) fn stands_in(
        &mut self,
        store: &Connection,
        target: &Target,
        amendment: &Amendment,
        stand_in: MessageId,
    ) -> Result<(), StoreError> {
        early::keep(store, target, amendment, None, None, Order::Onwards)?;
        early::stands_in(store, target, amendment, stand_in)?;
        self.has_changed(store, stand_in)
    }

    /// The archive has nothing older, of an account or of one of its conversations: what corrects a message that is not here
    /// is all that there is of it, and shown.
    pub fn orphans(&mut self, store: &Connection, only: Option<ConversationId>) -> Result<(), StoreError> {
        for orphan in early::orphans(store, self.scope.account, only)? {
            self.orphan(store, orphan)?;
        }
        Ok(())
    }

    fn orphan(&mut self, store: &Connection, orphan: Orphan) -> Result<(), StoreError> {
        let Orphan { target, peer, correction, found } = orphan;
        if let Some(stand_in) = early::stand_in(store, &target)? {
            // Another text of the same message.
            let row = message::by_id(store, stand_in)?;
            if amendment::apply(store, &row, &correction, Order::Onwards)? {
                self.has_changed(store, stand_in)?;
            }
            return early::stands_in(store, &target, &correction, stand_in);
        }
        let is_outgoing = correction.sender == self.scope.address;
        let id = &correction.origin_id;
        let new = NewMessage {
            conversation: target.conversation,
            place: found.as_ref().map_or(Place::ByTime, |found| Place::At(found.position)),
            sender: correction.sender.clone(),
            body: correction.content.clone(),
            format: correction.format.clone(),
            time: correction.time,
            state: if is_outgoing { MessageState::Sent } else { MessageState::Received },
            origin_id: Some(OriginId(id.clone())).filter(|id| id.0.len() >= UNIQUE_ID_LENGTH),
            stanza_id: Some(id.clone()).filter(|id| !id.starts_with(NAMELESS)),
            archive_id: found
                .as_ref()
                .map(|found| ArchiveId { by: self.scope.address.clone(), id: found.archive_id.clone() }),
            wants_receipt: false,
            is_markable: false,
        };
        let (time, archive_id) = (Some(correction.time), new.archive_id.clone());
        if deletion::is_deleted(store, target.conversation, time, archive_id.as_ref(), new.origin_id.as_ref())? {
            return Ok(());
        }
        let known = message::alike(store, &new, SLACK_MS)?.into_iter().find(|known| identity::is_same(known, &new));
        if let Some(known) = known {
            return self.stands_in(store, &target, &correction, known.cursor.id);
        }
        if contact::ensure(store, self.scope.account, &peer)? {
            self.effects.contact(self.scope.account, &peer);
        }
        let Some(row) = message::insert(store, new)? else { return Ok(()) };
        early::stands_in(store, &target, &correction, row.cursor.id)?;
        if !correction.links.is_empty() {
            store::link_preview::set(store, row.cursor.id, &correction.links)?;
        }
        let row = self.annotated(store, row, &IncomingMessage::default())?;
        self.came_late(store, &peer, &row, found.is_some_and(|found| found.is_absence))
    }

    /// A message has come: what it answers and says of links is kept, and what was said of it before
    /// counts now. The row as it then is.
    pub(super) fn annotated(
        &mut self,
        store: &Connection,
        row: MessageRow,
        message: &IncomingMessage,
    ) -> Result<MessageRow, StoreError> {
        let id = row.cursor.id;
        if let Some(reply) = &message.reply {
            let author = reply.author.as_ref().map(jid::Jid::to_bare);
            let quote = reply.quote.clone().unwrap_or_default();
            annotation::set_reply(store, id, &Reply { target_id: reply.id.clone(), author, quote })?;
        }
        let previews = link_preview::received(message);
        if !previews.is_empty() {
            store::link_preview::set(store, id, &previews)?;
        }
        let early = early::take(store, &row)?;
        if early.is_empty() {
            return Ok(row);
        }
        let mut stand_ins: Vec<_> = early.iter().filter_map(|early| early.stand_in).filter(|it| *it != id).collect();
        stand_ins.sort_unstable();
        stand_ins.dedup();
        for early in early {
            amendment::apply(store, &message::by_id(store, id)?, &early.amendment, Order::Onwards)?;
        }
        for stand_in in stand_ins {
            amendment::remove(store, stand_in)?;
            self.changes.of(store, row.conversation)?.remove(stand_in);
        }
        message::by_id(store, id)
    }

    fn has_changed(&mut self, store: &Connection, message: MessageId) -> Result<(), StoreError> {
        let row = message::by_id(store, message)?;
        self.changes.of(store, row.conversation)?.change(row.into());
        Ok(())
    }
}

/// What a message says, and of which. A retraction outdoes all else, and reactions never have a text of their own.
fn read(routed: &Routed<'_>, time: Timestamp) -> Option<(String, Amendment)> {
    let message = routed.message;
    let (target, kind, content) = match message {
        IncomingMessage { retracts: Some(id), .. } => (id.clone(), Kind::Retraction, String::new()),
        IncomingMessage { reactions: Some(reactions), .. } => {
            (reactions.id.clone(), Kind::Reactions, reactions.emoji.join(" "))
        }
        IncomingMessage { corrects: Some(id), body: Some(body), .. } => (id.clone(), Kind::Correction, body.clone()),
        _ => return None,
    };
    let id = message.id.clone().or_else(|| message.origin_id.clone().map(|id| id.0));
    // One without an id is known again by its time.
    let origin_id = id.unwrap_or_else(|| format!("{NAMELESS}{}", time.0));
    let links = if kind == Kind::Correction { link_preview::received(message) } else { Vec::new() };
    let format = if kind == Kind::Correction { message.format.clone() } else { TextFormat::default() };
    Some((target, Amendment { kind, sender: routed.sender.to_bare(), origin_id, time, content, format, links }))
}
