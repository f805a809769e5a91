//! What is remembered: one SQLite file per profile, numbered migrations, one file per table group.
//!
//! Knows `rusqlite`, and nothing of stanzas, the engine or the window. Each table's module has its row as a struct and plain
//! functions on a [`rusqlite::Connection`], to be called inside [`Store::write`] and [`Store::read`].

pub mod account;
pub mod amendment;
pub mod annotation;
pub mod archive;
pub mod attachment;
pub mod avatar;
pub mod blocked;
pub mod caps;
mod column;
pub mod contact;
pub mod conversation;
mod damage;
mod database;
pub mod deletion;
pub mod early_amendment;
pub mod early_answer;
mod error;
pub mod export;
pub mod held;
pub mod history;
pub mod link_preview;
pub mod message;
mod message_state;
mod migration;
pub mod pending;
mod read_only;
pub mod read_state;
pub mod request;
pub mod search;
#[cfg(test)]
mod tests;
mod worker;

#[cfg(any(test, fuzzing))]
pub(crate) use database::in_memory;
pub use database::{DATABASE_NAME, Opened, Store};
pub use error::{OpenError, StoreError};
pub use message_state::{MessageState, SendFailure};
pub use read_only::ReadOnly;
