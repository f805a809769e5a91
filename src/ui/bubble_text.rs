//! One text in a bubble: a label that can be selected with the mouse, opens links through its row, and marks words.

use gtk::{glib, pango, prelude::*};

use crate::folding;

/// How many of the words that are looked for are marked.
const MAX_MARKS: usize = 200;
/// The width that a text has by itself at most; `bubble.blp` has the same.
const MAX_WIDTH_CHARS: i32 = 65;

/// A label like that in `bubble.blp`.
#[must_use]
pub fn new() -> gtk::Label {
    let label = gtk::Label::builder()
        .selectable(true)
        .focusable(false)
        .wrap(true)
        .wrap_mode(pango::WrapMode::WordChar)
        .max_width_chars(MAX_WIDTH_CHARS)
        .xalign(0.0)
        .yalign(0.0)
        .accessible_role(gtk::AccessibleRole::Presentation)
        .build();
    open_links_by_row(&label);
    label
}

/// A click on a link asks the row to open it.
pub fn open_links_by_row(label: &gtk::Label) {
    label.connect_activate_link(|label, url| {
        if let Err(error) = label.activate_action("message.open-link", Some(&url.to_variant())) {
            log::warn!("a link leads nowhere: {error}");
        }
        glib::Propagation::Stop
    });
}

/// Marks these words in the text; none when there are none.
pub fn mark_words(label: &gtk::Label, words: &str) {
    if words.is_empty() {
        if label.attributes().is_some() {
            label.set_attributes(None);
        }
        return;
    }
    let marks = pango::AttrList::new();
    for range in folding::find(&label.text(), words, MAX_MARKS) {
        let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        // The same in light and dark, as a marker pen's.
        let [yellow, black] =
            [pango::AttrColor::new_background(0xffff, 0xd900, 0x5000), pango::AttrColor::new_foreground(0, 0, 0)];
        for mut colour in [yellow, black] {
            colour.set_start_index(index(range.start));
            colour.set_end_index(index(range.end));
            marks.insert(colour);
        }
    }
    label.set_attributes(Some(&marks));
}

/// What the person has selected.
#[must_use]
pub fn selection(label: &gtk::Label) -> Option<String> {
    let (start, end) = label.selection_bounds()?;
    let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
    Some(label.text().chars().skip(start).take(end.saturating_sub(start)).collect())
}
