//! One's own messages on their way: a row first, then everything else.
//!
//! The functions are parts of a transaction; `in_hand` knows which of the rows are in the session's hands at the moment.
//! A message that may or may not have arrived is looked for in the archive first (see `archive::lookup`). Where that
//! can't tell, it is sent again under the same id, so that it is known again where it arrives twice.

pub(super) mod in_hand;

use std::collections::HashSet;

use rusqlite::Connection;

use super::{
    amendment,
    annotation::annotate,
    api::Message,
    change::{Arrival, Changes},
    effect::{Effects, Outgoing, OwnMessage, Released, Scope},
    file,
    removal::{remove, removed},
};
use crate::{
    ids::{BareJid, ConversationId, MessageId, OriginId, Timestamp},
    store::{
        MessageState, SendFailure, StoreError,
        amendment::is_retracted,
        annotation::{self, Reply},
        attachment, contact,
        conversation::{self, ReadMark},
        held,
        link_preview::{LinkPreview, set as set_previews},
        message::{self, MessageRow, NewMessage, Place},
        pending::{self, PendingMessage},
    },
    text_format::TextFormat,
    xmpp::message::{Extras, chat},
};

/// A message that goes out later than this says when it was written (XEP-0203 §4).
const LATE_MS: i64 = 60_000;
/// So many characters of what is answered go with the answer, for those who do not understand replies.
const MAX_QUOTE: usize = 300;

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Comes from [`body::prepare`](super::body::prepare).
    pub text: String,
    pub format: TextFormat,
    /// The message that it answers; one that is gone, or of another conversation, is not answered.
    pub answers: Option<MessageId>,
    /// What is said of links in it; comes from [`link_preview::fitting`](super::link_preview::fitting).
    pub previews: Vec<LinkPreview>,
    pub id: OriginId,
    /// It can be taken back until then, and leaves no sooner.
    pub held_until: Option<Timestamp>,
}

/// Stores a message and says what follows: the row in the window, the stanza.
///
/// # Errors
/// `NotFound` where the conversation is not one of this account.
pub fn send(
    store: &Connection,
    scope: &Scope,
    conversation: ConversationId,
    draft: Draft,
) -> Result<(Message, Effects), StoreError> {
    let (row, mut effects) = write(store, scope, conversation, draft)?;
    conversation::set_draft(store, conversation, "", &TextFormat::default())?;
    // Who answers has seen what stands above; not what has still to come there.
    let mark = conversation::mark_seen(store, conversation, row.cursor)?;
    effects.read.push(scope.account);
    let sent = written(store, row, Some(mark), &mut effects)?;
    Ok((sent, effects))
}

/// The same of what was written before and had to wait: the person need not be there any more.
pub(super) fn send_later(
    store: &Connection,
    scope: &Scope,
    conversation: ConversationId,
    draft: Draft,
) -> Result<Effects, StoreError> {
    let (row, mut effects) = write(store, scope, conversation, draft)?;
    written(store, row, None, &mut effects)?;
    Ok(effects)
}

fn write(
    store: &Connection,
    scope: &Scope,
    conversation: ConversationId,
    draft: Draft,
) -> Result<(MessageRow, Effects), StoreError> {
    let Draft { text, format, answers, previews, id, held_until } = draft;
    let peer = conversation::by_id(store, conversation)?;
    if peer.account != scope.account {
        return Err(StoreError::NotFound);
    }
    let peer = peer.peer;
    let mut effects = Effects::default();
    if contact::ensure(store, scope.account, &peer)? {
        effects.contact(scope.account, &peer);
    }
    let new = NewMessage {
        conversation,
        place: Place::Last,
        sender: scope.address.clone(),
        body: text,
        format,
        time: scope.now,
        state: MessageState::Waiting,
        stanza_id: Some(id.0.clone()),
        origin_id: Some(id),
        archive_id: None,
        wants_receipt: peer != scope.address,
        is_markable: peer != scope.address,
    };
    // Ids of our own are never used twice.
    let row = message::insert(store, new)?.ok_or(StoreError::NotFound)?;
    if let Some(reply) = answers.map(|message| reply_to(store, conversation, message)).transpose()?.flatten() {
        annotation::set_reply(store, row.cursor.id, &reply)?;
    }
    if !previews.is_empty() {
        set_previews(store, row.cursor.id, &previews)?;
    }
    if let Some(until) = held_until {
        held::hold(store, row.cursor.id, until)?;
    }
    effects.stanzas.extend(outgoing(store, scope, &peer, &row, false)?);
    Ok((row, effects))
}

