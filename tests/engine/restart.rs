//! What is found again, and what several devices of one account share.

use stonechat::engine::api::{
    Command, ConnectionState, Contact, Event, MessageState, Notice, StartProblem, Subscription, TextFormat,
};

use crate::{
    person::{Person, friends},
    support::{Options, Prosody},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

#[tokio::test]
async fn everything_is_found_again_before_anybody_is_online() {
    let mut prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, bob) = friends(&prosody).await;
    let text = "hello, is there anybody?";
    let sent = alice.say(BOB, text).await;
    alice.state(sent.cursor.id, MessageState::Delivered).await;
    bob.say(ALICE, "yes").await;
    alice.message("yes").await;
    let conversation = alice.open(BOB).await.id;
    alice.tell(Command::SetDraft { conversation, text: "half a".into(), format: TextFormat::default() });
    alice.tell(Command::SetLanguage { conversation, language: Some("de_DE".into()) });
    let before = alice.history_with(BOB).await;
    alice.stop().await;
    prosody.stop();

    alice.start();
    let snapshot = alice.snapshot().await;
    assert_eq!(snapshot.accounts[0].address.as_str(), ALICE);
    let [contact] = &snapshot.contacts[..] else { panic!("{snapshot:?}") };
    assert_eq!((contact.address.as_str(), contact.subscription), (BOB, Subscription::Both));
    let [conversation] = &snapshot.conversations[..] else { panic!("{snapshot:?}") };
    assert_eq!(conversation.draft.as_deref(), Some("half a"));
    assert_eq!(conversation.language.as_deref(), Some("de_DE"));
    assert_eq!(conversation.last.as_ref().unwrap().text, "yes");
    assert_eq!(alice.history_with(BOB).await, before);
    assert_eq!(before.iter().map(|m| &m.body[..]).collect::<Vec<_>>(), [text, "yes"]);
}

#[tokio::test]
async fn what_was_written_offline_is_sent_after_a_restart() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = friends(&prosody).await;
    let account = alice.account;
    alice.tell(Command::SetEnabled { account, enabled: false });
    alice.until_account("off", |a| a.connection == ConnectionState::Offline).await;
    assert_eq!(alice.say(BOB, "later").await.state, MessageState::Waiting);
    alice.restart().await;
    alice.tell(Command::SetEnabled { account, enabled: true });
    bob.message("later").await;
}

#[tokio::test]
async fn who_quits_right_after_writing_has_sent_it_once() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = friends(&prosody).await;
    let message = alice.say(BOB, "goodbye").await;
    alice.restart().await;
    assert_ne!(alice.history_with(BOB).await[0].state, MessageState::Waiting, "{message:?}");
    bob.message("goodbye").await;
}

#[tokio::test]
async fn a_roster_that_has_not_changed_is_not_sent_again_and_one_that_has_is_taken_over() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob", "carol"]));
    let mut desk = Person::new(&prosody, "alice").await;
    desk.add(BOB, "Bob", &[]).await;
    desk.until_contact(BOB, "there", |c| c.in_roster).await;
    desk.stop().await;

    let phone = Person::new(&prosody, "alice").await;
    phone.add("carol@chat.test", "Carol", &[]).await;
    let address = crate::person::jid(BOB);
    let id = phone.account;
    phone.request(|reply| Command::RemoveContact { account: id, address, reply }).await.unwrap();

    desk.start();
    desk.until_contact("carol@chat.test", "added meanwhile", |c| c.in_roster).await;
    desk.until_no_contact(BOB).await;
}

#[tokio::test]
async fn two_engines_on_one_account_see_the_same_conversation() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut desk, mut bob) = friends(&prosody).await;
    let mut phone = Person::new(&prosody, "alice").await;
    phone.until_contact(BOB, "there", |c: &Contact| c.in_roster).await;
    desk.say(BOB, "from the desk").await;
    bob.message("from the desk").await;
    let copy = phone.message("from the desk").await;
    assert!(copy.is_outgoing && copy.sender.as_str() == ALICE);
    phone.say(BOB, "from the phone").await;
    desk.message("from the phone").await;
    bob.message("from the phone").await;
    bob.say(ALICE, "to both").await;
    desk.message("to both").await;
    phone.message("to both").await;
    let expected = ["from the desk", "from the phone", "to both"];
    for device in [&desk, &phone] {
        assert_eq!(device.texts(device.open(BOB).await.id).await, expected);
    }
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_left_alone() {
    let mut person = Person::nobody();
    person.stop().await;
    let path = person.dir.path().join("stonechat.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 9_999).unwrap();
    drop(database);
    person.start();
    let problem = person.wait("refusal", |event| match event {
        Event::StartFailed(problem) => Some(problem.clone()),
        _ => None,
    });
    assert!(matches!(problem.await, StartProblem::NewerVersion { found: 9_999, .. }));
}

#[tokio::test]
async fn a_damaged_database_is_set_aside_and_told_of() {
    let mut person = Person::nobody();
    person.stop().await;
    let path = person.dir.path().join("stonechat.db");
    std::fs::write(&path, vec![0x5a; 8_192]).unwrap();
    person.start();
    let aside = person.wait("notice", |event| match event {
        Event::Notice(Notice::DatabaseSetAside(path)) => Some(path.clone()),
        _ => None,
    });
    assert_eq!(std::fs::read(aside.await).unwrap(), vec![0x5a; 8_192]);
    assert_eq!(person.snapshot().await.accounts, []);
}

#[tokio::test]
async fn a_message_is_taken_back_in_time_or_leaves_in_order() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = friends(&prosody).await;
    alice.tell(Command::SetUndoTime { seconds: 1 });
    let wrong = alice.say(BOB, "wrong").await;
    assert!(wrong.annotations.held_until.is_some());
    let message = wrong.cursor.id;
    let taken_back = alice.request(|reply| Command::UndoSend { message, reply }).await.unwrap();
    assert_eq!(taken_back.body, "wrong");
    assert_eq!(alice.snapshot().await.conversations[0].draft.as_deref(), Some("wrong"));
    let first = alice.say(BOB, "first").await;
    alice.tell(Command::SetUndoTime { seconds: 0 });
    let second = alice.say(BOB, "second").await;
    for text in ["first", "second"] {
        assert_eq!(bob.news().await.body, text);
    }
    alice.until_state(first.conversation, second.cursor.id, MessageState::Delivered).await;
    let message = first.cursor.id;
    alice.request(|reply| Command::UndoSend { message, reply }).await.unwrap_err();
    assert_eq!(alice.texts(first.conversation).await, ["first", "second"]);
}

#[tokio::test]
async fn what_could_still_be_taken_back_is_sent_after_a_restart() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = friends(&prosody).await;
    alice.tell(Command::SetUndoTime { seconds: 3_600 });
    let sent = alice.say(BOB, "held").await;
    alice.restart().await;
    alice.online().await;
    assert_eq!(bob.news().await.body, "held");
    alice.until_state(sent.conversation, sent.cursor.id, MessageState::Delivered).await;
}
