//! Stonechat, an XMPP messenger for the Linux desktop.
//!
//! The layers, each of which knows only what stands below it:
//! `ui` → `model` → `engine` → { `xmpp`, `store` } → `ids`.

pub mod config;
pub mod engine;
pub mod export;
pub mod folding;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod http;
pub mod ids;
pub mod links;
pub mod model;
pub mod options;
#[cfg(test)]
mod orders;
pub mod plain_text;
pub mod secret;
pub mod startup;
pub mod store;
pub mod styling;
pub mod text_format;
#[cfg(feature = "ui")]
pub mod ui;
pub mod xmpp;
