//! The history of a conversation: a list of our own over any list model, and what surrounds it.

mod appearance;
mod date_popover;
pub mod day;
mod pane;
mod row_pool;
mod scroll_state;
mod selection;
mod transcript;
mod unread_line;
mod view;

pub use appearance::{Appearance, Facts};
pub use date_popover::DatePopover;
pub use pane::HistoryPane;
pub use row_pool::Place;
pub use view::HistoryView;
