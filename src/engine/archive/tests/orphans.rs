//! Corrections of messages that never come, and of those that come late.

use super::*;
use crate::{
    engine::{amendment, api::Message, removal},
    store::amendment::Revision,
};

const GONE: &str = "00000000-0000-0000-2222-000000000000";

/// What an archive has at this place instead of a message of its own.
fn says(mut item: Archived, say: impl FnOnce(&mut IncomingMessage)) -> Archived {
    say(&mut item.message);
    item
}

fn corrects(item: Archived, target: &str, text: &str) -> Archived {
    says(item, |message| (message.corrects, message.body) = (Some(target.to_owned()), Some(text.to_owned())))
}

fn id_of(n: usize) -> String {
    item(n, n).message.id.clone().unwrap()
}

/// An archive of so many messages, with other things at some places.
fn archive(len: usize, others: impl IntoIterator<Item = (usize, Archived)>) -> Archive {
    let mut archive = Archive::new(len);
    for (n, other) in others {
        archive.items[n] = other;
    }
    archive
}

fn shown(fixture: &Fixture) -> Vec<Message> {
    let id = fixture.open(BOB);
    conversation::history(&fixture.store, id, HistoryAnchor::Newest, 1_000).unwrap().messages
}

/// The message that stands for what is gone, and its texts.
fn stand_in(fixture: &Fixture, body: &str) -> (Message, Vec<Revision>) {
    let mut found = shown(fixture).into_iter().filter(|message| message.body == body);
    let message = found.next().unwrap_or_else(|| panic!("{body} is not shown"));
    assert!(found.next().is_none(), "{body} is shown twice");
    let revisions = amendment::revisions(&fixture.store, message.cursor.id).unwrap();
    (message, revisions)
}

fn texts(revisions: &[Revision]) -> Vec<(&str, bool)> {
    revisions.iter().map(|revision| (revision.body.as_str(), revision.is_original)).collect()
}

#[test]
fn what_corrects_a_message_that_no_archive_has_is_shown_when_that_is_certain() {
    let fixture = Fixture::new();
    let all = archive(25, [(18, corrects(item(18, 25), GONE, "better"))]);
    all.fetch(&fixture, 1);
    assert!(!bodies(&fixture).contains(&"better".to_owned()), "it may still come");
    let (stored, news) = all.fetch(&fixture, 100);
    assert_eq!((stored, news, unread(&fixture)), (16, 0, 0));
    let mut expected = numbers(25);
    expected[18] = "better".to_owned();
    assert_eq!(bodies(&fixture), expected, "in its place");
    let (message, revisions) = stand_in(&fixture, "better");
    assert!(message.annotations.edited_at.is_some() && !message.is_outgoing);
    assert_eq!(texts(&revisions), [("better", false)]);
    // Once is enough, with this session and the next.
    assert_eq!(all.fetch(&fixture, 100), (0, 0));
    // What it corrects comes after all.
    let late = IncomingMessage {
        id: Some(GONE.to_owned()),
        origin_id: Some(OriginId(GONE.to_owned())),
        ..fixture.from(BOB, "worse")
    };
    fixture.receive(&[late]);
    assert_eq!(bodies(&fixture).len(), 25);
    let (joined, revisions) = stand_in(&fixture, "better");
    assert_ne!(joined.cursor.id, message.cursor.id);
    assert_eq!(texts(&revisions), [("worse", true), ("better", false)]);
}

#[test]
fn what_came_so_in_an_absence_is_news() {
    let fixture = Fixture::new();
    Archive::new(30).fetch(&fixture, 100);
    let mut items: Vec<_> = (0..40).map(|n| item(n, 30)).collect();
    items[39] = corrects(items[39].clone(), GONE, "better");
    assert_eq!(Archive { items }.fetch(&fixture, 100), (10, 10));
    assert_eq!((unread(&fixture), bodies(&fixture).last().unwrap().as_str()), (10, "better"));
}

