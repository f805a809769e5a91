use super::*;
use crate::{
    ids::MessageId,
    store::search::{self, Place, Query},
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
        search::find(&self.store, query, None, 100).unwrap().into_iter().map(|row| row.body).collect()
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
