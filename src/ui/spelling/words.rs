//! Which words of a text are looked up: not what is code, quoted, a link, an address, somebody's or an emoji's name. Pure.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::styling::{self, Block, Style};

/// Nobody misspells what is longer, in characters.
const LONGEST: usize = 100;

/// Where they stand, in bytes, in their order.
#[must_use]
pub fn find(text: &str) -> Vec<Range<usize>> {
    let mut others = Vec::new();
    leave_out(&styling::parse(text), &mut others);
    others.sort_unstable_by_key(|range| range.start);
    let mut others = others.into_iter().peekable();
    let mut left_out_to = 0;
    let mut found = Vec::new();
    for (start, token) in tokens(text).filter(|(_, token)| is_prose(token)) {
        for (at, word) in token.unicode_word_indices() {
            let before = word.len() - word.trim_start_matches('_').len();
            let word = word.trim_matches('_');
            let range = start + at + before..start + at + before + word.len();
            while let Some(other) = others.next_if(|other| other.start < range.end) {
                left_out_to = left_out_to.max(other.end);
            }
            if is_word(word) && left_out_to <= range.start {
                found.push(range);
            }
        }
    }
    found
}

/// Code, and what others have written.
fn leave_out(blocks: &[Block], ranges: &mut Vec<Range<usize>>) {
    for block in blocks {
        match block {
            Block::Text(lines) => {
                let spans = lines.iter().flat_map(|line| &line.spans);
                ranges.extend(spans.filter(|span| span.style == Style::Code).map(|span| span.range.clone()));
            }
            Block::Code { range, .. } | Block::Quote { range, .. } => ranges.push(range.clone()),
        }
    }
}

/// What stands between white space, and where it begins.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive(char::is_whitespace).map(move |token| {
        let begins = start;
        start += token.len();
        (begins, token.trim_end())
    })
}

/// Whether it is made of words: no `https://…`, `bob@example.org`, `@bob`, `#room`, `:smile:`, `/me`, `main.rs`.
fn is_prose(token: &str) -> bool {
    let bare = token.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '@' | '#' | ':' | '/'));
    let mut first = bare.chars();
    let is_name =
        matches!(first.next(), Some('@' | '#' | ':' | '/')) && first.next().is_some_and(char::is_alphanumeric);
    let has = |sign: char| {
        bare.match_indices(sign).any(|(at, _)| {
            bare[..at].ends_with(char::is_alphanumeric)
                && bare[at + sign.len_utf8()..].starts_with(char::is_alphanumeric)
        })
    };
    !is_name && !bare.contains("://") && !bare.contains('\\') && !has('@') && !has('.')
}

fn is_word(word: &str) -> bool {
    let length = word.chars().count();
    (2..=LONGEST).contains(&length) && word.chars().all(|c| !c.is_numeric() && !matches!(c, '_' | '.' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_and_what_is_none_is_not() {
        for (text, words) in [
            ("Helo wrld, don't (it’s) „gut“!", &["Helo", "wrld", "don't", "it’s", "gut"][..]),
            ("*strng* _emphsis_ ~strk~ and/or well-known", &["strng", "emphsis", "strk", "and", "or", "well", "known"]),
            ("a `let mut` b\nxx `open", &["xx", "open"]),
            ("one\n```rust\nlet mut\n```\ntwo", &["one", "two"]),
            ("```\nlet mut", &[]),
            ("> hs wrds\nmine", &["mine"]),
            ("see https://exampl.org/pth?q=wrd, (http://x.y) bob@exampl.org xmpp:bob@exampl.org?join", &["see"]),
            ("@bob #rom :smil: :smi (:+1:) /me wavs", &["wavs"]),
            ("well :-) \"@bob\" no: yes. ok...and", &["well", "no", "yes", "ok", "and"]),
            ("main.rs example.org C:\\temp snake_case 2nd h264 v1.2", &[]),
            ("naïve Straße été", &["naïve", "Straße", "été"]),
            ("👍🏽 👩‍👩‍👧 🇩🇪 1️⃣ a", &[]),
            ("  \n\t ", &[]),
        ] {
            let found: Vec<_> = find(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, words, "{text}");
        }
        assert!(find(&"x".repeat(LONGEST + 1)).is_empty());
    }
}
