//! Engines without a window against a real server.

#![allow(clippy::unwrap_used)]

mod account;
mod archive;
mod avatars;
mod contact;
mod disk;
mod files;
mod hostile;
mod messages;
mod person;
mod plain;
mod presence;
mod reading;
mod restart;
mod sign_in;
mod spoof;
#[path = "../support/mod.rs"]
mod support;
