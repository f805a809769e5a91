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
