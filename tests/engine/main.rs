//! Engines without a window against a real server.

#![allow(clippy::unwrap_used)]

mod account;
mod amending;
mod amendments;
mod archive;
mod avatars;
mod blocking;
mod contact;
mod deletion;
mod disk;
mod files;
mod hostile;
mod messages;
mod person;
mod plain;
mod poison;
mod presence;
mod previews;
mod reading;
mod restart;
mod sign_in;
mod slixmpp;
mod slixmpp_files;
mod spoof;
#[path = "../support/mod.rs"]
mod support;
mod text_format;
