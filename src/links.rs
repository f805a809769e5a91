//! Links in what people write: which there are, and which may lead out of the program. Pure.

use linkify::{LinkFinder, LinkKind};

/// How much of a text is looked through, in bytes.
const MAX_TEXT: usize = 64 << 10;

/// The links of a text in their order, each once, `limit` at most: as far as they may be opened.
#[must_use]
pub fn find(text: &str, limit: usize) -> Vec<String> {
    let end = (0..=text.len().min(MAX_TEXT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(true);
    let mut links: Vec<String> = Vec::new();
    for link in finder.links(&text[..end]) {
        if links.len() == limit {
            break;
        }
        if may_open(link.as_str()) && !links.iter().any(|known| known == link.as_str()) {
            links.push(link.as_str().to_owned());
        }
    }
    links
}

/// Whether a link from somebody may lead out of the program.
#[must_use]
pub fn may_open(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let is_known = ["http", "https", "xmpp", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    is_known && !rest.is_empty() && !url.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_their_order_and_none_that_leads_elsewhere() {
        for (text, links) in [
            (
                "see https://a.example/x, then http://b.example (https://a.example/x)",
                &["https://a.example/x", "http://b.example"][..],
            ),
            ("xmpp:bob@b.example?message", &[]),
            ("file:///etc/passwd javascript:alert(1) ssh://h/x data:text/html,x", &[]),
            ("https:// http://", &[]),
            ("", &[]),
        ] {
            let found = find(text, 5);
            assert_eq!(found.iter().filter(|link| !link.starts_with("xmpp:")).collect::<Vec<_>>(), links, "{text}");
        }
        assert_eq!(find("https://a.example https://b.example https://c.example", 2).len(), 2);
        let long = format!("{}é https://late.example", "é".repeat(MAX_TEXT));
        assert!(find(&long, 5).is_empty(), "and does not break a character");
    }
}
