//! The text of a message as it is shown: styled (XEP-0393), links found, what is special to markup escaped, what is too long cut.
//!
//! Pure: knows no widget.

use std::borrow::Cow;

use super::{
    escape::escape,
    message_markup::{Mentioned, Writer},
};
use crate::{
    ids::BareJid,
    plain_text::{isolated, one_line},
    styling::{self, Block, Line},
    text_format::{Mention, TextFormat},
};

pub use crate::links::may_open;

/// How many characters are shown before "Show more": about what fits on a screen. Laying out more would be seen as a stutter.
pub const SHORT: usize = 3_000;
/// How many characters are shown at most: beyond, laying the text out would take seconds.
pub const LONG: usize = 200_000;
/// How many emoji stand alone in large.
const MAX_BIG_EMOJI: usize = 6;
/// How long what is set off as somebody's name may be.
const MAX_NAME: usize = 200;
/// How long the name of a programming language may be.
const MAX_LANGUAGE: usize = 20;
/// What an action begins with.
const ACTION: &str = "/me ";

/// A text as a bubble takes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// What stands above the last text; empty for most messages.
    pub above: Vec<Piece>,
    /// Pango markup of the last text, empty where something else comes last.
    pub markup: String,
    /// The addresses that the links lead to, in their order, each once.
    pub links: Vec<String>,
    /// Who is mentioned, likewise.
    pub mentioned: Vec<BareJid>,
    /// Not all of the text is shown.
    pub is_cut: bool,
}

/// A part of a text that stands apart from what is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Pango markup.
    Text(String),
    Code {
        /// As it was named where the code begins.
        language: Option<String>,
        text: String,
    },
    Quote(Vec<Piece>),
}

/// What somebody says that they do, where a text begins with `/me ` and goes on (XEP-0245 §2).
#[must_use]
pub fn action(text: &str) -> Option<&str> {
    text.strip_prefix(ACTION).filter(|rest| !rest.trim().is_empty())
}

/// A text in one line that stands alone: an action with who does it.
#[must_use]
pub fn with_author<'t>(text: &'t str, author: &str) -> Cow<'t, str> {
    action(text).map_or(Cow::Borrowed(text), |action| format!("* {} {action}", actor(author, action)).into())
}

/// A name before what is done: where that is written from right to left, a Latin name does not turn it round.
fn actor(author: &str, action: &str) -> String {
    if action.is_ascii() { isolated(author) } else { format!("\u{2068}{}\u{2069}", one_line(author)) }
}

/// Prepares at most `limit` characters of a text by `author`, for somebody who has the address `own`.
#[must_use]
pub fn show(text: &str, format: &TextFormat, limit: usize, author: &str, own: Option<&BareJid>) -> Shown {
    let end = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
    let is_cut = end < text.len();
    let text = text[..end].trim_end();
    let mut writer = Writer::new(text);
    writer.set_mentions(mentioned(text, &format.mentions, own));
    let mut blocks = if format.is_unstyled { styling::unstyled(text) } else { styling::parse(text) };
    if let Some(action) = action(text)
        && let Some(Block::Text(lines)) = blocks.first_mut()
    {
        lines[0].range.start = ACTION.len();
        writer.set_actor(actor(author, action));
    }
    let mut above = pieces(text, &blocks, &mut writer);
    let mut markup = match above.pop() {
        Some(Piece::Text(markup)) => markup,
        other => {
            above.extend(other);
            String::new()
        }
    };
    if is_cut {
        markup.push('…');
    }
    let (links, mentioned) = writer.into_found();
    Shown { above, markup, links, mentioned, is_cut }
}

