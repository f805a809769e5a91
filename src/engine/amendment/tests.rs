mod doubt;

use super::*;
use crate::{
    engine::{
        api::{Event, HistoryAnchor, Message, TextFormat},
        batch::{Batch, taken_in},
        conversation,
        fixture::{ALICE, BOB, Fixture, NOW, Seen, carbon, jid},
        outbox,
    },
    ids::{ConversationId, Jid, Timestamp},
    orders::orders,
    store::search,
    xmpp::{
        carbon::Direction,
        delay::Delay,
        incoming::{self, Incoming, IncomingMessage},
        link_metadata,
        reaction::Reactions,
    },
};

const EVE: &str = "eve@chat.test";

fn says(fixture: &Fixture, who: &str, seconds: i64, say: impl FnOnce(&mut IncomingMessage)) -> IncomingMessage {
    let stamp = Timestamp(NOW.0 - 3_600_000 + seconds * 1_000);
    let mut message = IncomingMessage { delay: Some(Delay { stamp, from: None }), ..fixture.from(who, "") };
    message.body = None;
    say(&mut message);
    message
}

/// What Bob writes and then says of it, and Alice on another device: with the time of each.
fn story(fixture: &Fixture) -> Vec<IncomingMessage> {
    let first = says(fixture, BOB, 0, |message| message.body = Some("frist".to_owned()));
    let id = first.id.clone().unwrap();
    let corrects = |text: &str| {
        let (id, text) = (id.clone(), text.to_owned());
        move |message: &mut IncomingMessage| (message.corrects, message.body) = (Some(id), Some(text))
    };
    let reacts = |emoji: &[&str]| {
        let reactions = Reactions { id: id.clone(), emoji: emoji.iter().map(|emoji| (*emoji).to_owned()).collect() };
        move |message: &mut IncomingMessage| message.reactions = Some(reactions)
    };
    let elsewhere = says(fixture, ALICE, 3, reacts(&["🎉"]));
    let elsewhere = IncomingMessage { to: Some(Jid::new(BOB).unwrap()), ..elsewhere };
    vec![
        first.clone(),
        says(fixture, BOB, 1, corrects("fisrt")),
        says(fixture, BOB, 2, corrects("first")),
        carbon(Direction::Sent, elsewhere),
        says(fixture, BOB, 4, reacts(&["🐢", "🎉"])),
    ]
}

fn shown(fixture: &Fixture) -> Vec<Message> {
    let id = fixture.open(BOB);
    conversation::history(&fixture.store, id, HistoryAnchor::Newest, 100).unwrap().messages
}

#[test]
fn whatever_order_a_story_comes_in_it_ends_the_same() {
    for order in orders(5) {
        let fixture = Fixture::new();
        // Somebody has written before, or nothing would wait for what is unknown.
        fixture.receive(&[fixture.from(BOB, "before")]);
        let story = story(&fixture);
        let mut news = 0;
        for n in &order {
            news += fixture.receive(&[story[*n].clone()]).news.len();
            // All of it may come twice.
            assert!(fixture.receive(&[story[*n].clone()]).news.is_empty(), "{order:?}");
        }
        let all = shown(&fixture);
        assert_eq!(all.iter().map(|m| m.body.as_str()).collect::<Vec<_>>(), ["before", "first"], "{order:?}");
        let annotations = &all[1].annotations;
        assert_eq!(annotations.edited_at, Some(Timestamp(NOW.0 - 3_600_000 + 2_000)), "{order:?}");
        let reactions: Vec<_> =
            annotations.reactions.iter().map(|it| (it.emoji.as_str(), it.by.len(), it.is_own)).collect();
        assert_eq!(reactions, [("🎉", 2, true), ("🐢", 1, false)], "{order:?}");
        assert!((1..=3).contains(&news), "a stand-in is news as well: {order:?}");
    }
}

