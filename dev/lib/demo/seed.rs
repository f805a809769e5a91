//! Fills a profile with an account and its past, for the demonstration and for measurements. Not part of the application.
//!
//! `seed DIR` reads JSON objects, one a line: first the account (`address`, `nickname`), then for each conversation an
//! object with `peer`, the flags `pinned` and `muted`, `draft`, how many of the last incoming messages are `unread`, and
//! its `messages`, oldest first, each with `mine`, `time` (milliseconds since 1970 UTC), `body` and, where it has not been
//! delivered, `state`. What a message may have beside that: `answers`, how many messages before it the one stands that it
//! answers; `reactions`, a list of objects with `mine` and `emoji`; `spoiler`, what may be read before it is uncovered; `link`,
//! what is said of the link in it, with `url`, `title` and `description`; `file`, with `path`, `name` and for sound its
//! `length` in milliseconds, which is copied. It writes through the store, so it knows no SQL.

use std::{
    error::Error,
    fs,
    io::{self, BufRead},
    path::{Path, PathBuf},
    process::ExitCode,
};

use futures::executor::block_on;
use rusqlite::Transaction;
use serde_json::Value;
use stonechat::{
    engine::file::{disk, media},
    ids::{AccountId, BareJid, Cursor, OriginId, Timestamp},
    store::{
        MessageState, Store, StoreError, account,
        amendment::{self, Amendment},
        annotation::{self, Reply},
        attachment::{self, AttachmentRow, Kept},
        conversation::{self, find_or_create},
        link_preview::{self, LinkPreview},
        message::{self, MessageRow, NewMessage, Place},
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
    fs::create_dir_all(dir)?;
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
        let conversation = Past::parse(&past, address.clone(), dir)?;
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
    extras: Extras,
}

/// What a message may have beside its text.
struct Extras {
    format: TextFormat,
    answers: Option<usize>,
    /// Whether it is our own, and the emoji.
    reactions: Vec<(bool, String)>,
    link: Option<LinkPreview>,
    file: Option<AttachmentRow>,
}

impl Past {
    fn parse(value: &Value, me: BareJid, dir: &Path) -> Outcome<Self> {
        let messages = value["messages"].as_array().ok_or("messages is not a list")?;
        Ok(Self {
            me,
            peer: BareJid::new(text(value, "peer")?)?,
            is_pinned: value["pinned"].as_bool().unwrap_or_default(),
            is_muted: value["muted"].as_bool().unwrap_or_default(),
            draft: value["draft"].as_str().unwrap_or_default().to_owned(),
            unread: usize::try_from(value["unread"].as_u64().unwrap_or_default())?,
            messages: messages.iter().map(|line| Line::parse(line, dir)).collect::<Outcome<_>>()?,
        })
    }

    fn store(self, transaction: &Transaction, account: AccountId) -> Result<usize, StoreError> {
        let last = self.messages.last().map_or(Timestamp(0), |line| line.time);
        let id = find_or_create(transaction, account, &self.peer, last)?;
        let count = self.messages.len();
        let mut rows: Vec<MessageRow> = Vec::new();
        for line in &self.messages {
            let is_incoming = line.state == MessageState::Received;
            let origin = Uuid::new_v4().to_string();
            let new = NewMessage {
                conversation: id,
                place: Place::Last,
                sender: if is_incoming { self.peer.clone() } else { self.me.clone() },
                body: line.body.clone(),
                format: line.extras.format.clone(),
                time: line.time,
                state: line.state,
                origin_id: Some(OriginId(origin.clone())),
                stanza_id: Some(origin),
                archive_id: None,
                wants_receipt: true,
                is_markable: true,
            };
            let row = message::insert(transaction, new)?.ok_or(StoreError::NotFound)?;
            self.add(transaction, &row, &rows, &line.extras)?;
            rows.push(row);
        }
        let places: Vec<_> = rows.iter().map(|row| (row.cursor, row.state == MessageState::Received)).collect();
        if let Some(cursor) = read_mark(&places, self.unread) {
            conversation::mark_read(transaction, id, cursor)?;
        }
        conversation::touch(transaction, id, last, true)?;
        conversation::set_pinned(transaction, id, self.is_pinned)?;
        conversation::set_muted(transaction, id, self.is_muted, None)?;
        conversation::set_draft(transaction, id, &self.draft, &TextFormat::default())?;
        Ok(count)
    }

    /// What a message has beside its text; `before` are the messages that stand before it.
    fn add(
        &self,
        transaction: &Transaction,
        row: &MessageRow,
        before: &[MessageRow],
        extras: &Extras,
    ) -> Result<(), StoreError> {
        let message = row.cursor.id;
        let answered = extras.answers.and_then(|back| before.get(before.len().checked_sub(back)?));
        if let Some((answered, target_id)) = answered.and_then(|row| Some((row, row.public_id()?.to_owned()))) {
            let reply = Reply { target_id, author: Some(answered.sender.clone()), quote: answered.body.clone() };
            annotation::set_reply(transaction, message, &reply)?;
        }
        for (is_mine, emoji) in &extras.reactions {
            let reaction = Amendment {
                kind: amendment::Kind::Reactions,
                sender: if *is_mine { self.me.clone() } else { self.peer.clone() },
                origin_id: Uuid::new_v4().to_string(),
                time: row.time,
                content: emoji.clone(),
                format: TextFormat::default(),
                links: Vec::new(),
            };
            amendment::apply(transaction, row, &reaction, amendment::Order::Onwards)?;
        }
        if let Some(link) = &extras.link {
            link_preview::set(transaction, message, std::slice::from_ref(link))?;
        }
        if let Some(file) = &extras.file {
            attachment::insert(transaction, message, file, row.time)?;
        }
        Ok(())
    }
}

impl Extras {
    fn parse(value: &Value, dir: &Path) -> Outcome<Self> {
        let reactions = value["reactions"].as_array().into_iter().flatten();
        let reactions = reactions
            .map(|reaction| Ok((reaction["mine"].as_bool().unwrap_or_default(), text(reaction, "emoji")?.to_owned())));
        let link = value["link"].is_object().then_some(&value["link"]);
        let link = link.map(|link| -> Outcome<_> {
            let word = |key| text(link, key).map(str::to_owned);
            let (url, title, description) = (word("url")?, word("title")?, word("description")?);
            Ok(LinkPreview { url, title, description, ..LinkPreview::default() })
        });
        let file = value["file"].is_object().then_some(&value["file"]);
        Ok(Self {
            format: TextFormat { spoiler: value["spoiler"].as_str().map(str::to_owned), ..TextFormat::default() },
            answers: value["answers"].as_u64().map(usize::try_from).transpose()?,
            reactions: reactions.collect::<Outcome<_>>()?,
            link: link.transpose()?,
            file: file.map(|file| keep(file, dir)).transpose()?,
        })
    }
}

/// Copies a file into the profile.
fn keep(value: &Value, dir: &Path) -> Outcome<AttachmentRow> {
    let (path, name) = (PathBuf::from(text(value, "path")?), text(value, "name")?);
    let copy = disk::temporary(dir, name)?;
    fs::copy(&path, &copy)?;
    let (media_type, dimensions) = media::judge(&copy, media::by_name(name));
    let thumbhash = dimensions.and_then(|_| media::picture(&copy)).map(|picture| media::thumbhash(&picture));
    let (sha256, size) = disk::hash(&copy)?;
    Ok(AttachmentRow {
        name: name.to_owned(),
        media_type,
        size: Some(size),
        dimensions,
        sha256: Some(sha256),
        thumbhash,
        length: value["length"].as_u64().map(u32::try_from).transpose()?,
        url: Some(format!("https://files.meadow.example/{name}")),
        kept: Some(Kept { file: disk::keep(dir, &copy, &sha256, name)?, bytes: size }),
        problem: None,
        caption: String::new(),
    })
}

impl Line {
    fn parse(value: &Value, dir: &Path) -> Outcome<Self> {
        let is_mine = value["mine"].as_bool().unwrap_or_default();
        let state = match value["state"].as_str() {
            None if !is_mine => MessageState::Received,
            None | Some("delivered") => MessageState::Delivered,
            Some("sent") => MessageState::Sent,
            Some(other) => return Err(format!("no such state: {other}").into()),
        };
        let time = value["time"].as_i64().ok_or("time is not a number")?;
        let extras = Extras::parse(value, dir)?;
        // A message that is a file says where it is.
        let body = extras
            .file
            .as_ref()
            .and_then(|file| file.url.clone())
            .map_or_else(|| text(value, "body").map(str::to_owned), Ok)?;
        Ok(Self { time: Timestamp(time), body, state, extras })
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
