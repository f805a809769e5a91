//! What we say of messages after they were sent: corrections, reactions, retractions.
//!
//! Like a message of ours it is on disk first, and goes out with each session until a server has confirmed it. Saying it twice
//! changes nothing: it keeps its id, and whoever gets it looks only at the newest.

use rusqlite::Connection;

use super::{
    api::Revision,
    change::Changes,
    effect::{Effects, Outgoing, Scope},
    outbox,
    removal::remove,
};
use crate::{
    ids::{AmendmentId, BareJid, MessageId, OriginId},
    store::{
        MessageState, StoreError,
        amendment::{self, Amendment, Kind, Order, OwnAmendment},
        annotation,
        link_preview::{self, LinkPreview},
        message::{self, MessageRow},
        pending,
    },
    text_format::TextFormat,
    xmpp::{
        link_metadata::LinkMetadata,
        message::{Answered, Extras, chat},
        reaction, retraction,
    },
};

/// A message of ours gets another text, which comes from [`body::prepare`](super::body::prepare), with what is said of links in it.
///
/// # Errors
/// `NotFound` where it is not one that we may change.
pub fn correct(
    store: &Connection,
    scope: &Scope,
    message: MessageId,
    text: String,
    format: TextFormat,
    previews: Vec<LinkPreview>,
    id: &OriginId,
) -> Result<Effects, StoreError> {
    let row = own(store, scope, message)?;
    if row.body == text && row.format == format && link_preview::of(store, message)? == previews {
        return Ok(Effects::default());
    }
    if has_never_left(store, &row)? {
        amendment::rewrite(store, message, (&text, &format), &previews)?;
    } else {
        let amendment = Amendment { format, links: previews, ..ours(scope, Kind::Correction, id, text) };
        amendment::apply(store, &row, &amendment, Order::Onwards)?;
        amendment::say(store, message, Kind::Correction, id)?;
    }
    told(store, scope, message)
}

/// All that we say of a message in emoji, from now on.
pub fn react(
    store: &Connection,
    scope: &Scope,
    message: MessageId,
    emoji: &[String],
    id: &OriginId,
) -> Result<Effects, StoreError> {
    let row = message::by_id(store, message)?;
    let known = amendment::reactions_of(store, message, &scope.address)?;
    let emoji: Vec<_> = emoji.iter().filter(|emoji| reaction::is_emoji(emoji)).take(reaction::MAX_REACTIONS).collect();
    if known.iter().eq(emoji.iter().copied()) || amendment::is_retracted(store, message)? {
        return Ok(Effects::default());
    }
    let content = emoji.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    amendment::apply(store, &row, &ours(scope, Kind::Reactions, id, content), Order::Onwards)?;
    amendment::say(store, message, Kind::Reactions, id)?;
    told(store, scope, message)
}

/// Takes back a message of ours: here, and wherever that is understood, also where it is not known whether it has left. One that
/// has never left is gone.
///
/// # Errors
/// `NotFound` where it is not one that we may take back.
pub fn retract(store: &Connection, scope: &Scope, message: MessageId, id: &OriginId) -> Result<Effects, StoreError> {
    let row = own(store, scope, message)?;
    if has_never_left(store, &row)? {
        return remove(store, message);
    }
    amendment::apply(store, &row, &ours(scope, Kind::Retraction, id, String::new()), Order::Onwards)?;
    amendment::say_only_retraction(store, message, id)?;
    told(store, scope, message)
}

/// The texts that a message has had, the first of them first.
pub fn revisions(store: &Connection, message: MessageId) -> Result<Vec<Revision>, StoreError> {
    amendment::revisions(store, message)
}

/// What has still to be said, of these messages or of all.
pub fn due(store: &Connection, scope: &Scope, only: Option<&[MessageId]>) -> Result<Vec<Outgoing>, StoreError> {
    if !scope.is_online || only.is_some_and(<[_]>::is_empty) {
        return Ok(Vec::new());
    }
    amendment::unconfirmed(store, scope.account, only)?.into_iter().map(|own| outgoing(store, scope, own)).collect()
}

/// Servers have these. Of a message that was taken back before it was known to have left, that is the last to be said.
pub fn confirmed(store: &Connection, amendments: &[AmendmentId]) -> Result<Effects, StoreError> {
    let retracted = amendments.iter().filter_map(|id| amendment::confirmed(store, *id).transpose());
    outbox::acked(store, &retracted.collect::<Result<Vec<_>, _>>()?)
}

fn own(store: &Connection, scope: &Scope, message: MessageId) -> Result<MessageRow, StoreError> {
    let row = message::by_id(store, message)?;
    let may = row.sender == scope.address && row.is_outgoing() && !amendment::is_retracted(store, message)?;
    if may { Ok(row) } else { Err(StoreError::NotFound) }
}

/// Nobody else has ever seen it, nor can have it by now.
fn has_never_left(store: &Connection, row: &MessageRow) -> Result<bool, StoreError> {
    Ok(match row.state {
        MessageState::Waiting => !pending::is_attempted(store, row.cursor.id)?,
        MessageState::Failed(_) => true,
        _ => false,
    })
}

fn ours(scope: &Scope, kind: Kind, id: &OriginId, content: String) -> Amendment {
    Amendment {
        kind,
        sender: scope.address.clone(),
        origin_id: id.0.clone(),
        time: scope.now,
        content,
        format: TextFormat::default(),
        links: Vec::new(),
    }
}

fn told(store: &Connection, scope: &Scope, message: MessageId) -> Result<Effects, StoreError> {
    let row = message::by_id(store, message)?;
    let mut effects = Effects { stanzas: due(store, scope, Some(&[message]))?, ..Effects::default() };
    let mut changes = Changes::default();
    changes.of(store, row.conversation)?.change(row.into());
    changes.finish(store, &mut effects.events)?;
    Ok(effects)
}

fn outgoing(store: &Connection, scope: &Scope, amendment: OwnAmendment) -> Result<Outgoing, StoreError> {
    let OwnAmendment { id, kind, origin_id, message: row, peer } = amendment;
    let to = peer.into();
    let target = row.public_id().unwrap_or_default().to_owned();
    let stanza = match kind {
        Kind::Correction => {
            let extras = Extras {
                answered: answered(store, &row, &scope.address)?,
                links: said_of_links(store, row.cursor.id)?,
                corrects: Some(target),
                format: row.format.clone(),
                ..Extras::default()
            };
            chat(&to, &origin_id, &row.body, &extras)
        }
        Kind::Reactions => {
            let emoji = amendment::reactions_of(store, row.cursor.id, &scope.address)?;
            reaction::build(&to, &origin_id, &target, &emoji)
        }
        Kind::Retraction => retraction::build(&to, &origin_id, &target),
    };
    Ok(Outgoing { account: scope.account, stanza, message: None, amendment: Some(id) })
}

/// What a message of ours answers.
pub fn answered(store: &Connection, row: &MessageRow, own: &BareJid) -> Result<Option<Answered>, StoreError> {
    let reply = annotation::reply_of(store, row.cursor.id)?;
    Ok(reply.map(|reply| Answered {
        id: reply.target_id,
        author: reply.author.unwrap_or_else(|| own.clone()),
        quote: reply.quote,
    }))
}

/// What a message of ours says of the links in it.
pub fn said_of_links(store: &Connection, message: MessageId) -> Result<Vec<LinkMetadata>, StoreError> {
    Ok(link_preview::of(store, message)?.iter().map(super::link_preview::said).collect())
}

#[cfg(test)]
mod tests;
