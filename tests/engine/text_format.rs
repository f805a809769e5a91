//! How a text is to be shown goes with it: to every device of both sides, also through the archive, through corrections, and over
//! a restart.

use stonechat::engine::api::{BareJid, Command, ConversationId, Event, Mention, Message, MessageQuery, TextFormat};

use super::{
    person::{Person, friendly_server},
    support::Relay,
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

fn unstyled() -> TextFormat {
    TextFormat { is_unstyled: true, ..TextFormat::default() }
}

fn spoiler(hint: &str) -> TextFormat {
    TextFormat { spoiler: Some(hint.to_owned()), ..TextFormat::default() }
}

async fn say(who: &Person, conversation: ConversationId, body: &str, format: TextFormat) -> Message {
    let (body, answers) = (body.to_owned(), None);
    who.request(|reply| Command::SendMessage { conversation, body, format, answers, preview: None, reply })
        .await
        .unwrap()
}

/// Waits until the texts of the history with somebody are these.
async fn until(who: &mut Person, with: &str, texts: &[(&str, TextFormat)]) -> Vec<Message> {
    let conversation = who.open(with).await.id;
    loop {
        let all = who.history(conversation).await;
        if all.iter().map(|message| (message.body.as_str(), message.format.clone())).eq(texts.iter().cloned()) {
            return all;
        }
        let is_news = |event: &Event| matches!(event, Event::MessagesStored { .. } | Event::MessagesChanged { .. });
        who.wait(&format!("{texts:?}; now: {all:#?}"), |event| is_news(event).then_some(())).await;
    }
}

#[tokio::test]
async fn a_text_without_styling_is_so_on_every_device_and_stays_so() {
    let prosody = friendly_server();
    let (mut alice, mut phone) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "alice").await);
    let mut bob = Person::new(&prosody, "bob").await;
    let conversation = alice.open(BOB).await.id;
    say(&alice, conversation, "> _ <", unstyled()).await;
    let styled = say(&alice, conversation, "*really*", TextFormat::default()).await.cursor.id;
    let changing = say(&alice, conversation, "*a*", unstyled()).await.cursor.id;
    until(&mut bob, ALICE, &[("> _ <", unstyled()), ("*really*", TextFormat::default()), ("*a*", unstyled())]).await;
    // A new text has its own; the same text with another is a new one.
    alice.correct_as(styled, "*really*", unstyled()).await;
    alice.correct_as(changing, "*b*", TextFormat::default()).await;
    let texts = [("> _ <", unstyled()), ("*really*", unstyled()), ("*b*", TextFormat::default())];
    for (who, with) in [(&mut alice, BOB), (&mut phone, BOB), (&mut bob, ALICE)] {
        until(who, with, &texts).await;
    }
    let mut tablet = Person::new(&prosody, "bob").await;
    let all = until(&mut tablet, ALICE, &texts).await;
    let message = all[2].cursor.id;
    let revisions = tablet.request(|reply| Command::LoadRevisions { message, reply }).await.unwrap();
    let revisions: Vec<_> = revisions.into_iter().map(|revision| (revision.body, revision.format)).collect();
    assert_eq!(revisions, [("*a*".to_owned(), unstyled()), ("*b*".to_owned(), TextFormat::default())]);
    tablet.restart().await;
    until(&mut tablet, ALICE, &texts).await;
}

#[tokio::test]
async fn what_waits_and_what_is_being_written_keeps_it_over_a_restart() {
    let prosody = friendly_server();
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let mut bob = Person::new(&prosody, "bob").await;
    let conversation = alice.open(BOB).await.id;
    relay.refuse(true);
    relay.cut();
    say(&alice, conversation, "*waits*", unstyled()).await;
    say(&alice, conversation, "covered", spoiler("waits")).await;
    alice.tell(Command::SetDraft { conversation, text: "*half".to_owned(), format: unstyled() });
    alice.restart().await;
    let draft = &alice.snapshot().await.conversations[0];
    assert_eq!((draft.draft.as_deref(), &draft.draft_format), (Some("*half"), &unstyled()));
    relay.refuse(false);
    alice.tell(Command::ReconnectNow { account: alice.account });
    until(&mut bob, ALICE, &[("*waits*", unstyled()), ("covered", spoiler("waits"))]).await;
}