/// The archive's clock was set back between two of its pages.
#[test]
fn what_is_older_stands_below_it_though_it_waits_on_another_page() {
    let fixture = Fixture::new();
    // Ten are on a page.
    let mut all = archive(25, [(15, corrects(item(15, 25), GONE, "15"))]);
    all.items[14].stamp = Timestamp(all.items[15].stamp.0 + 500);
    all.fetch(&fixture, 100);
    assert_eq!(bodies(&fixture), numbers(25));
}

#[test]
fn several_corrections_of_one_message_are_one_also_where_pages_part_them_and_seconds_do_not() {
    // Ten are on a page: the oldest of them stands on another one than those that follow.
    let at = |n: usize| Archived { stamp: item(15, 25).stamp, ..item(n, 25) };
    for target in [GONE.to_owned(), id_of(3)] {
        for comes_live in [false, true] {
            let fixture = Fixture::new();
            if comes_live {
                fixture.receive(&[live(&item(3, 25))]);
            }
            let corrections = ["one", "two", "three"].iter().zip([14, 15, 16]);
            let all = archive(25, corrections.map(|(text, n)| (n, corrects(at(n), &target, text))));
            all.fetch(&fixture, 100);
            let (message, revisions) = stand_in(&fixture, "three");
            let texts: Vec<_> = texts(&revisions).into_iter().map(|(text, _)| text).collect();
            assert_eq!(texts[texts.len() - 3..], ["one", "two", "three"], "{target}, live: {comes_live}");
            let is_known = target != GONE;
            assert_eq!((texts.len(), revisions[0].is_original), (3 + usize::from(is_known), is_known));
            assert_eq!(shown(&fixture).len(), 23 - usize::from(is_known));
            assert!(message.annotations.edited_at.is_some());
            // The same once more changes nothing.
            assert_eq!(all.fetch(&fixture, 100), (0, 0));
            assert_eq!(amendment::revisions(&fixture.store, message.cursor.id).unwrap(), revisions);
        }
    }
}

#[test]
fn the_archives_order_counts_more_than_the_time_at_which_a_text_came() {
    // Our clock is ahead: the first correction came live, as it says after the second one.
    for target in [id_of(3), GONE.to_owned()] {
        let fixture = Fixture::new();
        fixture.receive(&[live(&item(3, 25)), live(&corrects(item(14, 25), &target, "one"))]);
        assert!(bodies(&fixture).contains(&"one".to_owned()));
        let others = [(14, "one"), (16, "two")].map(|(n, text)| (n, corrects(item(n, 25), &target, text)));
        archive(25, others).fetch(&fixture, 100);
        let (_, revisions) = stand_in(&fixture, "two");
        let texts: Vec<_> = texts(&revisions).into_iter().map(|(text, _)| text).collect();
        assert_eq!(texts[texts.len() - 2..], ["one", "two"]);
        assert!(!bodies(&fixture).contains(&"one".to_owned()));
    }
}

#[test]
fn what_corrects_anothers_message_is_its_authors_own() {
    let fixture = Fixture::new();
    let id = fixture.open(BOB);
    let (ours, _) = fixture.send(id, "ours");
    let our_id = message::by_id(&fixture.store, ours.cursor.id).unwrap().stanza_id.unwrap();
    archive(5, [(4, corrects(item(4, 5), &our_id, "forged"))]).fetch(&fixture, 100);
    let (message, _) = stand_in(&fixture, "forged");
    assert_eq!((message.sender, message.is_outgoing), (jid(BOB), false));
    assert!(bodies(&fixture).contains(&"ours".to_owned()));
}

