//! What is remembered: one SQLite file per profile, numbered migrations, one file per table group.
//!
//! Knows `rusqlite`, and nothing of stanzas, the engine or the window.

mod message_state;

pub use message_state::{MessageState, SendFailure};
