//! The commands that concern conversations: each is one transaction, and what follows from it.

use std::{sync::Arc, time::Duration};

use rusqlite::Connection;

use crate::{
    engine::{
        amendment,
        api::{
            AccountId, ChatState, Command, CommandError, ConversationId, LinkPreview, Message, MessageId, NewFile,
            TextFormat,
        },
        body,
        context::Shared,
        conversation,
        effect::{Effects, Scope},
        file::send,
        link_preview,
        order::Order,
        outbox::{self, Draft},
        removal,
        transact::Scopes,
    },
    ids::{OriginId, Timestamp},
    store::{
        MessageState, SendFailure, Store, StoreError, attachment,
        contact::{self, Subscription},
        deletion, message,
    },
};

/// Carries out one of them; leaves the others alone.
pub async fn carry_out(shared: &Arc<Shared>, command: Command) {
    match command {
        Command::OpenConversation { account, peer, reply } => {
            let opened = shared.change(move |store, scopes| conversation::open(store, scopes.of(account)?, &peer));
            reply.send(opened.await.map_err(|error| shared.failed(error)));
        }
        Command::CloseConversation { conversation } => {
            simply(shared, move |store, _| conversation::close(store, conversation)).await;
        }
        Command::DeleteHistory { conversation, reply } => {
            let deleted = shared.change(move |store, scopes| {
                let scope = scopes.of(conversation::account_of(store, conversation)?)?;
                Ok(((), conversation::delete_history(store, scope, conversation)?))
            });
            let deleted = deleted.await.map_err(|error| shared.failed(error));
            if deleted.is_ok() {
                forget_words(shared.store.clone());
            }
            reply.send(deleted);
        }
        Command::SetDraft { conversation, text, format } => {
            simply(shared, move |store, _| conversation::set_draft(store, conversation, &text, &format)).await;
        }
        Command::SetLanguage { conversation, language } => {
            let set = move |store: &_, _: &_| conversation::set_language(store, conversation, language.as_deref());
            simply(shared, set).await;
        }
        Command::SetMuted { conversation, muted, until } => {
            simply(shared, move |store, _| conversation::set_muted(store, conversation, muted, until)).await;
        }
        Command::SetSilent { conversation, silent } => {
            simply(shared, move |store, _| conversation::set_silent(store, conversation, silent)).await;
        }
        Command::SetArchived { conversation, archived } => {
            simply(shared, move |store, _| conversation::set_archived(store, conversation, archived)).await;
        }
        Command::SetPinned { conversation, pinned } => {
            simply(shared, move |store, _| conversation::set_pinned(store, conversation, pinned)).await;
        }
        Command::MarkRead { conversation, up_to } => {
            simply(shared, move |store, _| conversation::mark_read(store, conversation, up_to)).await;
        }
        Command::SendMessage { conversation, body, format, answers, preview, reply } => {
            reply.send(send(shared, conversation, body, format, answers, preview).await);
        }
        Command::UndoSend { message, reply } => {
            let undone = shared
                .change(move |store, scopes| outbox::undo(store, scope_of_message(store, scopes, message)?, message));
            reply.send(undone.await.map_err(|error| shared.failed(error)));
        }
        Command::RetryMessage { message, reply } => {
            let retried = shared.change(move |store, scopes| {
                Ok(((), outbox::retry(store, scope_of_message(store, scopes, message)?, message)?))
            });
            reply.send(retried.await.map_err(|error| shared.failed(error)));
        }
        Command::DiscardMessage { message, reply } => {
            let discarded = shared.change(move |store, _| Ok(((), outbox::discard(store, message)?)));
            reply.send(discarded.await.map_err(|error| shared.failed(error)));
        }
        Command::CorrectMessage { message, body, format, preview, reply } => {
            reply.send(correct(shared, message, body, format, preview).await);
        }
        Command::React { message, emoji, reply } => {
            reply.send(
                amend(shared, message, move |store, scope, id| amendment::react(store, scope, message, &emoji, id))
                    .await,
            );
        }
        Command::RetractMessage { message, reply } => {
            reply.send(
                amend(shared, message, move |store, scope, id| amendment::retract(store, scope, message, id)).await,
            );
        }
        Command::RemoveMessage { message, reply } => {
            reply.send(amend(shared, message, move |store, _, _| removal::remove(store, message)).await);
        }
        Command::LoadRevisions { message, reply } => {
            let found = shared.store.read(move |store| amendment::revisions(store, message)).await;
            reply.send(found.map_err(|error| shared.failed(error)));
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

/// Takes the words of what was deleted out of the index, step by step, so that nothing waits for it.
fn forget_words(store: Store) {
    tokio::spawn(async move {
        let mut is_first = true;
        loop {
            match store.write(move |store| deletion::tidy_index(store, is_first)).await {
                Ok(true) => is_first = false,
                Ok(false) => return,
                Err(error) => return log::warn!("deleted words stay in the index: {error}"),
            }
        }
    });
}

async fn send(
    shared: &Arc<Shared>,
    conversation: ConversationId,
    text: String,
    format: TextFormat,
    answers: Option<MessageId>,
    preview: Option<LinkPreview>,
) -> Result<Message, CommandError> {
    let account = shared.store.read(move |store| conversation::account_of(store, conversation)).await;
    let account = account.map_err(|error| shared.failed(error))?;
    let (text, format, previews) = prepare(shared, account, &text, format, preview)?;
    let id = shared.ids.origin_id();
    let wait = shared.choices.undo_time();
    let until = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    let sent = shared.change(move |store, scopes| {
        let scope = scopes.of(account)?;
        let held_until = (!wait.is_zero()).then(|| Timestamp(scope.now.0.saturating_add(until)));
        outbox::send(store, scope, conversation, Draft { text, format, answers, previews, id, held_until })
    });
    let message = sent.await.map_err(|error| shared.failed(error))?;
    if !wait.is_zero() {
        let_leave_after(shared, message.cursor.id, wait);
    }
    Ok(message)
}

/// Sends a message that is held, when it can't be taken back any more. Where the program ends before, the next start does.
fn let_leave_after(shared: &Arc<Shared>, message: MessageId, wait: Duration) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        let left = shared.change(move |store, scopes| match conversation::place_of(store, message) {
            Ok((account, _)) => Ok(((), outbox::let_leave(store, scopes.of(account)?, message)?)),
            Err(error) => Err(error),
        });
        match left.await {
            Ok(()) => {}
            // It was taken back or deleted; what had to wait for it does so no longer.
            Err(StoreError::NotFound) => shared.accounts.each(|live| live.order(Order::SendPending)),
            Err(error) => log::error!("a message stays here until the next start: {}", shared.failed(error)),
        }
    });
}

