//! Asks the dictionaries, on the thread that has them.
//!
//! libspelling's objects never leave it. Its constructors for the main thread are gone around: it needs no GTK for this, and
//! asks its dictionaries from other threads itself.

use std::collections::{HashMap, HashSet};

use gtk::{glib, prelude::*};
use libspelling::{Checker, Provider};

use super::{language::Language, request::Request};

/// How many corrections are offered.
const OFFERED: usize = 5;

/// Answers until nobody can ask any more.
#[expect(clippy::needless_pass_by_value, reason = "it belongs to the thread")]
pub fn serve(requests: async_channel::Receiver<Request>) {
    let mut dictionaries = Dictionaries::new();
    while let Ok(request) = requests.recv_blocking() {
        match request {
            Request::Languages { reply } => {
                let _ = reply.send(dictionaries.languages());
            }
            Request::Check { language, words, reply } => {
                if reply.is_canceled() {
                    continue;
                }
                let wrong = dictionaries
                    .of(&language)
                    .map(|checker| words.into_iter().filter(|word| !checker.check_word(&plain(word))).collect());
                let _ = reply.send(wrong.unwrap_or_default());
            }
            Request::Correct { language, word, reply } => {
                if reply.is_canceled() {
                    continue;
                }
                let offered = dictionaries.of(&language).map(|checker| corrections(checker, &word));
                let _ = reply.send(offered.unwrap_or_default());
            }
            Request::Accept { language, word, is_kept } => match dictionaries.of(&language) {
                Some(checker) if is_kept => checker.add_word(&plain(&word)),
                Some(checker) => checker.ignore_word(&plain(&word)),
                None => {}
            },
        }
    }
}

struct Dictionaries {
    /// Without a language. It is held because the provider, which it has made, counts on that.
    _first: Checker,
    provider: Provider,
    /// Those that were asked for; nothing where there is no such dictionary.
    loaded: HashMap<String, Option<Checker>>,
}

impl Dictionaries {
    fn new() -> Self {
        let first = Checker::builder().build();
        Self { provider: first.provider(), _first: first, loaded: HashMap::new() }
    }

    fn languages(&self) -> Vec<Language> {
        let all = self.provider.list_languages();
        let mut seen = HashSet::new();
        let mut languages: Vec<_> = all
            .iter::<libspelling::Language>()
            .flatten()
            .filter_map(|language| {
                let code = language.code()?.to_string();
                let name = language.name().map_or_else(|| code.clone(), Into::into);
                seen.insert(code.clone()).then_some(Language { code, name })
            })
            .collect();
        languages.sort_by_cached_key(|language| glib::CollationKey::from(&language.name[..]));
        languages
    }

    fn of(&mut self, language: &str) -> Option<&Checker> {
        let load = || {
            let checker = Checker::builder().provider(&self.provider).language(language).build();
            Some(checker).filter(|checker| checker.language().is_some())
        };
        self.loaded.entry(language.to_owned()).or_insert_with(load).as_ref()
    }
}

fn corrections(checker: &Checker, word: &str) -> Vec<String> {
    let mut corrections = checker.list_corrections(&plain(word));
    corrections.truncate(OFFERED);
    let has_curved = word.contains('’');
    corrections.into_iter().map(|text| if has_curved { text.replace('\'', "’") } else { text.into() }).collect()
}

/// Dictionaries have the straight apostrophe.
fn plain(word: &str) -> String {
    word.replace('’', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::spelling::speller::Speller;

    #[test]
    fn dictionaries_answer_and_one_that_is_not_there_finds_nothing_wrong() {
        let speller = Speller::shared();
        futures::executor::block_on(async {
            let languages = speller.languages().await;
            assert!(languages.iter().any(|language| language.code == "en_US"), "{languages:?}");
            assert!(languages.iter().all(|language| !language.name.is_empty()));
            let check = |language: &str, words: &[&str]| {
                speller.check(language.to_owned(), words.iter().map(|word| (*word).to_owned()).collect())
            };
            assert_eq!(check("en_US", &["word", "wrod", "don’t", "Straße"]).await, ["wrod", "Straße"]);
            assert_eq!(check("de_DE", &["word", "Straße", "Strase"]).await, ["word", "Strase"]);
            assert!(check("xx_XX", &["word", "wrod"]).await.is_empty());
            let offered = speller.correct("en_US".into(), "wrod".into()).await;
            assert!(offered.iter().any(|word| word == "word") && offered.len() <= OFFERED, "{offered:?}");
            assert!(speller.correct("en_US".into(), "dont’t".into()).await.contains(&"don’t".to_owned()));
            assert!(speller.correct("xx_XX".into(), "wrod".into()).await.is_empty());
            speller.accept("en_US".into(), "stonechatty".into(), false);
            assert!(check("en_US", &["stonechatty"]).await.is_empty());
            assert_eq!(check("de_DE", &["stonechatty"]).await, ["stonechatty"]);
        });
    }
}
