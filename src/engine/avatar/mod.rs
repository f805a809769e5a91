//! Avatars: what others announce is fetched, checked, scaled and kept; one's own is published.
//!
//! | file | duty |
//! |---|---|
//! | `picture` | decode under limits, scale, encode |
//! | `file` | `avatars/<hash>.png` |

pub mod file;
pub mod picture;
