//! A message on which the server ends the stream: it fails where the person sees it, and all others go out.

use stonechat::{
    engine::api::{Command, ConnectionState, MessageState},
    store::SendFailure,
};

use crate::{
    person::{Person, befriend, new_account, server},
    support::{Management, Options, Poison, Prosody, Script, Scripted},
};

const BOB: &str = "bob@chat.test";
const REFUSED: MessageState = MessageState::Failed(SendFailure::Refused);

#[tokio::test]
async fn it_fails_and_can_be_retried_and_what_stands_behind_it_goes_out() {
    for management in [Management::Resumable, Management::Forgetful] {
        let scripted = Scripted::start(Script { management: Some(management), ..Script::default() }).await;
        scripted.set_poison(Some(Poison { text: "poison", error: Some("policy-violation") }));
        let mut alice = Person::nobody();
        let settings = server(scripted.port(), Some(scripted.ca_file()));
        alice.join(new_account("alice@chat.test", "secret", settings)).await.unwrap();
        alice.online().await;
        let conversation = alice.open(BOB).await.id;
        let before = alice.send(conversation, "before").await.cursor.id;
        let poison = alice.send(conversation, "poison").await.cursor.id;
        let behind = alice.send(conversation, "behind").await.cursor.id;
        let elsewhere = alice.say("carol@chat.test", "elsewhere").await;
        alice.until_state(conversation, poison, REFUSED).await;
        alice.until_state(conversation, before, MessageState::Sent).await;
        alice.until_state(conversation, behind, MessageState::Sent).await;
        alice.until_state(elsewhere.conversation, elsewhere.cursor.id, MessageState::Sent).await;
        assert_eq!(alice.texts(conversation).await, ["before", "poison", "behind"]);
        assert!(scripted.connections() <= 4, "{management:?}: {}", scripted.connections());

        // It is as poisonous as before.
        let retry = |reply| Command::RetryMessage { message: poison, reply };
        alice.request(retry).await.unwrap();
        alice.until_state(conversation, poison, REFUSED).await;
        scripted.set_poison(None);
        alice.request(retry).await.unwrap();
        alice.until_state(conversation, poison, MessageState::Sent).await;
    }
}

#[tokio::test]
async fn a_text_from_before_the_server_said_how_much_it_takes_fails_and_the_rest_arrives() {
    let global = "c2s_stanza_size_limit = 10000".to_owned();
    let prosody = Prosody::start(&Options { global, ..Options::with_users(&["alice", "bob"]) });
    befriend(&prosody, "alice", "bob");
    let mut alice = Person::new(&prosody, "alice").await;
    let mut bob = Person::new(&prosody, "bob").await;
    let (account, conversation) = (alice.account, alice.open(BOB).await.id);
    alice.tell(Command::SetEnabled { account, enabled: false });
    alice.until_account("off", |a| a.connection == ConnectionState::Offline).await;
    // Of the limit, a new start knows nothing.
    alice.restart().await;
    alice.send(conversation, "before").await;
    let large = alice.send(conversation, &"x".repeat(50_000)).await.cursor.id;
    alice.send(conversation, "behind").await;
    alice.tell(Command::SetEnabled { account, enabled: true });
    alice.until_state(conversation, large, REFUSED).await;
    bob.message("behind").await;
    let texts = bob.history_with("alice@chat.test").await.into_iter().map(|message| message.body);
    assert_eq!(texts.collect::<Vec<_>>(), ["before", "behind"]);
}
