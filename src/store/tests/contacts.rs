use super::*;
use crate::{
    ids::AvatarHash,
    store::{
        avatar::{self, AvatarRow},
        caps::{self, CapsKey},
        contact::{self, AvatarSource, RosterEntry, Subscription},
        request::{self, RequestRow},
    },
};

const HASH: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

fn entry(address: &str, name: &str, groups: &[&str]) -> RosterEntry {
    RosterEntry {
        address: jid(address),
        name: Some(name.to_owned()),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        subscription: Subscription::Both,
        is_pending: false,
        is_approved: false,
    }
}

#[test]
fn replacing_the_roster_tells_what_has_changed() {
    let (connection, account, _) = chat();
    let entries = [entry("bob@chat.test", "Bob", &["b", "a"]), entry("carol@chat.test", "Carol", &[])];
    let change = contact::replace_roster(&connection, account, &entries, Some("1")).unwrap();
    assert_eq!((change.changed.len(), change.removed.len()), (2, 0));
    let twice = [entry("bob@chat.test", "Bob", &["a", "b", "a"]), entry("carol@chat.test", "Carol", &[])];
    let again = contact::replace_roster(&connection, account, &twice, Some("1")).unwrap();
    assert_eq!(again, contact::RosterChange::default(), "a group named twice is one group");
    let again = contact::replace_roster(&connection, account, &entries, Some("1")).unwrap();
    assert_eq!(again, contact::RosterChange::default());
    let next = [entry("carol@chat.test", "Caroline", &[]), entry("dave@chat.test", "Dave", &[])];
    let change = contact::replace_roster(&connection, account, &next, Some("2")).unwrap();
    assert_eq!(change.changed, [jid("carol@chat.test"), jid("dave@chat.test")]);
    assert_eq!(change.removed, [jid("bob@chat.test")]);
    // With Bob there is a conversation.
    let bob = contact::find(&connection, account, &jid("bob@chat.test")).unwrap().unwrap();
    assert!(!bob.in_roster && bob.groups.is_empty() && bob.name.is_none());
    assert_eq!(account::by_id(&connection, account).unwrap().roster_version.as_deref(), Some("2"));
}

#[test]
fn a_push_changes_one_entry() {
    let (connection, account, _) = chat();
    let carol = entry("carol@chat.test", "Carol", &["x"]);
    assert!(contact::put_roster_entry(&connection, account, &carol, Some("1")).unwrap());
    assert!(!contact::put_roster_entry(&connection, account, &carol, Some("2")).unwrap());
    let row = contact::find(&connection, account, &carol.address).unwrap().unwrap();
    assert_eq!((row.groups, row.subscription), (vec!["x".to_owned()], Subscription::Both));
    assert!(contact::remove_roster_entry(&connection, account, &carol.address, None).unwrap());
    assert_eq!(contact::find(&connection, account, &carol.address).unwrap(), None);
    assert_eq!(account::by_id(&connection, account).unwrap().roster_version.as_deref(), Some("2"));
}

#[test]
fn a_picture_is_there_once_it_is_usable() {
    let (connection, account, _) = chat();
    let (bob, hash) = (jid("bob@chat.test"), AvatarHash::parse(HASH).unwrap());
    assert!(contact::ensure(&connection, account, &bob).unwrap());
    assert!(!contact::ensure(&connection, account, &bob).unwrap());
    assert!(contact::set_avatar(&connection, account, &bob, Some((&hash, AvatarSource::Pep))).unwrap());
    assert!(!contact::set_avatar(&connection, account, &bob, Some((&hash, AvatarSource::Pep))).unwrap());
    let has_picture = || contact::all(&connection, account).unwrap()[0].has_picture;
    assert!(!has_picture());
    let row =
        AvatarRow { hash: hash.clone(), mime: "image/png".into(), size: 1, width: 1, height: 1, is_usable: false };
    avatar::put(&connection, &row).unwrap();
    assert!(!has_picture());
    avatar::put(&connection, &AvatarRow { is_usable: true, ..row }).unwrap();
    assert!(has_picture());
    assert_eq!(contact::with_avatar(&connection, &hash).unwrap(), [(account, bob.clone())]);
    assert!(avatar::remove_unused(&connection).unwrap().is_empty());
    contact::set_avatar(&connection, account, &bob, None).unwrap();
    assert_eq!(avatar::remove_unused(&connection).unwrap(), [hash]);
}

#[test]
fn a_repeated_request_is_no_news() {
    let (connection, account, _) = chat();
    let ask = RequestRow { account, address: jid("eve@chat.test"), nickname: None, text: Some("hi".into()), time: NOW };
    assert!(request::put(&connection, &ask).unwrap());
    let later = RequestRow { time: Timestamp(NOW.0 + 1), ..ask.clone() };
    assert!(!request::put(&connection, &later).unwrap());
    assert_eq!(request::all(&connection, account).unwrap(), std::slice::from_ref(&ask));
    assert!(request::remove(&connection, account, &ask.address).unwrap());
    assert!(!request::remove(&connection, account, &ask.address).unwrap());
}

#[test]
fn the_abilities_of_a_client_are_found_by_their_hash() {
    let (connection, ..) = chat();
    let key = CapsKey { algorithm: "sha-1".into(), ver: "v=".into() };
    assert_eq!(caps::features(&connection, &key).unwrap(), None);
    let features = ["urn:a".to_owned(), "\"".to_owned()];
    caps::put(&connection, &key, &["client/pc".to_owned()], &features, NOW).unwrap();
    assert_eq!(caps::features(&connection, &key).unwrap().unwrap(), features);
    assert_eq!(caps::remove_older(&connection, Timestamp(NOW.0 + 1)).unwrap(), 1);
}

#[test]
fn nobody_can_fill_the_disk_with_made_up_abilities() {
    let (connection, ..) = chat();
    connection.execute_batch("BEGIN").unwrap();
    let key = |n: i64| CapsKey { algorithm: "sha-1".into(), ver: n.to_string() };
    for n in 0..2_001 {
        caps::put(&connection, &key(n), &[], &[], Timestamp(n)).unwrap();
    }
    let is_known = |n| caps::features(&connection, &key(n)).unwrap().is_some();
    assert!(!is_known(0) && is_known(1) && is_known(2_000));
}

#[test]
fn an_account_is_unique_and_takes_everything_with_it() {
    let (connection, account, chat) = chat();
    assert_eq!(account::insert(&connection, &new_account("alice@chat.test")).unwrap(), None);
    message::insert(&connection, incoming(chat, 1, "x")).unwrap();
    contact::replace_roster(&connection, account, &[entry("bob@chat.test", "Bob", &["g"])], None).unwrap();
    account::remove(&connection, account).unwrap();
    for table in ["account", "contact", "contact_group", "conversation", "message"] {
        let rows: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}
