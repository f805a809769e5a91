//! Lines of a message as Pango markup: spans with their styles, links, everything else escaped.
//!
//! Pure: knows no widget. The directives of a span stay where they were written and look as it does, only fainter
//! (XEP-0393 §6): what is seen is what was sent, and what is copied from it.

use std::{fmt::Write as _, ops::Range};

use linkify::{LinkFinder, LinkKind};

use super::{escape::escape, link_address};
use crate::{
    ids::BareJid,
    links::may_open,
    styling::{Line, Span, Style},
};

/// How many links of a message can be opened.
const MAX_LINKS: usize = 200;
/// How many spans of a message are styled: each costs the label several attributes.
const MAX_SPANS: usize = 2_000;
/// What is set off as somebody's name leads to the address, and is marked so.
pub const MENTION: &str = "mention";
/// The same where it is the name of whoever reads.
pub const OWN_MENTION: &str = "own-mention";

/// Writes markup, and remembers the links in it.
pub struct Writer<'t> {
    text: &'t str,
    finder: LinkFinder,
    links: Vec<String>,
    spans: usize,
    /// Who does what the text says; said once, at its beginning.
    actor: Option<String>,
    is_action: bool,
    mentions: Vec<Mentioned>,
    mentioned: Vec<BareJid>,
}

/// A part of the text that names somebody, in bytes.
#[derive(Debug, Clone)]
pub struct Mentioned {
    pub range: Range<usize>,
    pub address: BareJid,
    /// It is whoever reads.
    pub is_own: bool,
}

impl<'t> Writer<'t> {
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let mut finder = LinkFinder::new();
        finder.kinds(&[LinkKind::Url, LinkKind::Email]).url_must_have_scheme(true);
        Self {
            text,
            finder,
            links: Vec::new(),
            spans: 0,
            actor: None,
            is_action: false,
            mentions: Vec::new(),
            mentioned: Vec::new(),
        }
    }

    /// The text is an action of somebody: slanted, after their name and an asterisk (XEP-0245 §2).
    pub fn set_actor(&mut self, name: String) {
        self.actor = Some(name);
        self.is_action = true;
    }

    /// Whom the text mentions, in their order.
    pub fn set_mentions(&mut self, mentions: Vec<Mentioned>) {
        self.mentions = mentions;
    }

    /// The addresses that the links lead to, and who is mentioned, in their order, each once.
    #[must_use]
    pub fn into_found(self) -> (Vec<String>, Vec<BareJid>) {
        (self.links, self.mentioned)
    }

    /// Some lines below each other.
    #[must_use]
    pub fn lines(&mut self, lines: &[Line]) -> String {
        let mut markup = String::from(if self.is_action { "<i>" } else { "" });
        if let Some(actor) = self.actor.take() {
            let _ = write!(markup, "* {} ", escape(&actor));
        }
        for (n, line) in lines.iter().enumerate() {
            if n > 0 {
                markup.push('\n');
            }
            let room = MAX_SPANS.saturating_sub(self.spans);
            let spans = if line.spans.len() <= room { line.spans.as_slice() } else { &[] };
            self.spans += spans.len();
            self.inside(&mut markup, line.range.clone(), spans);
        }
        markup.push_str(if self.is_action { "</i>" } else { "" });
        markup
    }

    /// What stands in a range, which these spans are all within.
    fn inside(&mut self, markup: &mut String, range: Range<usize>, mut spans: &[Span]) {
        let mut at = range.start;
        while let [span, rest @ ..] = spans {
            let within = rest.iter().take_while(|inner| inner.range.start < span.range.end).count();
            self.linked(markup, at..span.range.start);
            let (open, close) = tags(span.style);
            let directive = faint(span.style.directive());
            let _ = write!(markup, "{open}{directive}");
            self.inside(markup, span.range.start + 1..span.range.end - 1, &rest[..within]);
            let _ = write!(markup, "{directive}{close}");
            at = span.range.end;
            spans = &rest[within..];
        }
        self.linked(markup, at..range.end);
    }

    /// Mentions and links. A mention of which a style begins or ends in the midst is only a text.
    fn linked(&mut self, markup: &mut String, range: Range<usize>) {
        let mut at = range.start;
        let is_within = |it: &&Mentioned| it.range.start >= range.start && it.range.end <= range.end;
        let mentions: Vec<_> = self.mentions.iter().filter(is_within).cloned().collect();
        for Mentioned { range, address, is_own } in mentions {
            self.links_in(markup, at..range.start);
            // The title is markup in itself.
            let (target, title) = (escape(address.as_str()), escape(&escape(address.as_str())));
            let class = if is_own { OWN_MENTION } else { MENTION };
            let _ = write!(markup, "<a href=\"{target}\" title=\"{title}\" class=\"{class}\">");
            let _ = write!(markup, "{}</a>", escape(&self.text[range.clone()]));
            if !self.mentioned.contains(&address) {
                self.mentioned.push(address);
            }
            at = range.end;
        }
        self.links_in(markup, at..range.end);
    }

    fn links_in(&mut self, markup: &mut String, range: Range<usize>) {
        for span in self.finder.spans(&self.text[range]) {
            let target = match span.kind() {
                Some(LinkKind::Email) => Some(format!("mailto:{}", span.as_str())),
                Some(_) => Some(span.as_str().to_owned()).filter(|url| may_open(url)),
                None => None,
            };
            match target.filter(|_| self.links.len() < MAX_LINKS) {
                Some(target) => {
                    // The title is markup in itself.
                    let title = escape(&link_address::markup(&target));
                    let _ = write!(markup, "<a href=\"{}\" title=\"{title}\">", escape(&target));
                    let _ = write!(markup, "{}</a>", escape(span.as_str()));
                    if !self.links.contains(&target) {
                        self.links.push(target);
                    }
                }
                None => markup.push_str(&escape(span.as_str())),
            }
        }
    }
}

