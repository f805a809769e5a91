//! Archives that go wrong, and a disk that does.

use super::*;

#[test]
fn an_archive_that_gives_the_same_page_again_and_again_is_left_alone() {
    let fixture = Fixture::new();
    let archive = Archive::new(30);
    let mut fetching = fetching(newest(&fixture.store, &fixture.scope).unwrap());
    let mut queries = 0;
    while let Next::Ask(query) = fetching.next() {
        queries += 1;
        assert!(queries < 30, "it is asked for ever");
        for item in &archive.items[20..] {
            let archived = Some(Archived { query: Some(query.id.clone()), ..item.clone() });
            fetching.take(&jid(ALICE), IncomingMessage { archived, ..IncomingMessage::default() });
        }
        let page = fetching.finish(&query.id, Fin { is_complete: false, count: None }).unwrap();
        let (After::Missing(next), _) = store_page(&fixture.store, &fixture.scope, &page).unwrap() else {
            panic!("a page of what is missing")
        };
        fetching.go_on(next);
    }
    assert_eq!(bodies(&fixture), numbers(30)[20..]);
}

#[test]
fn a_page_that_finds_no_room_on_the_disk_is_asked_for_once_more_after_a_rest() {
    let fixture = Fixture::new();
    let archive = Archive::new(30);
    Archive { items: archive.items[20..].to_vec() }.fetch(&fixture, 1);
    let mut fetching =
        fetching(Plan { gap: Gap::Newest, below: None, before: Some("a-20".to_owned()), reached: Reached::default() });
    let answer = |fetching: &mut Fetching, is_complete| {
        let query = ask(fetching);
        for item in &archive.items[10..20] {
            let archived = Some(Archived { query: Some(query.id.clone()), ..item.clone() });
            fetching.take(&jid(ALICE), IncomingMessage { archived, ..IncomingMessage::default() });
        }
        let page = fetching.finish(&query.id, Fin { is_complete, count: None }).unwrap();
        fetching.not_stored(page.want);
        (query.before, query.start)
    };
    for is_complete in [false, true, true] {
        assert_eq!(answer(&mut fetching, is_complete), (Some("a-20".to_owned()), None));
        assert!(matches!(fetching.next(), Next::Rest(_)), "not at once");
        assert!(matches!(fetching.next(), Next::Nothing), "one rest at a time");
        fetching.has_rested();
    }
    // What is looked for waits as well, and is not forgotten.
    fixture.send(fixture.open(BOB), "hi");
    fetching.look_up(lookups(&fixture));
    let looked_for = ask(&mut fetching);
    let page = fetching.finish(&looked_for.id, Fin { is_complete: true, count: None }).unwrap();
    fetching.not_stored(page.want);
    assert!(matches!(fetching.next(), Next::Rest(_)));
    fetching.has_rested();
    assert_eq!(ask(&mut fetching).with, Some(jid(BOB)));
}

#[test]
fn whether_a_message_has_arrived_is_asked_up_to_three_times_before_it_goes_out_again() {
    let fixture = Fixture::new();
    let open = fixture.open(BOB);
    fixture.send(open, "did it arrive?");
    let mut fetching = Fetching::new(MessageId(0));
    fetching.begin(newest(&fixture.store, &fixture.scope).unwrap());
    fetching.look_up(lookups(&fixture));
    let mut sizes = Vec::new();
    for _ in 0..2 {
        let query = ask(&mut fetching);
        assert_eq!(query.with, Some(jid(BOB)));
        sizes.push(query.max);
        assert!(fetching.unanswered(&query.id).is_none(), "the message waits on");
        assert!(matches!(fetching.next(), Next::Rest(_)), "the server gets a rest");
        fetching.has_rested();
    }
    let query = ask(&mut fetching);
    assert!(sizes[0] > sizes[1] && sizes[1] > query.max, "the same would be as hard: {sizes:?}");
    let Some(Want::Lookup(given_up)) = fetching.unanswered(&query.id) else { panic!("three times are enough") };
    assert_eq!(given_up.conversation, open);
    assert_eq!(ask(&mut fetching).with, None, "what is missing is asked for all the same");
}
