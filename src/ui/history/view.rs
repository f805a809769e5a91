//! A virtual list that is anchored at its end: the rows near the viewport exist, all others are a number.
//!
//! Implements `GtkScrollable` over any list model. Where it is scrolled to is [`ScrollState`]'s affair, the rows are
//! [`RowPool`]'s. It does not know what the rows show.
//!
//! [`ScrollState`]: super::scroll_state::ScrollState
//! [`RowPool`]: super::row_pool::RowPool

mod content;
mod focus;
mod imp;
mod placement;
mod walk;

use gtk::{gio, glib, prelude::*, subclass::prelude::*};

use super::row_pool::Place;

glib::wrapper! {
    /// The list of messages.
    pub struct HistoryView(ObjectSubclass<imp::HistoryView>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Scrollable;
}

impl Default for HistoryView {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl HistoryView {
    /// How rows are made and bound; once, before anything is shown. A row without a place is put by.
    pub fn set_factory(
        &self,
        make: impl Fn() -> gtk::Widget + 'static,
        bind: impl Fn(&gtk::Widget, Option<Place>) + 'static,
    ) {
        self.imp().pool.set_factory(Box::new(make), Box::new(bind));
        // The first list that is shown does not have to wait for its rows.
        let weak = self.downgrade();
        glib::idle_add_local_full(glib::Priority::LOW, move || match weak.upgrade() {
            Some(view) if view.imp().pool.make_ready(view.upcast_ref()) => glib::ControlFlow::Continue,
            _ => glib::ControlFlow::Break,
        });
    }

    /// Shows another list, from its end.
    pub fn set_model(&self, model: Option<&impl IsA<gio::ListModel>>) {
        self.imp().set_model(model.map(|model| model.clone().upcast()));
    }

    /// Whether this is the list that is shown.
    pub fn shows(&self, model: &impl IsA<gio::ListModel>) -> bool {
        self.imp().model.borrow().as_ref().is_some_and(|(shown, _)| shown == model.upcast_ref::<gio::ListModel>())
    }

    /// Shows this row with the next frame. `align`: 0 at the top of the viewport, 0.5 in the middle, 1 at the bottom.
    pub fn jump_to(&self, index: u32, align: f64) {
        self.imp().state.borrow_mut().jump_to(index, align);
        self.queue_allocate();
    }

    /// Shows this row with the next frame where [`Self::row_y`] once found it.
    pub fn put_at(&self, index: u32, offset: f64) {
        self.imp().state.borrow_mut().put_at(index, offset);
        self.queue_allocate();
    }

    /// Shows the last row and stays there.
    pub fn stick_to_end(&self) {
        self.imp().state.borrow_mut().stick_to_end();
        self.queue_allocate();
    }

    /// Shows the rows in existence anew, because something besides the model has changed their looks.
    pub fn rebind(&self) {
        self.imp().pool.rebind(|_| true);
    }

    /// The rows of which at least one pixel is in sight, first and last.
    pub fn visible_range(&self) -> Option<(u32, u32)> {
        let state = self.imp().state.borrow();
        let first = state.visible().next()?.index;
        Some((first, state.visible().last()?.index))
    }

    /// Where a row begins, counted from the viewport's upper edge.
    pub fn row_y(&self, index: u32) -> Option<f64> {
        let state = self.imp().state.borrow();
        state.slot(index).map(|slot| slot.y - state.top())
    }

    /// The row for an item, if it exists.
    pub fn row(&self, index: u32) -> Option<gtk::Widget> {
        self.imp().pool.widget(index)
    }

    /// The row in which this place of the viewport is, counted from its upper edge.
    pub fn index_at(&self, y: f64) -> Option<u32> {
        let state = self.imp().state.borrow();
        let y = state.top() + y;
        state.visible().find(|slot| slot.y <= y && y < slot.end()).map(|slot| slot.index)
    }

    /// The rows that exist.
    pub fn rows(&self) -> Vec<gtk::Widget> {
        let pool = &self.imp().pool;
        pool.indexes().into_iter().filter_map(|index| pool.widget(index)).collect()
    }

    /// Which row has the keyboard, itself or something in it.
    pub fn focused_index(&self) -> Option<u32> {
        self.imp().focused_index()
    }

    /// How many rows exist.
    pub fn live_rows(&self) -> usize {
        self.imp().pool.indexes().len()
    }

    /// How far the list's end is below the viewport; infinite where that is not known.
    pub fn distance_to_end(&self) -> f64 {
        let imp = self.imp();
        imp.state.borrow().distance_to_end(imp.list())
    }

    /// Called when rows older than the model's first are wanted.
    pub fn connect_load_older(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_plain("load-older", f)
    }

    /// Called when rows newer than the model's last are wanted.
    pub fn connect_load_newer(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_plain("load-newer", f)
    }

    /// Called when the keyboard asks for the newest row, be it loaded or not.
    pub fn connect_to_newest(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_plain("to-newest", f)
    }

    /// Called when the keyboard asks for the oldest row, be it loaded or not.
    pub fn connect_to_oldest(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_plain("to-oldest", f)
    }

    /// Called after rows have been placed: what is in sight may be something else.
    pub fn connect_moved(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_plain("moved", f)
    }

    fn connect_plain(&self, signal: &str, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_local(signal, false, move |values| {
            if let Some(view) = values.first().and_then(|value| value.get::<Self>().ok()) {
                f(&view);
            }
            None
        })
    }
}
