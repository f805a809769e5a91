//! What our other devices have read, as the archive has it.

use super::*;
use crate::engine::api::Message;

/// A marker of our phone's for the message of this number, as the `n`th of `len`.
fn marker(of: usize, n: usize, len: usize) -> Archived {
    let mut marker = item(n, len);
    let message = IncomingMessage {
        from: Some(Jid::new(&format!("{ALICE}/phone")).unwrap()),
        to: Some(Jid::new(BOB).unwrap()),
        displayed: item(of, len).message.id,
        body: None,
        ..(*marker.message).clone()
    };
    marker.message = Box::new(message);
    marker
}

#[test]
fn what_another_device_has_read_is_no_news_though_the_archive_says_it_before_it_says_what() {
    // On the same page, and pages apart.
    for (read, at, unread_now) in [(31, 33, 2), (34, 58, 24)] {
        let fixture = Fixture::new();
        Archive::new(30).fetch(&fixture, 100);
        let len = at + 2;
        let mut grown = Archive { items: (0..len).map(|n| item(n, 30)).collect() };
        grown.items[at] = marker(read, at, 30);
        let came = len - 30 - 1;
        assert_eq!(grown.fetch(&fixture, 100), (came, unread_now), "{read}");
        assert_eq!(unread(&fixture), u32::try_from(unread_now).unwrap(), "{read}");
    }
}

#[test]
fn what_another_device_has_read_is_known_also_after_a_new_start() {
    let fixture = Fixture::new();
    Archive::new(30).fetch(&fixture, 100);
    let mut grown = Archive { items: (0..60).map(|n| item(n, 30)).collect() };
    grown.items[58] = marker(34, 58, 30);
    let begun_after = message::newest_id(&fixture.store).unwrap();
    assert_eq!(grown.fetch_in_session(&fixture, 1, begun_after), (9, 9), "only the last page, with the marker");
    assert_eq!(grown.fetch(&fixture, 100), (20, 15));
    assert_eq!(unread(&fixture), 24);
}

#[test]
fn what_another_device_reads_before_it_is_here_is_no_news() {
    let fixture = Fixture::new();
    Archive::new(30).fetch(&fixture, 100);
    let begun_after = message::newest_id(&fixture.store).unwrap();
    let grown = Archive { items: (0..34).map(|n| item(n, 30)).collect() };
    let live = |from: &str| {
        let mut marker = fixture.from(from, "");
        (marker.body, marker.displayed) = (None, grown.items[31].message.id.clone());
        marker.to = Some(Jid::new(if from == ALICE { BOB } else { ALICE }).unwrap());
        if from == ALICE { carbon(Direction::Sent, marker) } else { marker }
    };
    // What Bob has seen of his own is not what Alice has.
    fixture.receive(&[live(BOB)]);
    fixture.receive(&[live(ALICE)]);
    assert_eq!(grown.fetch_in_session(&fixture, 100, begun_after), (4, 2));
    assert_eq!(unread(&fixture), 2);
}

#[test]
fn nobody_else_says_what_we_have_read() {
    let fixture = Fixture::new();
    Archive::new(30).fetch(&fixture, 100);
    let mut grown = Archive { items: (0..34).map(|n| item(n, 30)).collect() };
    let mut theirs = marker(32, 33, 30);
    theirs.message.from = Some(Jid::new(&format!("{BOB}/phone")).unwrap());
    theirs.message.to = Some(Jid::new(ALICE).unwrap());
    grown.items[33] = theirs;
    assert_eq!(grown.fetch(&fixture, 100), (3, 3));
}

/// Alice was away for the last messages of an archive, and has written before they are here: what was here before, and what she
/// wrote.
fn written_before_the_page(fixture: &Fixture, archive: &Archive) -> (MessageId, Message) {
    Archive { items: archive.items[..30].to_vec() }.fetch(fixture, 100);
    let begun_after = message::newest_id(&fixture.store).unwrap();
    (begun_after, fixture.send(fixture.open(BOB), "I am back").0)
}

#[test]
fn who_writes_before_what_was_missed_is_here_has_not_read_it() {
    let (fixture, archive) = (Fixture::new(), Archive::new(34));
    let (begun_after, written) = written_before_the_page(&fixture, &archive);
    assert_eq!(archive.fetch_in_session(&fixture, 100, begun_after), (4, 4), "the person is told of it");
    assert_eq!(unread(&fixture), 4);
    let page = conversation::history(&fixture.store, written.conversation, HistoryAnchor::Unread, 10).unwrap();
    assert_eq!(page.target, Some(page.messages.iter().find(|message| message.body == "30").unwrap().cursor));
    assert_eq!(bodies(&fixture).last().map(String::as_str), Some("I am back"));
    conversation::mark_read(&fixture.store, written.conversation, written.cursor).unwrap();
    assert_eq!(unread(&fixture), 0, "until they have seen it");
}

#[test]
fn what_is_written_and_looked_at_before_what_was_missed_is_here_marks_nothing_of_it() {
    let (fixture, archive) = (Fixture::new(), Archive::new(34));
    let (begun_after, written) = written_before_the_page(&fixture, &archive);
    conversation::mark_read(&fixture.store, written.conversation, written.cursor).unwrap();
    assert_eq!(archive.fetch_in_session(&fixture, 100, begun_after), (4, 4));
    assert_eq!(unread(&fixture), 4);
}

#[test]
fn what_stood_there_when_the_person_wrote_is_read() {
    let fixture = Fixture::new();
    let stored = fixture.receive(&[fixture.from(BOB, "one"), fixture.from(BOB, "two")]).stored;
    fixture.send(stored[0].conversation, "three");
    assert_eq!(unread(&fixture), 0);
    fixture.receive(&[fixture.from(BOB, "four")]);
    assert_eq!(unread(&fixture), 1);
}