#[test]
fn what_its_author_has_taken_back_is_not_shown_nor_what_is_said_in_emoji() {
    let retracts =
        |item: Archived| says(item, |message| (message.retracts, message.body) = (Some(GONE.to_owned()), None));
    let reacts = says(item(2, 5), |message| {
        let emoji = vec!["👍".to_owned()];
        message.reactions = Some(crate::xmpp::reaction::Reactions { id: GONE.to_owned(), emoji });
        message.body = None;
    });
    let fixture = Fixture::new();
    archive(5, [(1, corrects(item(1, 5), GONE, "secret")), (2, reacts), (3, retracts(item(3, 5)))])
        .fetch(&fixture, 100);
    assert_eq!(bodies(&fixture), ["0", "4"]);
    // Where it is shown already, it is so no more.
    let fixture = Fixture::new();
    archive(5, [(1, corrects(item(1, 5), GONE, "secret"))]).fetch(&fixture, 100);
    fixture.receive(&[live(&retracts(item(7, 9)))]);
    assert_eq!(bodies(&fixture), ["0", "", "2", "3", "4"]);
    assert!(shown(&fixture)[1].annotations.is_retracted);
    // So it is where it is known what was meant.
    let late = IncomingMessage {
        id: Some(GONE.to_owned()),
        origin_id: Some(OriginId(GONE.to_owned())),
        ..fixture.from(BOB, "worse")
    };
    fixture.receive(&[late]);
    assert_eq!(bodies(&fixture), ["0", "2", "3", "4", ""]);
}

#[test]
fn what_stands_in_and_was_deleted_here_does_not_come_back() {
    let fixture = Fixture::new();
    let all = archive(5, [(1, corrects(item(1, 5), GONE, "better"))]);
    all.fetch(&fixture, 100);
    let (message, _) = stand_in(&fixture, "better");
    removal::remove(&fixture.store, message.cursor.id).unwrap();
    assert_eq!(all.fetch(&fixture, 100), (0, 0));
    assert_eq!(bodies(&fixture), ["0", "2", "3", "4"]);
}

#[test]
fn a_correction_that_comes_first_of_all_is_one_with_what_the_archive_has() {
    let fixture = Fixture::new();
    let correction = corrects(item(4, 5), &id_of(1), "better");
    fixture.receive(&[live(&correction)]);
    assert_eq!(bodies(&fixture), ["better"]);
    // Another one of what nobody knows yet belongs to the same.
    let again = corrects(item(9, 10), &id_of(1), "best");
    fixture.receive(&[live(&again)]);
    assert_eq!(texts(&stand_in(&fixture, "best").1), [("better", false), ("best", false)]);
    let mut all = archive(5, [(4, correction)]);
    all.items.push(again);
    all.fetch(&fixture, 100);
    assert_eq!(bodies(&fixture), ["0", "best", "2", "3"]);
    assert_eq!(texts(&stand_in(&fixture, "best").1), [("1", true), ("better", false), ("best", false)]);
}

#[test]
fn in_one_batch_it_is_one_as_well() {
    let fixture = Fixture::new();
    let correction = corrects(item(4, 5), &id_of(1), "better");
    let seen = fixture.receive(&[live(&correction), live(&item(1, 5))]);
    assert_eq!((bodies(&fixture), seen.bodies()), (vec!["better".to_owned()], vec!["better"]));
}

#[test]
fn what_is_looked_at_is_shown_whole_before_the_rest_is_here() {
    let fixture = Fixture::new();
    let all = archive(25, [(24, corrects(item(24, 25), GONE, "better"))]);
    let id = fixture.open(BOB);
    let mut fetching = fetching(newest(&fixture.store, &fixture.scope).unwrap());
    fetching.prefer(id, jid(BOB), false);
    let query = ask(&mut fetching);
    for item in &all.items {
        let archived = Archived { query: Some(query.id.clone()), ..item.clone() };
        let message = IncomingMessage { archived: Some(archived), ..IncomingMessage::default() };
        fetching.take(&jid(ALICE), message);
    }
    let page = fetching.finish(&query.id, Fin { is_complete: true, count: None }).unwrap();
    store_page(&fixture.store, &fixture.scope, &page).unwrap();
    assert_eq!(bodies(&fixture).last().unwrap(), "better");
}
