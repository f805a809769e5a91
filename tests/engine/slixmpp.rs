//! Messages, and what is said of them, to and from slixmpp: another implementation, which reads and writes them with plug-ins of its own.

use serde_json::{Value, json};
use stonechat::engine::api::{
    Annotations, BareJid, ChatState, Command, Event, Mention, Message, MessageState, TextFormat,
};

use super::{
    person::{Person, friendly_server},
    support::{Prosody, Slix},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

/// Alice, who has Stonechat, and Bob, who has slixmpp.
async fn both() -> (Prosody, Person, Slix) {
    let prosody = friendly_server();
    let (alice, bob) = (Person::new(&prosody, "alice").await, Slix::sign_in(&prosody, "bob").await);
    (prosody, alice, bob)
}

fn with_body(body: &str) -> impl Fn(&Value) -> bool {
    move |line| line["body"] == body
}

fn id(heard: &Value) -> String {
    let id = heard["id"].as_str().unwrap();
    assert_eq!(heard["from"], ALICE);
    assert!(!id.is_empty(), "{heard}");
    id.to_owned()
}

async fn answer(who: &Person, to: &Message, body: &str) -> Message {
    let (conversation, body, answers) = (to.conversation, body.to_owned(), Some(to.cursor.id));
    who.request(|reply| Command::SendMessage {
        conversation,
        body,
        format: TextFormat::default(),
        answers,
        preview: None,
        reply,
    })
    .await
    .unwrap()
}

fn emoji(annotations: &Annotations) -> Vec<&str> {
    let mut all: Vec<_> = annotations.reactions.iter().map(|reaction| reaction.emoji.as_str()).collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn slixmpp_reads_what_we_write_and_say_of_it() {
    let (_prosody, mut alice, mut bob) = both().await;
    let first = alice.say(BOB, "Shall we bäke a 🎂 < & >?").await;
    let heard = bob.heard("message", with_body("Shall we bäke a 🎂 < & >?")).await;
    let first_id = id(&heard);
    assert_eq!(
        (&heard["type"], &heard["origin"], &heard["state"]),
        (&json!("chat"), &json!(first_id), &json!("active"))
    );
    assert_eq!((&heard["wants_receipt"], &heard["is_markable"]), (&json!(true), &json!(true)));
    alice.until_state(first.conversation, first.cursor.id, MessageState::Delivered).await;

    // However often it is corrected, the first one is named.
    for text in ["Shall we bake?", "Shall we bake a cake?"] {
        alice.correct(first.cursor.id, text).await;
        let corrected = bob.heard("correction", with_body(text)).await;
        assert_eq!(corrected["replaces"], json!(first_id));
        assert_ne!(id(&corrected), first_id);
    }

    let said = bob.text("say", json!([ALICE, "Yes 🎉!\n\nWhich one?"])).await;
    let question = alice.message("Yes 🎉!\n\nWhich one?").await;
    let chosen = answer(&alice, &question, "Chocolate 🍫").await;
    let is_answer = |rest: &'static str| move |line: &Value| line["rest"] == rest;
    let heard = bob.heard("reply", is_answer("Chocolate 🍫")).await;
    assert_eq!((&heard["of"], &heard["to"]), (&json!(said), &json!(BOB)));
    assert_eq!(heard["quote"], json!("> Yes 🎉!\n> \n> Which one?\n"));
    let answer_id = id(&heard);
    // An answer stays one when it is corrected.
    alice.correct(chosen.cursor.id, "Apple").await;
    let heard = bob.heard("reply", is_answer("Apple")).await;
    assert_eq!((&heard["of"], &heard["to"]), (&json!(said), &json!(BOB)));
    let body = heard["body"].as_str().unwrap().to_owned();
    assert_eq!(bob.heard("correction", with_body(&body)).await["replaces"], json!(answer_id));

    for emoji in [&["👍", "👩‍🍳"][..], &["👍"], &[]] {
        alice.react(question.cursor.id, emoji).await;
        let heard = bob.heard("reactions", |_| true).await;
        assert_eq!((&heard["of"], &heard["emoji"]), (&json!(said), &json!(emoji)), "{heard}");
    }

    let message = chosen.cursor.id;
    alice.request(|reply| Command::RetractMessage { message, reply }).await.unwrap();
    let heard = bob.heard("retraction", |_| true).await;
    assert_eq!(heard["of"], json!(answer_id));
}

#[tokio::test]
async fn what_slixmpp_writes_and_says_of_it_is_shown() {
    let (_prosody, mut alice, mut bob) = both().await;
    let question = alice.say(BOB, "Which 🎂?\nQuick!").await;
    let asked = id(&bob.heard("message", with_body("Which 🎂?\nQuick!")).await);

    let typo = bob.text("say", json!([ALICE, "Tonihgt"])).await;
    alice.message("Tonihgt").await;
    for text in ["Tomorow", "Tomorrow"] {
        bob.ask("correct", json!([ALICE, typo, text])).await;
    }
    let with_quote = bob.text("reply", json!([ALICE, asked, "Apple 🍏", "Which 🎂?\nQuick!", "Alice"])).await;
    bob.ask("reply", json!([ALICE, asked, "Or plum", "Which 🎂?\nQuick!"])).await;
    bob.ask("reply", json!([ALICE, asked, "> no quote", null])).await;
    let bodies = |all: &[Message]| all.iter().map(|message| message.body.clone()).collect::<Vec<_>>();
    let expected = ["Which 🎂?\nQuick!", "Tomorrow", "Apple 🍏", "Or plum", "> no quote"];
    let all = alice.until_history(BOB, "five messages", |all| bodies(all) == expected).await;
    assert!(all[1].annotations.edited_at.is_some() && all[1].annotations.quote.is_none());
    for reply in &all[2..] {
        let quote = reply.annotations.quote.as_ref().unwrap();
        assert_eq!((quote.message, quote.is_own), (Some(question.cursor.id), true), "{reply:#?}");
        assert_eq!(quote.text, "Which 🎂?\nQuick!");
    }
    // What it says of its own corrects the answer, and it stays one.
    bob.ask("correct", json!([ALICE, with_quote, "Apple"])).await;
    let all = alice.until_history(BOB, "a corrected answer", |all| all[2].body == "Apple").await;
    assert!(all[2].annotations.quote.is_some() && all[2].annotations.edited_at.is_some());

    for expected in [&["👍", "🤷‍♀️"][..], &["❤️"], &[]] {
        bob.ask("react", json!([ALICE, asked, expected])).await;
        alice.until_history(BOB, "reactions", |all| emoji(&all[0].annotations) == expected).await;
    }

    bob.ask("retract", json!([ALICE, with_quote])).await;
    let all = alice.until_history(BOB, "a retraction", |all| all[2].annotations.is_retracted).await;
    assert_eq!((all[2].body.as_str(), all.len()), ("", 5), "what others would show instead is no message");
    // Nor does it bring anything back.
    bob.ask("correct", json!([ALICE, with_quote, "Pear"])).await;
    bob.ask("say", json!([ALICE, "That is all", false, false, true])).await;
    alice.message("That is all").await;
    let all = alice.history_with(BOB).await;
    assert!(all[2].annotations.is_retracted && all[2].body.is_empty(), "{:#?}", all[2]);
}

#[tokio::test]
async fn receipts_markers_and_chat_states_go_both_ways_with_slixmpp() {
    let (_prosody, mut alice, mut bob) = both().await;
    let sent = alice.say(BOB, "Are you there?").await;
    let heard = id(&bob.heard("message", with_body("Are you there?")).await);
    alice.until_state(sent.conversation, sent.cursor.id, MessageState::Delivered).await;
    // Of an older version, where it says no more than a receipt.
    bob.ask("mark", json!([ALICE, heard, "received"])).await;
    bob.ask("say", json!([ALICE, "Yes", true, true])).await;
    let got = alice.message("Yes").await;
    assert!(!alice.history(sent.conversation).await[0].is_read);
    let said = bob.heard("receipt", |_| true).await["of"].as_str().unwrap().to_owned();
    bob.ask("mark", json!([ALICE, heard, "displayed"])).await;
    alice.until_history(BOB, "read", |all| all[0].is_read).await;
    alice.tell(Command::MarkRead { conversation: got.conversation, up_to: got.cursor });
    assert_eq!(bob.heard("displayed", |_| true).await["of"], json!(said));

    let conversation = sent.conversation;
    for (name, state) in [
        ("composing", ChatState::Composing),
        ("paused", ChatState::Paused),
        ("active", ChatState::Active),
        ("composing", ChatState::Composing),
        ("inactive", ChatState::Inactive),
        ("gone", ChatState::Gone),
    ] {
        bob.ask("state", json!([ALICE, name])).await;
        let is_it = |event: &Event| *event == Event::ChatStateChanged { conversation, state };
        alice.wait(name, |event| is_it(event).then_some(())).await;
        alice.tell(Command::SetChatState { conversation, state });
        bob.heard("chat state", |line| line["state"] == name && line["from"] == ALICE).await;
    }
    assert_eq!(alice.texts(conversation).await, ["Are you there?", "Yes"], "nothing of it is a message");
}

fn mention(range: std::ops::Range<usize>, address: &str) -> Mention {
    Mention { range, address: BareJid::new(address).unwrap() }
}

fn with_mentions(mentions: Vec<Mention>) -> TextFormat {
    TextFormat { mentions, ..TextFormat::default() }
}

#[tokio::test]
async fn slixmpp_finds_whom_we_mention_where_we_say_so() {
    let (_prosody, alice, mut bob) = both().await;
    let conversation = alice.open(BOB).await.id;
    let say = async |body: &str, mentions, answers| {
        let (body, format) = (body.to_owned(), with_mentions(mentions));
        let sent =
            alice.request(|reply| Command::SendMessage { conversation, body, format, answers, preview: None, reply });
        sent.await.unwrap()
    };
    let body = "👩‍🍳 @Bób d'Ärger, and @Al";
    let first = say(body, vec![mention(4..16, BOB), mention(22..25, "d%q@chat.test")], None).await;
    let heard = bob.heard("message", with_body(body)).await;
    assert_eq!(heard["mentions"], json!([["@Bób d'Ärger", "xmpp:bob@chat.test"], ["@Al", "xmpp:d%25q@chat.test"]]));
    // What stands before the text for those who know no answers moves it.
    say("@Bób?", vec![mention(0..4, BOB)], Some(first.cursor.id)).await;
    let heard = bob.heard("reply", |line| line["rest"] == "@Bób?").await;
    assert_eq!(heard["mentions"], json!([["@Bób", "xmpp:bob@chat.test"]]), "{heard}");
    // So does a correction, which says anew who is mentioned.
    let (message, body, format) =
        (first.cursor.id, "/me asks @Bób".to_owned(), with_mentions(vec![mention(9..13, BOB)]));
    let corrected = alice.request(|reply| Command::CorrectMessage { message, body, format, preview: None, reply });
    corrected.await.unwrap();
    let heard = bob.heard("correction", with_body("/me asks @Bób")).await;
    assert_eq!(heard["mentions"], json!([["@Bób", "xmpp:bob@chat.test"]]));
}

#[tokio::test]
async fn whom_slixmpp_mentions_is_known_and_what_can_not_be_is_harmless() {
    let (prosody, mut alice, mut bob) = both().await;
    let body = "🎂 @Älice, ask @Bob";
    let hostile = json!([
        [9, 2, "xmpp:alice@chat.test"],
        [2, 4000, "xmpp:alice@chat.test"],
        [-1, 4, "xmpp:alice@chat.test"],
        ["x", "", "xmpp:alice@chat.test"],
        [0, 1, "https://example.org"],
        [0, 1, "javascript:alert(1)"],
        [0, 1, "xmpp:"],
        [4, 12, "xmpp:eve@chat.test"],
    ]);
    let sound = [json!([2, 8, "xmpp:alice@chat.test/phone"]), json!([14, 18, "xmpp:bob@chat.test?message"])];
    let places: Vec<_> = sound.iter().chain(hostile.as_array().unwrap()).cloned().collect();
    let said = bob.text("mention", json!([ALICE, body, places])).await;
    let expected = with_mentions(vec![mention(2..8, ALICE), mention(14..18, BOB)]);
    let all = alice.until_history(BOB, "a mention", |all| all.len() == 1).await;
    assert_eq!((all[0].body.as_str(), &all[0].format), (body, &expected));
    // A correction by somebody who mentions nobody takes them away.
    bob.ask("correct", json!([ALICE, said, "Nobody"])).await;
    alice.until_history(BOB, "no mention", |all| all[0].format == TextFormat::default()).await;
    // However many there are, a few are kept, and the next message comes as well.
    let many: Vec<_> = (0..2_000).map(|at| json!([at, at + 1, "xmpp:alice@chat.test"])).collect();
    bob.text("mention", json!([ALICE, "x".repeat(3_000), many])).await;
    bob.text("say", json!([ALICE, "still here"])).await;
    alice.message("still here").await;
    let all = alice.history_with(BOB).await;
    assert!((1..100).contains(&all[1].format.mentions.len()), "{}", all[1].format.mentions.len());
    // What the archive has is the same.
    let mut phone = Person::new(&prosody, "alice").await;
    let theirs = phone.until_history(BOB, "three messages", |all| all.len() == 3).await;
    let formats = |all: &[Message]| all.iter().map(|message| message.format.clone()).collect::<Vec<_>>();
    assert_eq!(formats(&theirs), formats(&all));
}

#[tokio::test]
async fn what_corrects_what_nobody_has_is_shown_once_and_as_it_was_last_and_is_one_with_it_when_it_comes() {
    let (prosody, mut alice, mut bob) = both().await;
    let nowhere = "9a1f5f2e-0000-4000-8000-000000000001";
    let typo = bob.text("say", json!([ALICE, "typo 0"])).await;
    // All within a second, which is all that the archive says of their time.
    for n in 1..6 {
        bob.ask("correct", json!([ALICE, nowhere, format!("orphan {n}")])).await;
        bob.ask("correct", json!([ALICE, typo, format!("typo {n}")])).await;
    }
    bob.text("say", json!([ALICE, "after"])).await;
    alice.message("after").await;
    let bodies = |all: &[Message]| all.iter().map(|message| message.body.clone()).collect::<Vec<_>>();
    let mut phone = Person::new(&prosody, "alice").await;
    for who in [&mut alice, &mut phone] {
        let all =
            who.until_history(BOB, "what is left of it", |all| bodies(all) == ["typo 5", "orphan 5", "after"]).await;
        let message = all[1].cursor.id;
        assert!(all[1].annotations.edited_at.is_some());
        let texts = who.request(|reply| Command::LoadRevisions { message, reply }).await.unwrap();
        assert!(texts.len() == 5 && texts.iter().all(|text| !text.is_original), "{texts:#?}");
    }
    bob.ask("say_as", json!([ALICE, "orphan 0", nowhere])).await;
    let mut tablet = Person::new(&prosody, "alice").await;
    for who in [&mut alice, &mut phone, &mut tablet] {
        let all = who.until_history(BOB, "one message", |all| bodies(all) == ["typo 5", "after", "orphan 5"]).await;
        let message = all[2].cursor.id;
        let texts = who.request(|reply| Command::LoadRevisions { message, reply }).await.unwrap();
        assert_eq!((texts.len(), texts[0].body.as_str(), texts[0].is_original), (6, "orphan 0", true));
    }
}
