//! Message styling (XEP-0393): which parts of a plain text are strong, quoted, code …, said in byte ranges of the text.
//!
//! Pure, and below every layer: nothing is changed or taken out of the text, the directives included (§6 wants them shown).
//! Every text has a reading, in time that grows with its length.

use std::ops::Range;

/// How deep quotations may stand in each other; what is deeper stays a text.
const MAX_DEPTH: usize = 6;
/// How many quotations and code blocks are told apart; what comes after is a text.
const MAX_BLOCKS: usize = 50;
const FENCE: &str = "```";

/// How a span looks (§5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    Strong,
    Emphasis,
    Strike,
    Code,
}

impl Style {
    pub const ALL: [Self; 4] = [Self::Strong, Self::Emphasis, Self::Strike, Self::Code];

    fn of(directive: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.directive() == char::from(directive))
    }

    /// What stands before and after it.
    #[must_use]
    pub const fn directive(self) -> char {
        match self {
            Self::Strong => '*',
            Self::Emphasis => '_',
            Self::Strike => '~',
            Self::Code => '`',
        }
    }
}

/// A styled part of one line, its directives (one byte each) included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub range: Range<usize>,
    pub style: Style,
}

/// Lines of one kind, one after the other. The ranges leave out the line breaks, and what marks the lines as quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Text(Vec<Line>),
    Code {
        /// What stands behind the grave accents that open it.
        info: Range<usize>,
        lines: Vec<Range<usize>>,
        /// From the first fence to the last one, or to the end of the block it stands in.
        range: Range<usize>,
    },
    Quote {
        blocks: Vec<Block>,
        range: Range<usize>,
    },
}

/// A line that is neither code nor a quotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub range: Range<usize>,
    /// In the order in which they begin; a span stands before those within it.
    pub spans: Vec<Span>,
}

/// Reads a text.
#[must_use]
pub fn parse(text: &str) -> Vec<Block> {
    let mut start = 0;
    let lines = text.split('\n').map(|line| {
        let range = start..start + line.len();
        start = range.end + 1;
        range
    });
    let lines: Vec<_> = lines.collect();
    Parser { text, blocks: 0 }.blocks(&lines, 0)
}

/// The same for a text without any styling (§6): its lines, and nothing in them.
#[must_use]
pub fn unstyled(text: &str) -> Vec<Block> {
    let mut start = 0;
    let lines = text.split('\n').map(|line| {
        let range = start..start + line.len();
        start = range.end + 1;
        Line { range, spans: Vec::new() }
    });
    vec![Block::Text(lines.collect())]
}

struct Parser<'t> {
    text: &'t str,
    /// How many were found.
    blocks: usize,
}

impl Parser<'_> {
    fn blocks(&mut self, lines: &[Range<usize>], depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut at = 0;
        while let Some(first) = lines.get(at) {
            let may_open = self.blocks < MAX_BLOCKS;
            let line = &self.text[first.clone()];
            if may_open && line.starts_with(FENCE) {
                self.blocks += 1;
                let (block, used) = self.code(&lines[at..]);
                blocks.push(block);
                at += used;
            } else if may_open && depth < MAX_DEPTH && line.starts_with('>') {
                self.blocks += 1;
                let used = lines[at..].iter().take_while(|line| self.text[line.start..line.end].starts_with('>'));
                let inner: Vec<_> = used.map(|line| unquoted(self.text, line)).collect();
                let range = first.start..lines[at + inner.len() - 1].end;
                at += inner.len();
                blocks.push(Block::Quote { blocks: self.blocks(&inner, depth + 1), range });
            } else {
                let line = Line { range: first.clone(), spans: spans(self.text, first) };
                match blocks.last_mut() {
                    Some(Block::Text(lines)) => lines.push(line),
                    _ => blocks.push(Block::Text(vec![line])),
                }
                at += 1;
            }
        }
        blocks
    }

    /// A preformatted block and how many lines it takes (§5.1.2).
    fn code(&self, lines: &[Range<usize>]) -> (Block, usize) {
        let info = lines[0].start + FENCE.len()..lines[0].end;
        let length = lines[1..].iter().take_while(|line| &self.text[line.start..line.end] != FENCE).count();
        let used = (length + 2).min(lines.len());
        let range = lines[0].start..lines[used - 1].end;
        (Block::Code { info, lines: lines[1..=length].to_vec(), range }, used)
    }
}

/// A quoted line without its sign and the white space behind it (§5.1.3).
fn unquoted(text: &str, line: &Range<usize>) -> Range<usize> {
    let start = line.start + 1;
    let space = text[start..line.end].chars().next().filter(|c| c.is_whitespace()).map_or(0, char::len_utf8);
    start + space..line.end
}

fn spans(text: &str, line: &Range<usize>) -> Vec<Span> {
    let mut spans = Vec::new();
    add_spans(text, line.clone(), &mut spans);
    spans
}