#[test]
fn nobody_changes_what_somebody_else_wrote() {
    let fixture = Fixture::new();
    let bobs = fixture.from(BOB, "mine");
    fixture.receive(std::slice::from_ref(&bobs));
    let id = fixture.open(BOB);
    let (ours, _) = fixture.send(id, "ours");
    let our_id = message::by_id(&fixture.store, ours.cursor.id).unwrap().stanza_id.unwrap();
    let before = shown(&fixture);
    let forged = |who: &str, id: &str| {
        let corrects =
            says(&fixture, who, 0, |m| (m.corrects, m.body) = (Some(id.to_owned()), Some("forged".to_owned())));
        let retracts = says(&fixture, who, 0, |m| m.retracts = Some(id.to_owned()));
        [corrects, retracts]
    };
    // Bob of what we wrote, Eve of what Bob wrote, ourselves of what Bob wrote.
    let [corrects, retracts] = forged(BOB, &our_id);
    fixture.receive(&[retracts]);
    let sneaked = fixture.receive(&[corrects]);
    assert_eq!(sneaked.bodies(), ["forged"], "a correction of nothing is what its author says, and nothing else");
    fixture.receive(&forged(EVE, &bobs.id.clone().unwrap()));
    let sent = forged(ALICE, &bobs.id.unwrap())
        .map(|m| carbon(Direction::Sent, IncomingMessage { to: Some(Jid::new(BOB).unwrap()), ..m }));
    fixture.receive(&sent);
    let after = shown(&fixture);
    assert_eq!(after[..2], before[..], "{after:?}");
    // Whoever takes back what they never wrote takes back their own text for it.
    let own: Vec<_> = after[2..].iter().map(|it| (it.body.as_str(), it.is_outgoing)).collect();
    assert_eq!(own, [("forged", false), ("", true)]);
    assert!(after[3].annotations.is_retracted && after[2].annotations.quote.is_none());
}

#[test]
fn what_was_taken_back_leaves_nothing() {
    let fixture = Fixture::new();
    let story = story(&fixture);
    fixture.receive(&story);
    let id = story[0].id.clone().unwrap();
    let seen = fixture.receive(&[says(&fixture, BOB, 9, |m| m.retracts = Some(id))]);
    assert_eq!((seen.stored.len(), seen.news.len(), seen.changed.len()), (0, 0, 1));
    let [message] = &shown(&fixture)[..] else { panic!("one") };
    assert_eq!((message.body.as_str(), message.annotations.is_retracted), ("", true));
    assert!(message.annotations.reactions.is_empty() && message.annotations.edited_at.is_none());
    assert!(revisions(&fixture.store, message.cursor.id).unwrap().is_empty());
    for text in ["frist", "first"] {
        let query = search::Query { text: text.to_owned(), ..search::Query::default() };
        assert!(search::find(&fixture.store, &query, None, 10).unwrap().is_empty(), "{text}");
    }
    // What comes late comes too late.
    assert!(fixture.receive(&story[1..]).changed.is_empty());
}

#[test]
fn a_correction_is_no_news_and_is_found_by_its_new_words_alone() {
    let fixture = Fixture::new();
    let first = fixture.from(BOB, "wheatear");
    let id = first.id.clone();
    fixture.receive(&[first]);
    let correction = says(&fixture, BOB, 5, |m| (m.corrects, m.body) = (id, Some("whinchat".to_owned())));
    let seen = fixture.receive(&[correction]);
    assert_eq!((seen.news.len(), seen.stored.len(), seen.changed.len()), (0, 0, 1));
    assert_eq!((seen.changed[0].body.as_str(), seen.changed[0].annotations.edited_at.is_some()), ("whinchat", true));
    let found = |text: &str| {
        let query = search::Query { text: text.to_owned(), ..search::Query::default() };
        search::find(&fixture.store, &query, None, 10).unwrap().len()
    };
    assert_eq!((found("wheatear"), found("whinchat")), (0, 1));
}

/// The stanzas that go out, as the other side reads them.
fn read(outgoing: &[Outgoing]) -> Vec<IncomingMessage> {
    let read = outgoing.iter().map(|outgoing| match incoming::parse(&outgoing.stanza) {
        Incoming::Message(message) => *message,
        other => panic!("{other:?}"),
    });
    read.collect()
}

fn origin(text: &str) -> OriginId {
    OriginId(text.to_owned())
}

/// Alice, online, with a message that has arrived.
fn sent(text: &str) -> (Fixture, ConversationId, Message) {
    let fixture = Fixture::new();
    let id = fixture.open(BOB);
    let (message, _) = fixture.send(id, text);
    outbox::acked(&fixture.store, &[message.cursor.id]).unwrap();
    (fixture, id, message)
}

