//! What keys do in the field.

use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::Composer;
use crate::ui::{completion::Completion as _, composer_bar::Purpose};

impl Composer {
    pub(super) fn key_pressed(
        &self,
        keys: &gtk::EventControllerKey,
        key: gdk::Key,
        modifiers: gdk::ModifierType,
    ) -> glib::Propagation {
        if self.imp().completion.get().is_some_and(|completion| completion.takes(key, modifiers))
            || self.imp().people.get().is_some_and(|people| people.takes(key, modifiers))
        {
            return glib::Propagation::Stop;
        }
        if key == gdk::Key::Escape && self.imp().problem_revealer.reveals_child() {
            self.show_problem(None);
            return glib::Propagation::Stop;
        }
        if key == gdk::Key::Escape && !matches!(self.imp().bar.purpose(), Purpose::New) {
            self.give_up();
            return glib::Propagation::Stop;
        }
        let is_undo = modifiers == gdk::ModifierType::CONTROL_MASK && key.to_lower() == gdk::Key::z;
        if is_undo && self.text().is_empty() && self.undo_last() {
            return glib::Propagation::Stop;
        }
        if key == gdk::Key::Up && modifiers.is_empty() && self.text().is_empty() {
            self.emit_by_name::<()>("edit-last", &[]);
            return glib::Propagation::Stop;
        }
        if key == gdk::Key::Escape && !self.imp().attach_bar.is_empty() {
            self.imp().attach_bar.clear();
            return glib::Propagation::Stop;
        }
        if key == gdk::Key::Escape && self.imp().link_bar.preview().is_some() {
            self.leave_out_link();
            return glib::Propagation::Stop;
        }
        if !matches!(key, gdk::Key::Return | gdk::Key::KP_Enter | gdk::Key::ISO_Enter) {
            return glib::Propagation::Proceed;
        }
        // An input method may need the key to finish a word.
        if keys.current_event().is_some_and(|event| self.imp().text.im_context_filter_keypress(&event)) {
            return glib::Propagation::Stop;
        }
        let sends = if self.send_on_enter() {
            !modifiers.intersects(gdk::ModifierType::SHIFT_MASK | gdk::ModifierType::ALT_MASK)
        } else {
            modifiers.contains(gdk::ModifierType::CONTROL_MASK)
        };
        if sends {
            self.send();
            return glib::Propagation::Stop;
        }
        glib::Propagation::Proceed
    }
}
