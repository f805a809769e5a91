//! Text that other people have chosen (names, status texts, groups, what they write with a request), made fit to stand
//! beside our own words: it can neither turn them around nor pass for empty space.
//!
//! Knows nothing of who it is from. What people write to each other is not touched: a message stands in a place of its own.

use std::borrow::Cow;

/// First strong isolate: what follows has a direction of its own (UAX #9 §2.4.2) …
const ISOLATE: char = '\u{2068}';
/// … until here.
const POP_ISOLATE: char = '\u{2069}';

/// One line without anything that can't be seen; empty where nothing can be. For lists and headings.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| matches!(c, ' '..='~');
    if text.chars().all(is_plain) && !text.contains("  ") {
        return text.trim().into();
    }
    let visible: String = text.chars().filter(|c| !is_hidden(*c) || c.is_whitespace()).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().all(is_joiner) { Cow::Borrowed("") } else { line.into() }
}

/// The same with a direction of its own, to be put into a sentence: a name from right to left moves no word beside it.
#[must_use]
pub fn isolated(text: &str) -> String {
    let line = one_line(text);
    if line.is_ascii() { line.into_owned() } else { format!("{ISOLATE}{line}{POP_ISOLATE}") }
}

/// Control characters, what steers the direction of text, and what looks like nothing at all.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Embeddings, overrides and isolates (UAX #9 §2): they reach over what stands behind the text.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Without width.
            | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{180e}' | '\u{ad}'
            | '\u{fff9}'..='\u{fffb}'
            // Blank letters.
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}'
        )
}

/// What is needed between letters (joiners, marks, selectors of a form) and is nothing without them.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{61c}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e01ef}' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_what_is_seen_and_nothing_else() {
        for (text, line) in [
            ("Juniper", "Juniper"),
            ("  Call\n me\tIshmael ", "Call me Ishmael"),
            ("two  spaces", "two spaces"),
            ("", ""),
            (" \u{200b}\u{3164}\u{2800}\u{ad} ", ""),
            ("\u{200d}\u{200e} \u{fe0f}", ""),
            ("Bob\u{202e}nimda", "Bobnimda"),
            ("\u{2067}\u{2066}\u{202a}\u{202b}\u{202d}x\u{202c}\u{2069}", "x"),
            ("B\u{200b}o\u{feff}b\u{7}", "Bob"),
            // Letters of every kind stay, with the marks that they need.
            ("كريم", "كريم"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👩\u{200d}👧 🏴\u{e0067}\u{e0062}\u{e007f}", "👩\u{200d}👧 🏴\u{e0067}\u{e0062}\u{e007f}"),
            ("Ren\u{e9}e\u{301}", "Ren\u{e9}e\u{301}"),
        ] {
            assert_eq!(one_line(text), line, "{text:?}");
        }
    }

    #[test]
    fn in_a_sentence_a_name_has_a_direction_of_its_own() {
        assert_eq!(isolated("Bob"), "Bob");
        assert_eq!(isolated("كريم"), "\u{2068}كريم\u{2069}");
        assert_eq!(isolated("\u{2069}\u{202e}é"), "\u{2068}é\u{2069}");
    }
}
