//! What is said of messages, in every order in which it can come.

use super::*;
use crate::{
    ids::MessageId,
    orders::orders,
    store::{
        amendment::{self, Amendment, Kind, Order},
        annotation::{self, Annotation},
        early_amendment::{self as early, Found, Target},
        message::MessageRow,
    },
};

fn amendment(kind: Kind, sender: &str, origin: &str, time: i64, content: &str) -> Amendment {
    Amendment {
        kind,
        sender: jid(sender),
        origin_id: origin.to_owned(),
        time: Timestamp(time),
        content: content.to_owned(),
        format: TextFormat::default(),
        links: Vec::new(),
    }
}

fn target(conversation: ConversationId, id: &str, sender: &BareJid) -> Target {
    Target { conversation, id: id.to_owned(), sender: sender.clone() }
}

fn stored(connection: &Connection, conversation: ConversationId) -> MessageRow {
    let new =
        message::NewMessage { origin_id: Some(OriginId("m".to_owned())), ..incoming(conversation, NOW.0, "frist") };
    message::insert(connection, new).unwrap().unwrap()
}

fn state(connection: &Connection, id: MessageId) -> (String, Annotation, Vec<String>) {
    let body = message::by_id(connection, id).unwrap().body;
    let annotation = annotation::of(connection, &[id]).unwrap().remove(&id).unwrap_or_default();
    let revisions = amendment::revisions(connection, id).unwrap();
    (body, annotation, revisions.into_iter().map(|revision| revision.body).collect())
}

#[test]
fn the_order_in_which_amendments_come_makes_no_difference() {
    let all = [
        amendment(Kind::Correction, "bob@chat.test", "c-1", NOW.0 + 10, "fisrt"),
        amendment(Kind::Correction, "bob@chat.test", "c-2", NOW.0 + 20, "first"),
        amendment(Kind::Reactions, "alice@chat.test", "r-1", NOW.0 + 11, "👍"),
        amendment(Kind::Reactions, "alice@chat.test", "r-2", NOW.0 + 21, "🎉 👍"),
        amendment(Kind::Reactions, "bob@chat.test", "r-3", NOW.0 + 5, "🐢"),
    ];
    let retraction = amendment(Kind::Retraction, "bob@chat.test", "x", NOW.0 + 30, "");
    let (connection, _, id) = chat();
    let row = stored(&connection, id);
    // Each order begins with the message as it was written.
    let begin = || connection.execute_batch("SAVEPOINT order_").unwrap();
    let end = || connection.execute_batch("ROLLBACK TO order_; RELEASE order_").unwrap();
    for order in orders(all.len()) {
        begin();
        for n in &order {
            let row = message::by_id(&connection, row.cursor.id).unwrap();
            amendment::apply(&connection, &row, &all[*n], Order::Onwards).unwrap();
            // Twice is once.
            let again = message::by_id(&connection, row.cursor.id).unwrap();
            assert!(!amendment::apply(&connection, &again, &all[*n], Order::Onwards).unwrap(), "{order:?}");
        }
        let (body, annotation, revisions) = state(&connection, row.cursor.id);
        assert_eq!(
            (body.as_str(), revisions),
            ("first", vec!["frist".into(), "fisrt".into(), "first".into()]),
            "{order:?}"
        );
        assert_eq!(annotation.edited_at, Some(Timestamp(NOW.0 + 20)));
        let expected =
            [(jid("bob@chat.test"), vec!["🐢".to_owned()]), (jid("alice@chat.test"), vec!["🎉".into(), "👍".into()])];
        assert_eq!(annotation.reactions, expected, "{order:?}");
        end();
    }
    for order in orders(all.len() + 1) {
        begin();
        for n in &order {
            let row = message::by_id(&connection, row.cursor.id).unwrap();
            amendment::apply(&connection, &row, all.get(*n).unwrap_or(&retraction), Order::Onwards).unwrap();
        }
        let expected = Annotation { is_retracted: true, ..Annotation::default() };
        assert_eq!(state(&connection, row.cursor.id), (String::new(), expected, vec![]), "{order:?}");
        end();
    }
}

