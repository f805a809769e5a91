//! What was sent again under the same id by a client that did not know whether it had arrived: ours, or theirs.

use super::*;
use crate::{engine::api::Message, store::read_state};

#[test]
fn what_the_archive_has_twice_stands_where_it_came_first() {
    for (came_live, is_ours) in [(true, false), (false, false), (false, true)] {
        // Also where the second lies on another page, and that not the next one.
        for second in [7, 12, 47] {
            let fixture = Fixture::new();
            let mut archive = Archive::new(60);
            if is_ours {
                for item in &mut archive.items {
                    item.message.from = Some(Jid::new(&format!("{ALICE}/laptop")).unwrap());
                    item.message.to = Some(Jid::new(BOB).unwrap());
                }
            }
            archive.items[second] = Archived { message: archive.items[3].message.clone(), ..item(second, 60) };
            if came_live {
                for n in 0..10 {
                    fixture.receive(&[live(&archive.items[n])]);
                }
            }
            archive.fetch(&fixture, 100);
            let expected: Vec<_> = numbers(60).into_iter().filter(|n| *n != second.to_string()).collect();
            assert_eq!(bodies(&fixture), expected, "{came_live} {is_ours} {second}");
        }
    }
}

/// Else our other devices would take what stands between the two for read (XEP-0490).
#[test]
fn what_the_archive_has_twice_bears_the_id_of_where_it_stands() {
    for second in [7, 12] {
        let fixture = Fixture::new();
        let mut archive = Archive::new(20);
        archive.items[second] = Archived { message: archive.items[3].message.clone(), ..item(second, 20) };
        Archive { items: archive.items[..2].to_vec() }.fetch(&fixture, 1);
        archive.fetch(&fixture, 100);
        let id = fixture.open(BOB);
        let shown = || conversation::history(&fixture.store, id, HistoryAnchor::Newest, 1_000).unwrap().messages;
        let before = shown();
        let read = before.iter().find(|message| message.body == "3").unwrap().cursor;
        conversation::mark_read(&fixture.store, id, read).unwrap();
        let untold = read_state::untold(&fixture.store, fixture.scope.account, &jid(ALICE)).unwrap();
        assert_eq!(untold[0].archive_id.as_deref(), Some("a-3"), "{second}");
        archive.fetch(&fixture, 100);
        let places = |messages: &[Message]| messages.iter().map(|message| message.cursor).collect::<Vec<_>>();
        assert_eq!(places(&shown()), places(&before), "the same page once more moves nothing: {second}");
    }
}
