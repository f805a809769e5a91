//! One account's connection to its server: it connects, signs in, keeps the stream alive, resumes it and begins anew.
//!
//! Knows streams and stanzas; what a payload means, and what is remembered of it, is not its business.

mod account;
mod auth;
mod back_off;
mod care;
mod deafness;
mod dial;
mod element;
mod event;
mod features;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod guard;
mod handle;
mod login;
mod nonza;
mod pending;
mod pings;
mod problem;
mod prompt;
mod resolve;
mod sm;
mod stream;
mod traffic;
mod transport;
mod tree;
mod trust;
mod waiter;

#[cfg(test)]
mod tests;

pub use account::{revoke_token, start};
pub use auth::{Assurance, Strength, Token};
pub use event::{EVENT_CAPACITY, ServerFeatures, SessionEvent, SessionState, Tag};
pub use handle::{AccountConfig, IQ_TIMEOUT, IqError, IqKind, SessionHandle};
pub use trust::Trust;
