//! Selecting messages: by Shift and Control, by drawing over several, by the keyboard; and copying them.

use gettextrs::ngettext;
use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::{
    super::{selection::Selection, transcript::transcript},
    HistoryPane,
};
use crate::{
    engine::api::{self, Cursor, MessageId},
    model::{Conversation, Message},
    ui::{message_row::MessageRow, spoiler, touch::is_touch},
};

/// How much of the distance beyond an edge one scrolls by in a frame, while drawing.
const PULL: f64 = 0.12;
/// Before and past every message there is.
const START: Cursor = Cursor { position: i64::MIN, id: MessageId(i64::MIN) };
const END: Cursor = Cursor { position: i64::MAX, id: MessageId(i64::MAX) };

/// What the pointer draws over messages.
#[derive(Debug, Default)]
pub struct Drag {
    /// The message in which it began.
    from: Option<Cursor>,
    /// It has left that message: messages are being selected, not text.
    is_drawing: bool,
    /// Where the pointer is.
    y: f64,
}

/// How many messages are sent on in one go: each becomes a message of its own.
const MAX_FORWARDED: usize = 50;

impl HistoryPane {
    /// Ends selecting; whether it was under way.
    pub fn leave_selection(&self) -> bool {
        let imp = self.imp();
        imp.pressed.set(None);
        imp.drag.take();
        imp.selection.take();
        let was_selecting = imp.is_selecting.replace(false);
        if was_selecting {
            self.notify_is_selecting();
            self.show_selection();
        }
        was_selecting
    }

    pub(super) fn add_selecting(&self) {
        let capture = gtk::PropagationPhase::Capture;
        let press = gtk::GestureClick::builder().button(gdk::BUTTON_PRIMARY).propagation_phase(capture).build();
        let weak = self.downgrade();
        press.connect_pressed(move |press, _, _, y| {
            if let Some(pane) = weak.upgrade() {
                pane.pressed(press, y);
            }
        });
        let weak = self.downgrade();
        press.connect_released(move |press, _, _, y| {
            // A finger that came down may have meant to scroll.
            if let Some(pane) = weak.upgrade().filter(|pane| pane.is_selecting() && is_touch(press)) {
                pane.toggle_at(y);
                press.set_state(gtk::EventSequenceState::Claimed);
            }
        });
        let view = &self.imp().view;
        view.add_controller(press.clone());
        self.add_drawing(&press);
        let keys = gtk::EventControllerKey::builder().propagation_phase(capture).build();
        let weak = self.downgrade();
        keys.connect_key_pressed(move |_, key, _, modifiers| match weak.upgrade() {
            Some(pane) if pane.selection_key(key, modifiers) => glib::Propagation::Stop,
            _ => glib::Propagation::Proceed,
        });
        view.add_controller(keys);
    }

    fn add_drawing(&self, press: &gtk::GestureClick) {
        let drag = gtk::GestureDrag::builder().propagation_phase(gtk::PropagationPhase::Capture).build();
        let weak = self.downgrade();
        drag.connect_drag_begin(move |drag, _, y| {
            if let Some(pane) = weak.upgrade() {
                let from = pane.message_at(y).filter(|_| !is_touch(drag));
                pane.imp().drag.replace(Drag { from: from.map(|message| message.cursor()), is_drawing: false, y });
            }
        });
        let weak = self.downgrade();
        drag.connect_drag_update(move |drag, _, dy| {
            if let (Some(pane), Some((_, y))) = (weak.upgrade(), drag.start_point())
                && pane.draw_to(y + dy)
            {
                drag.set_state(gtk::EventSequenceState::Claimed);
            }
        });
        let weak = self.downgrade();
        drag.connect_end(move |_, _| {
            if let Some(pane) = weak.upgrade() {
                pane.imp().drag.take();
            }
        });
        self.imp().view.add_controller(drag.clone());
        // What one of them has taken, the other may go on with.
        drag.group_with(press);
    }

    pub(super) fn select_by_id(&self, id: Option<&glib::Variant>) {
        let id = id.and_then(glib::Variant::get::<i64>).map(MessageId);
        let message = id.and_then(|id| {
            let history = self.history()?;
            history.message(history.position_of(id)?)
        });
        if let Some(message) = message {
            self.toggle(message.cursor());
        }
    }

