//! What a text says of how it is to be shown, beside itself; it goes with the text wherever that goes: over the network, into
//! the store, into a draft and on to somebody else.
//!
//! Pure, and below every layer.

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::ids::BareJid;

/// How many characters of what is said of a covered text are kept.
pub const MAX_HINT: usize = 200;

/// How many people a text can mention.
pub const MAX_MENTIONS: usize = 50;

/// How a text is to be shown. Most texts say nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextFormat {
    /// Nothing in it is styling (XEP-0393 §6): asterisks are asterisks.
    pub is_unstyled: bool,
    /// It is covered until its reader wants to see it (XEP-0382); what may be read before, which may be nothing.
    pub spoiler: Option<String>,
    /// Whom it mentions (XEP-0372), in their order; none of them overlap, and all are within the text.
    pub mentions: Vec<Mention>,
}

/// A part of a text that names somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// In code points.
    pub range: Range<usize>,
    pub address: BareJid,
}

impl Mention {
    /// Those that can be in a text of so many code points, in their order; of two that overlap, the one that begins first.
    fn sound(mut mentions: Vec<Self>, length: usize) -> Vec<Self> {
        mentions.retain(|mention| mention.range.start < mention.range.end && mention.range.end <= length);
        mentions.sort_by_key(|mention| mention.range.start);
        let mut end = 0;
        mentions.retain(|mention| {
            let is_free = mention.range.start >= end;
            if is_free {
                end = mention.range.end;
            }
            is_free
        });
        mentions.truncate(MAX_MENTIONS);
        mentions
    }

    fn from_json(value: &Value) -> Option<Self> {
        let place = |n: usize| usize::try_from(value[n].as_u64()?).ok();
        Some(Self { range: place(0)?..place(1)?, address: BareJid::new(value[2].as_str()?).ok()? })
    }
}

impl TextFormat {
    /// Of this text with another one behind it, which begins after so many code points: what either wants holds for both.
    #[must_use]
    pub fn followed_by(mut self, other: Self, before: usize) -> Self {
        let behind = |Mention { range, address }: Mention| Mention {
            range: range.start.saturating_add(before)..range.end.saturating_add(before),
            address,
        };
        self.mentions.extend(other.mentions.into_iter().map(behind));
        Self {
            is_unstyled: self.is_unstyled || other.is_unstyled,
            spoiler: self.spoiler.or(other.spoiler),
            mentions: self.mentions,
        }
    }

    /// The same where the first code points of the text have gone, and whoever was mentioned in them.
    #[must_use]
    pub fn without_first(mut self, gone: usize) -> Self {
        let moved = |Mention { range, address }| {
            let range = range.start.checked_sub(gone)?..range.end.checked_sub(gone)?;
            Some(Mention { range, address })
        };
        self.mentions = self.mentions.into_iter().filter_map(moved).collect();
        self
    }

    /// The same for a text of so many code points, where nobody knows whether it holds.
    #[must_use]
    pub fn of_length(mut self, length: usize) -> Self {
        self.mentions = Mention::sound(self.mentions, length);
        self
    }

    /// As it is kept: a JSON object. `None` for a text that says nothing.
    #[must_use]
    pub fn to_json(&self) -> Option<String> {
        let mut map = Map::new();
        if self.is_unstyled {
            map.insert("unstyled".to_owned(), Value::Bool(true));
        }
        if let Some(hint) = &self.spoiler {
            map.insert("spoiler".to_owned(), Value::String(hint.clone()));
        }
        if !self.mentions.is_empty() {
            let mention = |it: &Mention| json!([it.range.start, it.range.end, it.address.as_str()]);
            map.insert("mentions".to_owned(), self.mentions.iter().map(mention).collect());
        }
        (!map.is_empty()).then(|| Value::Object(map).to_string())
    }

    /// The same back; what can't be read says nothing.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        let value: Value = serde_json::from_str(json).unwrap_or_default();
        let mentions = value["mentions"].as_array().into_iter().flatten().filter_map(Mention::from_json);
        Self {
            is_unstyled: value["unstyled"] == Value::Bool(true),
            spoiler: value["spoiler"].as_str().map(str::to_owned),
            mentions: mentions.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(range: Range<usize>) -> Mention {
        Mention { range, address: BareJid::new("bob@chat.test").unwrap() }
    }

    #[test]
    fn of_mentions_those_that_can_be_are_kept_in_their_order() {
        let sound = |ranges: &[Range<usize>]| {
            let format =
                TextFormat { mentions: ranges.iter().cloned().map(mention).collect(), ..TextFormat::default() };
            format.of_length(10).mentions.into_iter().map(|mention| mention.range).collect::<Vec<_>>()
        };
        assert_eq!(sound(&[4..6, 0..4]), [0..4, 4..6]);
        assert_eq!(sound(&[0..5, 4..6, 5..6]), [0..5, 5..6]);
        #[expect(clippy::reversed_empty_ranges, reason = "that is what is sent")]
        let none: Vec<Range<usize>> = sound(&[3..3, 5..2, 9..11, 11..12, usize::MAX - 1..usize::MAX]);
        assert!(none.is_empty(), "{none:?}");
        let many = (0..10_000).map(|at| mention(at..at + 1)).collect();
        let many = TextFormat { mentions: many, ..TextFormat::default() }.of_length(100_000);
        assert_eq!(many.mentions.len(), MAX_MENTIONS);
    }

    #[test]
    fn what_is_kept_is_read_as_the_same() {
        let spoiler = |hint: &str| TextFormat { spoiler: Some(hint.to_owned()), ..TextFormat::default() };
        let unstyled = TextFormat { is_unstyled: true, ..TextFormat::default() };
        let all = TextFormat { is_unstyled: true, mentions: vec![mention(1..5)], ..spoiler("\"<🎬>\"") };
        for format in [TextFormat::default(), unstyled, spoiler(""), all] {
            let kept = format.to_json();
            assert_eq!(kept.is_none(), format == TextFormat::default());
            assert_eq!(TextFormat::from_json(&kept.unwrap_or_default()), format);
        }
    }

    #[test]
    fn two_texts_that_become_one_stay_covered() {
        let spoiler = |hint: &str| TextFormat { spoiler: Some(hint.to_owned()), ..TextFormat::default() };
        let plain = TextFormat::default;
        assert_eq!(plain().followed_by(spoiler("b"), 2), spoiler("b"));
        assert_eq!(spoiler("a").followed_by(plain(), 2), spoiler("a"));
        assert_eq!(spoiler("a").followed_by(spoiler("b"), 2), spoiler("a"));
        assert_eq!(plain().followed_by(plain(), 2), plain());
        let mentions =
            |at: &[usize]| TextFormat { mentions: at.iter().map(|at| mention(*at..at + 1)).collect(), ..plain() };
        assert_eq!(mentions(&[0]).followed_by(mentions(&[1, 2]), 10), mentions(&[0, 11, 12]));
    }

    #[test]
    fn what_can_not_be_read_says_nothing() {
        for json in [
            "",
            "x",
            "[]",
            "7",
            "{}",
            r#"{"unstyled":1}"#,
            r#"{"spoiler":7}"#,
            r#"{"mentions":[7,[0],[1,2],[0,-1,"a@b"],[0,1,"@@"]]}"#,
            r#"{"later":{}}"#,
        ] {
            assert_eq!(TextFormat::from_json(json), TextFormat::default(), "{json}");
        }
    }
}
