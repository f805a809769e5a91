//! Files in the conversation: how they stand in a message, and what one can do with them.
//!
//! | file | duty |
//! |---|---|
//! | `view` | a picture or a card in the message's bubble |
//! | `film` | the same for a film, which plays there |
//! | `picture_area` | a picture in its shape, before it is there and after |
//! | `picture_cache` | pictures as textures |
//! | `words` | sizes, problems, one line for a list |
//! | `waiting` | a file that is to be sent |
//! | `attach_bar`, `chip` | all that are |
//! | `taking` | chosen, pasted, dropped |
//! | `viewer`, `zoom_area`, `animation` | pictures one by one, closely, moving |
//! | `open` | hands a file to another program, or keeps it elsewhere |

mod animation;
pub mod attach_bar;
mod chip;
mod film;
pub mod open;
pub mod picture_area;
pub mod picture_cache;
pub mod taking;
pub mod view;
pub mod viewer;
pub mod waiting;
pub mod words;
mod zoom_area;