    /// Puts what is selected on the clipboard and ends selecting.
    pub(super) fn copy_selected(&self) {
        let (Some(history), places) = (self.history(), self.imp().selection.borrow().places()) else { return };
        let peer = self.imp().conversation.borrow().as_ref().map(Conversation::contact);
        let peer = peer.map(|contact| contact.display_name()).unwrap_or_default();
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let messages = history.read(&places).await;
            let Some(pane) = weak.upgrade() else { return };
            match messages {
                Ok(mut messages) => {
                    let is_uncovered = |id| {
                        let loaded = history.position_of(id).and_then(|position| history.message(position));
                        loaded.is_some_and(|message| message.is_uncovered())
                    };
                    messages.iter_mut().filter(|message| !is_uncovered(message.cursor.id)).for_each(spoiler::cover);
                    pane.clipboard().set_text(&transcript(&messages, &peer));
                    pane.leave_selection();
                }
                Err(error) => log::warn!("messages could not be copied: {error}"),
            }
        });
    }

    /// Asks to whom what is selected is sent on.
    pub(super) fn forward_selected(&self) {
        let (Some(history), places) = (self.history(), self.imp().selection.borrow().places()) else { return };
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let messages = history.read(&places).await;
            let Some(pane) = weak.upgrade() else { return };
            match messages {
                Ok(messages) => {
                    let text = |message: api::Message| (message.body, message.format.to_json().unwrap_or_default());
                    let texts: Vec<(String, String)> = messages.into_iter().map(text).collect();
                    if let Err(error) = pane.activate_action("conversation.forward-texts", Some(&texts.to_variant())) {
                        log::warn!("nothing can be forwarded: {error}");
                    }
                }
                Err(error) => log::warn!("messages could not be forwarded: {error}"),
            }
        });
    }

    pub(super) fn show_selected(&self, row: &MessageRow) {
        let is_selected = row.message().is_some_and(|m| self.imp().selection.borrow().contains(m.cursor()));
        row.set_selected(self.is_selecting().then_some(is_selected));
    }

    fn pressed(&self, press: &gtk::GestureClick, y: f64) {
        let Some(message) = self.message_at(y).filter(|_| !is_touch(press)) else { return };
        let modifiers = press.current_event_state();
        let has_text = self.row_of(&message).is_some_and(|row| row.selection().is_some());
        if modifiers.contains(gdk::ModifierType::SHIFT_MASK) && (self.is_selecting() || !has_text) {
            let from = self.imp().selection.borrow().anchor().or(self.imp().pressed.get());
            self.select_to(from.or_else(|| self.focused_message()).unwrap_or(message.cursor()), message.cursor());
        } else if modifiers.contains(gdk::ModifierType::CONTROL_MASK) || self.is_selecting() {
            self.toggle(message.cursor());
        } else {
            self.imp().pressed.set(Some(message.cursor()));
            return;
        }
        press.set_state(gtk::EventSequenceState::Claimed);
        self.focus(&message);
    }

    fn toggle_at(&self, y: f64) {
        if let Some(message) = self.message_at(y) {
            self.toggle(message.cursor());
        }
    }

    /// The pointer is here with the button pressed; whether messages are being selected by that.
    fn draw_to(&self, y: f64) -> bool {
        let imp = self.imp();
        let view = &imp.view;
        let Some(from) = imp.drag.borrow().from else { return false };
        let Some(message) = self.message_at(y.clamp(0.0, f64::from(view.height()) - 1.0)) else { return false };
        imp.drag.borrow_mut().y = y;
        if !imp.drag.borrow().is_drawing {
            if message.cursor() == from {
                return false;
            }
            imp.drag.borrow_mut().is_drawing = true;
            imp.selection.borrow_mut().begin_at(from);
            self.scroll_while_drawing();
        }
        self.select_to(from, message.cursor());
        self.focus(&message);
        true
    }

    /// Goes on over the edge, the faster the farther the pointer is beyond it.
    fn scroll_while_drawing(&self) {
        let weak = self.downgrade();
        self.imp().view.add_tick_callback(move |view, _| {
            let Some(pane) = weak.upgrade() else { return glib::ControlFlow::Break };
            let (is_drawing, y) = {
                let drag = pane.imp().drag.borrow();
                (drag.is_drawing, drag.y)
            };
            if !is_drawing {
                return glib::ControlFlow::Break;
            }
            let beyond = y.min(0.0) + (y - f64::from(view.height())).max(0.0);
            if beyond != 0.0
                && let Some(adjustment) = view.vadjustment()
            {
                adjustment.set_value(adjustment.value() + (beyond * PULL).round());
                pane.draw_to(y);
            }
            glib::ControlFlow::Continue
        });
    }

    /// Selects all from one message to another, also what is not loaded any more.
    fn select_to(&self, from: Cursor, to: Cursor) {
        let imp = self.imp();
        let Some(history) = self.history() else { return };
        if imp.selection.borrow().anchor() != Some(from) {
            imp.selection.borrow_mut().begin_at(from);
        }
        let (first, last) = (from.min(to), from.max(to));
        let loaded = history.loaded_between(first, last);
        let reaches = |end: Cursor| history.position_of(end.id).is_some();
        if reaches(first) && reaches(last) {
            imp.selection.borrow_mut().stretch(loaded.iter().map(Message::cursor));
            return self.show_selection();
        }
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let places = history.places_between(first, last).await;
            let Some(pane) = weak.upgrade() else { return };
            match places {
                // Meanwhile another stretch may have been begun, or another conversation.
                Ok(places)
                    if pane.history().as_ref() == Some(&history)
                        && pane.imp().selection.borrow().anchor() == Some(from) =>
                {
                    pane.imp().selection.borrow_mut().stretch(places);
                    pane.show_selection();
                }
                Ok(_) => {}
                Err(error) => log::warn!("messages could not be selected: {error}"),
            }
        });
    }

    fn toggle(&self, message: Cursor) {
        self.imp().selection.borrow_mut().toggle(message);
        self.show_selection();
    }

    fn select_all(&self) {
        let Some(history) = self.history() else { return };
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let places = history.places_between(START, END).await;
            let Some(pane) = weak.upgrade().filter(|pane| pane.history().as_ref() == Some(&history)) else { return };
            match places {
                Ok(places) => {
                    let mut selection = Selection::default();
                    selection.stretch(places);
                    pane.imp().selection.replace(selection);
                    pane.show_selection();
                }
                Err(error) => log::warn!("messages could not be selected: {error}"),
            }
        });
    }

    /// A key in the list of messages; whether it was one for selecting.
    fn selection_key(&self, key: gdk::Key, modifiers: gdk::ModifierType) -> bool {
        let is_control = modifiers.contains(gdk::ModifierType::CONTROL_MASK);
        let is_shift = modifiers.contains(gdk::ModifierType::SHIFT_MASK);
        let focused = self.focused_message();
        match (key.to_lower(), focused) {
            (gdk::Key::a, _) if is_control => self.select_all(),
            (gdk::Key::c, _) if is_control && self.is_selecting() => self.copy_selected(),
            (gdk::Key::Escape, _) => return self.leave_selection(),
            (gdk::Key::space, Some(focused)) if is_control || self.is_selecting() => self.toggle(focused),
            (gdk::Key::Up | gdk::Key::Down, Some(focused)) if is_shift => {
                self.imp().view.walk(if key == gdk::Key::Up { -1 } else { 1 });
                let from = self.imp().selection.borrow().anchor().unwrap_or(focused);
                self.select_to(from, self.focused_message().unwrap_or(focused));
            }
            _ => return false,
        }
        true
    }

    /// Brings rows and bar to what is selected; without anything selected, selecting has ended.
    fn show_selection(&self) {
        let imp = self.imp();
        let count = imp.selection.borrow().len();
        let is_selecting = count > 0;
        if imp.is_selecting.replace(is_selecting) != is_selecting {
            self.notify_is_selecting();
        }
        self.action_set_enabled("history.forward", (1..=MAX_FORWARDED).contains(&count));
        let Some(view) = imp.view.try_get() else { return };
        let shown = u32::try_from(count).unwrap_or(u32::MAX);
        // Translators: how many messages are selected.
        let text = ngettext("{n} selected", "{n} selected", shown).replace("{n}", &count.to_string());
        if is_selecting {
            imp.selected.set_label(&text);
        }
        for row in view.rows().iter().filter_map(|row| row.downcast_ref::<MessageRow>()) {
            if is_selecting {
                row.clear_selection();
            }
            self.show_selected(row);
        }
    }

    fn message_at(&self, y: f64) -> Option<Message> {
        self.history()?.message(self.imp().view.index_at(y)?)
    }

    fn focused_message(&self) -> Option<Cursor> {
        let index = self.imp().view.focused_index()?;
        self.history()?.message(index).map(|message| message.cursor())
    }

    fn row_of(&self, message: &Message) -> Option<MessageRow> {
        self.imp().view.row(self.history()?.position_of(message.id())?).and_downcast()
    }

    fn focus(&self, message: &Message) {
        if let Some(row) = self.row_of(message) {
            row.grab_focus();
        }
    }
}
