//! What becomes of an account: off and on again, removed, its name.

use stonechat::engine::{
    api::{Command, CommandError, ConnectionState, Event, Presence, ServerSettings},
    secrets::SecretStore as _,
};

use crate::{
    person::{Person, friends, jid, server},
    support::{Options, Prosody, Relay},
};

#[tokio::test]
async fn an_account_that_is_switched_off_stays_off_over_a_restart() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut person = Person::new(&prosody, "alice").await;
    let account = person.account;
    person.tell(Command::SetEnabled { account, enabled: false });
    person.until_account("off", |a| !a.enabled && a.connection == ConnectionState::Offline).await;
    person.restart().await;
    person.until_account("still off", |a| !a.enabled && a.connection == ConnectionState::Offline).await;
    person.tell(Command::SetEnabled { account, enabled: true });
    person.online().await;
}

#[tokio::test]
async fn a_removed_account_leaves_nothing_behind() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = friends(&prosody).await;
    alice.say("bob@chat.test", "hello").await;
    let account = alice.account;
    alice.request(|reply| Command::RemoveAccount { account, reply }).await.unwrap();
    alice.wait("removal", |event| (*event == Event::AccountRemoved(account)).then_some(())).await;
    assert_eq!(alice.snapshot().await, stonechat::engine::api::Snapshot::default());
    assert_eq!(alice.secrets.password(&jid("alice@chat.test")).await, Ok(None));
    bob.until_contact("alice@chat.test", "gone", |c| c.presence == Presence::default()).await;
    let again = alice.request(|reply| Command::RemoveAccount { account, reply }).await;
    assert_eq!(again, Err(CommandError::NotFound));
}

#[tokio::test]
async fn a_line_that_is_cut_is_mended_at_once() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let relay = Relay::start(prosody.port());
    let mut person = Person::sign_in(&prosody, "alice", relay.port()).await;
    relay.cut();
    let is_back = |c: &ConnectionState| *c == ConnectionState::Online && relay.connections() > 1;
    person.until_account("online again", |a| is_back(&a.connection)).await;
    assert_eq!(relay.connections(), 2);
}

#[tokio::test]
async fn other_server_settings_are_used_at_once_and_kept() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let relay = Relay::start(prosody.port());
    let mut person = Person::new(&prosody, "alice").await;
    let settings = ServerSettings { resource: Some("desk".into()), ..server(relay.port(), Some(prosody.ca_file())) };
    person.tell(Command::SetServerSettings { account: person.account, server: settings.clone() });
    person.until_account("changed settings", |a| a.server == settings).await;
    let is_there = |c: &ConnectionState| *c == ConnectionState::Online && relay.connections() > 0;
    person.until_account("online by the new way", |a| is_there(&a.connection)).await;
    assert_eq!(relay.connections(), 1);
}

#[tokio::test]
async fn a_nickname_is_told_to_friends() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    let (mut alice, mut bob) = friends(&prosody).await;
    let (account, nickname) = (alice.account, "Wonderland".to_owned());
    alice.request(|reply| Command::SetNickname { account, nickname, reply }).await.unwrap();
    alice.until_account("a nickname", |a| a.nickname.as_deref() == Some("Wonderland")).await;
    bob.until_contact("alice@chat.test", "by nickname", |c| c.nickname.as_deref() == Some("Wonderland")).await;
}
