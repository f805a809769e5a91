//! What our other devices have read, as the archive has it.

use super::*;

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
