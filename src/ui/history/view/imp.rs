//! The widget's class: its properties and what GTK asks of it.

use std::{
    cell::{Cell, RefCell},
    sync::OnceLock,
};

use glib::subclass::Signal;
use gtk::{gio, glib, prelude::*, subclass::prelude::*};

use super::super::{
    row_pool::RowPool,
    scroll_state::{List, ScrollState},
};

#[derive(glib::Properties)]
#[properties(wrapper_type = super::HistoryView)]
pub struct HistoryView {
    #[property(get, set = Self::set_hadjustment, nullable, override_interface = gtk::Scrollable)]
    hadjustment: RefCell<Option<gtk::Adjustment>>,
    #[property(get, set = Self::set_vadjustment, nullable, override_interface = gtk::Scrollable)]
    pub(super) vadjustment: RefCell<Option<gtk::Adjustment>>,
    #[property(get, set, override_interface = gtk::Scrollable, builder(gtk::ScrollablePolicy::Minimum))]
    hscroll_policy: Cell<gtk::ScrollablePolicy>,
    #[property(get, set, override_interface = gtk::Scrollable, builder(gtk::ScrollablePolicy::Minimum))]
    vscroll_policy: Cell<gtk::ScrollablePolicy>,
    /// How wide a row may become; what is left is shared by both sides.
    #[property(get, set = Self::set_maximum_width)]
    pub(super) maximum_width: Cell<i32>,
    /// There are items before the model's first: asked for by `load-older`.
    #[property(get, set = Self::set_has_older)]
    pub(super) has_older: Cell<bool>,
    /// There are items after the model's last: asked for by `load-newer`.
    #[property(get, set = Self::set_has_newer)]
    pub(super) has_newer: Cell<bool>,
    /// Whether what is new comes into view by itself.
    #[property(get)]
    pub(super) is_stuck: Cell<bool>,
    handler: RefCell<Option<glib::SignalHandlerId>>,
    pub(super) model: RefCell<Option<(gio::ListModel, glib::SignalHandlerId)>>,
    pub(super) pool: RowPool,
    pub(super) state: RefCell<ScrollState>,
    /// The row that has, or last had, the keyboard.
    pub(super) cursor: Cell<Option<u32>>,
    /// The adjustment is being set by ourselves.
    pub(super) is_configuring: Cell<bool>,
    pub(super) size: Cell<(i32, i32)>,
    pub(super) is_idle_queued: Cell<bool>,
    /// It has come into sight just now, and what surrounds it with it.
    has_come: Cell<bool>,
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
            has_come: Cell::default(),
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
            ["load-older", "load-newer", "to-oldest", "to-newest", "moved"]
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
        view.update_property(&[gtk::accessible::Property::MultiSelectable(true)]);
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
        if self.has_come.take() && self.pool.indexes().is_empty() && self.pool.count() > 0 {
            // What surrounds the list is enough for one frame.
            return self.allocate_later();
        }
        self.layout();
        self.allocate_rows();
    }

    fn map(&self) {
        self.has_come.set(true);
        self.parent_map();
    }

    /// Into the row that had the keyboard last; from a row to what is in it, then out of the list.
    fn focus(&self, direction: gtk::DirectionType) -> bool {
        match self.focused_row() {
            Some(row) => super::focus::focus_within(&row, direction),
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

    pub(super) fn list(&self) -> List {
        List { count: self.pool.count(), has_older: self.has_older.get(), has_newer: self.has_newer.get() }
    }

    pub(super) fn row_width(&self) -> i32 {
        self.size.get().0.min(self.maximum_width.get())
    }

    /// A person, the scroll bar or a program has moved the adjustment.
    fn scrolled(&self, value: f64) {
        if !self.is_configuring.get() {
            self.state.borrow_mut().scroll_to(value, self.list());
            self.obj().queue_allocate();
        }
    }
}