/// Where the mentions stand in bytes, so far as the text reaches. What can be no name is none.
fn mentioned(text: &str, mentions: &[Mention], own: Option<&BareJid>) -> Vec<Mentioned> {
    let mut places = text.char_indices().map(|(at, _)| at).chain([text.len()]).enumerate();
    let mut byte = |place: usize| places.find(|(n, _)| *n == place).map(|(_, at)| at);
    let mut found = Vec::new();
    let mut last = None;
    for Mention { range, address } in mentions {
        // One may begin where the one before it ends.
        let start = match last.filter(|(place, _)| *place == range.start) {
            Some((_, at)) => Some(at),
            None => byte(range.start),
        };
        let (Some(start), Some(end)) = (start, byte(range.end)) else { break };
        last = Some((range.end, end));
        if is_name(&text[start..end]) {
            found.push(Mentioned { range: start..end, address: address.clone(), is_own: own == Some(address) });
        }
    }
    found
}

/// Whether somebody may be called so: nothing that reaches over several lines, or turns what stands around it.
fn is_name(text: &str) -> bool {
    one_line(text) == text.trim() && !text.trim().is_empty() && text.chars().count() <= MAX_NAME
}

fn pieces(text: &str, blocks: &[Block], writer: &mut Writer) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (n, block) in blocks.iter().enumerate() {
        match block {
            Block::Text(lines) => {
                let lines = without_gaps(text, lines, n > 0, n + 1 < blocks.len());
                if !lines.is_empty() {
                    pieces.push(Piece::Text(writer.lines(lines)));
                }
            }
            Block::Code { info, lines, range } => pieces.push(code(text, info.clone(), lines, range.start)),
            // Nothing is quoted: the signs are all there is to be seen.
            Block::Quote { range, .. } if text[range.clone()].trim_matches(is_quoting).is_empty() => {
                pieces.push(Piece::Text(escape(&text[range.clone()])));
            }
            Block::Quote { blocks, .. } => pieces.push(Piece::Quote(self::pieces(text, blocks, writer))),
        }
    }
    pieces
}

fn is_quoting(c: char) -> bool {
    c == '>' || c.is_whitespace()
}

/// Where a block stands beside the text, it keeps its own distance, and empty lines would double it.
fn without_gaps<'l>(text: &str, mut lines: &'l [Line], above: bool, below: bool) -> &'l [Line] {
    let is_empty = |line: &Line| text[line.range.clone()].trim().is_empty();
    while let [first, rest @ ..] = lines
        && above
        && is_empty(first)
    {
        lines = rest;
    }
    while let [rest @ .., last] = lines
        && below
        && is_empty(last)
    {
        lines = rest;
    }
    lines
}