#[test]
fn our_correction_goes_out_under_the_first_id_until_a_server_has_it() {
    let (fixture, _, message) = sent("frist");
    let (store, scope, id) = (&fixture.store, &fixture.scope, message.cursor.id);
    let name = message::by_id(store, id).unwrap().stanza_id;
    correct(store, scope, id, "fisrt".to_owned(), TextFormat::default(), Vec::new(), &origin("c-1")).unwrap();
    let seen = Seen::from(
        correct(store, scope, id, "first".to_owned(), TextFormat::default(), Vec::new(), &origin("c-2")).unwrap(),
    );
    assert_eq!(seen.changed[0].body, "first");
    let [stanza] = &read(&seen.effects.stanzas)[..] else { panic!("one") };
    assert_eq!(
        (stanza.corrects.clone(), stanza.body.as_deref(), stanza.id.as_deref()),
        (name, Some("first"), Some("c-2"))
    );
    // The line breaks: with the next session it goes out again, under its id.
    let again = due(store, scope, None).unwrap();
    assert_eq!(read(&again)[0].id.as_deref(), Some("c-2"));
    let batch = Batch { confirmed: vec![again[0].amendment.unwrap()], ..Batch::default() };
    taken_in(store, scope, &batch, false).unwrap();
    assert!(due(store, scope, None).unwrap().is_empty());
    let texts: Vec<_> = revisions(store, id).unwrap().into_iter().map(|revision| revision.body).collect();
    assert_eq!(texts, ["frist", "fisrt", "first"]);
    // The same text is no correction.
    assert!(
        correct(store, scope, id, "first".to_owned(), TextFormat::default(), Vec::new(), &origin("c-3"))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_has_not_left_yet_is_written_anew_and_what_is_on_its_way_is_corrected_when_it_has_arrived() {
    let mut fixture = Fixture::new();
    fixture.scope.is_online = false;
    let id = fixture.open(BOB);
    let (unsent, _) = fixture.send(id, "frist");
    correct(
        &fixture.store,
        &fixture.scope,
        unsent.cursor.id,
        "first".to_owned(),
        TextFormat::default(),
        Vec::new(),
        &origin("c-1"),
    )
    .unwrap();
    let row = message::by_id(&fixture.store, unsent.cursor.id).unwrap();
    assert_eq!((row.body.as_str(), revisions(&fixture.store, row.cursor.id).unwrap().len()), ("first", 0));
    fixture.scope.is_online = true;
    let (under_way, _) = fixture.send(id, "secnod");
    let effects = correct(
        &fixture.store,
        &fixture.scope,
        under_way.cursor.id,
        "second".to_owned(),
        TextFormat::default(),
        Vec::new(),
        &origin("c-2"),
    )
    .unwrap();
    assert!(effects.stanzas.is_empty(), "it would overtake what it corrects");
    let batch = Batch { acked: vec![under_way.cursor.id], ..Batch::default() };
    let (effects, _) = taken_in(&fixture.store, &fixture.scope, &batch, false).unwrap();
    assert_eq!(read(&effects.stanzas)[0].body.as_deref(), Some("second"));
}

#[test]
fn our_reactions_replace_each_other_and_offline_they_wait() {
    let mut fixture = Fixture::new();
    fixture.scope.is_online = false;
    let theirs = fixture.receive(&[fixture.from(BOB, "good news")]).stored.remove(0);
    let emoji = |list: &[&str]| list.iter().map(|emoji| (*emoji).to_owned()).collect::<Vec<_>>();
    let id = theirs.cursor.id;
    let effects = react(&fixture.store, &fixture.scope, id, &emoji(&["👍"]), &origin("r-1")).unwrap();
    assert!(effects.stanzas.is_empty());
    fixture.scope.now = Timestamp(NOW.0 + 1);
    react(&fixture.store, &fixture.scope, id, &emoji(&["👍", "🎉", "no emoji"]), &origin("r-2")).unwrap();
    fixture.scope.is_online = true;
    let [stanza] = &read(&due(&fixture.store, &fixture.scope, None).unwrap())[..] else { panic!("one") };
    let name = message::by_id(&fixture.store, id).unwrap().stanza_id.unwrap();
    assert_eq!(stanza.reactions, Some(Reactions { id: name, emoji: emoji(&["👍", "🎉"]) }));
    fixture.scope.now = Timestamp(NOW.0 + 2);
    let effects = react(&fixture.store, &fixture.scope, id, &[], &origin("r-3")).unwrap();
    assert_eq!(read(&effects.stanzas)[0].reactions.as_ref().unwrap().emoji, Vec::<String>::new());
    assert!(shown(&fixture)[0].annotations.reactions.is_empty());
}

#[test]
fn we_take_back_what_is_ours_alone() {
    let (fixture, _, message) = sent("never said");
    let (store, scope) = (&fixture.store, &fixture.scope);
    let theirs = fixture.receive(&[fixture.from(BOB, "theirs")]).stored.remove(0);
    for forbidden in [
        retract(store, scope, theirs.cursor.id, &origin("x")).err(),
        correct(store, scope, theirs.cursor.id, "x".to_owned(), TextFormat::default(), Vec::new(), &origin("x")).err(),
    ] {
        assert!(matches!(forbidden, Some(StoreError::NotFound)), "{forbidden:?}");
    }
    correct(
        store,
        scope,
        message.cursor.id,
        "said otherwise".to_owned(),
        TextFormat::default(),
        Vec::new(),
        &origin("c-1"),
    )
    .unwrap();
    let effects = retract(store, scope, message.cursor.id, &origin("x-1")).unwrap();
    let [stanza] = &read(&effects.stanzas)[..] else { panic!("the correction need not go out any more") };
    assert_eq!(stanza.retracts, message::by_id(store, message.cursor.id).unwrap().stanza_id);
    assert!(shown(&fixture)[0].annotations.is_retracted);
    assert!(matches!(
        correct(store, scope, message.cursor.id, "x".to_owned(), TextFormat::default(), Vec::new(), &origin("c")),
        Err(StoreError::NotFound)
    ));
}

#[test]
fn a_reply_carries_its_quote_for_others_and_shows_what_stands_there_now() {
    let (fixture, id, _) = sent("first");
    let bobs = fixture.from(BOB, "A cake?\nTonight?");
    let name = bobs.id.clone();
    let theirs = fixture.receive(&[bobs]).stored.remove(0);
    let (answer, effects) = fixture.answer(id, "Great idea!", Some(theirs.cursor.id));
    let body = effects.stanzas[0].stanza.get_child("body", "jabber:client").unwrap().text();
    assert_eq!(body, "> A cake?\n> Tonight?\nGreat idea!");
    let stanza = &read(&effects.stanzas)[0];
    assert_eq!(
        (stanza.body.as_deref(), stanza.reply.as_ref().map(|reply| reply.id.clone())),
        (Some("Great idea!"), name.clone())
    );
    let quote = answer.annotations.quote.unwrap();
    assert_eq!(
        (quote.message, quote.is_own, quote.text.as_str()),
        (Some(theirs.cursor.id), false, "A cake?\nTonight?")
    );
    // The quote follows what it quotes.
    fixture.receive(&[says(&fixture, BOB, 5, |m| (m.corrects, m.body) = (name.clone(), Some("A pie?".to_owned())))]);
    let quote = |n: usize| shown(&fixture)[n].annotations.quote.clone().unwrap();
    assert_eq!(quote(2).text, "A pie?");
    fixture.receive(&[says(&fixture, BOB, 6, |m| m.retracts = name)]);
    assert!(quote(2).is_retracted && quote(2).text.is_empty());
    // One of another conversation is not answered.
    let eves = fixture.receive(&[fixture.from(EVE, "secret")]).stored.remove(0);
    assert_eq!(fixture.answer(id, "what?", Some(eves.cursor.id)).0.annotations.quote, None);
    assert_eq!(jid(EVE), eves.sender);
}

#[test]
fn what_was_deleted_for_oneself_does_not_come_back() {
    let fixture = Fixture::new();
    let bobs = fixture.from(BOB, "forget it");
    let stored = fixture.receive(std::slice::from_ref(&bobs)).stored.remove(0);
    let seen = Seen::from(remove(&fixture.store, stored.cursor.id).unwrap());
    assert!(matches!(seen.effects.events[0], Event::MessageRemoved { .. }));
    assert!(fixture.receive(&[bobs]).stored.is_empty());
    assert!(shown(&fixture).is_empty());
}

fn preview(url: &str, title: &str) -> LinkPreview {
    LinkPreview { url: url.to_owned(), title: title.to_owned(), ..LinkPreview::default() }
}

#[test]
fn a_new_text_brings_what_is_said_of_its_own_links() {
    let fixture = Fixture::new();
    let conversation = fixture.open(BOB);
    let (message, _) = fixture.send(conversation, "https://a.example");
    let id = message.cursor.id;
    let new = |text: &str, links: &[LinkPreview], id_of: &str| {
        correct(
            &fixture.store,
            &fixture.scope,
            id,
            text.to_owned(),
            TextFormat::default(),
            links.to_vec(),
            &origin(id_of),
        )
        .unwrap()
    };
    outbox::acked(&fixture.store, &[id]).unwrap();
    let links = [preview("https://b.example", "B")];
    let effects = new("https://b.example", &links, "c-1");
    let said = link_metadata::parse(&effects.stanzas[0].stanza);
    assert_eq!(said.iter().map(|about| about.title.as_str()).collect::<Vec<_>>(), ["B"]);
    assert_eq!(Seen::from(effects).changed[0].annotations.links, links);
    assert!(new("https://b.example", &links, "c-2").is_empty(), "nothing is new");
    let effects = new("https://b.example", &[], "c-3");
    assert_eq!(link_metadata::parse(&effects.stanzas[0].stanza), [], "it was left out");
    assert_eq!(Seen::from(effects).changed[0].annotations.links, []);
}
