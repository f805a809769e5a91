//! How fast the store writes and reads, on the disk of the temporary directory: `cargo bench --no-default-features --bench store`.

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use futures::executor::block_on;
use rusqlite::Connection;
use stonechat::{
    ids::{AccountId, BareJid, ConversationId, Cursor, MessageId, OriginId, Timestamp},
    store::{
        MessageState, Store, StoreError,
        account::{self, NewAccount},
        contact::{self, RosterEntry, Subscription},
        conversation,
        history::{self, Anchor},
        message::{self, NewMessage, Place},
        pending, request,
    },
    text_format::TextFormat,
};
use tempfile::TempDir;
use uuid::Uuid;

const CONTACTS: usize = 1_001;
const MESSAGES: usize = 20_000;
const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn jid(text: &str) -> BareJid {
    BareJid::new(text).expect("an address")
}

fn peer(n: usize) -> BareJid {
    jid(&format!("contact{n}@chat.example"))
}

fn add_account(connection: &Connection) -> Result<AccountId, StoreError> {
    let account = NewAccount::new(jid("me@chat.example"), Uuid::from_u128(1));
    Ok(account::insert(connection, &account)?.expect("a new account").id)
}

/// As chats are: short, each with an id of its own, every third one ours.
fn new_message(conversation: ConversationId, from: &BareJid, n: usize) -> NewMessage {
    let time = Timestamp(NOW.0 + i64::try_from(n).expect("a small number") * 1_000);
    let is_own = n.is_multiple_of(3);
    NewMessage {
        conversation,
        place: Place::Last,
        sender: if is_own { jid("me@chat.example") } else { from.clone() },
        body: format!("Message {n}, about as long as what people write to each other in a chat on most days."),
        format: TextFormat::default(),
        time,
        state: if is_own { MessageState::Delivered } else { MessageState::Received },
        origin_id: Some(OriginId(Uuid::from_u128(n as u128).to_string())),
        stanza_id: Some(Uuid::from_u128(n as u128).to_string()),
        archive_id: None,
        wants_receipt: true,
        is_markable: true,
    }
}

fn open(dir: &TempDir) -> Store {
    Store::open(dir.path()).expect("a store").store
}

/// A profile with many contacts, a conversation with each, and the messages spread over them by `pick`.
fn fill(store: &Store, pick: fn(usize) -> usize) -> Vec<ConversationId> {
    let filled = store.write(move |tx| {
        let account = add_account(tx)?;
        let roster: Vec<_> = (0..CONTACTS)
            .map(|n| RosterEntry {
                address: peer(n),
                name: Some(format!("Contact {n}")),
                groups: vec![format!("Group {}", n % 12)],
                subscription: Subscription::Both,
                is_pending: false,
                is_approved: false,
            })
            .collect();
        contact::replace_roster(tx, account, &roster, Some("1"))?;
        let mut conversations = Vec::new();
        for n in 0..CONTACTS {
            let id = conversation::find_or_create(tx, account, &peer(n), NOW)?;
            conversation::list(tx, id, NOW)?;
            conversations.push(id);
        }
        for n in 0..MESSAGES {
            let whom = pick(n);
            message::insert(tx, new_message(conversations[whom], &peer(whom), n))?;
        }
        // Most have been read; every tenth conversation has news.
        for id in conversations.iter().enumerate().filter(|(n, _)| n % 10 != 0).map(|(_, id)| *id) {
            conversation::mark_read(tx, id, Cursor { position: i64::MAX, id: MessageId(i64::MAX) })?;
        }
        Ok(conversations)
    });
    block_on(filled).expect("a filled store")
}

/// An empty conversation in a store of its own.
fn empty_chat() -> (TempDir, Store, ConversationId) {
    let dir = TempDir::new().expect("a directory");
    let store = open(&dir);
    let chat = store.write(|tx| conversation::find_or_create(tx, add_account(tx)?, &peer(0), NOW));
    let chat = block_on(chat).expect("a conversation");
    (dir, store, chat)
}

fn insert(c: &mut Criterion) {
    let mut group = c.benchmark_group("insert");
    group.throughput(Throughput::Elements(1_000)).sample_size(20);
    group.bench_function("1000 in one transaction", |b| {
        b.iter_batched_ref(
            empty_chat,
            |(_, store, chat)| {
                let chat = *chat;
                let from = peer(0);
                let written = store.write(move |tx| {
                    for n in 0..1_000 {
                        message::insert(tx, new_message(chat, &from, n))?;
                    }
                    conversation::touch(tx, chat, NOW, true)
                });
                block_on(written).expect("written");
            },
            BatchSize::PerIteration,
        );
    });
    group.throughput(Throughput::Elements(1)).measurement_time(Duration::from_secs(10));
    let (_dir, store, chat) = empty_chat();
    let mut n = 0;
    group.bench_function("1 in a transaction", |b| {
        b.iter(|| {
            n += 1;
            let new = new_message(chat, &peer(0), n);
            block_on(store.write(move |tx| message::insert(tx, new))).expect("written")
        });
    });
    group.finish();
}

/// What the engine reads for its first snapshot.
fn snapshot(connection: &Connection) -> Result<usize, StoreError> {
    let mut rows = 0;
    for account in account::all(connection)? {
        rows += contact::all(connection, account.id)?.len();
        rows += conversation::all(connection, account.id)?.len();
        rows += request::all(connection, account.id)?.len();
        rows += pending::of_account(connection, account.id)?.len();
    }
    Ok(rows)
}

fn start(c: &mut Criterion) {
    let mut group = c.benchmark_group("start");
    let dir = TempDir::new().expect("a directory");
    fill(&open(&dir), |n| n % CONTACTS);
    group.bench_function("open", |b| b.iter(|| open(&dir)));
    group.bench_function("open and snapshot", |b| {
        b.iter(|| block_on(open(&dir).read(snapshot)).expect("a snapshot"));
    });
    let store = open(&dir);
    for (name, query) in [
        ("snapshot", snapshot as fn(&Connection) -> Result<usize, StoreError>),
        ("contacts", |c| Ok(contact::all(c, AccountId(1))?.len())),
        ("conversations", |c| Ok(conversation::all(c, AccountId(1))?.len())),
        ("pending", |c| Ok(pending::of_account(c, AccountId(1))?.len())),
    ] {
        group.bench_function(name, |b| b.iter(|| black_box(block_on(store.read(query)).expect("rows"))));
    }
    group.finish();
}

fn page(c: &mut Criterion) {
    let mut group = c.benchmark_group("page of 50 in 20000");
    let dir = TempDir::new().expect("a directory");
    let store = open(&dir);
    let chat = fill(&store, |_| 0)[0];
    let middle = MessageId(i64::try_from(MESSAGES / 2).expect("a small number"));
    let cursor = block_on(store.read(move |c| message::by_id(c, middle))).expect("a message").cursor;
    for (name, anchor) in [
        ("newest", Anchor::Newest),
        ("before", Anchor::Before(cursor)),
        ("after", Anchor::After(cursor)),
        ("around", Anchor::Around(middle)),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let page = block_on(store.read(move |c| history::page(c, chat, anchor, 50))).expect("a page");
                assert_eq!(page.messages.len(), 50);
                page
            });
        });
    }
    // Nothing read: all of it is counted.
    group.bench_function("unread count", |b| {
        b.iter(|| block_on(store.read(move |c| conversation::by_id(c, chat))).expect("a conversation").unread);
    });
    group.finish();
}

criterion_group!(benches, insert, start, page);
criterion_main!(benches);
