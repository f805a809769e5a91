//! As a page for a browser. There is nothing in it but text, and what was copied into the folder beside it: pictures, and links to
//! the other files. What its sender covered is opened with a press. No script, no link elsewhere, and the page itself forbids the browser to load or run anything else.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

use super::writer::{Head, SharedFile, Writer};
use crate::engine::api::{AttachmentKind, Message};

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
.file { overflow-wrap: anywhere; }
.cover > summary { cursor: pointer; }
.file img { display: block; max-width: 100%; max-height: 24rem; border-radius: 0.5rem; }
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
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'\">\n\
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
            writeln!(out, "<h2>{}</h2>", escaped(day))?;
            day.clone_into(&mut self.day);
        }
        let direction = if message.is_outgoing { "sent" } else { "received" };
        let state = if message.is_outgoing { format!(" · {}", head.words.state(message)) } else { String::new() };
        let cover = head.words.cover(message).map(|cover| escaped(&cover).into_owned());
        let opening = cover.map(|cover| format!("<details class=\"cover\"><summary><bdi>{cover}</bdi></summary>"));
        let closing = if opening.is_some() { "</details>" } else { "" };
        writeln!(
            out,
            "<div class=\"message {direction}\">\
             <div class=\"about\"><bdi>{}</bdi> · <time datetime=\"{}\">{}</time>{}</div>{}{}\
             <div class=\"body\" dir=\"auto\">{}</div>{closing}</div>",
            escaped(&head.sender(message).name),
            escaped(&time),
            escaped(clock),
            escaped(&state),
            opening.unwrap_or_default(),
            file.map(shared).unwrap_or_default(),
            escaped(&message.body),
        )
    }

    fn end(&mut self, out: &mut dyn Write, _: &Head) -> io::Result<()> {
        writeln!(out, "</body>\n</html>")
    }
}

/// A picture or a link, as far as the file lies beside the page; else its name and its address.
fn shared(file: &SharedFile) -> String {
    let name = escaped(&file.attachment.name);
    let Some((folder, copy)) = &file.copy else {
        let address = file.address.as_deref().map(|address| format!("<br>{}", escaped(address))).unwrap_or_default();
        return format!("<div class=\"file\"><bdi>{name}</bdi>{address}</div>");
    };
    let place = format!("{}/{}", encoded(folder), encoded(copy));
    let content = match file.attachment.kind {
        AttachmentKind::Picture => format!("<img src=\"{place}\" alt=\"{name}\" loading=\"lazy\">"),
        _ => format!("<bdi>{name}</bdi>"),
    };
    format!("<div class=\"file\"><a href=\"{place}\">{content}</a></div>")
}

/// A name as one part of a relative address (RFC 3986 §2.1): nothing in it is a separator, a scheme or a quote.
fn encoded(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => safe.push(char::from(byte)),
            byte => {
                let _ = write!(safe, "%{byte:02X}");
            }
        }
    }
    safe
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
