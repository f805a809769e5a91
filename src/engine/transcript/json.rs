//! As JSON: one object, with fields that keep their names and meanings as long as `version` stays.
//!
//! | field | |
//! |---|---|
//! | `format`, `version` | `"stonechat-conversation"`, `1` |
//! | `exported_at` | when; with the offset from UTC, as all times here (RFC 3339) |
//! | `account`, `conversation` | whose it is, and with whom: `{"address", "name"}` |
//! | `messages` | oldest first |
//! | `messages[].id` | a number that no other message of the profile has |
//! | `messages[].from` | the sender's address |
//! | `messages[].direction` | `"sent"` or `"received"` |
//! | `messages[].time` | when it was written, as far as is known |
//! | `messages[].state` | `"received"`; for one's own `"waiting"`, `"sent"`, `"delivered"`, `"read"` or `"failed"` |
//! | `messages[].body` | the text, unchanged; of a message with a file, what is said beside it |
//! | `messages[].spoiler` | only where the sender covered text and file (XEP-0382): what may be read before, which may be `""` |
//! | `messages[].file` | only where one is shared: `{"name", "media_type", "size", "address", "path"}`; `size` in bytes, `address` where the sender has put it, `path` where it lies beside this file; each `null` where it is not known or not so |

use std::io::{self, Write};

use serde_json::json;

use super::writer::{Head, SharedFile, Side, Writer, state};
use crate::engine::api::Message;

#[derive(Debug, Default)]
pub(super) struct Json {
    has_messages: bool,
}

impl Writer for Json {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        let side = |side: &Side| json!({ "address": side.address.as_str(), "name": side.name });
        writeln!(out, "{{\n\"format\": \"stonechat-conversation\",\n\"version\": 1,")?;
        writeln!(out, "\"exported_at\": {},", json!(head.time(head.now)))?;
        writeln!(out, "\"account\": {},\n\"conversation\": {},", side(&head.own), side(&head.peer))?;
        write!(out, "\"messages\": [")
    }

    fn message(
        &mut self,
        out: &mut dyn Write,
        head: &Head,
        message: &Message,
        file: Option<&SharedFile>,
    ) -> io::Result<()> {
        let mut object = json!({
            "id": message.cursor.id.0,
            "from": message.sender.as_str(),
            "direction": if message.is_outgoing { "sent" } else { "received" },
            "time": head.time(message.time),
            "state": state(message),
            "body": message.body,
        });
        if let Some(hint) = &message.format.spoiler {
            object["spoiler"] = json!(hint);
        }
        if let Some(file) = file {
            object["file"] = json!({
                "name": file.attachment.name,
                "media_type": file.attachment.media_type,
                "size": file.attachment.size,
                "address": file.address,
                "path": file.copy.as_ref().map(|(folder, name)| format!("{folder}/{name}")),
            });
        }
        let separator = if std::mem::replace(&mut self.has_messages, true) { "," } else { "" };
        write!(out, "{separator}\n{object}")
    }

    fn end(&mut self, out: &mut dyn Write, _: &Head) -> io::Result<()> {
        writeln!(out, "\n]\n}}")
    }
}
