//! What an account does: takes commands, answers with events.
//!
//! Knows the session, the store and the keyring; has never heard of GTK.

mod account;
mod amendment;
mod annotation;
pub mod api;
mod archive;
pub mod avatar;
mod batch;
mod blocking;
pub mod body;
mod caps;
pub mod change;
pub mod chat_state;
pub mod clock;
mod command;
pub mod context;
pub mod conversation;
pub mod effect;
#[expect(clippy::module_inception, reason = "it starts and ends what this folder is")]
mod engine;
pub mod event_sink;
pub mod file;
#[cfg(test)]
mod fixture;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod identity;
pub mod inbound;
pub mod link_preview;
mod live;
pub mod nickname;
mod order;
pub mod outbox;
mod overview;
mod presence;
mod question;
mod removal;
mod request;
mod responder;
mod roster;
pub mod route;
mod search;
pub mod secrets;
mod snapshot;
mod transact;
mod transcript;

pub use engine::{EngineConfig, start};
