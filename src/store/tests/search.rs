use super::*;
use crate::{
    ids::MessageId,
    store::{
        attachment::{self, AttachmentKind, AttachmentRow},
        search::{self, Place, Query},
    },
};

/// Some messages, one an hour; their texts in the order in which they are found.
struct Texts {
    store: Connection,
    account: AccountId,
    chat: ConversationId,
}

const HOUR: i64 = 3_600_000;

impl Texts {
    fn new(texts: &[&str]) -> Self {
        let (store, account, chat) = chat();
        for (n, text) in texts.iter().enumerate() {
            message::insert(&store, incoming(chat, NOW.0 + i64::try_from(n).unwrap() * HOUR, text)).unwrap().unwrap();
        }
        Self { store, account, chat }
    }

    fn find(&self, query: &Query) -> Vec<String> {
        search::index(&self.store).unwrap();
        search::find(&self.store, query, None, 100).unwrap().into_iter().map(|row| row.body).collect()
    }

    /// Shares a file with the message of this text.
    fn share(&self, body: &str, name: &str, media_type: &str, caption: &str) -> MessageId {
        let of = "SELECT id FROM message WHERE body = ?1";
        let message = self.store.query_row(of, [body], |row| row.get(0)).unwrap();
        let file = AttachmentRow {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            url: Some(body.to_owned()),
            caption: caption.to_owned(),
            ..AttachmentRow::default()
        };
        attachment::insert(&self.store, message, &file, NOW).unwrap();
        message
    }

    fn words(&self, text: &str) -> Vec<String> {
        self.find(&Query { text: text.to_owned(), ..Query::default() })
    }
}

#[test]
fn what_was_written_is_found_by_the_beginnings_of_its_words() {
    let texts = Texts::new(&[
        "The wheatear is back",
        "Die Straße nach Ångström ist gesperrt",
        "今天天气很好",
        "明日は東京タワーへ行く",
        "See you 🎉 then",
        "don't panic",
        "wheat, and tea",
    ]);
    for (query, expected) in [
        ("wheat", &["wheat, and tea", "The wheatear is back"][..]),
        ("WHEATEAR", &["The wheatear is back"]),
        ("back whea", &["The wheatear is back"]),
        ("angst strasse", &["Die Straße nach Ångström ist gesperrt"]),
        ("ångs", &["Die Straße nach Ångström ist gesperrt"]),
        ("天", &["今天天气很好"]),
        ("天气", &["今天天气很好"]),
        ("气天", &[]),
        ("タワー", &["明日は東京タワーへ行く"]),
        ("🎉", &["See you 🎉 then"]),
        ("don't", &["don't panic"]),
        ("eatear", &[]),
        ("wheat panic", &[]),
        ("\" OR *", &[]),
        ("", &[]),
    ] {
        assert_eq!(texts.words(query), expected, "{query}");
    }
}

#[test]
fn filters_leave_out_what_is_elsewhere_by_others_or_at_other_times() {
    let texts = Texts::new(&["one hello", "two hello https://example.org", "three hello"]);
    let other = conversation::find_or_create(&texts.store, texts.account, &jid("carol@chat.test"), NOW).unwrap();
    let mut hers = incoming(other, NOW.0, "four hello");
    hers.sender = jid("carol@chat.test");
    message::insert(&texts.store, hers).unwrap();
    let query = Query { text: "hello".to_owned(), ..Query::default() };
    assert_eq!(texts.find(&query).len(), 4);
    let time = |hours: i64| Some(Timestamp(NOW.0 + hours * HOUR));
    for (query, expected) in [
        (
            Query { conversation: Some(texts.chat), ..query.clone() },
            &["three hello", "two hello https://example.org", "one hello"][..],
        ),
        (Query { conversation: Some(other), ..query.clone() }, &["four hello"]),
        (Query { sender: Some(jid("carol@chat.test")), ..query.clone() }, &["four hello"]),
        (Query { has_link: true, ..query.clone() }, &["two hello https://example.org"]),
        (Query { has_link: true, ..Query::default() }, &["two hello https://example.org"]),
        (Query { since: time(1), until: time(2), ..query.clone() }, &["two hello https://example.org"]),
        (Query { since: time(3), ..query.clone() }, &[]),
    ] {
        assert_eq!(texts.find(&query), expected, "{query:?}");
    }
}

