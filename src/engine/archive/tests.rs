mod arrival;
mod orphans;
mod read;
mod trouble;
mod twice;

use std::collections::HashSet;

use super::{plan::since, *};
use crate::{
    engine::{
        api::{Event, HistoryAnchor, MessageState},
        conversation,
        fixture::{ALICE, BOB, Fixture, NOW, Seen, carbon, jid},
    },
    ids::{Jid, OriginId},
    store::message,
    xmpp::{
        archive::{Archived, Fin, Query},
        carbon::Direction,
        incoming::{IncomingMessage, MessageKind},
        stanza_id::StanzaId,
    },
};

/// An archive of `len` messages from Bob, one each second, the last of them a minute ago.
struct Archive {
    items: Vec<Archived>,
}

impl Archive {
    fn new(len: usize) -> Self {
        Self { items: (0..len).map(|n| item(n, len)).collect() }
    }

    /// What a server answers.
    fn page(&self, plan: &Plan, begun_after: MessageId) -> Page {
        let start = plan.below.as_ref().map_or(Timestamp(0), since);
        let end = match &plan.before {
            Some(before) => self.items.iter().position(|item| item.id == *before).unwrap(),
            None => self.items.len(),
        };
        let wanted: Vec<_> = self.items[..end].iter().filter(|item| item.stamp >= start).cloned().collect();
        let first = wanted.len().saturating_sub(10);
        Page {
            want: Want::Missing(plan.clone()),
            items: wanted[first..].to_vec(),
            is_complete: first == 0,
            is_bounded: false,
            next_before: None,
            begun_after,
        }
    }

    /// Fetches at most so many pages; how many messages were new, and how many news.
    fn fetch(&self, fixture: &Fixture, pages: usize) -> (usize, usize) {
        self.fetch_in_session(fixture, pages, message::newest_id(&fixture.store).unwrap())
    }

    /// The same in a session before which nothing came after this message.
    fn fetch_in_session(&self, fixture: &Fixture, pages: usize, begun_after: MessageId) -> (usize, usize) {
        let (mut plan, mut stored, mut news) = (Some(newest(&fixture.store, &fixture.scope).unwrap()), 0, 0);
        for _ in 0..pages {
            let Some(asked) = plan.take() else { break };
            let page = self.page(&asked, begun_after);
            let (After::Missing(next), effects) = store_page(&fixture.store, &fixture.scope, &page).unwrap() else {
                panic!("a page of what is missing")
            };
            let seen = Seen::from(effects);
            (stored, news) = (stored + seen.stored.len(), news + seen.news.len());
            plan = next;
        }
        (stored, news)
    }
}

fn fetching(plan: Plan) -> Fetching {
    let mut fetching = Fetching::new(MessageId(0));
    fetching.begin(plan);
    fetching
}

fn ask(fetching: &mut Fetching) -> Query {
    match fetching.next() {
        Next::Ask(query) => query,
        other => panic!("{other:?}"),
    }
}

fn item(n: usize, len: usize) -> Archived {
    let back = (i64::try_from(len).unwrap() - i64::try_from(n).unwrap()) * 1_000;
    let id = format!("00000000-0000-0000-1111-{n:012}");
    let message = IncomingMessage {
        from: Some(Jid::new(&format!("{BOB}/phone")).unwrap()),
        to: Some(Jid::new(ALICE).unwrap()),
        origin_id: Some(OriginId(id.clone())),
        id: Some(id),
        kind: MessageKind::Chat,
        body: Some(n.to_string()),
        ..IncomingMessage::default()
    };
    Archived { query: None, id: format!("a-{n}"), stamp: Timestamp(NOW.0 - 60_000 - back), message: Box::new(message) }
}

fn bodies(fixture: &Fixture) -> Vec<String> {
    let id = fixture.open(BOB);
    let page = conversation::history(&fixture.store, id, HistoryAnchor::Newest, 1_000).unwrap();
    page.messages.into_iter().map(|message| message.body).collect()
}

fn numbers(len: usize) -> Vec<String> {
    (0..len).map(|n| n.to_string()).collect()
}

fn unread(fixture: &Fixture) -> u32 {
    let id = fixture.open(BOB);
    conversation::all(&fixture.store, fixture.scope.account).unwrap().into_iter().find(|c| c.id == id).unwrap().unread
}