/// The text as it can be sent, what of its format can, and what can be sent with it of what is said of a link in it.
fn prepare(
    shared: &Shared,
    account: AccountId,
    text: &str,
    format: TextFormat,
    preview: Option<LinkPreview>,
) -> Result<(String, TextFormat, Vec<LinkPreview>), CommandError> {
    let max_bytes = shared.accounts.with(account, |live| live.features.max_bytes).flatten();
    let limit = body::limit(max_bytes.and_then(|bytes| usize::try_from(bytes).ok()));
    let prepared = body::prepare(text, limit)?;
    let format = kept(format, text, &prepared);
    let room = limit.saturating_sub(body::escaped_length(&prepared));
    let previews = link_preview::within(link_preview::fitting(&prepared, preview.into_iter().collect()), room);
    Ok((prepared, format, previews))
}

/// What holds of a text's format once it has been prepared.
fn kept(mut format: TextFormat, text: &str, prepared: &str) -> TextFormat {
    // Where something was taken away, the places are others.
    format.mentions.retain(|_| prepared == text);
    format.of_length(prepared.chars().count())
}

async fn correct(
    shared: &Shared,
    message: MessageId,
    text: String,
    format: TextFormat,
    preview: Option<LinkPreview>,
) -> Result<(), CommandError> {
    let place = shared.store.read(move |store| conversation::place_of(store, message)).await;
    let (account, _) = place.map_err(|error| shared.failed(error))?;
    let (text, format, previews) = prepare(shared, account, &text, format, preview)?;
    let correct = move |store: &Connection, scope: &Scope, id: &OriginId| {
        amendment::correct(store, scope, message, text, format, previews, id)
    };
    amend(shared, message, correct).await
}

/// Says something of a message, under a new id.
async fn amend(
    shared: &Shared,
    message: MessageId,
    f: impl FnOnce(&Connection, &Scope, &OriginId) -> Result<Effects, StoreError> + Send + 'static,
) -> Result<(), CommandError> {
    let id = shared.ids.origin_id();
    let done =
        shared.change(move |store, scopes| Ok(((), f(store, scope_of_message(store, scopes, message)?, &id)?))).await;
    done.map_err(|error| shared.failed(error))
}

/// Sends files. They stand in the history before anything has been uploaded.
pub async fn send_files(
    shared: Arc<Shared>,
    conversation: ConversationId,
    files: Vec<NewFile>,
    (caption, format): (String, TextFormat),
    answers: Option<MessageId>,
) -> Result<Vec<Message>, CommandError> {
    let account = shared.store.read(move |store| conversation::account_of(store, conversation)).await;
    let account = account.map_err(|error| shared.failed(error))?;
    let (caption, format) = if caption.trim().is_empty() {
        (String::new(), format.of_length(0))
    } else {
        let prepared = body::prepare(&caption, body::DEFAULT_LIMIT)?;
        let format = kept(format, &caption, &prepared);
        let space = prepared.chars().take_while(|c| c.is_whitespace()).count();
        let caption = prepared.trim().to_owned();
        let format = format.without_first(space).of_length(caption.chars().count());
        (caption, format)
    };
    let files = send::prepare(&shared, conversation, files).await?;
    let ids: Vec<_> = files.iter().map(|_| shared.ids.origin_id()).collect();
    let sent = shared.change(move |store, scopes| {
        send::send(store, scopes.of(account)?, conversation, &files, (&caption, &format), answers, &ids)
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
