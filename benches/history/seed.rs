//! A profile with one long history and some shorter ones, of messages as different as people write them.

use std::path::Path;

use futures::executor::block_on;
use rusqlite::Connection;
use stonechat::{
    ids::{AccountId, BareJid, ConversationId, Cursor, MessageId, OriginId, Timestamp},
    store::{
        MessageState, Store, StoreError,
        account::{self, NewAccount},
        conversation,
        message::{self, NewMessage, Place},
    },
    text_format::TextFormat,
};
use uuid::Uuid;

/// How long the long history is.
pub const LONG: u32 = 100_000;
/// How many shorter ones there are, and of how many messages each.
pub const OTHERS: u32 = 20;
pub const SHORT: u32 = 400;

const MINUTE_MS: i64 = 60_000;
/// When the last message of each history was written.
const NOW: i64 = 1_790_000_000_000;
const WORDS: [&str; 16] = [
    "the", "history", "scrolls", "while", "older", "pages", "arrive", "and", "nothing", "ever", "jumps", "under", "an",
    "eye", "that", "reads",
];

/// What was stored: the long history first.
pub struct Seeded {
    pub long: ConversationId,
    /// The first message of the long history; the others have the numbers that follow.
    pub first: MessageId,
    pub others: Vec<ConversationId>,
}

/// Writes the profile. Its account is switched off, so that nothing is looked up or connected.
pub fn seed(dir: &Path) -> Seeded {
    let store = Store::open(dir).expect("a new profile").store;
    let account = block_on(store.write(|tx| add_account(tx))).expect("an account");
    let add = |n: u32, count: u32| {
        block_on(store.write(move |tx| add_history(tx, account, n, count))).expect("a history was written")
    };
    Seeded { long: add(0, LONG), first: MessageId(1), others: (1..=OTHERS).map(|n| add(n, SHORT)).collect() }
}

/// When the `n`th of `count` messages was written.
pub fn time(n: u32, count: u32) -> Timestamp {
    Timestamp(NOW - i64::from(count - n) * 13 * MINUTE_MS)
}

fn jid(text: &str) -> BareJid {
    BareJid::new(text).expect("an address")
}

fn add_account(connection: &Connection) -> Result<AccountId, StoreError> {
    let account = NewAccount { is_enabled: false, ..NewAccount::new(jid("me@chat.example"), Uuid::from_u128(1)) };
    Ok(account::insert(connection, &account)?.expect("a new account").id)
}

fn add_history(
    connection: &Connection,
    account: AccountId,
    number: u32,
    count: u32,
) -> Result<ConversationId, StoreError> {
    let peer = jid(&format!("contact{number}@chat.example"));
    let id = conversation::find_or_create(connection, account, &peer, Timestamp(NOW))?;
    for n in 0..count {
        let is_own = hash(n / 2).is_multiple_of(3);
        let new = NewMessage {
            conversation: id,
            place: Place::Last,
            sender: if is_own { jid("me@chat.example") } else { peer.clone() },
            body: body(n),
            format: TextFormat::default(),
            time: time(n, count),
            state: if is_own { MessageState::Delivered } else { MessageState::Received },
            origin_id: Some(OriginId(format!("{number}-{n}"))),
            stanza_id: None,
            archive_id: None,
            wants_receipt: false,
            is_markable: false,
        };
        message::insert(connection, new)?;
    }
    conversation::mark_read(connection, id, Cursor { position: i64::MAX, id: MessageId(i64::MAX) })?;
    conversation::touch(connection, id, Timestamp(NOW), true)?;
    Ok(id)
}

fn hash(n: u32) -> u32 {
    n.wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(2_246_822_519) >> 8
}

/// From two letters to some pages: words, emoji, code, links, another direction of writing.
fn body(n: u32) -> String {
    let h = hash(n);
    let words = |count: u32| (0..count).map(|i| WORDS[(hash(n + i * 7) % 16) as usize]).collect::<Vec<_>>().join(" ");
    match h % 100 {
        0..30 => words(1 + h / 100 % 6),
        30..60 => words(8 + h / 100 % 30),
        60..75 => format!("{}.\n\n{}", words(20 + h / 100 % 60), words(10 + h / 100 % 40)),
        75..80 => "🎉🎉".to_owned(),
        80..85 => format!("{} https://example.org/{n}?page={h}&set=1 {}", words(4), words(h / 100 % 12)),
        85..90 => "fn main() {\n    println!(\"it compiles\");\n}\n".repeat(1 + (h / 100 % 4) as usize),
        90..95 => "هل وصلت الرسالة التي أرسلتها أمس؟ ".repeat(1 + (h / 100 % 5) as usize),
        95..99 => words(200 + h / 100 % 200),
        _ => words(1_500),
    }
}
