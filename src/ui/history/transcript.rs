//! Several messages as plain text, for the clipboard: who, when, what.

use super::appearance::local;
use crate::engine::api::Message;

/// One message as it is; several each with its time and sender. `peer` is what the other side is called.
#[must_use]
pub fn transcript(messages: &[Message], peer: &str) -> String {
    if let [message] = messages {
        return text(message);
    }
    messages.iter().map(|message| line(message, peer)).collect::<Vec<_>>().join("\n")
}

fn line(message: &Message, peer: &str) -> String {
    // In another person's hands "You" would be somebody else.
    let who = match message.sender.node() {
        Some(name) if message.is_outgoing => name.as_str(),
        _ if message.is_outgoing => message.sender.as_str(),
        _ => peer,
    };
    // The same wherever it is pasted.
    let time = local(message.time).and_then(|time| time.format("%Y-%m-%d %H:%M").ok()).unwrap_or_default();
    format!("[{time}] {who}: {}", text(message))
}

/// What is said, with the name of the file that it is said of.
fn text(message: &Message) -> String {
    match &message.attachment {
        Some(file) if message.body.is_empty() => file.name.clone(),
        Some(file) => format!("{}: {}", file.name, message.body),
        None => message.body.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api::{
        Annotations, BareJid, ConversationId, Cursor, MessageId, MessageState, TextFormat, Timestamp,
    };

    fn message(n: i64, sender: &str, body: &str) -> Message {
        let is_outgoing = sender.starts_with("alice");
        Message {
            cursor: Cursor { position: n, id: MessageId(n) },
            conversation: ConversationId(1),
            sender: BareJid::new(sender).unwrap(),
            is_outgoing,
            body: body.to_owned(),
            format: TextFormat::default(),
            time: Timestamp(1_790_000_000_000 + n * 60_000),
            state: if is_outgoing { MessageState::Sent } else { MessageState::Received },
            is_read: false,
            annotations: Annotations::default(),
            attachment: None,
        }
    }

    #[test]
    fn one_message_is_its_text() {
        assert_eq!(transcript(&[message(1, "bob@example.org", "just this")], "Bob"), "just this");
    }

    #[test]
    fn several_have_names_and_times() {
        let messages = [message(0, "bob@example.org", "two\nlines"), message(1, "alice@example.org", "yes")];
        let text = transcript(&messages, "Bob Martens");
        let time = |n: i64| {
            let time = glib::DateTime::from_unix_local(1_790_000_000 + n * 60).unwrap();
            time.format("%Y-%m-%d %H:%M").unwrap()
        };
        assert_eq!(text, format!("[{}] Bob Martens: two\nlines\n[{}] alice: yes", time(0), time(1)));
    }
}
