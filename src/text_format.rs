//! What a text says of how it is to be shown, beside itself; it goes with the text wherever that goes: over the network, into
//! the store, into a draft and on to somebody else.
//!
//! Pure, and below every layer.

use serde_json::{Map, Value};

/// How many characters of what is said of a covered text are kept.
pub const MAX_HINT: usize = 200;

/// How a text is to be shown. Most texts say nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextFormat {
    /// Nothing in it is styling (XEP-0393 §6): asterisks are asterisks.
    pub is_unstyled: bool,
    /// It is covered until its reader wants to see it (XEP-0382); what may be read before, which may be nothing.
    pub spoiler: Option<String>,
}

impl TextFormat {
    /// Of this text with another one behind it: what either wants holds for both.
    #[must_use]
    pub fn followed_by(self, other: Self) -> Self {
        Self { is_unstyled: self.is_unstyled || other.is_unstyled, spoiler: self.spoiler.or(other.spoiler) }
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
        (!map.is_empty()).then(|| Value::Object(map).to_string())
    }

    /// The same back; what can't be read says nothing.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        let value: Value = serde_json::from_str(json).unwrap_or_default();
        Self {
            is_unstyled: value["unstyled"] == Value::Bool(true),
            spoiler: value["spoiler"].as_str().map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_as_the_same() {
        let spoiler = |hint: &str| TextFormat { spoiler: Some(hint.to_owned()), ..TextFormat::default() };
        let unstyled = TextFormat { is_unstyled: true, ..TextFormat::default() };
        let both = TextFormat { is_unstyled: true, ..spoiler("\"<🎬>\"") };
        for format in [TextFormat::default(), unstyled, spoiler(""), both] {
            let kept = format.to_json();
            assert_eq!(kept.is_none(), format == TextFormat::default());
            assert_eq!(TextFormat::from_json(&kept.unwrap_or_default()), format);
        }
    }

    #[test]
    fn two_texts_that_become_one_stay_covered() {
        let spoiler = |hint: &str| TextFormat { spoiler: Some(hint.to_owned()), ..TextFormat::default() };
        let plain = TextFormat::default;
        assert_eq!(plain().followed_by(spoiler("b")), spoiler("b"));
        assert_eq!(spoiler("a").followed_by(plain()), spoiler("a"));
        assert_eq!(spoiler("a").followed_by(spoiler("b")), spoiler("a"));
        assert_eq!(plain().followed_by(plain()), plain());
    }

    #[test]
    fn what_can_not_be_read_says_nothing() {
        for json in ["", "x", "[]", "7", "{}", r#"{"unstyled":1}"#, r#"{"spoiler":7}"#, r#"{"later":{}}"#] {
            assert_eq!(TextFormat::from_json(json), TextFormat::default(), "{json}");
        }
    }
}
