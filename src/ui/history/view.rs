//! A virtual list that is anchored at its end: the rows near the viewport exist, all others are a number.
//!
//! Implements `GtkScrollable` over any list model. Where it is scrolled to is [`ScrollState`]'s affair, the rows are
//! [`RowPool`]'s. It does not know what the rows show.

use std::{
    cell::{Cell, RefCell},
    sync::OnceLock,
};

use gtk::{gio, glib, prelude::*, subclass::prelude::*};

use super::{
    row_pool::{Place, RowPool},
    scroll_state::{Extent, List, Rows, ScrollState},
};

/// How many rows before the loaded ones end the next page is asked for.
const MARGIN: u32 = 20;

mod imp {
    use super::{Cell, Extent, List, MARGIN, OnceLock, RefCell, RowPool, Rows, ScrollState, gio, glib};
    use glib::subclass::Signal;
    use gtk::{graphene, gsk, prelude::*, subclass::prelude::*};

    #[derive(glib::Properties)]
    #[properties(wrapper_type = super::HistoryView)]
    pub struct HistoryView {
        #[property(get, set = Self::set_hadjustment, nullable, override_interface = gtk::Scrollable)]
        hadjustment: RefCell<Option<gtk::Adjustment>>,
        #[property(get, set = Self::set_vadjustment, nullable, override_interface = gtk::Scrollable)]
        vadjustment: RefCell<Option<gtk::Adjustment>>,
        #[property(get, set, override_interface = gtk::Scrollable, builder(gtk::ScrollablePolicy::Minimum))]
        hscroll_policy: Cell<gtk::ScrollablePolicy>,
        #[property(get, set, override_interface = gtk::Scrollable, builder(gtk::ScrollablePolicy::Minimum))]
        vscroll_policy: Cell<gtk::ScrollablePolicy>,
        /// How wide a row may become; what is left is shared by both sides.
        #[property(get, set = Self::set_maximum_width)]
        maximum_width: Cell<i32>,
        /// There are items before the model's first: asked for by `load-older`.
        #[property(get, set = Self::set_has_older)]
        has_older: Cell<bool>,
        /// There are items after the model's last: asked for by `load-newer`.
        #[property(get, set = Self::set_has_newer)]
        has_newer: Cell<bool>,
        /// Whether what is new comes into view by itself.
        #[property(get)]
        is_stuck: Cell<bool>,
        handler: RefCell<Option<glib::SignalHandlerId>>,
        model: RefCell<Option<(gio::ListModel, glib::SignalHandlerId)>>,
        pub(in super::super) pool: RowPool,
        pub(in super::super) state: RefCell<ScrollState>,
        /// The row that has, or last had, the keyboard.
        pub(in super::super) cursor: Cell<Option<u32>>,
        /// The adjustment is being set by ourselves.
        is_configuring: Cell<bool>,
        size: Cell<(i32, i32)>,
        is_idle_queued: Cell<bool>,
    }

    impl Default for HistoryView {
        fn default() -> Self {
            Self {
                hadjustment: RefCell::default(),
                vadjustment: RefCell::default(),
                hscroll_policy: Cell::new(gtk::ScrollablePolicy::Minimum),
                vscroll_policy: Cell::new(gtk::ScrollablePolicy::Minimum),
                maximum_width: Cell::new(860),
                has_older: Cell::default(),
                has_newer: Cell::default(),
                is_stuck: Cell::new(true),
                handler: RefCell::default(),
                model: RefCell::default(),
                pool: RowPool::default(),
                state: RefCell::default(),
                cursor: Cell::default(),
                is_configuring: Cell::default(),
                size: Cell::default(),
                is_idle_queued: Cell::default(),
            }
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for HistoryView {
        const NAME: &'static str = "StonechatHistoryView";
        type Type = super::HistoryView;
        type ParentType = gtk::Widget;
        type Interfaces = (gtk::Scrollable,);

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("history");
            klass.set_accessible_role(gtk::AccessibleRole::List);
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for HistoryView {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| {
                ["load-older", "load-newer", "to-newest", "moved"]
                    .map(|name| Signal::builder(name).build())
                    .into_iter()
                    .collect()
            })
        }

        fn constructed(&self) {
            self.parent_constructed();
            let view = self.obj();
            view.set_overflow(gtk::Overflow::Hidden);
            view.set_focusable(true);
            view.add_keys();
        }

        fn dispose(&self) {
            if let Some((model, handler)) = self.model.take() {
                model.disconnect(handler);
            }
            self.pool.dispose();
        }
    }

    impl WidgetImpl for HistoryView {
        fn request_mode(&self) -> gtk::SizeRequestMode {
            gtk::SizeRequestMode::ConstantSize
        }

        fn measure(&self, orientation: gtk::Orientation, _for_size: i32) -> (i32, i32, i32, i32) {
            match orientation {
                gtk::Orientation::Horizontal => (240, self.maximum_width.get(), -1, -1),
                _ => (0, 0, -1, -1),
            }
        }

        fn size_allocate(&self, width: i32, height: i32, _baseline: i32) {
            let before = self.size.replace((width, height));
            if before.0 != width {
                self.state.borrow_mut().forget_average();
            }
            self.layout();
            self.allocate_rows();
        }

