//! Engines without a window against a real server.

#![allow(clippy::unwrap_used)]

mod avatars;
mod disk;
mod messages;
mod person;
mod plain;
#[path = "../support/mod.rs"]
mod support;