#[tokio::test]
async fn a_covered_text_stays_where_it_is_covered_and_so_does_its_file_name_in_lists_and_answers() {
    let prosody = friendly_server();
    let (mut alice, mut phone) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "alice").await);
    let mut bob = Person::new(&prosody, "bob").await;
    let conversation = alice.open(BOB).await.id;
    let ending = "both of them die: https://example.org/ending";
    say(&alice, conversation, ending, spoiler("the end")).await;
    let texts = [(ending, spoiler("the end"))];
    for (who, with) in [(&mut alice, BOB), (&mut phone, BOB), (&mut bob, ALICE)] {
        until(who, with, &texts).await;
        let last = who.snapshot().await.conversations[0].last.clone().expect("it was said");
        assert_eq!((last.text.as_str(), last.is_spoiler, last.file), ("the end", true, None));
    }
    // It is found, and still is not told.
    let query = MessageQuery { text: "die".to_owned(), ..MessageQuery::default() };
    let search = |reply| Command::SearchMessages { query, before: None, limit: 10, reply };
    let found = bob.request(search).await.unwrap().found;
    assert_eq!((found[0].excerpt.as_str(), found[0].is_spoiler, found[0].marks.len()), ("the end", true, 0));
    let query = MessageQuery { has_link: true, ..MessageQuery::default() };
    let search = |reply| Command::SearchMessages { query, before: None, limit: 10, reply };
    assert!(bob.request(search).await.unwrap().found.is_empty());
    // Whoever answers quotes what may be read; so do those who know no answers.
    let theirs = bob.history_with(ALICE).await[0].clone();
    let (conversation, body, answers) = (theirs.conversation, "No!".to_owned(), Some(theirs.cursor.id));
    let format = TextFormat::default();
    bob.request(|reply| Command::SendMessage { conversation, body, format, answers, preview: None, reply })
        .await
        .unwrap();
    let all = until(&mut alice, BOB, &[(ending, spoiler("the end")), ("No!", TextFormat::default())]).await;
    let quote = all[1].annotations.quote.clone().expect("it answers");
    assert_eq!((quote.text.as_str(), quote.is_spoiler), ("the end", true));
    // A correction and the archive keep it.
    alice.correct_as(all[0].cursor.id, "both live", spoiler("")).await;
    let texts = [("both live", spoiler("")), ("No!", TextFormat::default())];
    let mut tablet = Person::new(&prosody, "bob").await;
    for (who, with) in [(&mut phone, BOB), (&mut bob, ALICE), (&mut tablet, ALICE)] {
        until(who, with, &texts).await;
    }
}

#[tokio::test]
async fn whom_a_text_mentions_is_known_at_the_place_where_it_says_so_also_below_a_quote() {
    let prosody = friendly_server();
    let (mut alice, mut phone) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "alice").await);
    let mut bob = Person::new(&prosody, "bob").await;
    let conversation = alice.open(BOB).await.id;
    let mention = |range, address: &str| Mention { range, address: BareJid::new(address).unwrap() };
    let mentioned = |mentions: &[Mention]| TextFormat { mentions: mentions.to_vec(), ..TextFormat::default() };
    let first = say(&alice, conversation, "ä🎉\nwho?", TextFormat::default()).await;
    let sound = [mention(2..6, BOB), mention(7..13, ALICE)];
    let asked = [sound[0].clone(), sound[1].clone(), mention(5..9, BOB), mention(20..40, BOB)];
    let (body, answers) = ("🎉 @Bób @Alice".to_owned(), Some(first.cursor.id));
    let format = mentioned(&asked);
    alice
        .request(|reply| Command::SendMessage { conversation, body, format, answers, preview: None, reply })
        .await
        .unwrap();
    let texts = [("ä🎉\nwho?", TextFormat::default()), ("🎉 @Bób @Alice", mentioned(&sound))];
    let mut tablet = Person::new(&prosody, "bob").await;
    for (who, with) in [(&mut alice, BOB), (&mut phone, BOB), (&mut bob, ALICE), (&mut tablet, ALICE)] {
        until(who, with, &texts).await;
    }
    // Another text has places of its own.
    let message = alice.history_with(BOB).await[1].cursor.id;
    alice.correct_as(message, "@Bób", mentioned(&[mention(0..4, BOB)])).await;
    until(&mut bob, ALICE, &[("ä🎉\nwho?", TextFormat::default()), ("@Bób", mentioned(&[mention(0..4, BOB)]))]).await;
}
