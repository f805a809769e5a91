//! The keyboard in the list of messages: from row to row, by pages, to either end.

use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::{HistoryView, imp};

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
            gdk::Key::Home | gdk::Key::KP_Home => self.emit_by_name::<()>("to-oldest", &[]),
            gdk::Key::End | gdk::Key::KP_End => self.emit_by_name::<()>("to-newest", &[]),
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

    /// Shows a row as [`Self::jump_to`] does, and gives it the keyboard if the list has it.
    pub fn carry_to(&self, index: u32, align: f64) {
        self.jump_to(index, align);
        self.carry_keyboard(index);
    }

    /// Shows the last row and stays there, and gives it the keyboard if the list has it.
    pub fn carry_to_end(&self) {
        self.stick_to_end();
        self.carry_keyboard(self.imp().list().count.saturating_sub(1));
    }

    fn carry_keyboard(&self, index: u32) {
        if self.has_focus() || self.focused_index().is_some() {
            self.imp().layout();
            self.focus_row(index);
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
            None => imp.state.borrow_mut().jump_to(index, 0.5),
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

impl imp::HistoryView {
    pub(super) fn focused_index(&self) -> Option<u32> {
        let focus = self.obj().root()?.focus()?;
        self.pool.index_of(&focus)
    }

    pub(super) fn focused_row(&self) -> Option<gtk::Widget> {
        self.pool.widget(self.focused_index()?)
    }

    /// Where the keyboard comes in: the row that it left, if that is in sight, else the last one in sight.
    pub(super) fn entry_row(&self) -> Option<gtk::Widget> {
        let state = self.state.borrow();
        let cursor = self.cursor.get();
        let index = state.visible().find(|slot| Some(slot.index) == cursor).or_else(|| state.visible().last())?.index;
        self.pool.widget(index)
    }
}
