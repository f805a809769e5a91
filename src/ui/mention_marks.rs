//! Who is mentioned in a text while it is written: each name is held by two marks of the buffer, so that it moves with the text
//! around it, and is a mention no more when somebody writes in it.
//!
//! Knows a buffer and nothing of what becomes of it.

use gtk::{glib, pango, prelude::*};

use crate::{
    ids::BareJid,
    text_format::{MAX_MENTIONS, Mention, TextFormat},
};

/// As a tag takes the weight (`pango::Weight::Semibold`).
const WEIGHT: i32 = 600;

/// A name in the text.
#[derive(Debug)]
struct Named {
    start: gtk::TextMark,
    end: gtk::TextMark,
    /// What stands between the marks as long as it is a mention.
    name: String,
    address: BareJid,
}

/// The mentions in one buffer.
#[derive(Debug)]
pub struct MentionMarks {
    buffer: glib::WeakRef<gtk::TextBuffer>,
    named: std::cell::RefCell<Vec<Named>>,
    tag: gtk::TextTag,
}

impl MentionMarks {
    #[must_use]
    pub fn new(buffer: &gtk::TextBuffer) -> Self {
        let tag = gtk::TextTag::builder().weight(WEIGHT).underline(pango::Underline::Low).build();
        buffer.tag_table().add(&tag);
        Self { buffer: buffer.downgrade(), named: std::cell::RefCell::default(), tag }
    }

    /// The text between two places mentions somebody from now on. Places are characters.
    pub fn add(&self, range: &std::ops::Range<usize>, address: BareJid) {
        let Some(buffer) = self.buffer.upgrade() else { return };
        let place = |at: usize| buffer.iter_at_offset(i32::try_from(at).unwrap_or(i32::MAX));
        let (start, end) = (place(range.start), place(range.end));
        let name = buffer.text(&start, &end, true).to_string();
        self.drop_unsound(&buffer);
        if name.is_empty() || self.named.borrow().len() >= MAX_MENTIONS {
            return;
        }
        // What is written beside a name is none of it.
        let named = Named {
            start: buffer.create_mark(None, &start, false),
            end: buffer.create_mark(None, &end, true),
            name,
            address,
        };
        self.named.borrow_mut().push(named);
        self.refresh();
    }

    /// The mentions that the text has now.
    pub fn mentions(&self) -> Vec<Mention> {
        let Some(buffer) = self.buffer.upgrade() else { return Vec::new() };
        let place = |mark: &gtk::TextMark| usize::try_from(buffer.iter_at_mark(mark).offset()).unwrap_or_default();
        let named = self.named.borrow();
        let sound = named.iter().filter(|named| named.is_sound(&buffer));
        let mentions = sound
            .map(|named| Mention { range: place(&named.start)..place(&named.end), address: named.address.clone() });
        let length = usize::try_from(buffer.char_count()).unwrap_or_default();
        TextFormat { mentions: mentions.collect(), ..TextFormat::default() }.of_length(length).mentions
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        let named = self.named.take();
        if let Some(buffer) = self.buffer.upgrade() {
            for Named { start, end, .. } in &named {
                buffer.delete_mark(start);
                buffer.delete_mark(end);
            }
        }
    }

    /// Those that somebody has written in come back no more.
    fn drop_unsound(&self, buffer: &gtk::TextBuffer) {
        self.named.borrow_mut().retain(|named| {
            let is_sound = named.is_sound(buffer);
            if !is_sound {
                buffer.delete_mark(&named.start);
                buffer.delete_mark(&named.end);
            }
            is_sound
        });
    }

    /// Shows the names as what they are; called when the text has changed.
    pub fn refresh(&self) {
        let Some(buffer) = self.buffer.upgrade() else { return };
        let named = self.named.borrow();
        if named.is_empty() {
            return;
        }
        let (start, end) = buffer.bounds();
        buffer.remove_tag(&self.tag, &start, &end);
        for named in named.iter().filter(|named| named.is_sound(&buffer)) {
            buffer.apply_tag(&self.tag, &buffer.iter_at_mark(&named.start), &buffer.iter_at_mark(&named.end));
        }
    }
}

impl Named {
    fn is_sound(&self, buffer: &gtk::TextBuffer) -> bool {
        let (start, end) = (buffer.iter_at_mark(&self.start), buffer.iter_at_mark(&self.end));
        start.offset() < end.offset() && buffer.text(&start, &end, true) == self.name
    }
}
