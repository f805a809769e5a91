//! Engines without a window against a real server.

#![allow(clippy::unwrap_used)]

mod avatars;
mod disk;
mod friend;
mod messages;
mod plain;
#[path = "../support/mod.rs"]
mod support;