/// Finds the spans of a line, or of the inside of a span (§5.2). Directives are one byte each and stand alone in UTF-8.
fn add_spans(text: &str, range: Range<usize>, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    // Nothing from here to the end closes this style any more: looked for once, however often it is opened.
    let mut is_never_closed = [false; Style::ALL.len()];
    let mut at = range.start;
    while at < range.end {
        let opens = Style::of(bytes[at]).filter(|_| may_open(text, &range, at));
        let Some(style) = opens.filter(|style| !is_never_closed[*style as usize]) else {
            at += 1;
            continue;
        };
        let Some(close) = closing(text, at, range.end, bytes[at]) else {
            is_never_closed[style as usize] = true;
            at += 1;
            continue;
        };
        if close > at + 1 {
            spans.push(Span { range: at..close + 1, style });
            if style != Style::Code {
                add_spans(text, at + 1..close, spans);
            }
        }
        // Where nothing stands between the two, neither counts.
        at = close + 1;
    }
}

/// At the beginning of a block, behind white space, or (as the beginning of a span is) behind another opening directive; and
/// before no white space.
fn may_open(text: &str, range: &Range<usize>, at: usize) -> bool {
    let is_behind = at == range.start || text[range.start..at].chars().next_back().is_some_and(char::is_whitespace);
    is_behind && text[at + 1..range.end].chars().next().is_some_and(|c| !c.is_whitespace())
}

