//! Messages that go: here, and nowhere else.

use rusqlite::Connection;

use super::{api::Event, effect::Effects};
use crate::{
    ids::MessageId,
    store::{StoreError, conversation, deletion, message::MessageRow},
};

/// Takes a message away.
pub fn remove(store: &Connection, message: MessageId) -> Result<Effects, StoreError> {
    removed(store, &deletion::delete_message(store, message)?)
}

/// What follows from a message's having gone.
pub fn removed(store: &Connection, row: &MessageRow) -> Result<Effects, StoreError> {
    let (conversation, message) = (row.conversation, row.cursor.id);
    let mut effects = Effects::default();
    effects.events.push(Event::MessageRemoved { conversation, message });
    effects.events.push(Event::ConversationsChanged(vec![conversation::by_id(store, conversation)?.into()]));
    Ok(effects)
}