fn ranges(fixture: &Fixture) -> Vec<(String, String, bool)> {
    let mut all = Vec::new();
    let mut next = table::newest(&fixture.store, fixture.scope.account).unwrap();
    while let Some(range) = next {
        next = table::older(&fixture.store, fixture.scope.account, range.id).unwrap();
        all.push((range.first_id, range.last_id, range.is_start));
    }
    all
}

fn range(first: &str, last: &str, is_start: bool) -> (String, String, bool) {
    (first.to_owned(), last.to_owned(), is_start)
}

#[test]
fn a_new_device_gets_all_in_order_and_nothing_is_news() {
    let fixture = Fixture::new();
    assert_eq!(Archive::new(95).fetch(&fixture, 100), (95, 0));
    assert_eq!(bodies(&fixture), numbers(95));
    assert_eq!((unread(&fixture), ranges(&fixture)), (0, vec![range("a-0", "a-94", true)]));
}

#[test]
fn an_empty_archive_is_asked_once() {
    let fixture = Fixture::new();
    let plan = newest(&fixture.store, &fixture.scope).unwrap();
    let page = Archive::new(0).page(&plan, MessageId(0));
    assert_eq!(store_page(&fixture.store, &fixture.scope, &page).unwrap().0, After::Missing(None));
}

#[test]
fn what_came_in_an_absence_is_unread_and_news_and_nothing_else() {
    let fixture = Fixture::new();
    Archive::new(30).fetch(&fixture, 100);
    // The clock goes on by as much as the archive grows.
    let grown = Archive { items: (0..75).map(|n| item(n, 30)).collect::<Vec<_>>() };
    assert_eq!(grown.fetch(&fixture, 100), (45, 45));
    assert_eq!(bodies(&fixture), numbers(75));
    assert_eq!((unread(&fixture), ranges(&fixture)), (45, vec![range("a-0", "a-74", true)]));
    assert_eq!(grown.fetch(&fixture, 100), (0, 0));
}

#[test]
fn a_sync_that_is_cut_off_goes_on_where_it_was_after_the_newest_came() {
    let fixture = Fixture::new();
    let all = |len: usize| Archive { items: (0..len).map(|n| item(n, 100)).collect() };
    all(40).fetch(&fixture, 2);
    all(80).fetch(&fixture, 2);
    assert_eq!(ranges(&fixture), [range("a-60", "a-79", false), range("a-20", "a-39", false)]);
    all(100).fetch(&fixture, 1);
    assert_eq!(ranges(&fixture).len(), 3);
    all(100).fetch(&fixture, 100);
    assert_eq!(ranges(&fixture), [range("a-0", "a-99", true)]);
    assert_eq!(bodies(&fixture), numbers(100));
}

#[test]
fn what_came_live_is_not_shown_twice_and_stays_where_it_is() {
    let fixture = Fixture::new();
    let archive = Archive::new(30);
    let live = |n: usize| (*archive.items[n].message).clone();
    let seen = fixture.receive(&[live(28), live(29)]);
    let places: Vec<_> = seen.stored.iter().map(|m| m.cursor).collect();
    assert_eq!(archive.fetch(&fixture, 100), (28, 0));
    assert_eq!(bodies(&fixture), numbers(30));
    assert_eq!(unread(&fixture), 2);
    let id = fixture.open(BOB);
    let page = conversation::history(&fixture.store, id, HistoryAnchor::Newest, 2).unwrap();
    assert_eq!(page.messages.iter().map(|m| m.cursor).collect::<Vec<_>>(), places);
    assert_eq!(message::by_id(&fixture.store, places[0].id).unwrap().archive_id.unwrap().id, "a-28");
}

#[test]
fn the_archives_order_counts_more_than_our_clock() {
    let mut fixture = Fixture::new();
    let all = |len: usize| Archive { items: (0..len).map(|n| item(n, 40)).collect() };
    // Our clock is an hour slow: what comes live stands under a time long past.
    fixture.scope.now = Timestamp(NOW.0 - 3_600_000);
    all(10).fetch(&fixture, 100);
    fixture.receive(&[(*item(10, 40).message).clone()]);
    let live = (*item(39, 40).message).clone();
    let begun_after = message::newest_id(&fixture.store).unwrap();
    fixture.receive(&[live]);
    let mut plan = Some(newest(&fixture.store, &fixture.scope).unwrap());
    while let Some(asked) = plan.take() {
        let (After::Missing(next), _) =
            store_page(&fixture.store, &fixture.scope, &all(40).page(&asked, begun_after)).unwrap()
        else {
            panic!("a page of what is missing")
        };
        plan = next;
    }
    assert_eq!(bodies(&fixture), numbers(40));
}

