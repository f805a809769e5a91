//! One account's connection to its server: it connects, signs in, keeps the stream alive, resumes it and begins anew.
//!
//! Knows streams and stanzas; what a payload means, and what is remembered of it, is not its business.

mod account;
mod event;
mod handle;
mod trust;

pub use account::start;
pub use event::{EVENT_CAPACITY, ServerFeatures, SessionEvent, SessionState, Tag};
pub use handle::{AccountConfig, IQ_TIMEOUT, IqError, IqKind, SessionHandle};
pub use trust::Trust;
