//! What must hold of a preview, whatever the page behind the link is.

use super::{MAX_DESCRIPTION, MAX_SITE, MAX_TITLE, fetch, fitting, html, picture};
use crate::{http, plain_text::one_line};

const LINK: &str = "https://a.example/page";

/// Reads a page; its first byte is the length of what the server calls it.
///
/// # Panics
/// Where it is not read as it must be.
pub fn page(data: &[u8]) {
    let length = data.first().map_or(0, |first| usize::from(first % 16));
    let (name, page) = data.get(1..).unwrap_or_default().split_at_checked(length).unwrap_or_default();
    let name = str::from_utf8(name).ok().and_then(html::declared);
    let _ = (picture::is_fine(page), html::is_whole(page, length));
    let Some(text) = html::decode(page, name) else { return };
    let from = http::parse(LINK).expect("a good address");
    let found = fetch::said(&html::read(&text), LINK.to_owned(), &from);
    assert!(found.picture.is_none_or(|address| address.scheme() == "https"), "{text}");
    for preview in fitting(LINK, vec![found.preview]) {
        assert_eq!(preview.url, LINK);
        for (line, limit) in
            [(&preview.title, MAX_TITLE), (&preview.description, MAX_DESCRIPTION), (&preview.site, MAX_SITE)]
        {
            assert!(line.chars().count() <= limit && one_line(line) == *line, "{line:?}");
            assert!(!line.contains(['\n', '\r', '\u{202e}', '\u{2066}']), "{line:?}");
        }
        assert_eq!(fitting(LINK, vec![preview.clone()]), [preview], "what was cleaned is clean");
    }
}
