//! The way to the dictionaries, which live on a thread of their own: to load one or to look for corrections takes longer than a
//! frame.

use std::{sync::OnceLock, thread};

use futures::channel::oneshot;

use super::{dictionaries, language::Language, request::Request};

/// Answers what is asked in the order in which it is asked.
#[derive(Debug, Clone)]
pub struct Speller {
    requests: async_channel::Sender<Request>,
}

impl Speller {
    /// One that whoever holds the other end answers for.
    #[must_use]
    pub fn pair() -> (Self, async_channel::Receiver<Request>) {
        let (requests, receiver) = async_channel::unbounded();
        (Self { requests }, receiver)
    }

    /// The one of this process: what lies beneath keeps its dictionaries in variables that one thread may use.
    #[must_use]
    pub fn shared() -> Self {
        static SHARED: OnceLock<Speller> = OnceLock::new();
        let start = || {
            let (speller, requests) = Self::pair();
            if let Err(error) = thread::Builder::new().name("spelling".into()).spawn(|| dictionaries::serve(requests)) {
                log::warn!("nothing is spell-checked: {error}");
            }
            speller
        };
        SHARED.get_or_init(start).clone()
    }

    /// By name.
    pub async fn languages(&self) -> Vec<Language> {
        self.ask(|reply| Request::Languages { reply }).await
    }

    /// The words among these that are wrong; none where there is no such dictionary.
    pub async fn check(&self, language: String, words: Vec<String>) -> Vec<String> {
        self.ask(|reply| Request::Check { language, words, reply }).await
    }

    /// What may be meant by a word, the likeliest first.
    pub async fn correct(&self, language: String, word: String) -> Vec<String> {
        self.ask(|reply| Request::Correct { language, word, reply }).await
    }

    /// Takes a word for right: from now on, or until the program ends.
    pub fn accept(&self, language: String, word: String, is_kept: bool) {
        self.tell(Request::Accept { language, word, is_kept });
    }

    async fn ask<T: Default>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> T {
        let (reply, answer) = oneshot::channel();
        self.tell(request(reply));
        answer.await.unwrap_or_default()
    }

    fn tell(&self, request: Request) {
        if self.requests.try_send(request).is_err() {
            log::debug!("nobody has dictionaries");
        }
    }
}
