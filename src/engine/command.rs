//! Carries out what the window wants, or hands it to the account's task.
//!
//! Commands that write are carried out one after the other, so that messages are stored in the order in which they were
//! written. Nothing here waits for the network.
//!
//! | file | duty |
//! |---|---|
//! | `talk` | what concerns conversations |
//! | `file` | what concerns files |
//! | `sign_in` | another account |

mod file;
mod sign_in;
mod talk;

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{
    api::{Command, CommandError, ConnectionState, ConversationId, Event, NewAccount, Reply, Snapshot},
    avatar,
    context::Shared,
    conversation,
    effect::Privacy,
    file::upkeep,
    link_preview,
    order::{BlockOrder, ContactOrder, Order},
    overview, search, transcript,
};
use crate::{
    ids::AccountId,
    store::{account, history},
};

/// Begins to sign in. It is given up when what this returns is dropped.
#[must_use]
pub fn sign_in(
    shared: &Arc<Shared>,
    account: NewAccount,
    reply: Reply<Result<AccountId, CommandError>>,
) -> oneshot::Sender<()> {
    let (cancel, cancelled) = oneshot::channel();
    let shared = Arc::clone(shared);
    tokio::spawn(async move { reply.send(sign_in::sign_in(shared, account, cancelled).await) });
    cancel
}

/// Carries out one command.
pub async fn carry_out(shared: &Arc<Shared>, command: Command) {
    match command {
        Command::LoadSnapshot { reply } => {
            let shared = Arc::clone(shared);
            // Does not wait for what is being written, and nothing waits for it.
            tokio::spawn(async move { reply.send(load_snapshot(&shared).await) });
        }
        Command::LoadHistory { conversation, anchor, limit, reply } => {
            let page = shared.store.read(move |store| conversation::history(store, conversation, anchor, limit));
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                let page = page.await;
                if page.as_ref().is_ok_and(|page| !page.has_older) {
                    prefer(&shared, conversation, true);
                }
                reply.send(page.map_err(|error| shared.failed(error)));
            });
        }
        Command::SearchMessages { query, before, limit, reply } => {
            let page = shared.store.read(move |store| search::find(store, &query, before, limit));
            let shared = Arc::clone(shared);
            tokio::spawn(async move { reply.send(page.await.map_err(|error| shared.failed(error))) });
        }
        Command::ExportHistory { conversation, order, words, progress, reply } => {
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                reply.send(transcript::export(&shared, conversation, order, words, progress).await);
            });
        }
        Command::LoadPlaces { conversation, from, to, reply } => {
            let places = shared.store.read(move |store| history::places(store, conversation, from, to));
            let shared = Arc::clone(shared);
            tokio::spawn(async move { reply.send(places.await.map_err(|error| shared.failed(error))) });
        }
        Command::SetInFront { conversation } => {
            shared.choices.set_in_front(conversation);
            if let Some(conversation) = conversation {
                prefer(shared, conversation, false);
            }
        }
        Command::SetPrivacy { send_receipts, send_markers, send_chat_states } => {
            shared.choices.set_privacy(Privacy { send_receipts, send_markers }, send_chat_states);
        }
        Command::SetUndoTime { seconds } => shared.choices.set_undo_time(seconds),
        Command::SetLinkPreviews { enabled } => shared.choices.set_link_previews(enabled),
        Command::LoadLinkPreview { url, reply } => link_preview::fetch::start(shared, url, reply),
        Command::SetIdle { idle } => {
            if shared.choices.set_idle(idle) != idle {
                shared.accounts.each(|live| live.order(Order::SendPresence));
            }
        }
        Command::SetActive { active } => {
            if shared.choices.set_active(active) != active {
                shared.accounts.each(|live| live.order(Order::SetActive(active)));
            }
        }
        Command::NetworkChanged { available } => {
            shared.accounts.each(|live| live.order(Order::NetworkChanged { available }));
        }
        Command::RemoveAccount { account, reply } => {
            let shared = Arc::clone(shared);
            // Saying goodbye takes its time.
            tokio::spawn(async move { reply.send(remove_account(&shared, account).await) });
        }
        Command::SendFiles { conversation, files, caption, format, answers, reply } => {
            // Copying takes its time.
            let sent = talk::send_files(Arc::clone(shared), conversation, files, (caption, format), answers);
            tokio::spawn(async { reply.send(sent.await) });
        }
        Command::LoadUploadLimit { .. }
        | Command::FetchFile { .. }
        | Command::CancelTransfer { .. }
        | Command::SetFileLimits { .. }
        | Command::LoadFilesKept { .. }
        | Command::DropFilesKept { .. } => file::carry_out(shared, command).await,
        Command::OpenConversation { .. }
        | Command::CloseConversation { .. }
        | Command::DeleteHistory { .. }
        | Command::SetDraft { .. }
        | Command::SetLanguage { .. }
        | Command::SetMuted { .. }
        | Command::SetSilent { .. }
        | Command::SetArchived { .. }
        | Command::SetPinned { .. }
        | Command::MarkRead { .. }
        | Command::SendMessage { .. }
        | Command::UndoSend { .. }
        | Command::RetryMessage { .. }
        | Command::DiscardMessage { .. }
        | Command::CorrectMessage { .. }
        | Command::React { .. }
        | Command::RetractMessage { .. }
        | Command::RemoveMessage { .. }
        | Command::LoadRevisions { .. }
        | Command::SetChatState { .. } => talk::carry_out(shared, command).await,
        // The engine sees to these.
        Command::SignIn { .. } | Command::CancelSignIn | Command::Shutdown { .. } => {}
        command => hand_over(shared, command),
    }
}

