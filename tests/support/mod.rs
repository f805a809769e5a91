//! What scenarios need around them: a real server of their own, and a line to it that can be cut.
//!
//! Each test binary uses a part of it, so what one of them leaves unused is no mistake.
#![allow(dead_code, unused_imports)]

pub mod ejabberd;
pub mod names;
pub mod prosody;
pub mod raw;
pub mod relay;
pub mod scripted;
pub mod server;
pub mod slix;

pub use ejabberd::Ejabberd;
pub use names::Names;
pub use prosody::{Certificate, Federation, Options, Prosody};
pub use raw::Raw;
pub use relay::{Cut, Limit, Relay};
pub use scripted::{Management, Poison, Script, Scripted};
pub use slix::Slix;