/// What stands in the line that opens it is no part of the code, but nothing that somebody wrote is hidden: what is no
/// language is shown with its fence.
fn code(text: &str, info: std::ops::Range<usize>, lines: &[std::ops::Range<usize>], start: usize) -> Piece {
    let opening = &text[start..info.end];
    let info = text[info].trim();
    let is_language = info.len() <= MAX_LANGUAGE
        && info.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.'));
    let mut shown: Vec<&str> = lines.iter().map(|line| &text[line.clone()]).collect();
    if !is_language || shown.iter().all(|line| line.trim().is_empty()) {
        shown.insert(0, opening);
    }
    let language = Some(info).filter(|info| is_language && !info.is_empty()).map(str::to_owned);
    Piece::Code { language, text: shown.join("\n").trim_end().to_owned() }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, limit: usize, author: &str) -> Shown {
        super::show(text, &TextFormat::default(), limit, author, None)
    }

    #[test]
    fn without_styling_a_text_is_what_was_typed() {
        let format = TextFormat { is_unstyled: true, ..TextFormat::default() };
        for text in ["> _ <", "*a*\n```\nb", "`x` ~y~"] {
            let shown = super::show(text, &format, 100, "Bob", None);
            assert_eq!((shown.above, shown.markup), (vec![], escape(text)), "{text}");
        }
        // What is no styling stays: links, and what somebody does.
        assert_eq!(super::show("*https://a.example*", &format, 100, "Bob", None).links, ["https://a.example"]);
        assert_eq!(super::show("/me _nods_", &format, 100, "Bob", None).markup, "<i>* Bob _nods_</i>");
    }

    #[test]
    fn markup_in_a_message_is_shown_and_not_obeyed() {
        let shown = show("<b>&amp; \"x\"</b> <a href='http://evil.example/'>", 100, "Bob");
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
            let shown = show(text, 1_000, "Bob");
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
    fn a_text_is_divided_where_code_and_quotations_stand() {
        let text = |markup: &str| Piece::Text(markup.to_owned());
        let code = |language: Option<&str>, text: &str| Piece::Code {
            language: language.map(str::to_owned),
            text: text.to_owned(),
        };
        for (body, above, markup) in [
            ("plain\n\nlines", vec![], "plain\n\nlines"),
            ("> said & done\n\nYes", vec![Piece::Quote(vec![text("said &amp; done")])], "Yes"),
            ("a\n\n```rust\nfn f<'a>() {}\n```\n\nb", vec![text("a"), code(Some("rust"), "fn f<'a>() {}")], "b"),
            ("```\n*a*\n  b\n```", vec![code(None, "*a*\n  b")], ""),
            ("> > deep\n> up\nout", vec![Piece::Quote(vec![Piece::Quote(vec![text("deep")]), text("up")])], "out"),
            // Nothing that was written is hidden.
            ("```let x = 1;```", vec![code(None, "```let x = 1;```")], ""),
            ("```sh", vec![code(Some("sh"), "```sh")], ""),
            ("```two words\na\n```", vec![code(None, "```two words\na")], ""),
            ("```", vec![code(None, "```")], ""),
            (">\n>", vec![], "&gt;\n&gt;"),
            (">\na", vec![text("&gt;")], "a"),
        ] {
            let shown = show(body, 1_000, "Bob");
            assert_eq!((shown.above, shown.markup.as_str()), (above, markup), "{body:?}");
        }
    }

    #[test]
    fn an_action_is_told_of_who_does_it() {
        for (text, markup) in [
            ("/me shrugs in *disgust*", Some("<i>* A &amp; B shrugs in ")),
            ("/me > waves", Some("<i>* A &amp; B &gt; waves</i>")),
            ("/me waves\nand goes", Some("<i>* A &amp; B waves\nand goes</i>")),
            ("/meshrugs in disgust", None),
            ("/me's disgusted", None),
            (" /me shrugs in disgust", None),
            ("\"/me shrugs in disgust\"", None),
            ("* Atlas shrugs in disgust", None),
            ("Why did Atlas say \"/me shrugs in disgust\"?", None),
            ("/me", None),
            ("/me  ", None),
        ] {
            let shown = show(text, 100, "A & B").markup;
            assert!(pango_parses(&shown), "{shown}");
            match markup {
                Some(markup) => assert!(shown.starts_with(markup), "{shown}"),
                None => assert!(!shown.contains("<i>") && !shown.contains("A &amp;"), "{shown}"),
            }
        }
        assert_eq!(with_author("/me waves", "Bob"), "* Bob waves");
        assert_eq!(with_author("waves", "Bob"), "waves");
        assert_eq!(with_author("/me يلوح", "Bob"), "* \u{2068}Bob\u{2069} يلوح");
        assert!(show("/me reads\n> this\nand nods", 100, "Bob").markup.starts_with("<i>and"));
    }

    #[test]
    fn a_text_of_two_megabytes_is_cut_quickly() {
        let text = "ä".repeat(1 << 20);
        let shown = show(&text, SHORT, "Bob");
        assert!(shown.is_cut);
        assert_eq!(shown.markup.chars().count(), SHORT + 1);
        assert!(!show("short", SHORT, "Bob").is_cut);
    }

    #[test]
    fn control_characters_break_no_label() {
        assert_eq!(show("a\0b\u{1b}c\nd", 100, "Bob").markup, "a\u{fffd}b\u{fffd}c\nd");
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
