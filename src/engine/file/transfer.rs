//! What is on its way at the moment, and how far it has come.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::AbortHandle};

use crate::{
    engine::{
        api::{ConversationId, Event, MessageId, Transfer},
        event_sink::EventSink,
    },
    ids::AccountId,
};

/// So many at a time; the others wait.
const AT_ONCE: usize = 3;
/// How often the window hears of one.
const TELL: Duration = Duration::from_millis(100);

/// All transfers of the profile.
#[derive(Debug)]
pub struct Transfers {
    running: Mutex<HashMap<MessageId, Running>>,
    pub(super) room: Arc<Semaphore>,
}

#[derive(Debug)]
struct Running {
    account: AccountId,
    conversation: ConversationId,
    task: Option<AbortHandle>,
    told: Option<Instant>,
}

impl Default for Transfers {
    fn default() -> Self {
        Self { running: Mutex::default(), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Transfers {
    /// Starts a task for a message's file, unless there is one.
    pub(super) fn start(
        &self,
        events: &EventSink,
        place: (AccountId, ConversationId),
        message: MessageId,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let mut running = self.lock();
        if running.contains_key(&message) {
            return;
        }
        let (account, conversation) = place;
        running.insert(message, Running { account, conversation, task: None, told: None });
        let handle = tokio::spawn(task).abort_handle();
        if let Some(entry) = running.get_mut(&message) {
            entry.task = Some(handle);
        }
        drop(running);
        let transfer = Some(Transfer::default());
        events.emit(Event::TransferChanged { conversation, message, transfer });
    }

    /// Tells the window how far one has come, not too often.
    pub(super) fn progress(&self, events: &EventSink, message: MessageId, transfer: Transfer) {
        let mut running = self.lock();
        let Some(entry) = running.get_mut(&message) else { return };
        if entry.told.is_some_and(|told| told.elapsed() < TELL) {
            return;
        }
        entry.told = Some(Instant::now());
        let conversation = entry.conversation;
        drop(running);
        events.emit(Event::TransferChanged { conversation, message, transfer: Some(transfer) });
    }

    /// It is over, whatever came of it.
    pub(super) fn end(&self, events: &EventSink, message: MessageId) {
        if let Some(Running { conversation, .. }) = self.lock().remove(&message) {
            events.emit(Event::TransferChanged { conversation, message, transfer: None });
        }
    }

    /// Stops one; whether there was one.
    pub fn cancel(&self, events: &EventSink, message: MessageId) -> bool {
        let task = self.lock().get(&message).map(|running| running.task.clone());
        if let Some(Some(task)) = &task {
            task.abort();
        }
        self.end(events, message);
        task.is_some()
    }

    /// Stops all of an account.
    pub fn cancel_all(&self, account: AccountId) {
        self.lock().retain(|_, running| {
            if running.account == account
                && let Some(task) = &running.task
            {
                task.abort();
            }
            running.account != account
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MessageId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