#[test]
fn of_what_was_said_at_the_same_time_the_last_counts() {
    // Some archives know only seconds, and what is read in one go has one time.
    let (connection, _, id) = chat();
    let row = stored(&connection, id);
    let say = |kind, origin: &str, content: &str| {
        let row = message::by_id(&connection, row.cursor.id).unwrap();
        let said = amendment(kind, "bob@chat.test", origin, NOW.0 + 10, content);
        amendment::apply(&connection, &row, &said, Order::Onwards).unwrap()
    };
    for (origin, text) in [("z", "one"), ("b", "two"), ("a", "three")] {
        assert!(say(Kind::Correction, origin, text));
        assert_eq!(state(&connection, row.cursor.id).0, text);
    }
    assert!(!say(Kind::Correction, "z", "one"), "it has come twice");
    let (body, _, revisions) = state(&connection, row.cursor.id);
    assert_eq!((body.as_str(), revisions), ("three", ["frist", "one", "two", "three"].map(str::to_owned).into()));
    for emoji in ["🎉", "👍", ""] {
        assert!(say(Kind::Reactions, "r", emoji));
        assert!(!say(Kind::Reactions, "r", emoji), "it has come twice");
        let known = amendment::reactions_of(&connection, row.cursor.id, &jid("bob@chat.test")).unwrap();
        assert_eq!(known.join(" "), emoji);
    }
}

#[test]
fn what_comes_before_its_message_waits_for_it() {
    let (connection, _, id) = chat();
    let correction = amendment(Kind::Correction, "bob@chat.test", "c-1", NOW.0 + 10, "first");
    let forged = amendment(Kind::Correction, "alice@chat.test", "c-2", NOW.0 + 20, "forged");
    let reaction = amendment(Kind::Reactions, "alice@chat.test", "r-1", NOW.0 + 5, "👍");
    for early in [&correction, &forged, &reaction] {
        assert!(early::keep(&connection, &target(id, "m", &early.sender), early, None, None, Order::Onwards).unwrap());
        assert!(
            !early::keep(&connection, &target(id, "m", &early.sender), early, None, None, Order::Onwards).unwrap(),
            "twice is once"
        );
        assert!(early::time_of(&connection, &target(id, "m", &early.sender), early).unwrap().is_some());
    }
    assert!(early::time_of(&connection, &target(id, "n", &reaction.sender), &reaction).unwrap().is_none());
    let row = stored(&connection, id);
    let taken: Vec<_> = early::take(&connection, &row).unwrap().into_iter().map(|early| early.amendment).collect();
    assert_eq!(taken, [reaction, correction], "only its author's, and anybody's reactions");
    assert!(early::take(&connection, &row).unwrap().is_empty());
}

