//! One stream to one server: connect, authenticate, resume, stanzas in and out, and one file per extension that parses and
//! builds its payloads as pure functions.
//!
//! Knows `tokio-xmpp` and `xmpp-parsers`, and nothing of the store, the engine or the window.

pub mod archive;
pub mod archive_preferences;
mod availability;
pub mod avatar;
pub mod blocking;
pub mod caps;
pub mod carbon;
pub mod chat_state;
pub mod correction;
pub mod datetime;
pub mod delay;
pub mod disco;
pub mod displayed;
pub mod fallback;
pub mod file_sharing;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
pub mod hint;
pub mod incoming;
pub mod iq;
pub mod limits;
pub mod link_metadata;
pub mod marker;
pub mod message;
pub mod nickname;
pub mod own;
pub mod ping;
pub mod presence;
mod problem;
pub mod pubsub;
pub mod reaction;
pub mod receipt;
pub mod reference;
pub mod reply;
pub mod report;
pub mod retraction;
pub mod roster;
pub mod session;
pub mod spoiler;
pub mod stanza_error;
pub mod stanza_id;
pub mod styling;
mod subscription;
#[cfg(test)]
mod tests;
pub mod time;
pub mod upload;
pub mod vcard;
pub mod vcard_update;
pub mod version;
pub mod xml;

pub use archive_preferences::ArchivePolicy;
pub use availability::Availability;
pub use chat_state::ChatState;
pub use problem::{CertificateProblem, ConnectStep, Problem};
pub use report::Reason as ReportReason;
pub use stanza_error::StanzaError;
pub use subscription::Subscription;
