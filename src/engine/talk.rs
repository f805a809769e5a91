//! The commands that concern conversations: each is one transaction, and what follows from it.

use rusqlite::Connection;

use super::{
    api::{ChatState, Command, CommandError, ConversationId, Message, MessageId, NewFile},
    body,
    context::Shared,
    conversation,
    effect::{Effects, Scope},
    file, outbox,
    transact::Scopes,
};
use crate::store::{
    MessageState, SendFailure, StoreError, attachment,
    contact::{self, Subscription},
    message,
};

/// Carries out one of them; leaves the others alone.
pub async fn carry_out(shared: &Shared, command: Command) {
    match command {
        Command::OpenConversation { account, peer, reply } => {
            let opened = shared.change(move |store, scopes| conversation::open(store, scopes.of(account)?, &peer));
            reply.send(opened.await.map_err(|error| shared.failed(error)));
        }
        Command::CloseConversation { conversation } => {
            simply(shared, move |store, _| conversation::close(store, conversation)).await;
        }
        Command::SetDraft { conversation, text } => {
            simply(shared, move |store, _| conversation::set_draft(store, conversation, &text)).await;
        }
        Command::SetMuted { conversation, muted } => {
            simply(shared, move |store, _| conversation::set_muted(store, conversation, muted)).await;
        }
        Command::SetPinned { conversation, pinned } => {
            simply(shared, move |store, _| conversation::set_pinned(store, conversation, pinned)).await;
        }
        Command::MarkRead { conversation, up_to } => {
            simply(shared, move |store, _| conversation::mark_read(store, conversation, up_to)).await;
        }
        Command::SendMessage { conversation, body, reply } => reply.send(send(shared, conversation, body).await),
        Command::RetryMessage { message, reply } => {
            // A stanza that the session still holds would be refused as one that is under way.
            shared.accounts.each(|live| live.outbox.release([message]));
            let retried = shared.change(move |store, scopes| {
                Ok(((), outbox::retry(store, scope_of_message(store, scopes, message)?, message)?))
            });
            reply.send(retried.await.map_err(|error| shared.failed(error)));
        }
        Command::DiscardMessage { message, reply } => {
            let discarded = shared.change(move |store, _| Ok(((), outbox::discard(store, message)?)));
            reply.send(discarded.await.map_err(|error| shared.failed(error)));
        }
        Command::SetChatState { conversation, state } => set_chat_state(shared, conversation, state).await,
        _ => {}
    }
}

/// Changes something that nobody waits for.
async fn simply(shared: &Shared, f: impl FnOnce(&Connection, &Scopes) -> Result<Effects, StoreError> + Send + 'static) {
    if let Err(error) = shared.change(move |store, scopes| Ok(((), f(store, scopes)?))).await {
        log::warn!("a conversation stays as it was: {}", shared.failed(error));
    }
}

async fn send(shared: &Shared, conversation: ConversationId, text: String) -> Result<Message, CommandError> {
    let account = shared.store.read(move |store| conversation::account_of(store, conversation)).await;
    let account = account.map_err(|error| shared.failed(error))?;
    let max_bytes = shared.accounts.with(account, |live| live.features.max_bytes).flatten();
    let text = body::prepare(&text, body::limit(max_bytes.and_then(|bytes| usize::try_from(bytes).ok())))?;
    let id = shared.ids.origin_id();
    let sent = shared.change(move |store, scopes| outbox::send(store, scopes.of(account)?, conversation, text, id));
    sent.await.map_err(|error| shared.failed(error))
}

/// Sends files. They stand in the history before anything has been uploaded.
pub async fn send_files(
    shared: &Shared,
    conversation: ConversationId,
    files: Vec<NewFile>,
    caption: String,
) -> Result<Vec<Message>, CommandError> {
    let account = shared.store.read(move |store| conversation::account_of(store, conversation)).await;
    let account = account.map_err(|error| shared.failed(error))?;
    let caption = if caption.trim().is_empty() { String::new() } else { body::prepare(&caption, body::DEFAULT_LIMIT)? };
    let files = file::prepare(shared, conversation, files).await?;
    let ids: Vec<_> = files.iter().map(|_| shared.ids.origin_id()).collect();
    let sent = shared.change(move |store, scopes| {
        file::send(store, scopes.of(account)?, conversation, &files, caption.trim(), &ids)
    });
    sent.await.map_err(|error| shared.failed(error))
}

/// A file that was not to be uploaded after all goes, and its message with it.
pub async fn give_up_upload(shared: &Shared, message: MessageId) {
    simply(shared, move |store, _| match attachment::find(store, message)? {
        Some(row) if row.url.is_none() => {
            message::advance(store, message, MessageState::Failed(SendFailure::Refused))?;
            outbox::discard(store, message)
        }
        _ => Ok(Effects::default()),
    })
    .await;
}

fn scope_of_message<'s>(store: &Connection, scopes: &'s Scopes, message: MessageId) -> Result<&'s Scope, StoreError> {
    scopes.of(conversation::place_of(store, message)?.0)
}

/// Tells the other side what the composer does, if they may know and want to.
async fn set_chat_state(shared: &Shared, conversation: ConversationId, state: ChatState) {
    if !shared.choices.send_chat_states() {
        return;
    }
    let found = shared.store.read(move |store| {
        let row = crate::store::conversation::by_id(store, conversation)?;
        let contact = contact::find(store, row.account, &row.peer)?;
        let sees_us = contact.is_some_and(|c| matches!(c.subscription, Subscription::From | Subscription::Both));
        Ok((row.account, row.peer, sees_us))
    });
    let Ok((account, peer, sees_us)) = found.await else { return };
    let id = shared.ids.uuid().to_string();
    shared.accounts.with(account, |live| {
        let listener = Shared::listener(live, &peer, sees_us);
        let is_wanted = live.chat_states.alone(conversation, &peer, state, listener);
        if let (true, Some(session)) = (is_wanted, &live.session) {
            session.send(crate::xmpp::chat_state::build(&peer.into(), &id, state), None);
        }
    });
}
