//! As plain text: a line for each message, days above them. What follows in a message of several lines is indented, so that
//! nobody's words pass for somebody else's line. A file has a line with its name and, in angle brackets, where it lies. What its
//! sender covered begins below a line that says so.

use std::io::{self, Write};

use super::writer::{Head, SharedFile, Writer, state};
use crate::engine::api::Message;

#[derive(Debug, Default)]
pub(super) struct Text {
    day: String,
}

impl Writer for Text {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        writeln!(out, "{}", head.words.title)?;
        writeln!(out, "{} <{}>", head.own.name, head.own.address)?;
        writeln!(out, "{} <{}>", head.peer.name, head.peer.address)?;
        writeln!(out, "{}", head.time(head.now).replacen('T', " ", 1))
    }

    fn message(
        &mut self,
        out: &mut dyn Write,
        head: &Head,
        message: &Message,
        file: Option<&SharedFile>,
    ) -> io::Result<()> {
        let time = head.time(message.time);
        let (day, clock) = time.split_once('T').unwrap_or((&time, ""));
        if day != self.day {
            writeln!(out, "\n{day}\n")?;
            day.clone_into(&mut self.day);
        }
        write!(out, "[{clock}] {}", head.sender(message).name)?;
        if let "waiting" | "failed" = state(message) {
            write!(out, " ({})", head.words.state(message))?;
        }
        write!(out, ":")?;
        let mut separator = " ";
        if let Some(cover) = head.words.cover(message) {
            writeln!(out, " {cover}:")?;
            separator = "    ";
        }
        if let Some(file) = file {
            let place = file.copy.as_ref().map(|(folder, name)| format!("{folder}/{name}"));
            let place = place.or_else(|| file.address.clone()).map(|place| format!(" <{place}>")).unwrap_or_default();
            let line = format!("{}{place}", file.attachment.name);
            let is_plain = |c: &char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
            writeln!(out, "{separator}{}", line.chars().filter(is_plain).collect::<String>())?;
            separator = "    ";
            if message.body.is_empty() {
                return Ok(());
            }
        }
        for line in message.body.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
            // A terminal obeys some of these.
            let line: String = line.chars().filter(|c| !c.is_control() || *c == '\t').collect();
            writeln!(out, "{separator}{line}")?;
            separator = "    ";
        }
        Ok(())
    }

    fn end(&mut self, _: &mut dyn Write, _: &Head) -> io::Result<()> {
        Ok(())
    }
}
