//! What a profile on disk holds, looked at from outside while its engine works, or after that has died.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};
use stonechat::store::{MessageState, ReadOnly, StoreError, export};

use super::verdict::Verdict;

/// All texts in its history, in the order in which a person sees them.
pub fn texts(profile: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    read(profile, |connection| {
        export::messages::<StoreError>(connection, |message| {
            texts.push(message.body);
            Ok(())
        })
    });
    texts
}

/// How many messages it has.
pub fn count(profile: &Path) -> usize {
    count_where(profile, "?1 <> ?2")
}

/// How many of its own are neither with the server nor with the other side.
pub fn unsent(profile: &Path) -> usize {
    count_where(profile, "is_outgoing = 1 AND state NOT IN (?1, ?2)")
}

/// What is wrong with a sender's messages in it, of which there are to be so many.
pub fn judge(profile: &Path, sender: &str, expected: usize) -> Verdict {
    judge_texts(&texts(profile), sender, expected)
}

/// The same of all texts of a history.
pub fn judge_texts(texts: &[String], sender: &str, expected: usize) -> Verdict {
    Verdict::of(expected, texts.iter().filter_map(|text| number(sender, text)))
}

/// What its writer knows of a message: its state, and what the archive calls it.
pub fn fate(profile: &Path, text: &str) -> String {
    let sql = "SELECT state, origin_id, archive_id FROM message WHERE body = ?1";
    let fate = read(profile, |connection| {
        let fate = connection.query_row(sql, [text], |row| {
            let state: MessageState = row.get(0)?;
            let (origin, archive): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
            Ok(format!("{state:?}, origin {origin:?}, archive {archive:?}"))
        });
        Ok(fate.optional()?)
    });
    fate.flatten().unwrap_or_default()
}

/// The text of a sender's message of this number.
pub fn text(sender: &str, number: usize) -> String {
    format!("{sender} {number}")
}

/// The number of a sender's message.
pub fn number(sender: &str, text: &str) -> Option<usize> {
    text.strip_prefix(sender)?.strip_prefix(' ')?.parse().ok()
}

fn count_where(profile: &Path, condition: &str) -> usize {
    let sql = format!("SELECT count(*) FROM message WHERE {condition}");
    let settled = [MessageState::Sent, MessageState::Delivered];
    let count = read(profile, |connection| Ok(connection.query_row(&sql, settled, |row| row.get::<_, u32>(0))?));
    count.map_or(0, |count| count as usize)
}

/// `None` before there is a profile.
fn read<T>(profile: &Path, f: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Option<T> {
    Some(ReadOnly::open(profile).ok()?.read(f).unwrap())
}
