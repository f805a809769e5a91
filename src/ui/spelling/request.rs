//! What the thread that has the dictionaries is asked.

use futures::channel::oneshot;

use super::language::Language;

/// What can be asked. What nobody answers is taken as an answer that says nothing.
#[derive(Debug)]
pub enum Request {
    Languages {
        reply: oneshot::Sender<Vec<Language>>,
    },
    /// Which of the words are wrong.
    Check {
        language: String,
        words: Vec<String>,
        reply: oneshot::Sender<Vec<String>>,
    },
    /// What may be meant, the likeliest first.
    Correct {
        language: String,
        word: String,
        reply: oneshot::Sender<Vec<String>>,
    },
    /// The word is right: from now on, or until the program ends.
    Accept {
        language: String,
        word: String,
        is_kept: bool,
    },
}