/// What the archive has of this conversation is wanted before all else. Whose it is the accounts know.
fn prefer(shared: &Shared, conversation: ConversationId, is_older: bool) {
    shared.accounts.each(|live| live.order(Order::Prefer { conversation, is_older }));
}

/// What an account's task does by itself.
fn hand_over(shared: &Shared, command: Command) {
    let (account, order) = match command {
        Command::SetPassword { account, password, remember } => (account, Order::SetPassword { password, remember }),
        Command::SetServerSettings { account, server } => (account, Order::SetServer(server)),
        Command::SetEnabled { account, enabled } => (account, Order::SetEnabled(enabled)),
        Command::ReconnectNow { account } => (account, Order::ReconnectNow),
        Command::AcceptWeakerSignIn { account } => (account, Order::AcceptWeaker),
        Command::SetAvailability { account, availability, status } => {
            (account, Order::SetAvailability { availability, status })
        }
        Command::SetNickname { account, nickname, reply } => (account, Order::SetNickname { nickname, reply }),
        Command::SetAvatar { account, image, reply } => (account, Order::SetAvatar { image, reply }),
        Command::LoadArchivePolicy { account, reply } => (account, Order::LoadArchivePolicy(reply)),
        Command::SetArchivePolicy { account, policy, reply } => (account, Order::SetArchivePolicy { policy, reply }),
        Command::AddContact { account, address, name, groups, text, reply } => {
            (account, Order::Contact(ContactOrder::Add { address, name, groups, text, reply }))
        }
        Command::UpdateContact { account, address, name, groups, reply } => {
            (account, Order::Contact(ContactOrder::Update { address, name, groups, reply }))
        }
        Command::RemoveContact { account, address, reply } => {
            (account, Order::Contact(ContactOrder::Remove { address, reply }))
        }
        Command::RequestSubscription { account, address, reply } => {
            (account, Order::Contact(ContactOrder::Subscribe { address, reply }))
        }
        Command::ApproveRequest { account, address, add, reply } => {
            (account, Order::Contact(ContactOrder::Approve { address, add, reply }))
        }
        Command::DenyRequest { account, address, reply } => {
            (account, Order::Contact(ContactOrder::Deny { address, reply }))
        }
        Command::LoadBlockAbility { account, reply } => (account, Order::Block(BlockOrder::Ability(reply))),
        Command::Block { account, address, report, reply } => {
            (account, Order::Block(BlockOrder::Block { address, report, reply }))
        }
        Command::Unblock { account, address, reply } => (account, Order::Block(BlockOrder::Unblock { address, reply })),
        Command::CancelSubscription { account, address, reply } => {
            (account, Order::Contact(ContactOrder::Cancel { address, reply }))
        }
        _ => return,
    };
    let mut order = Some(order);
    shared.accounts.with(account, |live| order.take().map(|order| live.order(order)));
    if let Some(order) = order {
        order.refuse(CommandError::NotFound);
    }
}

async fn load_snapshot(shared: &Shared) -> Result<Snapshot, CommandError> {
    let (data_dir, now) = (shared.data_dir.clone(), shared.clock.now());
    let read = shared.store.read(move |store| overview::load(store, &data_dir, now)).await;
    let mut snapshot = read.map_err(|error| shared.failed(error))?;
    for account in &mut snapshot.accounts {
        shared.accounts.with(account.id, |live| {
            account.connection = live.connection.clone();
            account.history = live.history;
        });
    }
    let mut rest = &mut snapshot.contacts[..];
    while let Some(first) = rest.first() {
        let account = first.account;
        let end = rest.iter().position(|contact| contact.account != account).unwrap_or(rest.len());
        let (of_account, others) = rest.split_at_mut(end);
        shared.accounts.with(account, |live| {
            for contact in of_account {
                contact.presence = live.presences.best(&contact.address);
            }
        });
        rest = others;
    }
    Ok(snapshot)
}

/// Signs out, and forgets the account with all it stored.
async fn remove_account(shared: &Arc<Shared>, id: AccountId) -> Result<(), CommandError> {
    let Some(live) = shared.accounts.remove(id) else { return Err(CommandError::NotFound) };
    let (done, stopped) = oneshot::channel();
    let was_online = live.connection == ConnectionState::Online;
    live.order(Order::Leave { row: Box::new(live.row.clone()), was_online, done });
    let _ = stopped.await;
    shared.files.cancel_all(id);
    let removed = shared.store.write(move |store| account::remove(store, id)).await;
    removed.map_err(|error| shared.failed(error))?;
    if let Err(error) = shared.secrets.remove(&live.row.address).await {
        // There may never have been one.
        log::info!("no password was removed: {error}");
    }
    shared.events.emit(Event::AccountRemoved(id));
    avatar::tidy(shared).await;
    upkeep::tidy(shared).await;
    Ok(())
}
