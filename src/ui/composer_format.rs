//! What a text becomes when a style is put on a part of it, or taken off again (XEP-0393).
//!
//! Pure: knows no widget. Places are bytes.

use std::ops::Range;

use crate::styling::{self, Block, Span, Style};

const FENCE: &str = "```";

/// One replacement, and what is selected after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub range: Range<usize>,
    pub text: String,
    /// In the text as it is then.
    pub selection: Range<usize>,
}

/// Styles what is selected, or the word at the cursor; takes the style off where it is there already.
#[must_use]
pub fn toggle(text: &str, selection: Range<usize>, style: Style) -> Edit {
    let is_cursor = selection.is_empty();
    if !is_cursor && text[selection.clone()].trim().contains('\n') {
        return if style == Style::Code {
            toggle_fence(text, &selection)
        } else {
            toggle_lines(text, &selection, style)
        };
    }
    if let Some(span) = span_around(&styling::parse(text), &selection, style) {
        let shifted = |at: usize| (at - 1).clamp(span.start, span.end - 2);
        let selection = shifted(selection.start.max(span.start + 1))..shifted(selection.end);
        return Edit { text: unwrapped(&text[span.clone()]).to_owned(), range: span, selection };
    }
    let directive = style.directive();
    let inner = if is_cursor { word_at(text, selection.start) } else { trimmed(text, &selection) };
    let content = &text[inner.clone()];
    let (range, replacement, shift) = if is_wrapped(content, directive) {
        (inner.clone(), unwrapped(content).to_owned(), -1)
    } else if text[..inner.start].ends_with(directive) && text[inner.end..].starts_with(directive) {
        (inner.start - 1..inner.end + 1, content.to_owned(), -1)
    } else {
        (inner.clone(), format!("{directive}{content}{directive}"), 1)
    };
    let selection = if is_cursor {
        let at = selection.start.saturating_add_signed(shift).clamp(range.start, range.start + replacement.len());
        at..at
    } else if shift > 0 {
        range.start + 1..range.start + replacement.len() - 1
    } else {
        range.start..range.start + replacement.len()
    };
    Edit { range, text: replacement, selection }
}

/// Spans end with their line, so each line gets its own.
fn toggle_lines(text: &str, selection: &Range<usize>, style: Style) -> Edit {
    let range = trimmed(text, selection);
    let directive = style.directive();
    let lines: Vec<&str> = text[range.clone()].split('\n').collect();
    let mut written = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let is_on = written.all(|line| is_wrapped(line, directive));
    let lines = lines.into_iter().map(|line| {
        let content = line.trim();
        if content.is_empty() {
            return line.to_owned();
        }
        let start = line.len() - line.trim_start().len();
        let (before, after) = (&line[..start], &line[start + content.len()..]);
        if is_on {
            format!("{before}{}{after}", unwrapped(content))
        } else {
            format!("{before}{directive}{content}{directive}{after}")
        }
    });
    let new = lines.collect::<Vec<_>>().join("\n");
    Edit { selection: range.start..range.start + new.len(), range, text: new }
}

/// Several lines of code are a block (XEP-0393 §5.1.2).
fn toggle_fence(text: &str, selection: &Range<usize>) -> Edit {
    let selection = trimmed(text, selection);
    let start = text[..selection.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[selection.end..].find('\n').map_or(text.len(), |at| selection.end + at);
    let content = &text[start..end];
    let inside = content.strip_prefix(FENCE).and_then(|rest| rest.strip_suffix(FENCE));
    let new = match inside.and_then(|rest| rest.strip_prefix('\n')?.strip_suffix('\n')) {
        Some(code) => code.to_owned(),
        None => format!("{FENCE}\n{content}\n{FENCE}"),
    };
    Edit { selection: start..start + new.len(), range: start..end, text: new }
}

/// A span of this style that holds all that is selected; it may have other directives between.
fn span_around(blocks: &[Block], selection: &Range<usize>, style: Style) -> Option<Range<usize>> {
    let holds = |span: &&Span| {
        let range = &span.range;
        let is_within = range.start <= selection.start && selection.end <= range.end;
        span.style == style
            && is_within
            && (!selection.is_empty() || (range.start < selection.start && selection.end < range.end))
    };
    blocks.iter().find_map(|block| match block {
        Block::Text(lines) => lines.iter().flat_map(|line| &line.spans).find(holds).map(|span| span.range.clone()),
        Block::Quote { blocks, .. } => span_around(blocks, selection, style),
        Block::Code { .. } => None,
    })
}

fn is_wrapped(text: &str, directive: char) -> bool {
    text.len() > 2 && text.starts_with(directive) && text.ends_with(directive)
}

fn unwrapped(text: &str) -> &str {
    &text[1..text.len() - 1]
}

/// A directive beside white space would be none.
fn trimmed(text: &str, range: &Range<usize>) -> Range<usize> {
    let content = &text[range.clone()];
    let start = range.start + (content.len() - content.trim_start().len());
    start..start + content.trim().len()
}

fn word_at(text: &str, at: usize) -> Range<usize> {
    let is_in_word = |c: &char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-');
    let before: usize = text[..at].chars().rev().take_while(is_in_word).map(char::len_utf8).sum();
    let after: usize = text[at..].chars().take_while(is_in_word).map(char::len_utf8).sum();
    at - before..at + after
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Styles a text in which the selection stands between bars (one is a cursor), and writes the result the same way.
    fn styled(text: &str, style: Style) -> String {
        let start = text.find('|').unwrap();
        let mut plain = text.replacen('|', "", 1);
        let end = plain.find('|').unwrap_or(start);
        plain = plain.replacen('|', "", 1);
        let edit = toggle(&plain, start..end, style);
        plain.replace_range(edit.range, &edit.text);
        plain.insert(edit.selection.end, '|');
        if !edit.selection.is_empty() {
            plain.insert(edit.selection.start, '|');
        }
        plain
    }

    #[test]
    fn a_style_is_put_on_and_taken_off_again() {
        for (text, style, on, off) in [
            ("a |word| b", Style::Strong, "a *|word|* b", "a |word| b"),
            ("a| word |b", Style::Emphasis, "a _|word|_ b", "a |word| b"),
            ("a wo|rd b", Style::Strike, "a ~wo|rd~ b", "a wo|rd b"),
            ("über|", Style::Code, "`über|`", "über|"),
            ("a |", Style::Strong, "a *|*", "a |"),
            ("|", Style::Strong, "*|*", "|"),
            ("|one\n\n  two|", Style::Strong, "|*one*\n\n  *two*|", "|one\n\n  two|"),
            ("x\nf|n a() {\n}|\ny", Style::Code, "x\n|```\nfn a() {\n}\n```|\ny", "x\n|fn a() {\n}|\ny"),
            ("| \n |", Style::Strong, " \n *|*", " \n |"),
        ] {
            assert_eq!(styled(text, style), on, "{text:?}");
            assert_eq!(styled(on, style), off, "{on:?}");
        }
        assert_eq!(styled("|*word*|", Style::Strong), "|word|");
        assert_eq!(styled("> a *_|word|_* b", Style::Strong), "> a _|word|_ b");
        assert_eq!(styled("*so _much| more_*", Style::Strong), "so _much| more_");
        assert_eq!(styled("*a*|", Style::Strong), "*a**|*");
        assert_eq!(styled("|*one*\ntwo|", Style::Strong), "|**one**\n*two*|");
    }
}
