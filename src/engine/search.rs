//! Searches the history, and cuts what is found down to the line that a result shows.

use rusqlite::Connection;

use super::{
    api::{Attachment, FoundMessage, FoundPage, MessageQuery, SearchPlace},
    file::record,
};
use crate::{
    folding, links,
    store::{StoreError, message::MessageRow, search},
};

/// No page is longer, whatever the window asks for.
const MAX_PAGE: usize = 200;
/// A line with what was found in it has so many characters at most,
const EXCERPT: usize = 160;
/// of which so many stand before the first place.
const BEFORE: usize = 30;
const MAX_MARKS: usize = 8;
/// So many links of a message are handed out.
const MAX_LINKS: usize = 10;

/// The newest of what is looked for, older than `before`.
pub fn find(
    store: &Connection,
    query: &MessageQuery,
    before: Option<SearchPlace>,
    limit: usize,
) -> Result<FoundPage, StoreError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let mut rows = search::find(store, query, before, limit + 1)?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|row| SearchPlace::of(row.time, row.cursor.id));
    // Among links there is nothing that would stand for one that is covered; of files, that its name was found would tell it.
    if query.has_link || !(query.files.is_empty() || query.text.is_empty()) {
        rows.retain(|row| row.format.spoiler.is_none());
    }
    let mut files = record::of_messages(store, rows.iter().map(|row| row.cursor.id))?;
    let found = rows.into_iter().map(|row| {
        let file = files.remove(&row.cursor.id);
        found(row, file, query)
    });
    Ok(FoundPage { found: found.collect(), next })
}

/// Of a covered text and its file only what may be read of it is told, but where files are listed: there one can uncover them.
fn found(row: MessageRow, file: Option<(Attachment, String)>, query: &MessageQuery) -> FoundMessage {
    let is_spoiler = row.format.spoiler.is_some();
    let file = file.filter(|_| !is_spoiler || !query.files.is_empty());
    // The text of a message with a file is the file's address.
    let (text, said) = match &file {
        _ if is_spoiler => (row.format.spoiler.unwrap_or_default(), ""),
        None => (row.body.clone(), row.body.as_str()),
        Some((file, caption)) if caption.is_empty() => (file.name.clone(), ""),
        Some((file, caption)) => (format!("{} · {caption}", file.name), caption.as_str()),
    };
    let (excerpt, marks) = excerpt(&text, &query.text);
    let links = if query.has_link { links::find(said, MAX_LINKS) } else { Vec::new() };
    FoundMessage {
        id: row.cursor.id,
        conversation: row.conversation,
        is_outgoing: row.state != crate::store::MessageState::Received,
        sender: row.sender,
        time: row.time,
        excerpt,
        is_spoiler,
        marks,
        links,
        attachment: file.map(|(file, _)| file),
    }
}

/// One line around the first place where the words stand, and the places in that line, in bytes.
fn excerpt(body: &str, wanted: &str) -> (String, Vec<std::ops::Range<usize>>) {
    let first = folding::find(body, wanted, 1).first().map_or(0, |range| range.start);
    let start = body[..first].char_indices().rev().nth(BEFORE).map_or(0, |(at, c)| at + c.len_utf8());
    let mut line = String::new();
    if start > 0 {
        line.push('…');
    }
    // White space of any kind becomes a single space.
    let mut rest = body[start..].chars().peekable();
    for _ in 0..EXCERPT {
        match rest.next() {
            None => break,
            Some(c) if c.is_whitespace() || c.is_control() => {
                if !line.is_empty() && !line.ends_with(' ') {
                    line.push(' ');
                }
            }
            Some(c) => line.push(c),
        }
    }
    if rest.peek().is_some() {
        line.push('…');
    }
    let marks = folding::find(&line, wanted, MAX_MARKS);
    (line, marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{
            api::{AttachmentKind, TextFormat},
            fixture::{BOB, Fixture},
        },
        xmpp::{file_sharing::SharedFile, incoming::IncomingMessage},
    };

    fn marked(body: &str, wanted: &str) -> String {
        let (mut line, marks) = excerpt(body, wanted);
        for range in marks.into_iter().rev() {
            line.insert(range.end, ']');
            line.insert(range.start, '[');
        }
        line
    }

    #[test]
    fn a_line_shows_what_was_found() {
        for (body, wanted, expected) in [
            ("The wheatear is back", "whea", "The [wheatear] is back"),
            ("one\n\ttwo", "two one", "[one] [two]"),
            ("a link only", "", "a link only"),
            ("  ", "x", ""),
        ] {
            assert_eq!(marked(body, wanted), expected);
        }
    }

    #[test]
    fn of_a_long_text_a_line_shows_the_context() {
        let body = format!("{} the wheatear\n\nis back {}", "so ".repeat(100), "and on ".repeat(100));
        let line = marked(&body, "wheatear");
        assert!(line.starts_with('…') && line.ends_with('…') && line.contains("the [wheatear] is back"), "{line}");
        assert!(line.chars().count() <= EXCERPT + 4, "{line}");
    }

    #[test]
    fn a_covered_file_is_listed_and_not_named_and_no_word_finds_it() {
        let fixture = Fixture::new();
        let url = "https://files.test/both-die.png".to_owned();
        let file = SharedFile { url: url.clone(), name: Some("both-die.png".to_owned()), ..SharedFile::default() };
        let format = TextFormat { spoiler: Some("the end".to_owned()), ..TextFormat::default() };
        fixture.receive(&[IncomingMessage { file: Some(file), format, ..fixture.from(BOB, &url) }]);
        let found = |text: &str, files: &[AttachmentKind]| {
            let query = MessageQuery { text: text.to_owned(), files: files.to_vec(), ..MessageQuery::default() };
            find(&fixture.store, &query, None, 10).unwrap().found
        };
        let [listed] = &found("", &[AttachmentKind::Picture])[..] else { panic!("one") };
        assert_eq!((listed.excerpt.as_str(), listed.is_spoiler), ("the end", true));
        assert_eq!(listed.attachment.as_ref().map(|file| file.name.as_str()), Some("both-die.png"), "to be uncovered");
        assert!(found("die", &[AttachmentKind::Picture]).is_empty());
        assert!(found("die", &[]).iter().all(|found| found.attachment.is_none() && found.excerpt == "the end"));
    }
}
