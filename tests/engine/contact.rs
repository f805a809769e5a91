//! The roster and the subscriptions between two engines.

use stonechat::engine::api::{Command, CommandError, Contact, Presence, Subscription};

use crate::{
    person::{Person, friends, jid},
    support::{Options, Prosody},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

async fn two(prosody: &Prosody) -> (Person, Person) {
    (Person::new(prosody, "alice").await, Person::new(prosody, "bob").await)
}

#[tokio::test]
async fn a_contact_is_added_renamed_and_removed_on_all_devices() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut desk, mut phone) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "alice").await);
    desk.add(BOB, "Bob", &["Friends", "Work"]).await;
    let is_added = |c: &Contact| c.in_roster && c.name.as_deref() == Some("Bob") && c.is_pending;
    for device in [&mut desk, &mut phone] {
        assert_eq!(device.until_contact(BOB, "added", is_added).await.groups, ["Friends", "Work"]);
    }
    let (account, name, groups) = (phone.account, "Robert".to_owned(), vec!["Family".to_owned()]);
    phone.request(|reply| Command::UpdateContact { account, address: jid(BOB), name, groups, reply }).await.unwrap();
    for device in [&mut desk, &mut phone] {
        device.until_contact(BOB, "renamed", |c| c.name.as_deref() == Some("Robert") && c.groups == ["Family"]).await;
    }
    let account = desk.account;
    desk.request(|reply| Command::RemoveContact { account, address: jid(BOB), reply }).await.unwrap();
    for device in [&mut desk, &mut phone] {
        device.until_no_contact(BOB).await;
    }
    let again = desk.request(|reply| Command::RemoveContact { account, address: jid(BOB), reply }).await;
    assert_eq!(again, Ok(()));
}

#[tokio::test]
async fn a_request_that_is_approved_makes_both_see_each_other() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (alice, bob) = friends(&prosody).await;
    assert_eq!(bob.snapshot().await.requests, []);
    assert_eq!(alice.snapshot().await.requests, [], "who was asked is let in without asking");
}

#[tokio::test]
async fn a_request_carries_the_words_that_came_with_it() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (alice, mut bob) = two(&prosody).await;
    alice.add(BOB, "", &[]).await;
    bob.until_request(ALICE).await;
    assert_eq!(bob.snapshot().await.requests[0].text.as_deref(), Some("It is me"));
}

#[tokio::test]
async fn a_request_that_is_denied_ends() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = two(&prosody).await;
    alice.add(BOB, "", &[]).await;
    bob.until_request(ALICE).await;
    let account = bob.account;
    bob.request(|reply| Command::DenyRequest { account, address: jid(ALICE), reply }).await.unwrap();
    bob.until("no request", |all| all.requests.is_empty().then_some(())).await;
    let contact = alice.until_contact(BOB, "who did not want", |c| c.in_roster && !c.is_pending).await;
    assert_eq!(contact.subscription, Subscription::None);
}

#[tokio::test]
async fn a_request_waits_for_whoever_is_offline() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let alice = Person::new(&prosody, "alice").await;
    alice.add(BOB, "", &[]).await;
    let mut bob = Person::new(&prosody, "bob").await;
    bob.until_request(ALICE).await;
    bob.restart().await;
    bob.until_request(ALICE).await;
}

#[tokio::test]
async fn approving_without_adding_lets_them_see_us_only() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = two(&prosody).await;
    alice.add(BOB, "", &[]).await;
    bob.until_request(ALICE).await;
    bob.approve(ALICE, false).await.unwrap();
    alice.until_contact(BOB, "seen", |c| c.subscription == Subscription::To).await;
    bob.until_contact(ALICE, "seeing us", |c| c.subscription == Subscription::From).await;
    bob.until("no request", |all| all.requests.is_empty().then_some(())).await;
}

#[tokio::test]
async fn a_subscription_that_is_cancelled_hides_us_and_can_be_asked_for_again() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = friends(&prosody).await;
    let account = bob.account;
    bob.request(|reply| Command::CancelSubscription { account, address: jid(ALICE), reply }).await.unwrap();
    let contact = alice.until_contact(BOB, "hidden", |c| c.subscription == Subscription::From).await;
    assert!(contact.in_roster);
    alice.until_contact(BOB, "out of sight", |c| c.presence == Presence::default()).await;
    let account = alice.account;
    alice.request(|reply| Command::RequestSubscription { account, address: jid(BOB), reply }).await.unwrap();
    bob.until_request(ALICE).await;
    bob.approve(ALICE, true).await.unwrap();
    alice.until_contact(BOB, "as before", |c| c.subscription == Subscription::Both).await;
}

#[tokio::test]
async fn who_is_removed_does_not_see_us_any_more() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = friends(&prosody).await;
    let account = alice.account;
    alice.request(|reply| Command::RemoveContact { account, address: jid(BOB), reply }).await.unwrap();
    alice.until_no_contact(BOB).await;
    bob.until_contact(ALICE, "left", |c| c.subscription == Subscription::None).await;
}

#[tokio::test]
async fn nothing_can_be_changed_while_offline_and_a_request_waits() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (alice, mut bob) = two(&prosody).await;
    alice.add(BOB, "", &[]).await;
    bob.until_request(ALICE).await;
    let account = bob.account;
    bob.tell(Command::SetEnabled { account, enabled: false });
    bob.until_account("off", |a| !a.enabled).await;
    let refused = Err(CommandError::NotOnline);
    assert_eq!(bob.request(|reply| Command::RemoveContact { account, address: jid(ALICE), reply }).await, refused);
    assert_eq!(bob.approve(ALICE, true).await, refused);
    assert_eq!(bob.request(|reply| Command::DenyRequest { account, address: jid(ALICE), reply }).await, refused);
    let cancelled = bob.request(|reply| Command::CancelSubscription { account, address: jid(ALICE), reply }).await;
    assert_eq!(cancelled, refused);
    let asked = bob.request(|reply| Command::RequestSubscription { account, address: jid(ALICE), reply }).await;
    assert_eq!(asked, refused);
    bob.until_request(ALICE).await;
}
