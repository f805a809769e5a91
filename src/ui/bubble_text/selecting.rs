//! Selecting with the mouse, and what the pointer finds below it.

use std::{cell::Cell, ops::Range};

use gtk::{gdk, glib, pango, prelude::*, subclass::prelude::*};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    BubbleText,
    links::{Kind, Link},
};
use crate::ui::touch::is_touch;

thread_local! {
    /// Where something is selected: in one text at a time.
    static HOLDER: glib::WeakRef<BubbleText> = glib::WeakRef::new();
}

/// What is selected of a text, in bytes.
#[derive(Debug, Default)]
pub struct Selecting {
    /// Where it began; stays where it is when the selection grows.
    anchor: Cell<(usize, usize)>,
    range: Cell<(usize, usize)>,
}

impl Selecting {
    pub fn range(&self) -> Range<usize> {
        let (start, end) = self.range.get();
        start..end
    }

    /// Whether anything was selected.
    pub fn clear(&self) -> bool {
        self.anchor.set((0, 0));
        let (start, end) = self.range.replace((0, 0));
        start < end
    }

    fn begin(&self, range: Range<usize>) {
        self.anchor.set((range.start, range.end));
        self.range.set((range.start, range.end));
    }

    /// From where it began to here, whichever comes first.
    fn stretch(&self, to: usize) {
        let (start, end) = self.anchor.get();
        self.range.set((start.min(to), end.max(to)));
    }
}

impl BubbleText {
    pub(super) fn add_controllers(&self) {
        let press = gtk::GestureClick::builder().button(gdk::BUTTON_PRIMARY).build();
        let weak = self.downgrade();
        press.connect_pressed(move |press, count, x, y| {
            if let Some(text) = weak.upgrade().filter(|_| !is_touch(press)) {
                let extends = press.current_event_state().contains(gdk::ModifierType::SHIFT_MASK);
                text.pressed(count, extends, x, y);
            }
        });
        let weak = self.downgrade();
        press.connect_released(move |_, count, x, y| {
            if let Some(text) = weak.upgrade() {
                text.released(count, x, y);
            }
        });
        self.add_controller(press.clone());
        let drag = gtk::GestureDrag::builder().button(gdk::BUTTON_PRIMARY).build();
        let weak = self.downgrade();
        drag.connect_drag_update(move |drag, dx, dy| {
            if let (Some(text), Some((x, y))) = (weak.upgrade().filter(|_| !is_touch(drag)), drag.start_point()) {
                text.drag_to(x + dx, y + dy);
            }
        });
        let weak = self.downgrade();
        drag.connect_drag_end(move |_, _, _| {
            if let Some(text) = weak.upgrade() {
                text.offer_selection();
            }
        });
        self.add_controller(drag.clone());
        drag.group_with(&press);
        let motion = gtk::EventControllerMotion::new();
        let weak = self.downgrade();
        motion.connect_motion(move |_, x, y| {
            if let Some(text) = weak.upgrade() {
                text.set_cursor_from_name(Some(if text.link_at(x, y).is_some() { "pointer" } else { "text" }));
            }
        });
        self.add_controller(motion);
    }

    pub(super) fn link_at(&self, x: f64, y: f64) -> Option<Link> {
        let links = self.imp().links.borrow();
        if links.is_empty() {
            return None;
        }
        let (is_inside, index, _) = self.imp().laid_out().xy_to_index(units(x), units(y));
        let index = usize::try_from(index).ok().filter(|_| is_inside)?;
        links.iter().find(|link| link.range.contains(&index)).cloned()
    }

    fn pressed(&self, count: i32, extends: bool, x: f64, y: f64) {
        let (text, at) = (self.text(), self.index_at(x, y));
        let selecting = &self.imp().selecting;
        match count {
            1 if extends && !selecting.range().is_empty() => selecting.stretch(at),
            1 => selecting.begin(at..at),
            2 => selecting.begin(word(&text, at)),
            _ => selecting.begin(paragraph(&text, at)),
        }
        self.take_hold();
        if count > 1 {
            self.offer_selection();
        }
        self.queue_draw();
    }

    fn released(&self, count: i32, x: f64, y: f64) {
        let is_plain = count == 1 && self.imp().selecting.range().is_empty();
        if let Some(link) = self.link_at(x, y).filter(|_| is_plain) {
            let action = if link.kind == Kind::Page { "message.open-link" } else { "message.show-person" };
            if let Err(error) = self.activate_action(action, Some(&link.address.to_variant())) {
                log::warn!("a link leads nowhere: {error}");
            }
        }
    }

    fn drag_to(&self, x: f64, y: f64) {
        self.imp().selecting.stretch(self.index_at(x, y));
        self.queue_draw();
    }

    /// What was selected in another text is so no more.
    fn take_hold(&self) {
        HOLDER.with(|holder| {
            if let Some(other) = holder.upgrade().filter(|other| other != self) {
                other.clear_selection();
            }
            holder.set(Some(self));
        });
    }

    /// A press of the middle button pastes it elsewhere.
    fn offer_selection(&self) {
        if let Some(text) = self.selection() {
            self.primary_clipboard().set_text(&text);
        }
    }

    /// The boundary between characters that is nearest.
    fn index_at(&self, x: f64, y: f64) -> usize {
        let (_, index, trailing) = self.imp().laid_out().xy_to_index(units(x), units(y));
        let index = usize::try_from(index).unwrap_or_default();
        let skipped = usize::try_from(trailing).unwrap_or_default();
        let text = self.text();
        text.get(index..)
            .map_or(text.len(), |rest| index + rest.chars().take(skipped).map(char::len_utf8).sum::<usize>())
    }
}

/// The word that stands at a place, or what stands between two.
fn word(text: &str, at: usize) -> Range<usize> {
    let found = text.split_word_bound_indices().find(|(start, word)| (*start..start + word.len()).contains(&at));
    found.map_or(text.len()..text.len(), |(start, word)| start..start + word.len())
}

fn paragraph(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    start..text[at..].find('\n').map_or(text.len(), |after| at + after)
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a screen")]
fn units(pixels: f64) -> i32 {
    (pixels * f64::from(pango::SCALE)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_paragraphs_are_found_from_within() {
        let text = "Größe: don't\n東京 x";
        assert_eq!(&text[word(text, 1)], "Größe");
        assert_eq!(&text[word(text, text.find("n't").unwrap())], "don't");
        assert_eq!(word(text, text.len()), text.len()..text.len());
        assert_eq!(&text[paragraph(text, 4)], "Größe: don't");
        assert_eq!(&text[paragraph(text, text.len())], "東京 x");
        assert_eq!(paragraph("", 0), 0..0);
    }

    #[test]
    fn a_selection_grows_in_both_directions_from_where_it_began() {
        let selecting = Selecting::default();
        selecting.begin(4..8);
        selecting.stretch(2);
        assert_eq!(selecting.range(), 2..8);
        selecting.stretch(10);
        assert_eq!(selecting.range(), 4..10);
        assert!(selecting.clear() && !selecting.clear());
    }
}
