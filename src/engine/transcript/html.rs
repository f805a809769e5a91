//! As a page for a browser, of one file. There is nothing in it but text: no script, no picture, no link, and the page itself
//! forbids the browser to load or run anything.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{Head, Writer};
use crate::engine::api::Message;

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font-family: sans-serif; line-height: 1.4; max-width: 45rem; margin: 2rem auto; padding: 0 1rem; }
header p, h2, .about { opacity: 0.65; }
h2 { font-size: 0.85rem; text-align: center; margin: 1.5rem 0 0.5rem; }
.message { width: fit-content; max-width: 85%; margin: 0.3rem 0; padding: 0.4rem 0.8rem; border-radius: 0.8rem; \
background: rgb(128 128 128 / 0.15); }
.sent { margin-inline-start: auto; background: rgb(53 132 228 / 0.2); }
.about { font-size: 0.75rem; }
.body { white-space: pre-wrap; overflow-wrap: anywhere; }
";

#[derive(Debug, Default)]
pub(super) struct Html {
    day: String,
}

impl Writer for Html {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        let title = escaped(&head.words.title);
        write!(
            out,
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1 dir=\"auto\">{title}</h1>\n",
            escaped(&head.words.language),
        )?;
        for side in [&head.own, &head.peer] {
            let (name, address) = (escaped(&side.name), escaped(side.address.as_str()));
            writeln!(out, "<p><bdi>{name}</bdi> &lt;<bdi>{address}</bdi>&gt;</p>")?;
        }
        let time = head.time(head.now);
        writeln!(out, "<p>{}</p>\n</header>", escaped(&time.replacen('T', " ", 1)))
    }

    fn message(&mut self, out: &mut dyn Write, head: &Head, message: &Message) -> io::Result<()> {
        let time = head.time(message.time);
        let (day, clock) = time.split_once('T').unwrap_or((&time, ""));
        if day != self.day {
            writeln!(out, "<h2>{}</h2>", escaped(day))?;
            day.clone_into(&mut self.day);
        }
        let direction = if message.is_outgoing { "sent" } else { "received" };
        let state = if message.is_outgoing { format!(" · {}", head.words.state(message)) } else { String::new() };
        writeln!(
            out,
            "<div class=\"message {direction}\">\
             <div class=\"about\"><bdi>{}</bdi> · <time datetime=\"{}\">{}</time>{}</div>\
             <div class=\"body\" dir=\"auto\">{}</div></div>",
            escaped(&head.sender(message).name),
            escaped(&time),
            escaped(clock),
            escaped(&state),
            escaped(&message.body),
        )
    }

    fn end(&mut self, out: &mut dyn Write, _: &Head) -> io::Result<()> {
        writeln!(out, "</body>\n</html>")
    }
}

/// The text with what has a meaning in HTML as what it looks like, in text and in quoted attributes alike. What no document may
/// hold is left out.
fn escaped(text: &str) -> Cow<'_, str> {
    let is_special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'') || (c.is_control() && c != '\n' && c != '\t');
    if !text.contains(is_special) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => {}
            c => safe.push(c),
        }
    }
    safe.into()
}
