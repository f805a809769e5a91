//! As plain text: a line for each message, days above them. What follows in a message of several lines is indented, so that
//! nobody's words pass for somebody else's line.

use std::io::{self, Write};

use super::{Head, Writer, state};
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

    fn message(&mut self, out: &mut dyn Write, head: &Head, message: &Message) -> io::Result<()> {
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