fn tags(style: Style) -> (&'static str, &'static str) {
    match style {
        Style::Strong => ("<b>", "</b>"),
        Style::Emphasis => ("<i>", "</i>"),
        Style::Strike => ("<s>", "</s>"),
        Style::Code => ("<span face=\"monospace\" bgcolor=\"#808080\" bgalpha=\"20%\">", "</span>"),
    }
}

fn faint(directive: char) -> String {
    format!("<span alpha=\"45%\">{directive}</span>")
}

#[cfg(test)]
mod tests {
    use super::super::message_text::{self, Shown};
    use super::*;
    use crate::text_format::{Mention, TextFormat};

    fn show(text: &str, limit: usize, author: &str) -> Shown {
        message_text::show(text, &TextFormat::default(), limit, author, None)
    }

    #[test]
    fn spans_are_styled_and_keep_what_marks_them() {
        let shown = show("a *b _c_* `<d>`", 100, "Bob");
        let strong = faint('*');
        let emphasis = faint('_');
        assert!(shown.markup.starts_with(&format!("a <b>{strong}b <i>{emphasis}c{emphasis}</i>{strong}</b> <span")));
        assert!(shown.markup.contains("&lt;d&gt;"), "{}", shown.markup);
        let (_, text, _) = gtk::pango::parse_markup(&shown.markup, '\0').unwrap();
        assert_eq!(text, "a *b _c_* `<d>`");
    }

    fn mention(range: Range<usize>, address: &str) -> Mention {
        Mention { range, address: BareJid::new(address).unwrap() }
    }

    #[test]
    fn whoever_is_mentioned_is_linked_and_set_off_from_whoever_reads() {
        let own = BareJid::new("alice@chat.test").unwrap();
        let mentions =
            vec![mention(3..7, "bob@chat.test"), mention(8..14, own.as_str()), mention(15..20, "e@chat.test")];
        let format = TextFormat { mentions, ..TextFormat::default() };
        let shown = message_text::show("hi @Bób @Alice *x y*", &format, 100, "Bob", Some(&own));
        let of = |address: &str| BareJid::new(address).unwrap();
        assert_eq!((shown.links, shown.mentioned), (vec![], vec![of("bob@chat.test"), own.clone()]));
        assert!(shown.markup.contains("class=\"mention\">@Bób</a>"), "{}", shown.markup);
        assert!(shown.markup.contains("class=\"own-mention\">@Alice</a>"), "{}", shown.markup);
        // Beyond what is shown, nothing is linked.
        let cut = message_text::show("hi @Bób @Alice *x y*", &format, 6, "Bob", Some(&own));
        assert_eq!((cut.mentioned.len(), cut.is_cut), (0, true));
    }

    #[test]
    fn a_link_ends_where_its_span_does() {
        for (text, link) in [
            ("*https://example.org/a*", "https://example.org/a"),
            ("~see https://example.org~", "https://example.org"),
            ("https://example.org/a_b_c and _d_", "https://example.org/a_b_c"),
        ] {
            assert_eq!(show(text, 100, "Bob").links, [link], "{text}");
        }
    }

    #[test]
    fn markup_is_sound_whatever_was_written() {
        for text in ["*<*&*", "_\u{0}_ `\u{1b}`", "*a\n_b*\nc_", "*_~`all`~_*", "`</span>`", "~&amp;~"] {
            let shown = show(text, 100, "Bob");
            assert!(gtk::pango::parse_markup(&shown.markup, '\0').is_ok(), "{}", shown.markup);
        }
        let many = show(&"*a* ".repeat(10_000), usize::MAX, "Bob");
        assert!(many.markup.len() < 100_000, "{}", many.markup.len());
    }
}
