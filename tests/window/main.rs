//! The window in this process, with an engine that the test plays. Each test leaves pictures in `target/shots` when
//! `STONECHAT_SHOTS` is set.
#![cfg(feature = "ui")]
#![allow(clippy::unwrap_used)]

mod attention;
mod blocking;
mod deletion;
mod desktop;
mod events;
mod export;
mod files;
mod gallery;
mod idle;
mod links;
mod mock;
mod pages;
mod preferences;
mod show;
mod stage;
mod voice;
mod widgets;
