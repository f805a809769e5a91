//! What is deleted here stays deleted here, and only here.

use stonechat::engine::api::{Command, ConversationId, Event};

use super::{
    person::{Person, befriend},
    support::{Options, Prosody},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

impl Person {
    async fn delete_history(&self, conversation: ConversationId) {
        self.request(|reply| Command::DeleteHistory { conversation, reply }).await.unwrap();
    }

    async fn texts_with(&self, peer: &str) -> Vec<String> {
        self.history_with(peer).await.into_iter().map(|message| message.body).collect()
    }
}

#[tokio::test]
async fn what_was_deleted_here_does_not_come_back_from_the_archive_and_is_still_elsewhere() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob", "carol"]));
    befriend(&prosody, "alice", "bob");
    let (mut alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let carol = Person::new(&prosody, "carol").await;
    for n in 0..5 {
        bob.say(ALICE, &format!("bob {n}")).await;
        alice.message(&format!("bob {n}")).await;
        alice.say(BOB, &format!("alice {n}")).await;
        bob.message(&format!("alice {n}")).await;
    }
    carol.say(ALICE, "of another").await;
    alice.message("of another").await;
    let conversation = alice.open(BOB).await.id;
    alice.delete_history(conversation).await;
    alice.wait("the deletion", |event| (*event == Event::HistoryDeleted(conversation)).then_some(())).await;
    assert!(alice.texts(conversation).await.is_empty());
    assert_eq!(alice.texts_with("carol@chat.test").await, ["of another"]);

    // Came live, so that the next session asks the archive for all of it again.
    alice.stop().await;
    bob.say(ALICE, "in the absence").await;
    alice.start();
    assert_eq!(alice.message("in the absence").await.body, "in the absence");
    alice.online().await;
    // Its page has been stored when another device's whole history is here.
    let mut second = Person::new(&prosody, "alice").await;
    while second.texts_with(BOB).await.len() < 11 {
        second.wait("more", |event| matches!(event, Event::MessagesStored { .. }).then_some(())).await;
    }
    bob.say(ALICE, "after").await;
    alice.message("after").await;
    assert_eq!(alice.texts(conversation).await, ["in the absence", "after"]);
    alice.restart().await;
    alice.online().await;
    bob.say(ALICE, "after all").await;
    alice.message("after all").await;
    assert_eq!(alice.texts(conversation).await, ["in the absence", "after", "after all"]);
    assert_eq!(bob.texts_with(ALICE).await.len(), 13, "the other side keeps theirs");
}
