//! Where a link leads, for people to see before they go there: the host set off from what is only meant to look like one.
//!
//! Pure: knows no widget.

use std::ops::Range;

use gtk::glib;

use super::escape::escape;

/// How much of an address is shown before and after its host.
const SHOWN: usize = 160;

/// An address as Pango markup, its host bold and in the letters that the network uses.
#[must_use]
pub fn markup(url: &str) -> String {
    let (Some(host), Some(name)) = (host(url), host_name(url)) else { return escape(&shortened(url)) };
    let (before, after) = (&url[..host.start], &url[host.end..]);
    format!("{}<b>{}</b>{}", escape(&shortened(before)), escape(&shortened(&name)), escape(&shortened(after)))
}

/// The host of an address of the web, in the letters that the network uses.
#[must_use]
pub fn host_name(url: &str) -> Option<String> {
    let name = &url[host(url)?];
    // Letters of other scripts may look like those of another name.
    Some(glib::hostname_to_ascii(name).map_or_else(|| name.to_owned(), |name| name.to_string()))
}

/// Where the host stands in an address of the web: behind a name and password, before a port.
fn host(url: &str) -> Option<Range<usize>> {
    let (scheme, rest) = url.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let start = url.len() - rest.len();
    // A browser takes a backslash for a slash.
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    let from = authority.rfind('@').map_or(0, |at| at + 1);
    let name = &authority[from..];
    let length = if name.starts_with('[') {
        name.find(']').map_or(name.len(), |at| at + 1)
    } else {
        name.find(':').unwrap_or(name.len())
    };
    (length > 0).then_some(start + from..start + from + length)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_set_off() {
        for (url, expected) in [
            ("https://example.org/a?b=1&c", "https://<b>example.org</b>/a?b=1&amp;c"),
            ("HTTP://Example.org", "HTTP://<b>example.org</b>"),
            ("https://bank.example@evil.example/", "https://bank.example@<b>evil.example</b>/"),
            ("https://evil.example\\@bank.example/", "https://<b>evil.example</b>\\@bank.example/"),
            ("https://evil.example#@bank.example/", "https://<b>evil.example</b>#@bank.example/"),
            ("https://example.org:8443/x:y@z", "https://<b>example.org</b>:8443/x:y@z"),
            ("https://[2001:db8::1]:80/", "https://<b>[2001:db8::1]</b>:80/"),
            // A Cyrillic letter.
            ("https://ex\u{430}mple.org/", "https://<b>xn--exmple-4nf.org</b>/"),
            ("https://münchen.example/ä", "https://<b>xn--mnchen-3ya.example</b>/ä"),
            ("mailto:bob@example.org", "mailto:bob@example.org"),
            ("https://", "https://"),
            ("xmpp:a@b?message;body=<b>", "xmpp:a@b?message;body=&lt;b&gt;"),
        ] {
            assert_eq!(markup(url), expected, "{url}");
        }
    }

    #[test]
    fn a_long_address_is_shortened_around_its_host() {
        let url =
            format!("https://{}@evil.example/{}", "bank.example/".replace('/', "-").repeat(100), "x".repeat(1_000));
        let shown = markup(&url);
        assert!(shown.contains("…<b>evil.example</b>/xx") && shown.chars().count() < 400, "{shown}");
    }
}
