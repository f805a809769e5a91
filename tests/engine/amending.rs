//! What a person does with messages that are there: corrects them, puts emoji under them, takes them back.

use stonechat::engine::api::{Command, MessageId, TextFormat};

use super::person::Person;

impl Person {
    pub async fn correct(&self, message: MessageId, body: &str) {
        self.correct_as(message, body, TextFormat::default()).await;
    }

    /// The same with how the new text is to be shown.
    pub async fn correct_as(&self, message: MessageId, body: &str, format: TextFormat) {
        let body = body.to_owned();
        self.request(|reply| Command::CorrectMessage { message, body, format, preview: None, reply }).await.unwrap();
    }

    pub async fn react(&self, message: MessageId, emoji: &[&str]) {
        let emoji = emoji.iter().map(|&emoji| emoji.to_owned()).collect();
        self.request(|reply| Command::React { message, emoji, reply }).await.unwrap();
    }

    pub async fn retract(&self, message: MessageId) {
        self.request(|reply| Command::RetractMessage { message, reply }).await.unwrap();
    }
}
