//! The keyboard in the list of messages: from row to row, by pages, to either end.

use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::view::HistoryView;

impl HistoryView {
    pub(super) fn add_keys(&self) {
        let keys = gtk::EventControllerKey::new();
        let weak = self.downgrade();
        keys.connect_key_pressed(move |_, key, _, modifiers| {
            let is_plain = !modifiers.intersects(gdk::ModifierType::ALT_MASK | gdk::ModifierType::SHIFT_MASK);
            match weak.upgrade() {
                Some(view) if is_plain && view.key_pressed(key) => glib::Propagation::Stop,
                _ => glib::Propagation::Proceed,
            }
        });
        self.add_controller(keys);
    }

    fn key_pressed(&self, key: gdk::Key) -> bool {
        match key {
            gdk::Key::Up | gdk::Key::KP_Up => self.walk(-1),
            gdk::Key::Down | gdk::Key::KP_Down => self.walk(1),
            gdk::Key::Page_Up | gdk::Key::KP_Page_Up => self.walk_page(-1.0),
            gdk::Key::Page_Down | gdk::Key::KP_Page_Down => self.walk_page(1.0),
            gdk::Key::Home | gdk::Key::KP_Home => self.walk_to(0),
            gdk::Key::End | gdk::Key::KP_End => {
                self.emit_by_name::<()>("to-newest", &[]);
                self.walk_to(self.imp().list().count.saturating_sub(1));
            }
            _ => return false,
        }
        true
    }

    /// Gives the keyboard to the message so many places further.
    pub fn walk(&self, by: i64) {
        let imp = self.imp();
        let Some(now) = imp.focused_index() else {
            self.grab_focus();
            return;
        };
        let last = i64::from(imp.list().count) - 1;
        let target = (i64::from(now) + by).clamp(0, last.max(0));
        self.walk_to(u32::try_from(target).unwrap_or(0));
    }

    /// Scrolls by nearly a page, and takes the keyboard along.
    pub fn walk_page(&self, pages: f64) {
        let Some(adjustment) = self.vadjustment() else { return };
        adjustment.set_value(adjustment.value() + pages * adjustment.page_increment());
        self.imp().layout();
        if self.imp().focused_index().is_some() {
            let range = self.visible_range();
            if let Some(index) = range.map(|(first, last)| if pages < 0.0 { first } else { last }) {
                self.focus_row(index);
            }
        }
    }

    /// Gives the keyboard to a row and brings it into view.
    fn walk_to(&self, index: u32) {
        let imp = self.imp();
        let distance = imp.state.borrow().distance_into_view(index);
        match distance {
            Some(distance) => {
                if distance != 0.0
                    && let Some(adjustment) = self.vadjustment()
                {
                    adjustment.set_value(adjustment.value() + distance);
                }
            }
            None => imp.state.borrow_mut().jump_to(index, if index == 0 { 0.0 } else { 0.5 }),
        }
        imp.layout();
        self.queue_allocate();
        self.focus_row(index);
    }

    fn focus_row(&self, index: u32) {
        if let Some(row) = self.row(index) {
            row.set_child_visible(true);
            row.grab_focus();
            self.imp().cursor.set(Some(index));
        }
    }
}