        /// Into the row that had the keyboard last; from a row to what is in it, then out of the list.
        fn focus(&self, direction: gtk::DirectionType) -> bool {
            match self.focused_row() {
                Some(row) => row.child_focus(direction),
                None => self.grab_focus(),
            }
        }

        fn grab_focus(&self) -> bool {
            match self.entry_row() {
                Some(row) => row.grab_focus(),
                None => self.parent_grab_focus(),
            }
        }
    }

    impl ScrollableImpl for HistoryView {
        // What gtk4-rs does by default calls a parent interface that does not exist.
        fn border(&self) -> Option<gtk::Border> {
            None
        }
    }

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
        fn set_hadjustment(&self, adjustment: Option<gtk::Adjustment>) {
            if let Some(adjustment) = &adjustment {
                adjustment.configure(0.0, 0.0, 1.0, 1.0, 1.0, 1.0);
            }
            self.hadjustment.replace(adjustment);
        }

        fn set_vadjustment(&self, adjustment: Option<gtk::Adjustment>) {
            if let (Some(old), Some(handler)) = (self.vadjustment.take(), self.handler.take()) {
                old.disconnect(handler);
            }
            if let Some(adjustment) = &adjustment {
                let weak = self.obj().downgrade();
                let handler = adjustment.connect_value_changed(move |adjustment| {
                    if let Some(view) = weak.upgrade() {
                        view.imp().scrolled(adjustment.value());
                    }
                });
                self.handler.replace(Some(handler));
            }
            self.vadjustment.replace(adjustment);
        }

        fn set_maximum_width(&self, width: i32) {
            if self.maximum_width.replace(width) != width {
                self.obj().queue_resize();
            }
        }

        fn set_has_older(&self, value: bool) {
            if self.has_older.replace(value) != value {
                self.obj().queue_allocate();
            }
        }

        fn set_has_newer(&self, value: bool) {
            if self.has_newer.replace(value) != value {
                self.obj().queue_allocate();
            }
        }

        pub(in super::super) fn list(&self) -> List {
            List { count: self.pool.count(), has_older: self.has_older.get(), has_newer: self.has_newer.get() }
        }

        fn row_width(&self) -> i32 {
            self.size.get().0.min(self.maximum_width.get())
        }

        /// A person, the scroll bar or a program has moved the adjustment.
        fn scrolled(&self, value: f64) {
            if !self.is_configuring.get() {
                self.state.borrow_mut().scroll_to(value, self.list());
                self.obj().queue_allocate();
            }
        }

        pub(in super::super) fn layout(&self) {
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
        fn allocate_rows(&self) {
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
                let index = |slot: Option<&super::super::scroll_state::Slot>| slot.map(|slot| slot.index);
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

        pub(in super::super) fn set_model(&self, model: Option<gio::ListModel>) {
            if let Some((old, handler)) = self.model.take() {
                old.disconnect(handler);
            }
            self.pool.set_model(model.clone());
            self.state.replace(ScrollState::default());
            self.cursor.set(None);
            if let Some(model) = model {
                let weak = self.obj().downgrade();
                let handler = model.connect_items_changed(move |_, position, removed, added| {
                    if let Some(view) = weak.upgrade() {
                        view.imp().items_changed(position, removed, added);
                    }
                });
                self.model.replace(Some((model, handler)));
            }
            self.obj().queue_allocate();
        }

        fn items_changed(&self, position: u32, removed: u32, added: u32) {
            let had_focus = self.focused_index().is_some();
            let kept = self.pool.reindex(position, removed, added);
            let new_index = |index: u32| match kept.iter().find(|(was, _)| *was == index) {
                Some((_, now)) => Some(*now),
                None if index < position => Some(index),
                None if index >= position + removed => Some(index - removed + added),
                None => None,
            };
            self.state.borrow_mut().reindex(new_index);
            self.cursor.set(self.cursor.get().and_then(new_index));
            let edge = position.saturating_sub(1)..=position + added;
            self.pool.rebind(|index| edge.contains(&index));
            let view = self.obj();
            if had_focus && self.focused_index().is_none() {
                // The row went away under the keyboard.
                view.grab_focus();
            }
            view.queue_allocate();
        }

        pub(in super::super) fn focused_index(&self) -> Option<u32> {
            let focus = self.obj().root()?.focus()?;
            self.pool.index_of(&focus)
        }

        fn focused_row(&self) -> Option<gtk::Widget> {
            self.pool.widget(self.focused_index()?)
        }

        /// Where the keyboard comes in: the row that it left, if that is in sight, else the last one in sight.
        fn entry_row(&self) -> Option<gtk::Widget> {
            let state = self.state.borrow();
            let cursor = self.cursor.get();
            let index =
                state.visible().find(|slot| Some(slot.index) == cursor).or_else(|| state.visible().last())?.index;
            self.pool.widget(index)
        }
    }
}

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
    }

    /// Shows another list, from its end.
    pub fn set_model(&self, model: Option<&impl IsA<gio::ListModel>>) {
        self.imp().set_model(model.map(|model| model.clone().upcast()));
    }

    /// Shows this row with the next frame. `align`: 0 at the top of the viewport, 0.5 in the middle, 1 at the bottom.
    pub fn jump_to(&self, index: u32, align: f64) {
        self.imp().state.borrow_mut().jump_to(index, align);
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
