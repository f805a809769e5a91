//! Finds messages by their words, newest first.
//!
//! The index holds the words as [`folding`] takes a text apart, so that SQLite's tokenizer has nothing left to decide: it only
//! sees words with spaces between them. Where a message stands, who wrote it and whether it has a link are words of a second
//! column, as is the kind of file that it shares; that way every filter is an intersection of sorted lists, however common the
//! words are. Of a message with a file, the words are the file's name and what is said beside it: its text is an address.

use std::fmt::Write as _;

use rusqlite::{
    Connection,
    functions::{Context, FunctionFlags},
    params,
};

use super::{
    StoreError,
    attachment::AttachmentKind,
    message::{self, COLUMNS, MessageRow},
};
use crate::{
    folding,
    ids::{BareJid, ConversationId, MessageId, Timestamp},
};

/// Where a row's number has the message's id. There are no two thousand million messages.
const ID_BITS: u32 = 31;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words, or their beginnings; a message has to have all of them.
    pub text: String,
    pub conversation: Option<ConversationId>,
    pub sender: Option<BareJid>,
    /// Only what we wrote, or only what others did.
    pub is_outgoing: Option<bool>,
    /// Only messages from then on.
    pub since: Option<Timestamp>,
    /// Only messages before.
    pub until: Option<Timestamp>,
    pub has_link: bool,
    /// Only messages with a file of one of these kinds; none: whether there is one does not matter.
    pub files: Vec<AttachmentKind>,
}

impl Query {
    /// Nothing is looked for, so nothing is found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        expression(self).is_none()
    }
}

/// A place in the results; what comes after it is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(i64);

impl Place {
    /// The place of a message.
    #[must_use]
    pub const fn of(time: Timestamp, id: MessageId) -> Self {
        let seconds = if time.0 > 0 { time.0 / 1_000 } else { 0 };
        Self((seconds << ID_BITS) | id.0)
    }

    /// Before everything of this second.
    const fn start(time: Timestamp) -> Self {
        Self::of(time, MessageId(0))
    }
}

/// Makes known to a connection what the triggers of the message table call.
///
/// # Errors
/// SQLite's own.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("search_text", 1, flags, |context| {
        let body = context.get_raw(0).as_str().map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
        Ok(words(body))
    })?;
    // With what is shown of a file and its media type; both may be none.
    connection.create_scalar_function("search_scope", 5, flags, |context| {
        let mut scope = scope(context)?;
        let media_type = context.get_raw(4).as_str_or_null();
        if let Some(media_type) = media_type.map_err(|error| rusqlite::Error::UserFunctionError(error.into()))? {
            scope.push(' ');
            scope.push_str(FILE);
            scope.push(' ');
            scope.push_str(kind_word(AttachmentKind::of(media_type)));
        }
        Ok(scope)
    })?;
    connection.create_scalar_function("search_scope", 4, flags, |context| scope(context))
}

/// Conversation, sender, direction and link, out of the arguments of an SQL function.
fn scope(context: &Context<'_>) -> rusqlite::Result<String> {
    let text = |n| context.get_raw(n).as_str().map_err(|error| rusqlite::Error::UserFunctionError(error.into()));
    let conversation: i64 = context.get(0)?;
    let is_outgoing: bool = context.get(2)?;
    let mut scope = format!("{} {}", conversation_word(ConversationId(conversation)), sender_word(text(1)?));
    scope.push(' ');
    scope.push_str(direction_word(is_outgoing));
    if has_link(text(3)?) {
        scope.push(' ');
        scope.push_str(LINK);
    }
    Ok(scope)
}

fn direction_word(is_outgoing: bool) -> &'static str {
    if is_outgoing { "o" } else { "i" }
}

const LINK: &str = "l";
const FILE: &str = "f";

fn kind_word(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Picture => "fp",
        AttachmentKind::Video => "fv",
        AttachmentKind::Audio => "fa",
        AttachmentKind::Other => "fo",
    }
}

fn has_link(body: &str) -> bool {
    ["https://", "http://", "xmpp:"].iter().any(|scheme| body.contains(scheme))
}

fn conversation_word(id: ConversationId) -> String {
    format!("c{}", id.0)
}

/// An address as one word.
fn sender_word(address: &str) -> String {
    address.bytes().fold("s".to_owned(), |mut word, byte| {
        let _ = write!(word, "{byte:02x}");
        word
    })
}

/// A text as the index has it.
fn words(body: &str) -> String {
    let mut words = String::with_capacity(body.len());
    for token in folding::tokens(body) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&token.text);
    }
    words
}

