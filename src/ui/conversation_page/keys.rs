//! Where keys go: whoever types means the composer, wherever the keyboard is; pages scroll the history.

use adw::{prelude::*, subclass::prelude::*};
use gtk::{gdk, glib};

use super::ConversationPage;

impl ConversationPage {
    /// Whoever types means the composer, wherever the keyboard is; pages scroll the history.
    pub(super) fn key_pressed(
        &self,
        keys: &gtk::EventControllerKey,
        key: gdk::Key,
        modifiers: gdk::ModifierType,
    ) -> glib::Propagation {
        let imp = self.imp();
        let Some(focus) = self.root().and_then(|root| root.focus()) else { return glib::Propagation::Proceed };
        let writes = focus.is_ancestor(&*imp.composer);
        if writes && matches!(key, gdk::Key::Page_Up | gdk::Key::Page_Down) {
            imp.pane.view().walk_page(if key == gdk::Key::Page_Up { -1.0 } else { 1.0 });
            return glib::Propagation::Stop;
        }
        let is_copy = modifiers.contains(gdk::ModifierType::CONTROL_MASK) && key.to_lower() == gdk::Key::c;
        if writes && is_copy && !imp.composer.text_view().buffer().has_selection() {
            // Text that is selected in a bubble does not take the keyboard away from the composer.
            if let Some(text) = imp.pane.selection() {
                self.clipboard().set_text(&text);
                return glib::Propagation::Stop;
            }
        }
        if !focus.is_ancestor(&*imp.pane) {
            return glib::Propagation::Proceed;
        }
        let is_command = modifiers
            .intersects(gdk::ModifierType::CONTROL_MASK | gdk::ModifierType::ALT_MASK | gdk::ModifierType::SUPER_MASK);
        if imp.pane.is_selecting() {
            // The composer has made way.
            return if key == gdk::Key::Escape && imp.pane.leave_selection() {
                glib::Propagation::Stop
            } else {
                glib::Propagation::Proceed
            };
        }
        if key == gdk::Key::Escape {
            self.focus_composer();
            return glib::Propagation::Stop;
        }
        let types = key.to_unicode().is_some_and(|c| !c.is_control() && c != ' ');
        if types && !is_command && imp.composer.is_visible() && !imp.composer.is_recording() {
            self.focus_composer();
            keys.forward(&imp.composer.text_view());
            return glib::Propagation::Stop;
        }
        glib::Propagation::Proceed
    }
}
