//! The session against a real server, through a line that can be cut.

#![allow(clippy::unwrap_used)]

mod support;

#[path = "session/client.rs"]
mod client;
#[path = "session/ejabberd.rs"]
mod ejabberd;
#[path = "session/fast.rs"]
mod fast;
#[path = "session/names.rs"]
mod names;
#[path = "session/poison.rs"]
mod poison;
#[path = "session/resume.rs"]
mod resume;
#[path = "session/sign_in.rs"]
mod sign_in;
#[path = "session/stanza.rs"]
mod stanza;
#[path = "session/tls12.rs"]
mod tls12;
