//! What is said of a link: as a card in the bubble of its message, and above the field while one writes.
//!
//! | file | duty |
//! |---|---|
//! | `face` | picture, title, description, and where the link leads |
//! | `thumb` | the picture |
//! | `texture` | its pixels |
//! | `card` | in a bubble; a press opens the link |
//! | `bar` | above the field, with a way to leave it out |

pub mod bar;
pub mod card;
mod face;
mod texture;
mod thumb;
