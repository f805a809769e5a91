//! Objects and list models that the widgets bind to, and the one loop that keeps them true.
//!
//! Knows the engine's boundary and glib and gio; has never heard of a widget. An object is made once for an identity and
//! changes in place; lists change by one `items_changed` for a batch of events.

mod account;
mod batch;
mod blocking;
mod contact;
mod conversation;
mod conversation_list;
mod found_message;
mod history;
mod message;
mod message_search;
mod messenger;
mod request;
mod text;
mod window;

pub use crate::folding::fold;
pub use account::{Account, Connection, HistoryProgress};
pub use contact::{Availability, Contact};
pub use conversation::Conversation;
pub use conversation_list::ConversationList;
pub use found_message::FoundMessage;
pub use history::{History, MAX_LOADED, PAGE, ReadingPlace};
pub use message::{DeliveryState, Message};
pub use message_search::MessageSearch;
pub use messenger::Messenger;
pub use request::Request;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
