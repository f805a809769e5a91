//! Text as it is compared, for searching and for sorting, never for showing: case, diacritics and compatibility forms do not
//! matter. Pure, and below every layer, so that what is found in a list is found in the history as well.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

/// Lower case, compatibility forms decomposed, diacritics removed: "Ångström" is found by "angst".
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|c| !is_diacritic(*c)).flat_map(lower).collect()
}

/// A word of a text, folded; where words are not told apart by spaces, a single character of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// Nothing but white space stands between it and the one before.
    pub is_apart: bool,
}

/// The words of a text, in order.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut is_apart, mut is_in_word) = (true, false);
    for (start, c) in text.char_indices() {
        let range = start..start + c.len_utf8();
        match Kind::of(c) {
            Kind::Word => {
                let folded = std::iter::once(c).nfkd().filter(|c| !is_diacritic(*c)).flat_map(lower);
                let folded = folded.filter(|c| c.is_alphanumeric() || is_mark(*c));
                if let Some(word) = tokens.last_mut().filter(|_| is_in_word) {
                    word.text.extend(folded);
                    word.range.end = range.end;
                } else {
                    tokens.push(Token { text: folded.collect(), range, is_apart: std::mem::take(&mut is_apart) });
                    is_in_word = true;
                }
            }
            Kind::Single => {
                let text = std::iter::once(c).nfkd().flat_map(lower).collect();
                tokens.push(Token { text, range, is_apart: std::mem::take(&mut is_apart) });
                is_in_word = false;
            }
            Kind::Ignored => {}
            Kind::Space => (is_apart, is_in_word) = (true, false),
            Kind::Break => is_in_word = false,
        }
    }
    // A lone diacritic leaves nothing.
    tokens.retain(|token| !token.text.is_empty());
    tokens
}

/// Where a text has the words that are `wanted`, or words that begin with them; at most `limit` places, in order. What stands
/// together in `wanted` has to stand together in the text.
#[must_use]
pub fn find(text: &str, wanted: &str, limit: usize) -> Vec<Range<usize>> {
    let wanted = tokens(wanted);
    let phrases: Vec<&[Token]> = wanted.chunk_by(|_, next| !next.is_apart).collect();
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() && found.len() < limit {
        let longest = phrases.iter().filter(|phrase| begins(&tokens[at..], phrase)).map(|phrase| phrase.len()).max();
        if let Some(length) = longest {
            found.push(tokens[at].range.start..tokens[at + length - 1].range.end);
        }
        at += longest.unwrap_or(1);
    }
    found
}

/// Whether these tokens begin with the phrase, the last word of which need only be begun.
fn begins(tokens: &[Token], phrase: &[Token]) -> bool {
    let Some((last, first)) = phrase.split_last() else { return false };
    let Some((at_last, at_first)) = tokens.get(..phrase.len()).and_then(<[Token]>::split_last) else { return false };
    first.iter().zip(at_first).all(|(a, b)| a.text == b.text) && at_last.text.starts_with(&last.text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Part of a word.
    Word,
    /// A word by itself: scripts without spaces, and emoji.
    Single,
    /// Changes only how the character before looks.
    Ignored,
    Space,
    Break,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => Self::Word,
            '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{20e3}' => Self::Ignored,
            _ if is_single(c) => Self::Single,
            _ if c.is_alphanumeric() || is_mark(c) || is_diacritic(c) => Self::Word,
            _ if c.is_whitespace() => Self::Space,
            _ => Self::Break,
        }
    }
}

/// Han, kana, bopomofo, yi, Thai, Lao, Myanmar, Khmer, Tibetan, and pictures.
fn is_single(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{eff}' | '\u{f00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{2190}'..='\u{2bff}' | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3041}'..='\u{30ff}' | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{a000}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}'
        | '\u{1f000}'..='\u{1faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The blocks of combining diacritical marks; vowel signs of scripts that need them stay.
const fn is_diacritic(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// Vowel signs and the like, which belong to a word.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && unicode_normalization::char::is_combining_mark(c)
}

fn lower(c: char) -> impl Iterator<Item = char> {
    // As capitals, these are two letters or another one.
    let (first, second) = match c {
        'ß' | 'ẞ' => (Some('s'), Some('s')),
        'ς' => (Some('σ'), None),
        _ => (None, None),
    };
    let rest = first.is_none().then(|| c.to_lowercase().filter(|c| !is_diacritic(*c))).into_iter().flatten();
    first.into_iter().chain(second).chain(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_diacritics_do_not_matter() {
        for (text, folded) in [
            ("Bob", "bob"),
            ("Ångström", "angstrom"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("İstanbul", "istanbul"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("Οδυσσεύς", "οδυσσευσ"),
            ("ﬁn", "fin"),
            ("ｆｕｌｌ", "full"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn a_text_is_taken_apart_where_a_reader_would() {
        for (text, expected) in [
            ("Hello, wide World!", &["hello", "wide", "world"][..]),
            ("don't e-mail", &["don", "t", "e", "mail"]),
            ("https://example.org/Äpfel?x=1", &["https", "example", "org", "apfel", "x", "1"]),
            ("你好吗", &["你", "好", "吗"]),
            ("東京タワーへ行く", &["東", "京", "タ", "ワ", "ー", "へ", "行", "く"]),
            ("hi🎉there", &["hi", "🎉", "there"]),
            ("👍🏽👨‍👩‍👧", &["👍", "👨", "👩", "👧"]),
            ("❤️", &["❤"]),
            ("हिन्दी में", &["हिन्दी", "में"]),
            ("안녕", &["안녕"]),
            ("e\u{301}te\u{301}", &["ete"]),
            ("  … — ", &[]),
            ("\u{301}", &[]),
        ] {
            assert_eq!(words(text), expected.iter().map(|word| fold(word)).collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn what_is_wanted_is_found_where_it_stands() {
        for (text, wanted, expected) in [
            ("The Wheatear is back", "whea", &["Wheatear"][..]),
            ("Ångström und angst", "angst", &["Ångström", "angst"]),
            ("I don't and don t", "don't", &["don't", "don t"]),
            ("今天天气很好", "天气", &["天气"]),
            ("hello world", "wor hel", &["hello", "world"]),
            ("👍🏽 yes", "👍", &["👍"]),
            ("hello", "x", &[]),
            ("hello", "", &[]),
        ] {
            let found: Vec<_> = find(text, wanted, 10).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{wanted} in {text}");
        }
        assert_eq!(find("a a a a", "a", 2).len(), 2);
    }

    #[test]
    fn a_token_knows_its_place_and_what_it_is_joined_to() {
        let text = "Say don't, Zoë";
        let found: Vec<_> = tokens(text).into_iter().map(|t| (text[t.range].to_owned(), t.is_apart)).collect();
        let expected = [("Say", true), ("don", true), ("t", false), ("Zoë", true)];
        assert_eq!(found, expected.map(|(word, is_apart)| (word.to_owned(), is_apart)));
    }
}