#[test]
fn what_waits_and_what_is_kept_has_an_end() {
    let (connection, _, id) = chat();
    for n in 0..1_100 {
        let early = amendment(Kind::Reactions, "bob@chat.test", "r", NOW.0 + n, "👍");
        early::keep(&connection, &target(id, &n.to_string(), &early.sender), &early, None, None, Order::Onwards)
            .unwrap();
    }
    let count = |table: &str| {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(count("early_amendment"), 1_000);
    let row = stored(&connection, id);
    for n in 0..100 {
        let row = message::by_id(&connection, row.cursor.id).unwrap();
        let text = n.to_string();
        let correction = amendment(Kind::Correction, "bob@chat.test", &format!("c-{n}"), NOW.0 + n, &text);
        amendment::apply(&connection, &row, &correction, Order::Onwards).unwrap();
        assert_eq!(state(&connection, row.cursor.id).0, text);
    }
    let (_, _, revisions) = state(&connection, row.cursor.id);
    assert_eq!((revisions.len(), revisions[0].as_str(), revisions[50].as_str()), (51, "frist", "99"));
}

#[test]
fn a_message_is_found_by_what_its_author_calls_it() {
    let (connection, _, id) = chat();
    let named = stored(&connection, id);
    let short = message::NewMessage { stanza_id: Some("7".to_owned()), ..incoming(id, NOW.0, "short") };
    let short = message::insert(&connection, short).unwrap().unwrap();
    let find = |text: &str, sender: Option<&str>| {
        amendment::find_target(&connection, id, text, sender.map(jid).as_ref()).unwrap()
    };
    assert_eq!(find("m", None), Some(named.cursor.id));
    assert_eq!(find("m", Some("bob@chat.test")), Some(named.cursor.id));
    assert_eq!(find("m", Some("alice@chat.test")), None);
    assert_eq!(find("7", Some("bob@chat.test")), Some(short.cursor.id));
    assert_eq!(find("8", None), None);
}

#[test]
fn what_we_say_goes_out_when_its_message_has_and_only_the_last_of_it() {
    let (connection, account, id) = chat();
    let row = message::insert(&connection, outgoing(id, "o")).unwrap().unwrap();
    let say =
        |kind, origin: &str| amendment::say(&connection, row.cursor.id, kind, &OriginId(origin.to_owned())).unwrap();
    let unconfirmed = || {
        let all = amendment::unconfirmed(&connection, account, None).unwrap();
        all.into_iter().map(|own| (own.id, own.kind, own.origin_id.0)).collect::<Vec<_>>()
    };
    say(Kind::Correction, "c-1");
    assert_eq!(unconfirmed(), [], "the message waits, and goes out as it is");
    message::advance(&connection, row.cursor.id, MessageState::Sent).unwrap();
    say(Kind::Reactions, "r-1");
    say(Kind::Correction, "c-2");
    let all = unconfirmed();
    assert_eq!(all.iter().map(|(_, _, id)| id.as_str()).collect::<Vec<_>>(), ["r-1", "c-2"]);
    amendment::confirmed(&connection, all[0].0).unwrap();
    assert_eq!(unconfirmed(), [all[1].clone()]);
    amendment::say_only_retraction(&connection, row.cursor.id, &OriginId("x".to_owned())).unwrap();
    assert_eq!(unconfirmed().into_iter().map(|(_, kind, _)| kind).collect::<Vec<_>>(), [Kind::Retraction]);
}

#[test]
fn what_an_archive_calls_one_time_is_in_its_order_wherever_its_message_is() {
    // Read backwards: the newest first.
    let said = [("c", "three"), ("a", "two"), ("b", "one")];
    let (connection, _, id) = chat();
    let row = stored(&connection, id);
    let mut before = None;
    for (origin, text) in said {
        let row = message::by_id(&connection, row.cursor.id).unwrap();
        let correction = amendment(Kind::Correction, "bob@chat.test", origin, NOW.0 + 10, text);
        assert!(amendment::apply(&connection, &row, &correction, Order::Backwards { before }).unwrap());
        before = amendment::time_of(&connection, row.cursor.id, origin).unwrap();
    }
    assert_eq!(state(&connection, row.cursor.id).2, ["frist", "one", "two", "three"]);
    let (connection, _, id) = chat();
    let to = target(id, "m", &jid("bob@chat.test"));
    let mut before = None;
    for (origin, text) in said {
        let correction = amendment(Kind::Correction, "bob@chat.test", origin, NOW.0 + 10, text);
        assert!(early::keep(&connection, &to, &correction, None, None, Order::Backwards { before }).unwrap());
        before = early::time_of(&connection, &to, &correction).unwrap();
    }
    let row = stored(&connection, id);
    for early in early::take(&connection, &row).unwrap() {
        let row = message::by_id(&connection, row.cursor.id).unwrap();
        amendment::apply(&connection, &row, &early.amendment, Order::Onwards).unwrap();
    }
    assert_eq!(state(&connection, row.cursor.id).2, ["frist", "one", "two", "three"]);
}

#[test]
fn what_waits_for_nothing_is_known_with_its_place_until_something_stands_for_it() {
    let (connection, account, id) = chat();
    let to = target(id, "m", &jid("bob@chat.test"));
    let found = |n: i64| Found { archive_id: format!("a-{n}"), position: n, is_absence: true };
    let keep = |kind, origin: &str, time: i64, found: Option<&Found>| {
        let said = amendment(kind, "bob@chat.test", origin, NOW.0 + time, origin);
        early::keep(&connection, &to, &said, None, found, Order::Backwards { before: None }).unwrap();
    };
    let orphans = |only| {
        let all = early::orphans(&connection, account, only).unwrap();
        all.into_iter().map(|orphan| (orphan.correction.origin_id, orphan.found)).collect::<Vec<_>>()
    };
    keep(Kind::Correction, "late", 20, Some(&found(7)));
    keep(Kind::Correction, "soon", 10, None);
    keep(Kind::Reactions, "emoji", 10, Some(&found(8)));
    let expected = [("soon".to_owned(), None), ("late".to_owned(), Some(found(7)))];
    assert_eq!((orphans(None), orphans(Some(id))), (expected.to_vec(), expected.to_vec()));
    assert_eq!(orphans(Some(ConversationId(id.0 + 1))), []);
    // What was taken back in between is not shown; what was said after that is something else.
    keep(Kind::Retraction, "gone", 15, None);
    assert_eq!(orphans(None), expected[1..]);
    let late = early::orphans(&connection, account, None).unwrap().remove(0).correction;
    let row = message::insert(&connection, incoming(id, NOW.0, "late")).unwrap().unwrap();
    early::stands_in(&connection, &to, &late, row.cursor.id).unwrap();
    assert_eq!((orphans(None), early::stand_in(&connection, &to).unwrap()), (vec![], Some(row.cursor.id)));
    let revisions = amendment::revisions(&connection, row.cursor.id).unwrap();
    assert_eq!(revisions.iter().map(|it| (it.body.as_str(), it.is_original)).collect::<Vec<_>>(), [("late", false)]);
}
