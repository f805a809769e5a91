//! The lines under wrong words: a tag of the buffer, which is no part of what can be undone.

use std::ops::Range;

use gtk::{gdk, pango, prelude::*};

/// The tag's name.
pub const TAG: &str = "misspelt";
/// With enough contrast on the field's colour.
const ON_LIGHT: gdk::RGBA = gdk::RGBA::new(0.75, 0.11, 0.16, 1.0);
const ON_DARK: gdk::RGBA = gdk::RGBA::new(1.0, 0.48, 0.39, 1.0);

/// The tag of one buffer. Places are in characters.
#[derive(Debug)]
pub struct Underline {
    tag: gtk::TextTag,
}

impl Underline {
    #[must_use]
    pub fn new(buffer: &gtk::TextBuffer) -> Self {
        let tag = gtk::TextTag::builder().name(TAG).underline(pango::Underline::Error).build();
        buffer.tag_table().add(&tag);
        let this = Self { tag };
        this.update_colour();
        this
    }

    /// Light or dark has changed.
    pub fn update_colour(&self) {
        let colour = if adw::StyleManager::default().is_dark() { ON_DARK } else { ON_LIGHT };
        self.tag.set_underline_rgba(Some(&colour));
    }

    /// Underlines these words, in their order, and nothing else. What is underlined already is left alone, for each change lays
    /// its line out anew.
    pub fn show(&self, buffer: &gtk::TextBuffer, words: &[Range<i32>]) {
        let tag = Some(&self.tag);
        let bounds = |range: &Range<i32>| (buffer.iter_at_offset(range.start), buffer.iter_at_offset(range.end));
        for old in self.ranges(buffer) {
            if words.binary_search_by_key(&old.start, |word| word.start).is_ok_and(|at| words[at] == old) {
                continue;
            }
            let (start, end) = bounds(&old);
            buffer.remove_tag(&self.tag, &start, &end);
        }
        for word in words {
            let (start, end) = bounds(word);
            if !(start.starts_tag(tag) && end.ends_tag(tag)) {
                buffer.apply_tag(&self.tag, &start, &end);
            }
        }
    }

    /// The underlined word at a place or right before it, and where it stands.
    #[must_use]
    pub fn word_at(&self, at: &gtk::TextIter) -> Option<(Range<i32>, String)> {
        let tag = Some(&self.tag);
        if !at.has_tag(&self.tag) && !at.ends_tag(tag) {
            return None;
        }
        let (mut start, mut end) = (*at, *at);
        if !start.starts_tag(tag) {
            start.backward_to_tag_toggle(tag);
        }
        if !end.ends_tag(tag) {
            end.forward_to_tag_toggle(tag);
        }
        Some((start.offset()..end.offset(), at.buffer().text(&start, &end, true).into()))
    }

    fn ranges(&self, buffer: &gtk::TextBuffer) -> Vec<Range<i32>> {
        let tag = Some(&self.tag);
        let mut at = buffer.start_iter();
        let mut found = Vec::new();
        while at.starts_tag(tag) || at.forward_to_tag_toggle(tag) {
            let start = at.offset();
            at.forward_to_tag_toggle(tag);
            found.push(start..at.offset());
        }
        found
    }
}
