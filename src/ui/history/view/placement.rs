//! Rows to their places: what happens in a frame, and right after it.

use gtk::{glib, graphene, gsk, prelude::*, subclass::prelude::*};

use super::{
    super::scroll_state::{Extent, Rows, Slot},
    imp::HistoryView,
};

/// How many rows before the loaded ones end the next page is asked for.
const MARGIN: u32 = 50;

/// What the scroll state sees of the rows.
struct Realized<'a> {
    view: &'a HistoryView,
    width: i32,
}

impl Rows for Realized<'_> {
    fn has(&self, index: u32) -> bool {
        self.view.pool.widget(index).is_some()
    }

    fn measure(&mut self, index: u32) -> f64 {
        let row = self.view.pool.bind(index, self.view.obj().upcast_ref());
        row.map_or(0.0, |row| f64::from(row.measure(gtk::Orientation::Vertical, self.width).1))
    }

    fn release(&mut self, index: u32) {
        // The row that has the keyboard stays alive where nobody sees it.
        if self.view.focused_index() != Some(index) {
            self.view.pool.release(index);
        }
    }
}

impl HistoryView {
    pub(super) fn layout(&self) {
        let (width, height) = self.size.get();
        if width <= 0 || height <= 0 || !self.pool.is_ready() {
            return;
        }
        let (list, width) = (self.list(), self.row_width());
        let extent = self.state.borrow_mut().layout(f64::from(height), list, &mut Realized { view: self, width });
        self.configure(extent);
        self.order_rows();
        let is_stuck = self.state.borrow().is_stuck() && !list.has_newer;
        if self.is_stuck.replace(is_stuck) != is_stuck {
            self.obj().notify_is_stuck();
        }
        self.queue_afterwards();
    }

    fn configure(&self, extent: Extent) {
        let Some(adjustment) = self.vadjustment.borrow().clone() else { return };
        self.is_configuring.set(true);
        let Extent { value, lower, upper, page } = extent;
        adjustment.configure(value, lower, upper, page * 0.1, page * 0.9, page);
        self.is_configuring.set(false);
    }

    /// Children in reading order, for the keyboard and for assistive technology; rows that have lost their use go.
    fn order_rows(&self) {
        let state = self.state.borrow();
        let focused = self.focused_index();
        for index in self.pool.indexes() {
            if focused != Some(index) && state.slot(index).is_none() {
                self.pool.release(index);
            }
        }
        let view = self.obj();
        let mut previous: Option<gtk::Widget> = None;
        for slot in state.slots() {
            let Some(row) = self.pool.widget(slot.index) else { continue };
            if row.prev_sibling() != previous {
                row.insert_after(&*view, previous.as_ref());
            }
            previous = Some(row);
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "pixels of a screen")]
    pub(super) fn allocate_rows(&self) {
        let (width, _) = self.size.get();
        let (row_width, state) = (self.row_width(), self.state.borrow());
        let (top, page) = (state.top(), state.extent().page);
        let x = (width - row_width) / 2;
        for index in self.pool.indexes() {
            let Some(row) = self.pool.widget(index) else { continue };
            let (y, height, is_visible) = if let Some(slot) = state.slot(index) {
                (slot.y - top, slot.height as i32, slot.end() > top && slot.y < top + page)
            } else {
                // It has the keyboard: out of sight, but not out of the world.
                let height = row.measure(gtk::Orientation::Vertical, row_width).1;
                let is_before = state.slots().first().is_some_and(|first| index < first.index);
                (if is_before { -f64::from(height) - page } else { 2.0 * page }, height, true)
            };
            row.set_child_visible(is_visible);
            // Whole pixels: text between two of them is blurred.
            let at = graphene::Point::new(x as f32, y.round() as f32);
            row.allocate(row_width, height, -1, Some(gsk::Transform::new().translate(&at)));
        }
    }

    /// Places rows with the next frame.
    pub(super) fn allocate_later(&self) {
        let weak = self.obj().downgrade();
        glib::idle_add_local_full(glib::Priority::HIGH_IDLE, move || {
            if let Some(view) = weak.upgrade() {
                view.queue_allocate();
            }
            glib::ControlFlow::Break
        });
    }

    /// What must not happen in the middle of a layout: asking for pages, making further rows, telling of the new place.
    fn queue_afterwards(&self) {
        if self.is_idle_queued.replace(true) {
            return;
        }
        let weak = self.obj().downgrade();
        glib::idle_add_local_full(glib::Priority::HIGH_IDLE, move || {
            if let Some(view) = weak.upgrade() {
                view.imp().afterwards();
            }
            glib::ControlFlow::Break
        });
    }

    fn afterwards(&self) {
        self.is_idle_queued.set(false);
        let view = self.obj();
        let items = self.list();
        let (first, last, is_complete) = {
            let state = self.state.borrow();
            let index = |slot: Option<&Slot>| slot.map(|slot| slot.index);
            (index(state.slots().first()), index(state.slots().last()), state.is_complete())
        };
        if !is_complete {
            view.queue_allocate();
        }
        view.emit_by_name::<()>("moved", &[]);
        if items.has_older && first.is_some_and(|first| first < MARGIN) {
            view.emit_by_name::<()>("load-older", &[]);
        }
        if items.has_newer && last.is_some_and(|last| last + MARGIN >= items.count) {
            view.emit_by_name::<()>("load-newer", &[]);
        }
    }
}
