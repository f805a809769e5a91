//! What an account does: takes commands, answers with events.
//!
//! Knows the session, the store and the keyring; has never heard of GTK.
//!
//! From the bottom up:
//!
//! | layer | files |
//! |---|---|
//! | words of the boundary | `api`, `snapshot` |
//! | what is decided without a store | `route`, `identity`, `body`, `presence`, `caps`, `chat_state`, `responder`, `clock`, `effect`, `question` |
//! | parts of a transaction: who changes what, and what follows | `annotation`, `change`, `conversation`, `amendment`, `removal`, `outbox`, `request`, `roster`, `inbound`, `archive`, `overview`, `search` |
//! | what accounts share while the program runs | `secrets`, `event_sink`, `order`, `live`, `context` |
//! | what uses it: a transaction carried out, the network beside the session | `transact`, `batch`, `blocking`, `nickname`, `avatar`, `file`, `link_preview`, `transcript` |
//! | the account's task | `account` |
//! | commands of the window, and the whole | `command`, `engine` |
//!
//! No file knows one of a layer above its own, but for leaves that know nothing of accounts: `file`'s rows and rules, its
//! transfers, where an avatar lies, what is said of links.

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