#[test]
fn our_own_message_that_waits_has_arrived_when_the_archive_has_it() {
    let fixture = Fixture::new();
    let id = fixture.open(BOB);
    let (message, _) = fixture.send(id, "is it there?");
    let mut archived = item(0, 1);
    let ours = message::by_id(&fixture.store, message.cursor.id).unwrap();
    archived.message.from = Some(Jid::new(&format!("{ALICE}/laptop")).unwrap());
    archived.message.to = Some(Jid::new(BOB).unwrap());
    archived.message.origin_id = ours.origin_id;
    archived.message.body = Some("is it there?".to_owned());
    let plan = newest(&fixture.store, &fixture.scope).unwrap();
    let page = Archive { items: vec![archived] }.page(&plan, MessageId(0));
    let (_, effects) = store_page(&fixture.store, &fixture.scope, &page).unwrap();
    let seen = Seen::from(effects);
    assert_eq!((seen.stored.len(), seen.states()), (0, vec![MessageState::Sent]));
}

#[test]
fn who_has_answered_on_another_device_has_read_what_stood_above() {
    let fixture = Fixture::new();
    Archive::new(5).fetch(&fixture, 100);
    let mut grown = Archive { items: (0..9).map(|n| item(n, 5)).collect() };
    let answer = &mut grown.items[7].message;
    answer.from = Some(Jid::new(&format!("{ALICE}/phone")).unwrap());
    answer.to = Some(Jid::new(BOB).unwrap());
    assert_eq!(grown.fetch(&fixture, 100), (4, 1));
    assert_eq!(unread(&fixture), 1);
}

#[test]
fn an_archive_that_has_forgotten_the_place_ends_there() {
    let fixture = Fixture::new();
    Archive::new(30).fetch(&fixture, 1);
    let plan = next(&fixture.store, &fixture.scope).unwrap().unwrap();
    let mut fetching = fetching(plan);
    let query = ask(&mut fetching);
    let page = fetching.forgotten(&query.id).unwrap();
    assert_eq!(store_page(&fixture.store, &fixture.scope, &page).unwrap().0, After::Missing(None));
    assert_eq!(ranges(&fixture), [range("a-20", "a-29", true)]);
}

#[test]
fn an_extended_archive_is_asked_by_ids_until_it_does_not_know_one() {
    let fixture = Fixture::new();
    Archive::new(30).fetch(&fixture, 100);
    let plan = newest(&fixture.store, &fixture.scope).unwrap();
    let mut fetching = Fetching::new(MessageId(0));
    fetching.begin(plan);
    fetching.ask_by_ids();
    let query = ask(&mut fetching);
    assert_eq!((query.after.as_deref(), query.start), (Some("a-29"), None));
    // The message was thrown away: the same is asked for by time, and nothing counts as complete.
    assert!(fetching.forgotten(&query.id).is_none());
    let query = ask(&mut fetching);
    assert!(query.after.is_none() && query.start.is_some(), "{query:?}");
}

#[test]
fn only_results_of_our_own_archive_for_the_open_query_count() {
    let mut fetching = fetching(Plan { gap: Gap::Newest, below: None, before: None, reached: Reached::default() });
    let query = ask(&mut fetching);
    let result = |from: Option<&str>, query: Option<&str>| IncomingMessage {
        from: from.map(|from| Jid::new(from).unwrap()),
        archived: Some(Archived { query: query.map(str::to_owned), ..item(0, 1) }),
        ..IncomingMessage::default()
    };
    let own = jid(ALICE);
    for (from, id) in [
        (Some(BOB), Some(&query.id[..])),
        (Some("chat.test"), Some(&query.id)),
        (Some("alice@chat.test/laptop"), Some(&query.id)),
        (Some(ALICE), None),
        (Some(ALICE), Some("another")),
        (None, Some("another")),
    ] {
        fetching.take(&own, result(from, id));
    }
    fetching.take(&own, result(Some(ALICE), Some(&query.id)));
    fetching.take(&own, result(None, Some(&query.id)));
    assert!(fetching.finish("another", Fin { is_complete: true, count: None }).is_none());
    assert_eq!(fetching.finish(&query.id, Fin { is_complete: true, count: None }).unwrap().items.len(), 2);
    fetching.take(&own, result(Some(ALICE), Some(&query.id)));
    assert!(fetching.finish(&query.id, Fin { is_complete: true, count: None }).is_none());
}

