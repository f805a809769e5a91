//! What floats above the messages: the day of those at the top, and the way back to the newest.

use std::time::Duration;

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{super::day, HistoryPane};
use crate::{model::Conversation, ui::message_row::MessageRow};

/// How long the day stays after one has stopped scrolling, in milliseconds.
const DAY_STAYS_MS: u64 = 1_500;
/// How much of a day's own pill has to be in sight to do without the floating one, in pixels.
const OWN_DAY: f64 = 24.0;

impl HistoryPane {
    pub(super) fn moved(&self) {
        self.show_way_to_newest();
        self.show_day();
        self.mark_seen();
    }

    pub(super) fn hide_day(&self) {
        if let Some(timeout) = self.imp().day_timeout.take() {
            timeout.remove();
        }
        self.reveal_day(false);
    }

    fn show_way_to_newest(&self) {
        let imp = self.imp();
        let distance = imp.view.distance_to_end();
        let is_far = distance > f64::from(imp.view.height()) / 2.0;
        imp.newest_revealer.set_reveal_child(is_far);
        imp.newest_revealer.set_can_target(is_far);
        let unread = imp.conversation.borrow().as_ref().map_or(0, Conversation::unread);
        imp.count.set_visible(unread > 0);
        imp.count.set_label(&unread.to_string());
    }

    /// The day of what is at the top, while one scrolls and as long as its own pill is not in sight.
    fn show_day(&self) {
        let imp = self.imp();
        let value = imp.view.vadjustment().map_or(0.0, |adjustment| adjustment.value());
        let has_scrolled = (imp.last_value.replace(value) - value).abs() > 0.5;
        let first = imp.view.visible_range().map(|(first, _)| first);
        let message = first.and_then(|first| imp.history.borrow().as_ref()?.message(first));
        let (Some(first), Some(message)) = (first, message) else { return self.hide_day() };
        let begins_day = imp.view.row(first).and_downcast::<MessageRow>().is_some_and(|row| row.begins_day());
        if begins_day && imp.view.row_y(first).is_some_and(|y| y > -OWN_DAY) {
            self.hide_day();
        } else if has_scrolled && !imp.view.is_stuck() {
            imp.day.set_label(&day::day(message.time()));
            self.reveal_day(true);
            self.hide_day_later();
        }
    }

    fn hide_day_later(&self) {
        let weak = self.downgrade();
        let timeout = glib::timeout_add_local_once(Duration::from_millis(DAY_STAYS_MS), move || {
            if let Some(pane) = weak.upgrade() {
                pane.imp().day_timeout.take();
                pane.reveal_day(false);
            }
        });
        if let Some(old) = self.imp().day_timeout.replace(Some(timeout)) {
            old.remove();
        }
    }

    /// What can't be seen can't be pressed.
    fn reveal_day(&self, is_shown: bool) {
        if let Some(revealer) = self.imp().day_revealer.try_get() {
            revealer.set_reveal_child(is_shown);
            revealer.set_can_target(is_shown);
        }
    }
}
