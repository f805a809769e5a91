//! The text of a message as it is shown: links found, what is special to markup escaped, what is too long cut.
//!
//! Pure: knows no widget.

use std::fmt::Write as _;

use linkify::{LinkFinder, LinkKind};

pub use crate::links::may_open;

/// How many characters are shown before "Show more": about what fits on a screen. Laying out more would be seen as a stutter.
pub const SHORT: usize = 3_000;
/// How many characters are shown at most: beyond, laying the text out would take seconds.
pub const LONG: usize = 200_000;
/// How many links of a message can be opened.
const MAX_LINKS: usize = 200;
/// How many emoji stand alone in large.
const MAX_BIG_EMOJI: usize = 6;

/// A text as a label takes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// Pango markup.
    pub markup: String,
    /// The addresses that the links lead to, in their order, each once.
    pub links: Vec<String>,
    /// Not all of the text is shown.
    pub is_cut: bool,
}

/// Prepares at most `limit` characters of a text.
#[must_use]
pub fn show(text: &str, limit: usize) -> Shown {
    let end = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
    let is_cut = end < text.len();
    let text = text[..end].trim_end();
    let mut shown = Shown { is_cut, markup: String::with_capacity(text.len() + 64), ..Shown::default() };
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url, LinkKind::Email]).url_must_have_scheme(true);
    for span in finder.spans(text) {
        let target = match span.kind() {
            Some(LinkKind::Email) => Some(format!("mailto:{}", span.as_str())),
            Some(_) => Some(span.as_str().to_owned()).filter(|url| may_open(url)),
            None => None,
        };
        match target.filter(|_| shown.links.len() < MAX_LINKS) {
            Some(target) => {
                let _ =
                    write!(shown.markup, "<a href=\"{}\" title=\"\">{}</a>", escape(&target), escape(span.as_str()));
                if !shown.links.contains(&target) {
                    shown.links.push(target);
                }
            }
            None => shown.markup.push_str(&escape(span.as_str())),
        }
    }
    if is_cut {
        shown.markup.push('…');
    }
    shown
}

/// Whether the text is nothing but a few emoji.
#[must_use]
pub fn is_big_emoji(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() || text.len() > 35 * MAX_BIG_EMOJI {
        return false;
    }
    let (mut count, mut is_joined, mut flag_half) = (0, false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // Joiner, variation selector, skin tone, tag: part of the emoji before. Spaces may stand between.
            '\u{200d}' => is_joined = true,
            ' ' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' if count > 0 => {}
            // Two regional indicators make one flag.
            '\u{1f1e6}'..='\u{1f1ff}' => {
                flag_half = !flag_half;
                count += usize::from(flag_half);
            }
            // A digit with an enclosing keycap.
            '0'..='9' | '#' | '*' => {
                chars.next_if_eq(&'\u{fe0f}');
                if chars.next_if_eq(&'\u{20e3}').is_none() {
                    return false;
                }
                count += 1;
            }
            c if is_emoji(c)
                || (is_text_emoji(c) && chars.peek() == Some(&'\u{fe0f}'))
                || (is_joined && is_text_emoji(c)) =>
            {
                count += usize::from(!std::mem::take(&mut is_joined));
            }
            _ => return false,
        }
    }
    (1..=MAX_BIG_EMOJI).contains(&count)
}

/// Shown as a picture by itself.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f7e0}'..='\u{1f7eb}' | '\u{1f900}'..='\u{1f9ff}'
        | '\u{1fa70}'..='\u{1faff}' | '\u{1f004}' | '\u{1f0cf}' | '\u{1f18e}' | '\u{1f191}'..='\u{1f19a}'
        | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23ec}' | '\u{23f0}' | '\u{23f3}' | '\u{25fd}' | '\u{25fe}'
        | '\u{2614}' | '\u{2615}' | '\u{2648}'..='\u{2653}' | '\u{267f}' | '\u{2693}' | '\u{26a1}' | '\u{26aa}' | '\u{26ab}'
        | '\u{26bd}' | '\u{26be}' | '\u{26c4}' | '\u{26c5}' | '\u{26ce}' | '\u{26d4}' | '\u{26ea}' | '\u{26f2}' | '\u{26f3}'
        | '\u{26f5}' | '\u{26fa}' | '\u{26fd}' | '\u{2705}' | '\u{270a}' | '\u{270b}' | '\u{2728}' | '\u{274c}' | '\u{274e}'
        | '\u{2753}'..='\u{2755}' | '\u{2757}' | '\u{2795}'..='\u{2797}' | '\u{27b0}' | '\u{27bf}' | '\u{2b1b}' | '\u{2b1c}'
        | '\u{2b50}' | '\u{2b55}')
}