/// Tells the window of a new message, and how far has been read where it says that.
fn written(
    store: &Connection,
    row: MessageRow,
    mark: Option<ReadMark>,
    effects: &mut Effects,
) -> Result<Message, StoreError> {
    let mut stored = Message::from(row);
    annotate(store, [&mut stored])?;
    let mut changes = Changes::default();
    let change = changes.of(store, stored.conversation)?;
    change.store(stored.clone(), Arrival::New);
    if let Some(mark) = mark {
        change.read(mark);
    }
    changes.finish(store, &mut effects.events)?;
    Ok(stored)
}

/// How others know the message that one of ours answers, and what stands there.
pub(super) fn reply_to(
    store: &Connection,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<Reply>, StoreError> {
    let row = match message::by_id(store, message) {
        Ok(row) if row.conversation == conversation => row,
        Ok(_) | Err(StoreError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let id = row.public_id().map(str::to_owned);
    // What is covered stays so in what is said to it.
    let quote = row.format.spoiler.as_ref().unwrap_or(&row.body).chars().take(MAX_QUOTE).collect();
    Ok(id.map(|target_id| Reply { target_id, author: Some(row.sender), quote }))
}

/// All that waits and is not held back, in the order in which it was written. [`Outbox::admit`](in_hand::Outbox::admit) leaves out what the session
/// has already.
pub(super) fn pending(
    store: &Connection,
    scope: &Scope,
    held: &HashSet<ConversationId>,
    released: Option<Released>,
) -> Result<Effects, StoreError> {
    let scope = &Scope { is_online: scope.is_online || released == Some(Released::All), ..scope.clone() };
    let mut effects = Effects::default();
    effects.released.extend(released.map(|released| (scope.account, released)));
    for PendingMessage { message, peer } in pending::of_account(store, scope.account)? {
        let is_released = released == Some(Released::Conversation(message.conversation));
        if is_released || !held.contains(&message.conversation) {
            effects.stanzas.extend(outgoing(store, scope, &peer, &message, true)?);
        }
    }
    effects.stanzas.extend(amendment::due(store, scope, None)?);
    effects.caught_up.push((scope.account, message::newest_id(store)?));
    Ok(effects)
}

/// A session is over, and these are certain not to have been sent by it: what was taken back meanwhile is gone.
pub fn not_sent(store: &Connection, messages: &[MessageId]) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    for id in messages {
        pending::set_attempted(store, *id, false)?;
        if is_retracted(store, *id)? && message::by_id(store, *id)?.state == MessageState::Waiting {
            effects.merge(remove(store, *id)?);
        }
    }
    Ok(effects)
}

/// The server has these (XEP-0198 §4).
pub fn acked(store: &Connection, messages: &[MessageId]) -> Result<Effects, StoreError> {
    advance(store, messages, MessageState::Sent)
}

/// Each of these makes the server end the stream, so it does not go out again unless the person wants that.
pub fn refused(store: &Connection, messages: &[MessageId]) -> Result<Effects, StoreError> {
    advance(store, messages, MessageState::Failed(SendFailure::Refused))
}

fn advance(store: &Connection, messages: &[MessageId], state: MessageState) -> Result<Effects, StoreError> {
    let mut changes = Changes::default();
    for id in messages {
        match message::advance(store, *id, state) {
            Ok(Some(row)) => changes.of(store, row.conversation)?.change(row.into()),
            // It has come further already, or was discarded meanwhile.
            Ok(None) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let mut effects = Effects::default();
    changes.finish(store, &mut effects.events)?;
    Ok(effects)
}

/// Sends a failed message again, in its old place and under its old id.
///
/// # Errors
/// `NotFound` when it is not one that failed.
pub fn retry(store: &Connection, scope: &Scope, message: MessageId) -> Result<Effects, StoreError> {
    let row = pending::retry(store, message)?.ok_or(StoreError::NotFound)?;
    let peer = conversation::by_id(store, row.conversation)?.peer;
    let stanzas = outgoing(store, scope, &peer, &row, false)?.into_iter().collect();
    let mut effects = Effects { again: vec![(scope.account, message)], stanzas, ..Effects::default() };
    if attachment::find(store, message)?.is_some_and(|file| file.url.is_none()) {
        attachment::set_problem(store, message, None)?;
        effects.uploads.push(scope.account);
    }
    let mut changes = Changes::default();
    changes.of(store, row.conversation)?.change(row.into());
    changes.finish(store, &mut effects.events)?;
    Ok(effects)
}

/// A message can't be taken back any more: it goes out, and with it what had to wait for it.
pub(super) fn let_leave(store: &Connection, scope: &Scope, message: MessageId) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    if !held::release(store, message)? {
        // It was taken back.
        return Ok(effects);
    }
    let row = message::by_id(store, message)?;
    leave(store, scope, row.conversation, &mut effects)?;
    let mut changes = Changes::default();
    changes.of(store, row.conversation)?.change(row.into());
    changes.finish(store, &mut effects.events)?;
    Ok(effects)
}

/// Takes back a message that is held; what had to wait for it goes out. Its text is kept before the draft.
///
/// # Errors
/// `NotFound` where it is not held.
pub fn undo(store: &Connection, scope: &Scope, message: MessageId) -> Result<(Message, Effects), StoreError> {
    if !held::is_held(store, message)? {
        return Err(StoreError::NotFound);
    }
    let row = message::by_id(store, message)?;
    let conversation = row.conversation;
    let before = conversation::by_id(store, conversation)?;
    let draft = match before.draft {
        Some(draft) => format!("{}\n{draft}", row.body),
        None => row.body.clone(),
    };
    let format = row.format.clone().followed_by(before.draft_format, row.body.chars().count() + 1);
    let mut taken_back = Message::from(row);
    annotate(store, [&mut taken_back])?;
    conversation::set_draft(store, conversation, &draft, &format)?;
    let mut effects = remove(store, message)?;
    leave(store, scope, conversation, &mut effects)?;
    Ok((taken_back, effects))
}

/// What waits in a conversation goes out, so far as nothing holds it.
fn leave(
    store: &Connection,
    scope: &Scope,
    conversation: ConversationId,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    for PendingMessage { message, peer } in pending::of_conversation(store, conversation)? {
        effects.stanzas.extend(outgoing(store, scope, &peer, &message, false)?);
    }
    Ok(())
}

/// A message whose file is now where others can have it goes out.
pub(super) fn ready(store: &Connection, scope: &Scope, message: MessageId) -> Result<Effects, StoreError> {
    let row = message::by_id(store, message)?;
    let peer = conversation::by_id(store, row.conversation)?.peer;
    let stanzas = outgoing(store, scope, &peer, &row, false)?.into_iter().collect();
    Ok(Effects { stanzas, ..Effects::default() })
}

/// Deletes a message that failed.
///
/// # Errors
/// `NotFound` when it is not one that failed.
pub fn discard(store: &Connection, message: MessageId) -> Result<Effects, StoreError> {
    removed(store, &pending::discard(store, message)?.ok_or(StoreError::NotFound)?)
}

/// The stanza for a row, which is in turn where all that waits before it goes with it. That it may have been sent is noted before
/// it can be.
fn outgoing(
    store: &Connection,
    scope: &Scope,
    peer: &BareJid,
    row: &MessageRow,
    is_in_turn: bool,
) -> Result<Option<Outgoing>, StoreError> {
    // Every message of ours has one; a row without could never be known again.
    let Some(id) = row.origin_id.as_ref() else { return Ok(None) };
    if is_retracted(store, row.cursor.id)? {
        // There is nothing left of it; what goes out is that it was taken back.
        return Ok(None);
    }
    let file = attachment::find(store, row.cursor.id)?;
    if file.as_ref().is_some_and(|file| file.url.is_none()) {
        // It goes out when the file is where others can have it.
        return Ok(None);
    }
    if held::is_behind(store, row.conversation, row.cursor.id)? {
        return Ok(None);
    }
    if scope.is_online {
        pending::leave(store, row, scope.now)?;
    }
    let is_late = scope.now.0.saturating_sub(row.time.0) > LATE_MS;
    let extras = Extras {
        wants_receipt: row.wants_receipt,
        is_markable: row.wants_receipt,
        written_at: is_late.then_some(row.time),
        answered: amendment::answered(store, row, &scope.address)?,
        file: file.and_then(file::record::shared),
        links: amendment::said_of_links(store, row.cursor.id)?,
        format: row.format.clone(),
        ..Extras::default()
    };
    let own =
        OwnMessage { id: row.cursor.id, conversation: row.conversation, is_attempted: scope.is_online, is_in_turn };
    let stanza = chat(&peer.clone().into(), id, &row.body, &extras);
    Ok(Some(Outgoing { account: scope.account, stanza, message: Some(own), amendment: None }))
}

#[cfg(test)]
mod tests;