#[test]
fn an_archive_that_does_not_answer_is_asked_for_less_and_then_left_alone() {
    let mut fetching = fetching(Plan { gap: Gap::Newest, below: None, before: None, reached: Reached::default() });
    let mut sizes = Vec::new();
    loop {
        match fetching.next() {
            Next::Ask(query) => {
                sizes.push(query.max);
                fetching.unanswered(&query.id);
            }
            Next::Rest(_) => {
                assert!(matches!(fetching.next(), Next::Nothing), "one rest at a time");
                fetching.has_rested();
            }
            Next::Nothing => break,
        }
    }
    assert_eq!(sizes, [50, 25, 12]);
}

#[test]
fn conversations_come_into_the_list_by_their_last_message() {
    let fixture = Fixture::new();
    let plan = newest(&fixture.store, &fixture.scope).unwrap();
    let page = Archive::new(3).page(&plan, MessageId(0));
    let (_, effects) = store_page(&fixture.store, &fixture.scope, &page).unwrap();
    let [Event::ConversationsChanged(changed), Event::MessagesStored { messages, .. }, ..] = &effects.events[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((changed[0].is_listed, changed[0].active_at), (true, messages.iter().map(|m| m.time).max().unwrap()));
}

/// Our own message as the archive has it, `n` of `len`.
fn ours(fixture: &Fixture, id: MessageId, n: usize, len: usize) -> Archived {
    let row = message::by_id(&fixture.store, id).unwrap();
    let mut item = item(n, len);
    item.message.from = Some(Jid::new(&format!("{ALICE}/laptop")).unwrap());
    item.message.to = Some(Jid::new(BOB).unwrap());
    item.message.origin_id = row.origin_id;
    item.message.body = Some(row.body);
    item
}

fn lookups(fixture: &Fixture) -> Vec<Lookup> {
    Lookup::all(&fixture.store, &fixture.scope, &HashSet::new()).unwrap()
}

#[test]
fn what_may_have_arrived_is_looked_for_until_it_is_found_or_certain_not_to_be_there() {
    let fixture = Fixture::new();
    let id = fixture.open(BOB);
    let [first, second] = ["first", "second"].map(|text| fixture.send(id, text).0.cursor.id);
    let [lookup] = &lookups(&fixture)[..] else { panic!("one for each conversation") };
    assert_eq!(lookup.with, jid(BOB));
    assert!(lookup.since < NOW);

    let filler: Vec<_> = (5..9).map(|n| item(n, 9)).collect();
    let (further, effects) = lookup.store(&fixture.store, &fixture.scope, &filler, false).unwrap();
    let further = further.unwrap();
    assert_eq!((further.before.as_deref(), effects.is_empty()), (Some("a-5"), true));

    let page = [ours(&fixture, first, 3, 9)];
    let (last, effects) = further.store(&fixture.store, &fixture.scope, &page, false).unwrap();
    let seen = Seen::from(effects);
    assert_eq!((seen.changed[0].cursor.id, seen.states()), (first, vec![MessageState::Sent]));
    assert_eq!(message::by_id(&fixture.store, first).unwrap().archive_id.unwrap().id, "a-3");

    let (none, _) = last.unwrap().store(&fixture.store, &fixture.scope, &[], true).unwrap();
    assert_eq!(none, None, "there is nothing older");
    assert_eq!(message::by_id(&fixture.store, second).unwrap().state, MessageState::Waiting);
}

#[test]
fn nobody_else_can_say_that_a_message_of_ours_arrived() {
    let fixture = Fixture::new();
    let (sent, _) = fixture.send(fixture.open(BOB), "hi");
    let id = sent.cursor.id;
    let [lookup] = &lookups(&fixture)[..] else { panic!("one") };
    let mut theirs = ours(&fixture, id, 0, 1);
    theirs.message.from = Some(Jid::new(BOB).unwrap());
    theirs.message.to = Some(Jid::new(ALICE).unwrap());
    let mut elsewhere = ours(&fixture, id, 0, 1);
    elsewhere.message.to = Some(Jid::new("eve@chat.test").unwrap());
    lookup.store(&fixture.store, &fixture.scope, &[theirs, elsewhere], true).unwrap();
    assert_eq!(message::by_id(&fixture.store, id).unwrap().state, MessageState::Waiting);
}

#[test]
fn first_comes_what_waits_then_what_is_looked_at_then_the_rest() {
    let fixture = Fixture::new();
    let id = fixture.open(BOB);
    fixture.send(id, "hi");
    let mut fetching = Fetching::new(MessageId(0));
    fetching.look_up(lookups(&fixture));
    assert!(matches!(fetching.next(), Next::Nothing), "whether there is an archive is not known");
    fetching.begin(newest(&fixture.store, &fixture.scope).unwrap());
    fetching.prefer(id, jid(BOB), false);

    let looking = ask(&mut fetching);
    assert_eq!((looking.with, looking.start.is_some()), (Some(jid(BOB)), true));
    assert!(matches!(fetching.next(), Next::Nothing), "one query at a time");
    fetching.finish(&looking.id, Fin { is_complete: true, count: None }).unwrap();

    let ahead = ask(&mut fetching);
    assert_eq!((ahead.with, ahead.start, ahead.before), (Some(jid(BOB)), None, None));
    let page = fetching.finish(&ahead.id, Fin { is_complete: false, count: None }).unwrap();
    let Want::Ahead(was) = page.want else { panic!("{page:?}") };
    fetching.went_ahead(was, Some("a-7".to_owned()), false);
    fetching.prefer(id, jid(BOB), false);

    let rest = ask(&mut fetching);
    assert_eq!((rest.with, rest.before), (None, None));
    fetching.finish(&rest.id, Fin { is_complete: false, count: None }).unwrap();

    fetching.prefer(id, jid(BOB), true);
    assert_eq!(ask(&mut fetching).before.as_deref(), Some("a-7"), "what is older, when the person scrolls up");
}

#[test]
fn a_conversation_that_came_first_is_not_shown_twice_and_in_order() {
    let fixture = Fixture::new();
    let archive = Archive::new(95);
    let id = fixture.open(BOB);
    let plan = newest(&fixture.store, &fixture.scope).unwrap();
    let newest_page = archive.page(&plan, MessageId(0));
    let (After::Missing(Some(plan)), _) = store_page(&fixture.store, &fixture.scope, &newest_page).unwrap() else {
        panic!("there is more")
    };
    let ahead = Ahead {
        conversation: id,
        with: jid(BOB),
        gap: plan.gap,
        below: None,
        before: None,
        begun_after: None,
        pages: 0,
    };
    let page = Page {
        want: Want::Ahead(ahead),
        items: archive.items[40..].to_vec(),
        is_complete: false,
        is_bounded: false,
        next_before: None,
        begun_after: MessageId(0),
    };
    store_page(&fixture.store, &fixture.scope, &page).unwrap();
    assert_eq!(bodies(&fixture), numbers(95)[40..]);
    assert_eq!(ranges(&fixture), [range("a-85", "a-94", false)], "it is no part of what all is fetched of");
    archive.fetch(&fixture, 100);
    assert_eq!(bodies(&fixture), numbers(95));
    assert_eq!((unread(&fixture), ranges(&fixture)), (0, vec![range("a-0", "a-94", true)]));
}

#[test]
fn a_conversation_that_came_first_after_an_absence_is_unread_once() {
    let fixture = Fixture::new();
    let all = |len: usize| Archive { items: (0..len).map(|n| item(n, 100)).collect() };
    all(20).fetch(&fixture, 100);
    let id = fixture.open(BOB);
    let begun_after = message::newest_id(&fixture.store).unwrap();
    let plan = newest(&fixture.store, &fixture.scope).unwrap();
    let (gap, below) = (plan.gap, plan.below.clone());
    let ahead = Ahead { conversation: id, with: jid(BOB), gap, below, before: None, begun_after: None, pages: 0 };
    let page = Page {
        want: Want::Ahead(ahead),
        items: all(100).items[50..].to_vec(),
        is_complete: false,
        is_bounded: false,
        next_before: None,
        begun_after,
    };
    store_page(&fixture.store, &fixture.scope, &page).unwrap();
    assert_eq!(unread(&fixture), 50);
    let mut plan = Some(plan);
    while let Some(asked) = plan.take() {
        let page = all(100).page(&asked, begun_after);
        let (After::Missing(next), _) = store_page(&fixture.store, &fixture.scope, &page).unwrap() else {
            panic!("a page of what is missing")
        };
        plan = next;
    }
    assert_eq!(bodies(&fixture), numbers(100));
    assert_eq!(unread(&fixture), 80);
}

/// Comes live, with what the archive calls it.
fn live(item: &Archived) -> IncomingMessage {
    let id = StanzaId { id: item.id.clone(), by: Jid::new(ALICE).unwrap() };
    IncomingMessage { stanza_ids: vec![id], ..(*item.message).clone() }
}

#[test]
fn what_came_in_an_absence_is_news_also_where_the_archive_had_been_empty() {
    let fixture = Fixture::new();
    Archive::new(0).fetch(&fixture, 1);
    assert_eq!(Archive::new(25).fetch(&fixture, 100), (25, 25));
    assert_eq!((unread(&fixture), ranges(&fixture).len()), (25, 1));
    assert_eq!(Archive::new(25).fetch(&fixture, 100), (0, 0));
}

/// Twice the line was lost for a while, and what came live between stands under times of a clock that is wrong.
#[test]
fn two_absences_are_filled_around_what_came_live_between_them() {
    for hours in [-1, 0, 1] {
        let mut fixture = Fixture::new();
        let all = |len: usize| Archive { items: (0..len).map(|n| item(n, 100)).collect() };
        all(15).fetch(&fixture, 100);
        fixture.scope.now = Timestamp(NOW.0 + hours * 3_600_000);
        for n in 32..57 {
            fixture.receive(&[live(&all(100).items[n])]);
        }
        assert_eq!(all(100).fetch(&fixture, 100), (60, 60), "{hours}");
        assert_eq!(bodies(&fixture), numbers(100), "{hours}");
        assert_eq!(ranges(&fixture), [range("a-0", "a-99", true)]);
    }
}

/// What another device writes is copied to us, and is as good a sign of where we have come to as what the other side writes.
#[test]
fn an_absence_is_filled_below_what_another_device_wrote_after_it() {
    let fixture = Fixture::new();
    let mut archive = Archive::new(20);
    for item in &mut archive.items[10..12] {
        item.message.from = Some(Jid::new(&format!("{ALICE}/phone")).unwrap());
        item.message.to = Some(Jid::new(BOB).unwrap());
    }
    Archive { items: archive.items[..5].to_vec() }.fetch(&fixture, 100);
    for item in &archive.items[10..12] {
        fixture.receive(&[carbon(Direction::Sent, live(item))]);
    }
    // The line was lost before the archive was asked, and this was written meanwhile.
    fixture.send(fixture.open(BOB), "here");
    archive.fetch(&fixture, 100);
    let mut expected = numbers(20);
    expected.insert(12, "here".to_owned());
    assert_eq!(bodies(&fixture), expected);
}

#[test]
fn what_is_filled_around_it_stands_right_after_a_crash_in_the_middle_too() {
    let fixture = Fixture::new();
    let all = |len: usize| Archive { items: (0..len).map(|n| item(n, 100)).collect() };
    all(15).fetch(&fixture, 100);
    for n in 32..57 {
        fixture.receive(&[live(&all(100).items[n])]);
    }
    for _ in 0..12 {
        all(100).fetch(&fixture, 2);
    }
    assert_eq!((bodies(&fixture), unread(&fixture)), (numbers(100), 85));
}

#[test]
fn what_came_live_before_the_first_page_tells_what_an_absence_is() {
    let mut fixture = Fixture::new();
    let archive = Archive::new(60);
    fixture.scope.now = Timestamp(NOW.0 + 3_600_000);
    for n in 20..25 {
        fixture.receive(&[live(&archive.items[n])]);
    }
    assert_eq!(archive.fetch(&fixture, 100), (55, 35));
    assert_eq!((bodies(&fixture), unread(&fixture)), (numbers(60), 40));
}

/// Servers give what waited for us in an order of their own.
#[test]
fn what_came_in_another_order_is_put_into_the_archives() {
    let fixture = Fixture::new();
    let all = |len: usize| Archive { items: (0..len).map(|n| item(n, 100)).collect() };
    all(5).fetch(&fixture, 100);
    for n in [22, 17, 12, 11, 13, 14, 15, 16, 18, 19, 20, 21] {
        fixture.receive(&[live(&all(100).items[n])]);
    }
    assert_eq!(all(30).fetch(&fixture, 100).1, 13);
    assert_eq!((bodies(&fixture), unread(&fixture)), (numbers(30), 25));
}

/// Asks as the account does, in stretches of time, until nothing is missing.
fn fetch_in_stretches(archive: &[Archived], fixture: &Fixture) {
    let mut fetching = fetching(newest(&fixture.store, &fixture.scope).unwrap());
    let own = fixture.scope.address.clone();
    while let Next::Ask(query) = fetching.next() {
        let end = archive.iter().position(|item| Some(&item.id) == query.before.as_ref()).unwrap_or(archive.len());
        let start = query.start.unwrap_or(Timestamp(0));
        let wanted: Vec<_> = archive[..end].iter().filter(|item| item.stamp >= start).cloned().collect();
        let first = wanted.len().saturating_sub(10);
        for item in &wanted[first..] {
            let archived = Some(Archived { query: Some(query.id.clone()), ..item.clone() });
            fetching.take(&own, IncomingMessage { archived, ..IncomingMessage::default() });
        }
        let page = fetching.finish(&query.id, Fin { is_complete: first == 0, count: None }).unwrap();
        let (After::Missing(next), _) = store_page(&fixture.store, &fixture.scope, &page).unwrap() else {
            panic!("a page of what is missing")
        };
        fetching.go_on(next);
    }
}

/// What came live in the wrong order, and what nobody has seen yet, also where the archive's clock was set back.
#[test]
fn where_one_stretch_ends_and_the_next_begins_the_order_is_the_archives_too() {
    for seconds in [1, 20, 45, 60, 90, 150, 700, 86_400] {
        for (back, came_live) in [(0, 50), (0, 0), (0, 25), (20, 0), (59, 0), (59, 50), (59, 25)] {
            let fixture = Fixture::new();
            let mut archive = Archive::new(50).items;
            for (n, item) in (0..).zip(&mut archive[..40]) {
                item.stamp = Timestamp(item.stamp.0 - (40 - n) * seconds * 1_000);
            }
            for item in &mut archive[20..] {
                item.stamp = Timestamp(item.stamp.0 - back * 1_000);
            }
            for item in archive[..came_live].iter().rev() {
                fixture.receive(&[live(item)]);
            }
            fetch_in_stretches(&archive, &fixture);
            assert_eq!(bodies(&fixture), numbers(50), "each {seconds} s, back by {back}, {came_live} came live");
        }
    }
}

#[test]
fn where_fetching_is_interrupted_again_and_again_the_order_is_the_archives_too() {
    for (came_live, first) in [(60, 0), (30, 0), (60, 20)] {
        let fixture = Fixture::new();
        let archive = Archive::new(60);
        Archive { items: archive.items[..first].to_vec() }.fetch(&fixture, 100);
        for item in archive.items[first.min(came_live)..came_live].iter().rev() {
            fixture.receive(&[live(item)]);
        }
        for _ in 0..20 {
            archive.fetch(&fixture, 2);
        }
        assert_eq!(bodies(&fixture), numbers(60), "{came_live} {first}");
    }
}

#[test]
fn whoever_shows_a_message_that_moves_sees_it_go_and_come_again() {
    let fixture = Fixture::new();
    let archive = Archive::new(2);
    let seen = fixture.receive(&[live(&archive.items[1]), live(&archive.items[0])]);
    let moved = seen.stored.iter().find(|message| message.body == "0").unwrap();
    let plan = newest(&fixture.store, &fixture.scope).unwrap();
    let page = archive.page(&plan, message::newest_id(&fixture.store).unwrap());
    let (_, effects) = store_page(&fixture.store, &fixture.scope, &page).unwrap();
    let removed = |event: &Event| matches!(event, Event::MessageRemoved { message, .. } if *message == moved.cursor.id);
    let stored = |event: &Event| {
        matches!(event, Event::MessagesStored { messages, news, .. } if messages.len() == 1
        && news.is_empty() && messages[0].cursor.id == moved.cursor.id && messages[0].cursor < seen.stored[0].cursor)
    };
    let places = (effects.events.iter().position(removed), effects.events.iter().position(stored));
    assert!(places.0.is_some() && places.0 < places.1, "{:?}", effects.events);
}

#[test]
fn after_a_break_the_archive_is_asked_once_when_messages_come() {
    let fixture = Fixture::new();
    let plan = || newest(&fixture.store, &fixture.scope).unwrap();
    let mut fetching = Fetching::new(MessageId(0));
    let finish = |fetching: &mut Fetching| {
        let query = ask(fetching);
        let page = fetching.finish(&query.id, Fin { is_complete: true, count: None }).unwrap();
        fetching.go_on(None);
        page.begun_after
    };
    fetching.resumed();
    fetching.messages_came();
    assert!(!fetching.is_to_confirm_order(), "whether there is an archive is not known");
    fetching.begin(plan());
    assert!(!fetching.is_to_confirm_order(), "what is missing comes first");
    assert_eq!(finish(&mut fetching), MessageId(0));
    assert!(fetching.is_to_confirm_order());
    fetching.confirm_order(plan(), MessageId(7));
    assert_eq!(finish(&mut fetching), MessageId(7));
    fetching.messages_came();
    assert!(!fetching.is_to_confirm_order(), "there was no break");
    fetching.resumed();
    assert!(!fetching.is_to_confirm_order(), "nothing has come");
    fetching.messages_came();
    assert!(fetching.is_to_confirm_order());
}

/// What came live in another order is confirmed long after an absence was filled in the same session.
#[test]
fn what_is_confirmed_stays_above_what_was_filled_in_before() {
    let fixture = Fixture::new();
    let all = |len: usize| Archive { items: (0..len).map(|n| item(n, 100)).collect() };
    all(5).fetch(&fixture, 100);
    all(40).fetch(&fixture, 100);
    for n in [60, 61, 58, 59] {
        fixture.receive(&[live(&all(100).items[n])]);
    }
    all(62).fetch(&fixture, 100);
    assert_eq!(bodies(&fixture), numbers(62));
}

#[test]
fn answers_that_the_archive_gives_before_there_is_a_conversation_count_for_what_is_below() {
    let fixture = Fixture::new();
    let mut archive = Archive::new(4);
    for (n, text) in [(0, "delivered"), (1, "read")] {
        let ours = &mut archive.items[n].message;
        ours.from = Some(Jid::new(&format!("{ALICE}/phone")).unwrap());
        ours.to = Some(Jid::new(BOB).unwrap());
        ours.body = Some(text.to_owned());
    }
    let id = |n: usize| archive.items[n].message.id.clone();
    let (delivered, read) = (id(0), id(1));
    (archive.items[2].message.body, archive.items[2].message.displayed) = (None, read);
    (archive.items[3].message.body, archive.items[3].message.receipt) = (None, delivered);
    let (stored, _) = archive.fetch(&fixture, 100);
    assert_eq!((stored, bodies(&fixture)), (2, vec!["delivered".to_owned(), "read".to_owned()]));
    let open = fixture.open(BOB);
    let page = conversation::history(&fixture.store, open, HistoryAnchor::Newest, 10).unwrap();
    let states: Vec<_> = page.messages.iter().map(|message| message.state).collect();
    assert_eq!(states, [MessageState::Delivered, MessageState::Delivered]);
    let row = crate::store::conversation::by_id(&fixture.store, open).unwrap();
    assert_eq!(row.peer_read, page.messages[1].cursor);
}

#[test]
fn an_answer_to_what_never_was_puts_nothing_into_the_list() {
    let fixture = Fixture::new();
    let mut archive = Archive::new(1);
    (archive.items[0].message.body, archive.items[0].message.receipt) = (None, Some("never".to_owned()));
    assert_eq!(archive.fetch(&fixture, 100), (0, 0));
    let all = conversation::all(&fixture.store, fixture.scope.account).unwrap();
    assert!(all.iter().all(|conversation| !conversation.is_listed), "{all:?}");
}