/// Shown as a picture where the variation selector asks for it.
fn is_text_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}')
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // A label takes NUL for the end, and markup no control character.
            c if c.is_control() && c != '\n' && c != '\t' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_message_is_shown_and_not_obeyed() {
        let shown = show("<b>&amp; \"x\"</b> <a href='http://evil.example/'>", 100);
        assert!(shown.markup.starts_with("&lt;b&gt;&amp;amp; &quot;x&quot;&lt;/b&gt; &lt;a href=&apos;<a href=\""));
        assert_eq!(shown.markup.matches("</a>").count(), 1);
        assert!(pango_parses(&shown.markup));
    }

    #[test]
    fn only_known_schemes_become_links() {
        for (text, expected) in [
            ("see https://example.org/a?b=1&c=2.", vec!["https://example.org/a?b=1&c=2"]),
            ("HTTP://EXAMPLE.ORG", vec!["HTTP://EXAMPLE.ORG"]),
            ("write to bob@example.org", vec!["mailto:bob@example.org"]),
            ("file:///etc/passwd javascript://x ssh://host data://x", vec![]),
            ("https://a.example https://a.example", vec!["https://a.example"]),
            ("no link here: example", vec![]),
        ] {
            let shown = show(text, 1_000);
            assert_eq!(shown.links, expected, "{text}");
            assert!(pango_parses(&shown.markup), "{}", shown.markup);
        }
    }

    #[test]
    fn only_what_may_be_opened_is_opened() {
        for (url, expected) in [
            ("https://example.org", true),
            ("xmpp:bob@example.org?message", true),
            ("mailto:bob@example.org", true),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("https:", false),
            ("https://example.org/\nfile:///x", false),
            ("nothing", false),
        ] {
            assert_eq!(may_open(url), expected, "{url}");
        }
    }

    #[test]
    fn a_text_of_two_megabytes_is_cut_quickly() {
        let text = "ä".repeat(1 << 20);
        let shown = show(&text, SHORT);
        assert!(shown.is_cut);
        assert_eq!(shown.markup.chars().count(), SHORT + 1);
        assert!(!show("short", SHORT).is_cut);
    }

    #[test]
    fn control_characters_break_no_label() {
        assert_eq!(show("a\0b\u{1b}c\nd", 100).markup, "a\u{fffd}b\u{fffd}c\nd");
    }

    #[test]
    fn a_few_emoji_alone_are_big() {
        for text in ["👍", "😀😀", " 🎉 ", "👨‍👩‍👧‍👦", "👍🏽", "🇩🇪", "❤️", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🤷‍♀️", "☕ 🍰"]
        {
            assert!(is_big_emoji(text), "{text}");
        }
        for text in ["", "a", "👍 ok", "1", "12", "😀😀😀😀😀😀😀", "❤", "→", "\u{fe0f}", "©"] {
            assert!(!is_big_emoji(text), "{text:?}");
        }
    }

    fn pango_parses(markup: &str) -> bool {
        // Links are the label's own addition to Pango's markup.
        let mut plain = String::new();
        let mut rest = markup;
        while let Some(at) = rest.find("<a href=") {
            plain.push_str(&rest[..at]);
            rest = &rest[at + rest[at..].find('>').unwrap() + 1..];
        }
        plain.push_str(rest);
        gtk::pango::parse_markup(&plain.replace("</a>", ""), '\0').is_ok()
    }
}
