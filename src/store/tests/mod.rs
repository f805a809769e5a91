//! The tables on a real SQLite.

mod amendments;
mod attachments;
mod contacts;
mod crash;
mod database;
mod deletion;
mod early_answers;
mod messages;
mod search;

use rusqlite::Connection;
use uuid::Uuid;

use super::{MessageState, account, conversation, database::in_memory, message, pending};
use crate::{
    ids::{AccountId, BareJid, ConversationId, MessageId, OriginId, Timestamp},
    text_format::TextFormat,
};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn jid(text: &str) -> BareJid {
    BareJid::new(text).unwrap()
}

fn new_account(address: &str) -> account::NewAccount {
    account::NewAccount::new(jid(address), Uuid::from_u128(7))
}

fn add_account(connection: &Connection, address: &str) -> AccountId {
    account::insert(connection, &new_account(address)).unwrap().unwrap().id
}

/// A database with one account and one conversation.
fn chat() -> (Connection, AccountId, ConversationId) {
    let connection = in_memory();
    let account = add_account(&connection, "alice@chat.test");
    let id = conversation::find_or_create(&connection, account, &jid("bob@chat.test"), NOW).unwrap();
    (connection, account, id)
}

fn incoming(conversation: ConversationId, time: i64, body: &str) -> message::NewMessage {
    message::NewMessage {
        conversation,
        place: message::Place::Last,
        sender: jid("bob@chat.test"),
        body: body.to_owned(),
        format: TextFormat::default(),
        time: Timestamp(time),
        state: MessageState::Received,
        origin_id: None,
        stanza_id: None,
        archive_id: None,
        wants_receipt: false,
        is_markable: false,
    }
}

fn outgoing(conversation: ConversationId, origin: &str) -> message::NewMessage {
    message::NewMessage {
        sender: jid("alice@chat.test"),
        state: MessageState::Waiting,
        origin_id: Some(OriginId(origin.to_owned())),
        ..incoming(conversation, NOW.0, origin)
    }
}
