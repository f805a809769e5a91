//! The window in this process, with an engine that the test plays. Each test leaves pictures in `target/shots` when
//! `STONECHAT_SHOTS` is set.
#![cfg(feature = "ui")]

mod pages;
mod stage;
mod widgets;
