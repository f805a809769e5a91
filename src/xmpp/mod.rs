//! One stream to one server: connect, authenticate, resume, stanzas in and out, and one file per extension that parses and
//! builds its payloads as pure functions.
//!
//! Knows `tokio-xmpp` and `xmpp-parsers`, and nothing of the store, the engine or the window.

mod availability;
mod chat_state;
mod problem;
pub mod session;
mod subscription;

pub use availability::Availability;
pub use chat_state::ChatState;
pub use problem::{CertificateProblem, ConnectStep, Problem};
pub use subscription::Subscription;
