//! Emoji by the names that people type between colons: `:smile:`, `:+1:`.
//!
//! Pure. The names are those of GitHub and Slack, in English as everywhere; the emoji's own name is looked at as well.

use emojis::{Emoji, UnicodeVersion};

/// The fewest letters that are looked for: `:D` and `:p` are not meant.
const MIN_LETTERS: usize = 2;
/// The most that a name has.
const MAX_LETTERS: usize = 40;
/// What came later is a blank box in the fonts of the oldest desktops that Stonechat runs on.
const NEWEST: UnicodeVersion = UnicodeVersion::new(15, 0);

/// An emoji with the name that fits what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    pub emoji: &'static str,
    pub name: &'static str,
}

/// What is being typed at the end of a text: how many bytes there are with the colon, and the name so far.
#[must_use]
pub fn typed(before: &str) -> Option<(usize, &str)> {
    let end: usize = before.chars().rev().take(MAX_LETTERS).take_while(|c| is_letter(*c)).count();
    let (rest, name) = before.split_at(before.len() - end);
    (name.len() >= MIN_LETTERS && is_begin(rest)).then_some((name.len() + 1, name))
}

/// The emoji whose name between two colons has just been finished, and how many bytes it takes with them.
#[must_use]
pub fn finished(before: &str) -> Option<(usize, &'static str)> {
    let (length, name) = typed(before.strip_suffix(':')?)?;
    Some((length + 1, emojis::get_by_shortcode(name)?.as_str()))
}

/// At most `limit` emoji for a name of which a beginning was typed, the likeliest first.
#[must_use]
pub fn find(typed: &str, limit: usize) -> Vec<Named> {
    let typed = typed.to_ascii_lowercase();
    let known = emojis::iter().filter(|emoji| emoji.unicode_version() <= NEWEST);
    let mut found: Vec<(u8, Named)> = known
        .filter_map(|emoji| {
            let (rank, name) = emoji
                .shortcodes()
                .filter_map(|name| Some((rank(name, &typed)?, name)))
                .min_by_key(|(rank, name)| (*rank, name.len()))?;
            Some((rank, Named { emoji: emoji.as_str(), name }))
        })
        .collect();
    if found.len() < limit {
        let by_name = emojis::iter()
            .filter(|emoji| emoji.unicode_version() <= NEWEST)
            .filter_map(|emoji| own_name(emoji, &typed));
        let known: std::collections::HashSet<_> = found.iter().map(|(_, named)| named.emoji).collect();
        found.extend(by_name.filter(|named| !known.contains(named.emoji)).map(|named| (u8::MAX, named)));
    }
    // The shortest names are those that people know; else in the order of the emoji list: faces, people, animals, …
    found.sort_by_key(|(rank, named)| (*rank, named.name.len()));
    found.into_iter().map(|(_, named)| named).take(limit).collect()
}

fn own_name(emoji: &'static Emoji, typed: &str) -> Option<Named> {
    let fits = emoji.name().split([' ', '-', ':']).any(|word| word.to_ascii_lowercase().starts_with(typed));
    Some(Named { emoji: emoji.as_str(), name: emoji.shortcode().filter(|_| fits)? })
}

/// The whole name, its beginning, the beginning of a word in it.
fn rank(name: &str, typed: &str) -> Option<u8> {
    if name == typed {
        Some(0)
    } else if name.starts_with(typed) {
        Some(1)
    } else {
        name.split(['_', '-']).any(|word| word.starts_with(typed)).then_some(2)
    }
}

const fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-')
}

/// Whether a name may begin here: behind a colon that stands behind no letter, as that in 10:30 does.
fn is_begin(before: &str) -> bool {
    before
        .strip_suffix(':')
        .is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ':' | '/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_behind_a_colon_that_stands_alone() {
        for (before, expected) in [
            (":smi", Some((4, "smi"))),
            ("so :+1", Some((3, "+1"))),
            ("(:Tada", Some((5, "Tada"))),
            ("👍:heart", Some((6, "heart"))),
            (":s", None),
            (":D", None),
            ("at 10:30", None),
            ("https://ex", None),
            ("std::io", None),
            ("::io", None),
            (":smile ", None),
            (":-)", None),
            ("smile", None),
            ("", None),
            (":smi\u{e4}", None),
        ] {
            assert_eq!(typed(before), expected, "{before:?}");
        }
        assert_eq!(typed(&format!(":{}", "a".repeat(100))), None);
    }

    #[test]
    fn a_finished_name_is_its_emoji() {
        for (before, expected) in [
            ("so :smile:", Some((7, "😄"))),
            (":+1:", Some((4, "👍"))),
            (":nothing_like_this:", None),
            ("a:smile:", None),
            (":smile", None),
            (":", None),
            ("::", None),
        ] {
            assert_eq!(finished(before), expected, "{before:?}");
        }
    }

    #[test]
    fn the_likeliest_emoji_come_first() {
        let names = |typed: &str| find(typed, 8).into_iter().map(|named| named.name).collect::<Vec<_>>();
        assert_eq!(find("heart", 1)[0].emoji, "❤️");
        assert_eq!(find("TADA", 1)[0].emoji, "🎉");
        assert!(names("smi")[..2].iter().all(|name| name.starts_with("smi")), "{:?}", names("smi"));
        assert!(names("cat").contains(&"smile_cat"), "a word within: {:?}", names("cat"));
        assert!(find("hamburger", 8).iter().any(|named| named.emoji == "🍔"));
        assert_eq!(find("zzzz", 8), []);
        assert!(find("a", 5).len() == 5);
    }
}
