//! Corrections, reactions, retractions and replies between real clients: two sides, several devices, a device that comes new,
//! a line that breaks, a restart.

use stonechat::engine::api::{Annotations, Command, ConversationId, Message, MessageId, MessageState, TextFormat};

use super::{
    person::{Person, friendly_server},
    support::Relay,
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

fn emoji(annotations: &Annotations) -> Vec<(&str, usize, bool)> {
    annotations.reactions.iter().map(|it| (it.emoji.as_str(), it.by.len(), it.is_own)).collect()
}

async fn sent(who: &mut Person, to: &str, body: &str) -> (ConversationId, MessageId) {
    let message = who.say(to, body).await;
    who.until_state(message.conversation, message.cursor.id, MessageState::Delivered).await;
    (message.conversation, message.cursor.id)
}

#[tokio::test]
async fn what_is_said_of_messages_is_the_same_on_every_device_also_on_one_that_comes_later() {
    let prosody = friendly_server();
    let (mut alice, mut phone) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "alice").await);
    let mut bob = Person::new(&prosody, "bob").await;
    let (_, first) = sent(&mut alice, BOB, "Shall we bake a cake?").await;
    let (_, second) = sent(&mut alice, BOB, "Tonihgt").await;
    let (_, third) = sent(&mut alice, BOB, "I hate cake").await;
    let at_bob = bob.until_history(ALICE, "three messages", |all| all.len() == 3).await;
    alice.correct(second, "Tonight").await;
    alice.retract(third).await;
    bob.react(at_bob[0].cursor.id, &["👍", "🎂"]).await;
    let answers = Some(at_bob[1].cursor.id);
    let conversation = at_bob[0].conversation;
    let body = "Yes!".to_owned();
    bob.request(|reply| Command::SendMessage {
        conversation,
        body,
        format: TextFormat::default(),
        answers,
        preview: None,
        reply,
    })
    .await
    .unwrap();
    alice.until_history(BOB, "the answer", |all| all.len() == 4).await;
    alice.react(first, &["🎂"]).await;

    let is_told = |all: &[Message]| {
        let [first, second, third, answer] = all else { return false };
        emoji(&first.annotations).iter().map(|(emoji, by, _)| (*emoji, *by)).eq([("👍", 1), ("🎂", 2)])
            && second.body == "Tonight"
            && second.annotations.edited_at.is_some()
            && third.body.is_empty()
            && third.annotations.is_retracted
            && answer.body == "Yes!"
            && answer
                .annotations
                .quote
                .as_ref()
                .is_some_and(|quote| quote.message == Some(second.cursor.id) && quote.text == "Tonight")
    };
    for (who, with) in [(&mut alice, BOB), (&mut phone, BOB), (&mut bob, ALICE)] {
        who.until_history(with, "the whole story", is_told).await;
    }
    // One that has never been there finds the same in the archive, which it reads backwards.
    let mut tablet = Person::new(&prosody, "alice").await;
    let all = tablet.until_history(BOB, "the whole story out of the archive", is_told).await;
    assert_eq!(emoji(&all[0].annotations), [("👍", 1, false), ("🎂", 2, true)]);
    let message = all[1].cursor.id;
    let texts = tablet.request(|reply| Command::LoadRevisions { message, reply }).await.unwrap();
    assert_eq!(texts.into_iter().map(|text| text.body).collect::<Vec<_>>(), ["Tonihgt", "Tonight"]);
    // And it is there after a restart.
    tablet.restart().await;
    assert!(is_told(&tablet.history_with(BOB).await));
}

#[tokio::test]
async fn what_was_said_while_there_was_no_line_is_said_when_there_is_one_also_after_a_restart() {
    let prosody = friendly_server();
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Person::new(&prosody, "bob").await;
    let (conversation, message) = sent(&mut alice, BOB, "frist").await;
    relay.refuse(true);
    relay.cut();
    alice.correct(message, "first").await;
    let unsent = alice.send(conversation, "secnod").await;
    alice.correct(unsent.cursor.id, "second").await;
    alice.restart().await;
    relay.refuse(false);
    alice.tell(Command::ReconnectNow { account: alice.account });
    let all = bob
        .until_history(ALICE, "both corrected", |all| {
            all.iter().map(|message| message.body.as_str()).eq(["first", "second"])
        })
        .await;
    let edited: Vec<_> = all.iter().map(|message| message.annotations.edited_at.is_some()).collect();
    assert_eq!(edited, [true, false], "what had never left was simply written anew");
}