/// What FTS5 is asked. `None` where there is nothing to look for. Made of words of letters and digits alone, so that nothing in
/// it can be taken for an operator.
fn expression(query: &Query) -> Option<String> {
    let mut text = String::new();
    for token in folding::tokens(&query.text) {
        match token.is_apart {
            false => text.push(' '),
            true if text.is_empty() => text.push('"'),
            true => text.push_str("\" * \""),
        }
        text.push_str(&token.text);
    }
    let is_narrow = query.sender.is_some()
        || query.is_outgoing.is_some()
        || query.since.is_some()
        || query.until.is_some()
        || query.has_link
        || !query.files.is_empty();
    if text.is_empty() && !is_narrow {
        return None;
    }
    let scope = [
        query.conversation.map(conversation_word),
        query.sender.as_ref().map(|sender| sender_word(sender.as_str())),
        query.is_outgoing.map(|is_outgoing| direction_word(is_outgoing).to_owned()),
        query.has_link.then(|| LINK.to_owned()),
        files_word(&query.files),
    ];
    let mut parts = Vec::new();
    if !text.is_empty() {
        parts.push(format!("text : ({text}\" *)"));
    }
    parts.extend(scope.into_iter().flatten().map(|word| format!("scope : {word}")));
    if parts.is_empty() {
        // Only a span of time: every message is by somebody.
        parts.push(format!("scope : ({} OR {})", direction_word(true), direction_word(false)));
    }
    Some(parts.join(" AND "))
}

/// What a message with a file of one of these kinds has in its scope.
fn files_word(kinds: &[AttachmentKind]) -> Option<String> {
    if AttachmentKind::ALL.iter().all(|kind| kinds.contains(kind)) {
        return Some(FILE.to_owned());
    }
    match kinds {
        [] => None,
        [kind] => Some(kind_word(*kind).to_owned()),
        several => Some(format!("({})", several.iter().map(|kind| kind_word(*kind)).collect::<Vec<_>>().join(" OR "))),
    }
}

/// Brings what a transaction has changed into the index: its last step.
///
/// # Errors
/// SQLite's own.
pub(crate) fn index(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM message_search_due)")?;
    if !statement.query_row([], |row| row.get::<_, bool>(0))? {
        return Ok(());
    }
    // In the index's own order, or it writes what it has gathered at each step back.
    connection
        .prepare_cached(
            "INSERT INTO message_search (rowid, text, scope) SELECT s.place, s.text, s.scope
             FROM message_search_due AS due CROSS JOIN searchable AS s ON s.message_id = due.message_id ORDER BY s.place",
        )?
        .execute([])?;
    connection.prepare_cached("DELETE FROM message_search_due")?.execute([])?;
    Ok(())
}

/// At most `limit` messages, newest first, older than `before`; none for a query without words and filters.
///
/// # Errors
/// SQLite's own.
pub fn find(
    connection: &Connection,
    query: &Query,
    before: Option<Place>,
    limit: usize,
) -> Result<Vec<MessageRow>, StoreError> {
    let Some(expression) = expression(query) else { return Ok(Vec::new()) };
    let until = query.until.map(Place::start);
    let end = before.into_iter().chain(until).min().map_or(i64::MAX, |place| place.0);
    let start = query.since.map_or(0, |since| Place::start(since).0);
    // The index first, in its own order: it is left as soon as there are enough.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message_search AS s CROSS JOIN message AS m ON m.id = (s.rowid & ((1 << {ID_BITS}) - 1))
         WHERE message_search MATCH ?1 AND s.rowid < ?2 AND s.rowid >= ?3 ORDER BY s.rowid DESC LIMIT ?4"
    ))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![expression, end, start, limit], message::from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expressions(text: &str) -> Option<String> {
        expression(&Query { text: text.to_owned(), ..Query::default() })
    }

    #[test]
    fn what_is_typed_becomes_beginnings_of_words() {
        for (text, expected) in [
            ("hello", Some(r#"text : ("hello" *)"#)),
            ("Hello wor", Some(r#"text : ("hello" * "wor" *)"#)),
            ("don't", Some(r#"text : ("don t" *)"#)),
            ("你好", Some(r#"text : ("你 好" *)"#)),
            ("\"a\" OR b* NEAR(x) -c ^d", Some(r#"text : ("a" * "or" * "b" * "near x" * "c" * "d" *)"#)),
            ("  ", None),
            ("—", None),
        ] {
            assert_eq!(expressions(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn filters_are_words_of_the_other_column() {
        let query = Query {
            text: "x".to_owned(),
            conversation: Some(ConversationId(7)),
            sender: Some(BareJid::new("bob@chat.test").unwrap()),
            is_outgoing: Some(false),
            has_link: true,
            files: vec![AttachmentKind::Audio],
            ..Query::default()
        };
        let expected = r#"text : ("x" *) AND scope : c7 AND scope : s626f6240636861742e74657374 AND scope : i AND scope : l AND scope : fa"#;
        assert_eq!(expression(&query).as_deref(), Some(expected));
    }

    #[test]
    fn filters_are_enough_to_look_for_something_but_not_where_one_is() {
        let here = Query { conversation: Some(ConversationId(7)), ..Query::default() };
        assert!(here.is_empty());
        let since = Some(Timestamp(1));
        for (query, expected) in [
            (Query { files: AttachmentKind::ALL.to_vec(), ..here.clone() }, "scope : c7 AND scope : f"),
            (Query { since, ..here.clone() }, "scope : c7"),
            (Query { since, ..Query::default() }, "scope : (o OR i)"),
            (
                Query { files: vec![AttachmentKind::Picture, AttachmentKind::Video], ..Query::default() },
                "scope : (fp OR fv)",
            ),
        ] {
            assert_eq!(expression(&query).as_deref(), Some(expected));
        }
    }
}
