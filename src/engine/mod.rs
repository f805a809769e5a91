//! What an account does: takes commands, answers with events.
//!
//! Knows the session, the store and the keyring; has never heard of GTK.

pub mod api;
pub mod avatar;
pub mod body;
pub mod change;
pub mod chat_state;
pub mod clock;
pub mod context;
pub mod conversation;
pub mod effect;
pub mod event_sink;
#[cfg(test)]
mod fixture;
pub mod inbound;
pub mod nickname;
pub mod outbox;
pub mod route;
pub mod secrets;
mod snapshot;
