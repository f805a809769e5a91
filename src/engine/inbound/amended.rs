//! What others, and our other devices, say of messages after they were sent.
//!
//! Who may: a text is changed and taken back only by whoever wrote it, and only in its own conversation. What comes before its
//! message waits for it.

use rusqlite::Connection;

use super::{Inbound, MAX_ID_LENGTH};
use crate::{
    engine::{link_preview, route::Routed},
    ids::{ConversationId, MessageId, Timestamp},
    store::{
        self, StoreError,
        amendment::{self, Amendment, Early, Kind},
        annotation::{self, Reply},
        message::{self, MessageRow},
    },
    text_format::TextFormat,
    xmpp::incoming::IncomingMessage,
};

/// What became of a message that may say something of another.
#[derive(Debug)]
pub(super) enum Amended {
    /// It says nothing of another: it is a message of its own, if anything.
    Nothing,
    /// It was taken in, or may not count.
    Done,
    /// It has a new text for a message that nobody knows.
    Unknown(String, Amendment),
}

impl Inbound<'_> {
    /// Takes in what a message says of another.
    pub(super) fn amended(
        &mut self,
        store: &Connection,
        routed: &Routed<'_>,
        time: Timestamp,
        is_archived: bool,
    ) -> Result<Amended, StoreError> {
        let Some((target, amendment)) = read(routed, time) else { return Ok(Amended::Nothing) };
        if target.len() > MAX_ID_LENGTH || amendment.origin_id.len() > MAX_ID_LENGTH {
            return Ok(Amended::Done);
        }
        let Some(conversation) = self.answered_in(store, &routed.peer, is_archived)? else {
            return Ok(if amendment.kind == Kind::Correction { Amended::Nothing } else { Amended::Done });
        };
        let author = Some(&amendment.sender).filter(|_| amendment.kind != Kind::Reactions);
        if let Some(message) = amendment::find_target(store, conversation, &target, author)? {
            let row = message::by_id(store, message)?;
            if amendment::apply(store, &row, &amendment)? {
                self.has_changed(store, message)?;
            }
            return Ok(Amended::Done);
        }
        if amendment.kind == Kind::Correction && !is_archived {
            let is_known = amendment::is_early(store, conversation, &target, &amendment)?;
            return Ok(if is_known { Amended::Done } else { Amended::Unknown(target, amendment) });
        }
        amendment::keep_early(store, conversation, &target, &amendment, None)?;
        Ok(Amended::Done)
    }

    /// Keeps a new text for what nobody knows; a message of its own stands for it until that comes.
    pub(super) fn stands_in(
        store: &Connection,
        conversation: ConversationId,
        target: &str,
        amendment: &Amendment,
        stand_in: MessageId,
    ) -> Result<(), StoreError> {
        amendment::keep_early(store, conversation, target, amendment, Some(stand_in))?;
        Ok(())
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
        if let Some(reply) = message.reply.as_ref().filter(|reply| reply.id.len() <= MAX_ID_LENGTH) {
            let author = reply.author.as_ref().map(jid::Jid::to_bare);
            let quote = reply.quote.clone().unwrap_or_default();
            annotation::set_reply(store, id, &Reply { target_id: reply.id.clone(), author, quote })?;
        }
        let previews = link_preview::received(message);
        if !previews.is_empty() {
            store::link_preview::set(store, id, &previews)?;
        }
        let early = amendment::take_early(store, &row)?;
        if early.is_empty() {
            return Ok(row);
        }
        for Early { amendment, stand_in } in early {
            amendment::apply(store, &message::by_id(store, id)?, &amendment)?;
            if let Some(stand_in) = stand_in {
                amendment::remove(store, stand_in)?;
                self.changes.of(store, row.conversation)?.remove(stand_in);
            }
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
    let origin_id = id.unwrap_or_else(|| format!("@{}", time.0));
    let links = if kind == Kind::Correction { link_preview::received(message) } else { Vec::new() };
    let format = if kind == Kind::Correction { message.format.clone() } else { TextFormat::default() };
    Some((target, Amendment { kind, sender: routed.sender.to_bare(), origin_id, time, content, format, links }))
}
