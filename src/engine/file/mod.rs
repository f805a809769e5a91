//! Files in messages: what others share is fetched, checked and kept; what we share is copied, cleaned and uploaded.
//!
//! | file | duty |
//! |---|---|
//! | `name` | what a file may be called |
//! | `media` | what a file is, by its bytes |
//! | `clean` | takes out of a file where it was made |
//! | `disk` | `media/` beside the database |
//! | `policy` | what is fetched unasked, and how much stays |
//! | `record` | the store's rows as the window gets them |
//! | `service` | who takes files on the server |
//! | `transfer` | what is on its way at the moment |
//! | `client` | how it travels |
//! | `outcome` | what has become of one, for the window |
//! | `upkeep` | what is let go |
//! | `fetch` | from there to here |
//! | `send`, `upload` | from here to there |

mod clean;
mod client;
pub mod disk;
pub(super) mod fetch;
pub mod media;
pub mod name;
mod outcome;
pub(super) mod policy;
pub(super) mod record;
pub(super) mod send;
pub(super) mod service;
pub(super) mod transfer;
pub(super) mod upkeep;
pub(super) mod upload;

#[cfg(any(test, fuzzing))]
pub(crate) use clean::fuzzing;
