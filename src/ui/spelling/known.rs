//! What a dictionary has said, so that it is asked once for each word. Pure.

use std::collections::{HashMap, HashSet};

/// So many words are remembered; then one begins anew.
const KEPT: usize = 10_000;

/// Of one language at a time.
#[derive(Debug, Default)]
pub struct Known {
    language: String,
    is_wrong: HashMap<String, bool>,
    corrections: HashMap<String, Vec<String>>,
    asked: HashSet<String>,
}

impl Known {
    /// Forgets what was said of another language.
    pub fn speak(&mut self, language: &str) {
        if self.language != language {
            *self = Self { language: language.to_owned(), ..Self::default() };
        }
    }

    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Whether a word is wrong, if one knows.
    #[must_use]
    pub fn is_wrong(&self, word: &str) -> Option<bool> {
        self.is_wrong.get(word).copied()
    }

    /// Those of the words that nobody was asked about yet; they count as asked now.
    pub fn ask_for<'w>(&mut self, words: impl IntoIterator<Item = &'w str>) -> Vec<String> {
        let new = words.into_iter().filter(|word| !self.is_wrong.contains_key(*word));
        new.filter(|word| self.asked.insert((*word).to_owned())).map(ToOwned::to_owned).collect()
    }

    /// What was said of words; `false`: it was another language.
    pub fn keep(&mut self, language: &str, words: Vec<String>, wrong: &[String]) -> bool {
        if self.language != language {
            return false;
        }
        if self.is_wrong.len() + words.len() > KEPT {
            self.is_wrong.clear();
            self.corrections.clear();
        }
        let wrong: HashSet<_> = wrong.iter().collect();
        for word in words {
            self.asked.remove(&word);
            let is_wrong = wrong.contains(&word);
            self.is_wrong.insert(word, is_wrong);
        }
        true
    }

    /// What may be meant by a word, if one knows.
    #[must_use]
    pub fn corrections(&self, word: &str) -> Option<&[String]> {
        self.corrections.get(word).map(Vec::as_slice)
    }

    pub fn keep_corrections(&mut self, language: &str, word: String, corrections: Vec<String>) {
        if self.language == language {
            self.corrections.insert(word, corrections);
        }
    }

    /// A word is right now. It is asked anew about those that differ in the case of their letters only.
    pub fn accept(&mut self, word: &str) {
        let folded = word.to_lowercase();
        self.is_wrong.retain(|known, _| known.to_lowercase() != folded);
        self.is_wrong.insert(word.to_owned(), false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_asked_for_once_in_each_language() {
        let mut known = Known::default();
        known.speak("en_US");
        assert_eq!(known.ask_for(["helo", "world", "helo"]), ["helo", "world"]);
        assert!(known.ask_for(["helo"]).is_empty(), "it is under way");
        assert!(known.keep("en_US", vec!["helo".into(), "world".into()], &["helo".into()]));
        assert_eq!(
            (known.is_wrong("helo"), known.is_wrong("world"), known.is_wrong("x")),
            (Some(true), Some(false), None)
        );
        assert!(known.ask_for(["helo", "world"]).is_empty());
        known.keep_corrections("en_US", "helo".into(), vec!["hello".into()]);
        known.speak("en_US");
        assert_eq!(known.corrections("helo"), Some(&["hello".to_owned()][..]));
        known.speak("de_DE");
        assert_eq!((known.is_wrong("helo"), known.corrections("helo")), (None, None));
        assert!(!known.keep("en_US", vec!["helo".into()], &[]), "that was another language");
        assert_eq!(known.ask_for(["helo"]), ["helo"]);
        assert_eq!(known.language(), "de_DE");
        known.keep(
            "de_DE",
            vec!["helo".into(), "Helo".into(), "wrld".into()],
            &["helo".into(), "Helo".into(), "wrld".into()],
        );
        known.accept("helo");
        assert_eq!((known.is_wrong("helo"), known.is_wrong("wrld")), (Some(false), Some(true)));
        assert_eq!(known.ask_for(["helo", "Helo"]), ["Helo"]);
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let mut known = Known::default();
        known.speak("en_US");
        for n in 0..=KEPT {
            known.keep("en_US", vec![n.to_string()], &[]);
        }
        assert_eq!(known.is_wrong.len(), 1);
    }
}