/// The next directive of this kind that is not behind white space.
fn closing(text: &str, open: usize, end: usize, directive: u8) -> Option<usize> {
    let inside = memchr::memchr_iter(directive, &text.as_bytes()[open + 1..end]).map(|found| open + 1 + found);
    inside.into_iter().find(|close| !text[open..*close].chars().next_back().is_some_and(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The styles of a text's only line with the text they span.
    fn styled(text: &str) -> Vec<(Style, &str)> {
        match parse(text).as_slice() {
            [Block::Text(lines)] => {
                lines.iter().flat_map(|line| &line.spans).map(|span| (span.style, &text[span.range.clone()])).collect()
            }
            other => panic!("{text:?} is no text: {other:?}"),
        }
    }

    /// A text with its blocks marked: `[quote: …]`, `[code info: …]`.
    fn outline(text: &str) -> String {
        fn write(text: &str, blocks: &[Block]) -> String {
            let parts = blocks.iter().map(|block| match block {
                Block::Text(lines) => lines.iter().map(|line| &text[line.range.clone()]).collect::<Vec<_>>().join("/"),
                Block::Code { info, lines, .. } => {
                    let lines: Vec<_> = lines.iter().map(|line| &text[line.clone()]).collect();
                    format!("[code {}: {}]", &text[info.clone()], lines.join("/"))
                }
                Block::Quote { blocks, .. } => format!("[quote: {}]", write(text, blocks)),
            });
            parts.collect::<Vec<_>>().join("|")
        }
        write(text, &parse(text))
    }

    #[test]
    fn spans_are_as_the_examples_have_them() {
        use Style::{Code, Emphasis, Strike, Strong};
        for (text, expected) in [
            ("plain span", vec![]),
            ("*strong span*", vec![(Strong, "*strong span*")]),
            ("plain _emphasis_ plain", vec![(Emphasis, "_emphasis_")]),
            ("`pre` plain *strong*", vec![(Code, "`pre`"), (Strong, "*strong*")]),
            ("*strong*plain*", vec![(Strong, "*strong*")]),
            ("* plain *strong*", vec![(Strong, "*strong*")]),
            ("not strong*", vec![]),
            ("*not strong", vec![]),
            ("*not \n strong*", vec![]),
            ("*not *strong", vec![]),
            ("**", vec![]),
            ("***", vec![]),
            ("****", vec![]),
            ("Two spans, both *alike in dignity*", vec![(Strong, "*alike in dignity*")]),
            (
                "The full title is _Twelfth Night, or What You Will_ but",
                vec![(Emphasis, "_Twelfth Night, or What You Will_")],
            ),
            ("Everyone ~dis~likes cake.", vec![(Strike, "~dis~")]),
            ("This is `monospace`", vec![(Code, "`monospace`")]),
            ("This is `*monospace*`", vec![(Code, "`*monospace*`")]),
            (
                "This is *`monospace and bold`*",
                vec![(Strong, "*`monospace and bold`*"), (Code, "`monospace and bold`")],
            ),
            (
                "There are three blocks in this body, one per line,\nbut there is no *formatting\nas spans* may not escape blocks.",
                vec![],
            ),
        ] {
            assert_eq!(styled(text), expected, "{text:?}");
        }
    }

    #[test]
    fn spans_are_read_lazily_from_the_left() {
        use Style::{Emphasis, Strike, Strong};
        for (text, expected) in [
            ("snake_case_name 2*3*4 a~b~c", vec![]),
            ("_*both*_", vec![(Emphasis, "_*both*_"), (Strong, "*both*")]),
            ("*a _b* c_", vec![(Strong, "*a _b*")]),
            ("*one* *two*", vec![(Strong, "*one*"), (Strong, "*two*")]),
            ("*_~all~_*", vec![(Strong, "*_~all~_*"), (Emphasis, "_~all~_"), (Strike, "~all~")]),
            ("**bold**", vec![]),
            ("*a*_b_", vec![(Strong, "*a*")]),
            ("(*no*)", vec![]),
            // An em space and an ideographic one are white space as well.
            ("\u{2003}*ä*", vec![(Strong, "*ä*")]),
            ("*\u{3000}ä*", vec![]),
            ("*ä\u{3000}*", vec![]),
            ("* *a*", vec![(Strong, "*a*")]),
            ("*👩\u{200d}👧*", vec![(Strong, "*👩\u{200d}👧*")]),
        ] {
            assert_eq!(styled(text), expected, "{text:?}");
        }
    }

    #[test]
    fn blocks_are_as_the_examples_have_them() {
        for (text, expected) in [
            (
                "```ignored\n(println \"Hello, world!\")\n```\n\nThis should show up as monospace, preformatted text ⤴",
                "[code ignored: (println \"Hello, world!\")]|/This should show up as monospace, preformatted text ⤴",
            ),
            (
                "> ```\n> (println \"Hello, world!\")\n\nThe entire blockquote is a preformatted text block, but this line\nis plaintext!",
                "[quote: [code : (println \"Hello, world!\")]]|/The entire blockquote is a preformatted text block, but this line/is plaintext!",
            ),
            (
                "> That that is, is.\n\nSaid the old hermit of Prague.",
                "[quote: That that is, is.]|/Said the old hermit of Prague.",
            ),
            (
                ">> That that is, is.\n> Said the old hermit of Prague.\n\nWho?",
                "[quote: [quote: That that is, is.]|Said the old hermit of Prague.]|/Who?",
            ),
            ("", ""),
            ("\n", "/"),
            (">", "[quote: ]"),
            ("> _ <", "[quote: _ <]"),
            (" > no quote", " > no quote"),
            (">  two spaces", "[quote:  two spaces]"),
            ("```", "[code : ]"),
            ("```\n```", "[code : ]"),
            ("```\na\n``` \n```` \nb", "[code : a/``` /```` /b]"),
            ("text\n```\n*no*\n> no\n```\n> yes", "text|[code : *no*/> no]|[quote: yes]"),
            ("> ```\n> a\n```\nb", "[quote: [code : a]]|[code : b]"),
        ] {
            assert_eq!(outline(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_span_in_a_quotation_begins_where_the_quoted_line_does() {
        let text = "> *strong*\n>> _very_";
        let Block::Quote { blocks, range } = &parse(text)[0] else { panic!("no quotation") };
        assert_eq!(*range, 0..text.len());
        let Block::Text(lines) = &blocks[0] else { panic!("no text") };
        assert_eq!(lines[0].spans, [Span { range: 2..10, style: Style::Strong }]);
        let Block::Quote { blocks, .. } = &blocks[1] else { panic!("no quotation") };
        assert_eq!(
            *blocks,
            [Block::Text(vec![Line { range: 14..20, spans: vec![Span { range: 14..20, style: Style::Emphasis }] }])]
        );
    }

    #[test]
    fn every_text_is_covered_in_order_and_at_characters() {
        let pieces = ["*", "_", "~", "`", "```", "\n", ">", " ", "ä", "a", "> ", "\u{3000}", "\r"];
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..random % 24 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                text.push_str(pieces[usize::try_from(random % pieces.len() as u64).unwrap()]);
            }
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            check(&text, &parse(&text), 0..text.len());
        }
    }

    /// Every range is within its parent and can be cut out.
    fn check(text: &str, blocks: &[Block], within: Range<usize>) {
        let is_within = |range: &Range<usize>| {
            assert!(within.start <= range.start && range.end <= within.end, "{text:?}: {range:?}");
            assert!(text.get(range.clone()).is_some(), "{text:?}: {range:?}");
        };
        for block in blocks {
            match block {
                Block::Text(lines) => lines.iter().for_each(|line| {
                    is_within(&line.range);
                    for span in &line.spans {
                        assert!(line.range.start <= span.range.start && span.range.end <= line.range.end, "{text:?}");
                        let inside = &text[span.range.start + 1..span.range.end - 1];
                        assert!(!inside.is_empty() && inside.trim() == inside, "{text:?}: {inside:?}");
                    }
                }),
                Block::Code { info, lines, range } => [range, info].into_iter().chain(lines).for_each(is_within),
                Block::Quote { blocks, range } => {
                    is_within(range);
                    check(text, blocks, range.clone());
                }
            }
        }
    }

    #[test]
    fn hostile_texts_are_read_in_no_time() {
        // Whoever looked at the rest again for each of these would take long.
        for piece in ["*a ", "*", "* ", "_*~`a ", "> ", ">", "```\n", "*_~", ">\n>>\n", "*a* ", "*a_ "] {
            let _ = parse(&piece.repeat(300_000 / piece.len()));
        }
        let mut depth = 0;
        let blocks = parse(&">".repeat(10_000));
        let mut inner = &blocks;
        while let Some(Block::Quote { blocks, .. }) = inner.first() {
            depth += 1;
            inner = blocks;
        }
        assert_eq!(depth, MAX_DEPTH);
        let many = parse(&"> a\n\n".repeat(1_000));
        assert!(many.len() <= 2 * MAX_BLOCKS + 1, "{}", many.len());
    }
}