#[test]
fn results_come_by_the_page_newest_first() {
    let all: Vec<_> = (0..25).map(|n| format!("hello {n}")).collect();
    let texts = Texts::new(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let query = Query { text: "hello".to_owned(), ..Query::default() };
    let (mut found, mut before) = (Vec::new(), None);
    search::index(&texts.store).unwrap();
    loop {
        let page = search::find(&texts.store, &query, before, 10).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(Place::of(last.time, last.cursor.id));
        found.extend(page.into_iter().map(|row| row.body));
    }
    assert_eq!(found, all.into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn what_is_gone_or_was_changed_is_not_found() {
    let texts = Texts::new(&["first", "second"]);
    let change = |sql| texts.store.execute(sql, []).unwrap();
    change("UPDATE message SET body = 'third' WHERE body = 'second'");
    assert_eq!((texts.words("second").len(), texts.words("third").len()), (0, 1));
    change("DELETE FROM message WHERE body = 'third'");
    assert_eq!(texts.words("third").len(), 0);
    account::remove(&texts.store, texts.account).unwrap();
    assert_eq!(texts.words("first").len(), 0);
    let left: i64 = texts.store.query_row("SELECT count(*) FROM message_search", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn the_id_of_a_stored_message_is_not_the_indexs() {
    let (store, _, chat) = chat();
    let row = message::insert(&store, incoming(chat, NOW.0, "hello")).unwrap().unwrap();
    assert_eq!(row.cursor.id, MessageId(1));
    assert_eq!(message::by_id(&store, row.cursor.id).unwrap().body, "hello");
}

fn files(kinds: &[AttachmentKind]) -> Query {
    Query { files: kinds.to_vec(), ..Query::default() }
}

#[test]
fn files_are_found_by_their_kind_their_names_and_what_is_said_beside_them() {
    let texts = Texts::new(&["https://f.test/1", "https://f.test/2", "https://f.test/3", "https://f.test/4", "heron"]);
    texts.share("https://f.test/1", "Heron.png", "image/png", "");
    texts.share("https://f.test/2", "IMG_1.mp4", "video/mp4", "a heron, https://birds.test");
    texts.share("https://f.test/3", "heron call.ogg", "audio/ogg", "");
    texts.share("https://f.test/4", "list.pdf", "application/pdf", "");
    let (one, two, three, four) = ("https://f.test/1", "https://f.test/2", "https://f.test/3", "https://f.test/4");
    let by_outgoing = |is_outgoing| Query { is_outgoing: Some(is_outgoing), ..files(&AttachmentKind::ALL) };
    for (query, expected) in [
        (files(&AttachmentKind::ALL), &[four, three, two, one][..]),
        (files(&[AttachmentKind::Picture, AttachmentKind::Video]), &[two, one]),
        (files(&[AttachmentKind::Audio]), &[three]),
        (files(&[AttachmentKind::Other]), &[four]),
        (Query { text: "heron".to_owned(), ..files(&AttachmentKind::ALL) }, &[three, two, one]),
        (Query { text: "heron".to_owned(), ..files(&[AttachmentKind::Other]) }, &[]),
        (Query { conversation: Some(texts.chat), ..files(&[AttachmentKind::Audio]) }, &[three]),
        (Query { conversation: Some(ConversationId(99)), ..files(&[AttachmentKind::Audio]) }, &[]),
        (by_outgoing(false), &[four, three, two, one]),
        (by_outgoing(true), &[]),
        (Query { since: Some(Timestamp(NOW.0 + 3 * HOUR)), ..files(&AttachmentKind::ALL) }, &[four]),
        // Where a file lies is nothing that anybody wrote.
        (Query { has_link: true, ..Query::default() }, &[two]),
        (Query { text: "test".to_owned(), ..Query::default() }, &[two]),
    ] {
        assert_eq!(texts.find(&query), expected, "{query:?}");
    }
    assert_eq!(texts.words("heron"), ["heron", three, two, one]);
}

#[test]
fn filters_alone_find_the_newest() {
    let texts = Texts::new(&["one", "two", "three"]);
    let since = Some(Timestamp(NOW.0 + HOUR));
    assert_eq!(texts.find(&Query { since, ..Query::default() }), ["three", "two"]);
    assert_eq!(texts.find(&Query { is_outgoing: Some(false), ..Query::default() }).len(), 3);
    assert!(texts.find(&Query { conversation: Some(texts.chat), ..Query::default() }).is_empty());
}

#[test]
fn what_a_file_turns_out_to_be_is_what_it_is_found_by() {
    let texts = Texts::new(&["https://f.test/1", "said before"]);
    let message = texts.share("https://f.test/1", "a.png", "image/png", "");
    let found = AttachmentRow { media_type: "application/octet-stream".to_owned(), ..AttachmentRow::default() };
    attachment::set_kept(&texts.store, message, &found, NOW).unwrap();
    assert!(texts.find(&files(&[AttachmentKind::Picture])).is_empty());
    assert_eq!(texts.find(&files(&[AttachmentKind::Other])), ["https://f.test/1"]);
    // One of ours gets its address late.
    attachment::set_uploaded(&texts.store, message, "https://f.test/other").unwrap();
    assert_eq!(texts.words("a.png"), ["https://f.test/other"]);
    assert_eq!(texts.find(&files(&AttachmentKind::ALL)).len(), 1);
    texts.store.execute("DELETE FROM attachment", []).unwrap();
    assert!(texts.find(&files(&AttachmentKind::ALL)).is_empty());
    assert_eq!((texts.words("png").len(), texts.words("other").len()), (0, 1));
    texts.share("said before", "b.png", "image/png", "");
    account::remove(&texts.store, texts.account).unwrap();
    let left: i64 = texts.store.query_row("SELECT count(*) FROM message_search", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn what_a_transaction_has_stored_is_one_piece_of_the_index() {
    let texts = Texts::new(&[]);
    let transaction = texts.store.unchecked_transaction().unwrap();
    for n in 0..50 {
        message::insert(&transaction, incoming(texts.chat, NOW.0 - n * HOUR, &format!("wheatear {n}")))
            .unwrap()
            .unwrap();
    }
    search::index(&transaction).unwrap();
    transaction.commit().unwrap();
    let pieces = "SELECT count(DISTINCT segid) FROM message_search_idx";
    assert_eq!(texts.store.query_row(pieces, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    assert_eq!(texts.words("wheatear").len(), 50);
    search::index(&texts.store).unwrap();
    assert_eq!(texts.words("wheatear").len(), 50, "each is there once");
}
