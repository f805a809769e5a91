//! Fills a profile with an account and its past, for the demonstration and for measurements. Not part of the application.
//!
//! `seed DIR` reads JSON objects, one a line: first the account (`address`, `nickname`), then for each conversation an
//! object with `peer`, the flags `pinned` and `muted`, `draft`, how many of the last incoming messages are `unread`, and
//! its `messages`, oldest first, each with `mine`, `time` (milliseconds since 1970 UTC), `body` and, where it has not been
//! delivered, `state`. It writes through the store, so it knows no SQL.

use std::{
    error::Error,
    io::{self, BufRead},
    path::Path,
    process::ExitCode,
};

use futures::executor::block_on;
use rusqlite::Transaction;
use serde_json::Value;
use stonechat::{
    ids::{AccountId, BareJid, Cursor, OriginId, Timestamp},
    store::{
        MessageState, Store, StoreError, account,
        conversation::{self, find_or_create},
        message::{self, NewMessage, Place},
    },
    text_format::TextFormat,
};
use uuid::Uuid;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let Some(dir) = std::env::args_os().nth(1) else {
        eprintln!("usage: seed DIR <WORLD");
        return ExitCode::from(2);
    };
    match block_on(seed(Path::new(&dir))) {
        Ok(count) => {
            eprintln!("{count} messages stored");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("seed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn seed(dir: &Path) -> Outcome<usize> {
    std::fs::create_dir_all(dir)?;
    let store = Store::open(dir)?.store;
    let mut lines = io::stdin().lock().lines();
    let head: Value = serde_json::from_str(&lines.next().ok_or("nothing to read")??)?;
    let address = BareJid::new(text(&head, "address")?)?;
    let new = account::NewAccount {
        nickname: head["nickname"].as_str().map(str::to_owned),
        ..account::NewAccount::new(address.clone(), Uuid::new_v4())
    };
    let account =
        store.write(move |t| account::insert(t, &new)).await?.ok_or("the profile has this account already")?.id;
    let mut count = 0;
    for line in lines {
        let past: Value = serde_json::from_str(&line?)?;
        let conversation = Past::parse(&past, address.clone())?;
        count += store.write(move |t| conversation.store(t, account)).await?;
    }
    Ok(count)
}

/// One conversation, checked and ready to be stored.
struct Past {
    me: BareJid,
    peer: BareJid,
    is_pinned: bool,
    is_muted: bool,
    draft: String,
    unread: usize,
    messages: Vec<Line>,
}

struct Line {
    time: Timestamp,
    body: String,
    state: MessageState,
}

impl Past {
    fn parse(value: &Value, me: BareJid) -> Outcome<Self> {
        let messages = value["messages"].as_array().ok_or("messages is not a list")?;
        Ok(Self {
            me,
            peer: BareJid::new(text(value, "peer")?)?,
            is_pinned: value["pinned"].as_bool().unwrap_or_default(),
            is_muted: value["muted"].as_bool().unwrap_or_default(),
            draft: value["draft"].as_str().unwrap_or_default().to_owned(),
            unread: usize::try_from(value["unread"].as_u64().unwrap_or_default())?,
            messages: messages.iter().map(Line::parse).collect::<Outcome<_>>()?,
        })
    }

    fn store(self, transaction: &Transaction, account: AccountId) -> Result<usize, StoreError> {
        let last = self.messages.last().map_or(Timestamp(0), |line| line.time);
        let id = find_or_create(transaction, account, &self.peer, last)?;
        let count = self.messages.len();
        let mut places = Vec::new();
        for line in self.messages {
            let is_incoming = line.state == MessageState::Received;
            let origin = Uuid::new_v4().to_string();
            let new = NewMessage {
                conversation: id,
                place: Place::Last,
                sender: if is_incoming { self.peer.clone() } else { self.me.clone() },
                body: line.body,
                format: TextFormat::default(),
                time: line.time,
                state: line.state,
                origin_id: Some(OriginId(origin.clone())),
                stanza_id: Some(origin),
                archive_id: None,
                wants_receipt: true,
                is_markable: true,
            };
            places.extend(message::insert(transaction, new)?.map(|row| (row.cursor, is_incoming)));
        }
        if let Some(cursor) = read_mark(&places, self.unread) {
            conversation::mark_read(transaction, id, cursor)?;
        }
        conversation::touch(transaction, id, last)?;
        conversation::set_pinned(transaction, id, self.is_pinned)?;
        conversation::set_muted(transaction, id, self.is_muted, None)?;
        conversation::set_draft(transaction, id, &self.draft, &TextFormat::default())?;
        Ok(count)
    }
}

impl Line {
    fn parse(value: &Value) -> Outcome<Self> {
        let is_mine = value["mine"].as_bool().unwrap_or_default();
        let state = match value["state"].as_str() {
            None if !is_mine => MessageState::Received,
            None | Some("delivered") => MessageState::Delivered,
            Some("sent") => MessageState::Sent,
            Some(other) => return Err(format!("no such state: {other}").into()),
        };
        let time = value["time"].as_i64().ok_or("time is not a number")?;
        Ok(Self { time: Timestamp(time), body: text(value, "body")?.to_owned(), state })
    }
}

/// The last message before the `unread` newest incoming ones.
fn read_mark(places: &[(Cursor, bool)], unread: usize) -> Option<Cursor> {
    let mut left = unread;
    for (cursor, is_incoming) in places.iter().rev() {
        match (left, is_incoming) {
            (0, _) => return Some(*cursor),
            (_, true) => left -= 1,
            (_, false) => {}
        }
    }
    None
}

fn text<'a>(value: &'a Value, key: &str) -> Outcome<&'a str> {
    value[key].as_str().ok_or_else(|| format!("{key} is missing").into())
}
