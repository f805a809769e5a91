//! The row widgets of a list: made when needed, bound to an item, and used again.
//!
//! Knows nothing of where rows stand.

use std::cell::{OnceCell, RefCell};

use gtk::{gio, glib, prelude::*};

/// An item and what stands beside it, for a row's looks depend on its neighbours.
#[derive(Debug, Clone)]
pub struct Place {
    pub item: glib::Object,
    pub previous: Option<glib::Object>,
    pub next: Option<glib::Object>,
}

/// How many rows are made before any is wanted: about what a viewport shows.
const READY: usize = 12;

type Make = Box<dyn Fn() -> gtk::Widget>;
/// Shows an item in a row; `None` when the row is put by.
type Bind = Box<dyn Fn(&gtk::Widget, Option<Place>)>;

struct Bound {
    index: u32,
    item: glib::Object,
    widget: gtk::Widget,
}

/// Rows in use and rows put by.
#[derive(Default)]
pub struct RowPool {
    model: RefCell<Option<gio::ListModel>>,
    factory: OnceCell<(Make, Bind)>,
    bound: RefCell<Vec<Bound>>,
    idle: RefCell<Vec<gtk::Widget>>,
}

impl RowPool {
    /// How rows are made and bound. Only the first call counts.
    pub fn set_factory(&self, make: Make, bind: Bind) {
        let is_first = self.factory.set((make, bind)).is_ok();
        debug_assert!(is_first);
    }

    pub fn is_ready(&self) -> bool {
        self.factory.get().is_some()
    }

    pub fn set_model(&self, model: Option<gio::ListModel>) {
        self.release_all();
        self.model.replace(model);
    }

    pub fn count(&self) -> u32 {
        self.model.borrow().as_ref().map_or(0, ListModelExt::n_items)
    }

    pub fn widget(&self, index: u32) -> Option<gtk::Widget> {
        self.bound.borrow().iter().find(|bound| bound.index == index).map(|bound| bound.widget.clone())
    }

    /// Which item the row shows that is, or has within it, this widget.
    pub fn index_of(&self, widget: &gtk::Widget) -> Option<u32> {
        let bound = self.bound.borrow();
        bound.iter().find(|bound| widget == &bound.widget || widget.is_ancestor(&bound.widget)).map(|bound| bound.index)
    }

    pub fn indexes(&self) -> Vec<u32> {
        self.bound.borrow().iter().map(|bound| bound.index).collect()
    }

    /// The row that shows this item, made or used again where there is none.
    pub fn bind(&self, index: u32, parent: &gtk::Widget) -> Option<gtk::Widget> {
        if let Some(widget) = self.widget(index) {
            return Some(widget);
        }
        let (make, bind) = self.factory.get()?;
        let place = self.place(index)?;
        let idle = self.idle.borrow_mut().pop();
        let widget = idle.unwrap_or_else(|| {
            let widget = make();
            widget.set_parent(parent);
            widget
        });
        let item = place.item.clone();
        bind(&widget, Some(place));
        self.bound.borrow_mut().push(Bound { index, item, widget: widget.clone() });
        Some(widget)
    }

    /// Makes one row for later, where there are few; whether more are wanted.
    pub fn make_ready(&self, parent: &gtk::Widget) -> bool {
        let Some((make, _)) = self.factory.get() else { return false };
        if self.bound.borrow().len() + self.idle.borrow().len() >= READY {
            return false;
        }
        let widget = make();
        widget.set_child_visible(false);
        widget.set_parent(parent);
        self.idle.borrow_mut().push(widget);
        true
    }

    /// Puts the row by.
    pub fn release(&self, index: u32) {
        let found = {
            let mut bound = self.bound.borrow_mut();
            let at = bound.iter().position(|bound| bound.index == index);
            at.map(|at| bound.swap_remove(at))
        };
        if let Some(bound) = found {
            self.put_by(bound);
        }
    }

    pub fn release_all(&self) {
        for bound in self.bound.take() {
            self.put_by(bound);
        }
    }

    /// The model has changed: `removed` items at `position` gave way to `added` ones. Rows whose item is still there go with
    /// it, also when it was taken out and put back in one change. Returns where each row's item is now.
    pub fn reindex(&self, position: u32, removed: u32, added: u32) -> Vec<(u32, u32)> {
        let moved_in = |item: &glib::Object| {
            let model = self.model.borrow();
            let model = model.as_ref()?;
            (position..position + added).find(|&index| model.item(index).as_ref() == Some(item))
        };
        let mut kept = Vec::new();
        for mut bound in self.bound.take() {
            let was = bound.index;
            let now = if was < position {
                Some(was)
            } else if was >= position + removed {
                Some(was - removed + added)
            } else {
                moved_in(&bound.item)
            };
            match now {
                Some(now) => {
                    bound.index = now;
                    kept.push((was, now));
                    self.bound.borrow_mut().push(bound);
                }
                None => self.put_by(bound),
            }
        }
        kept
    }

    /// Shows rows anew whose neighbours may have changed.
    pub fn rebind(&self, is_meant: impl Fn(u32) -> bool) {
        let Some((_, bind)) = self.factory.get() else { return };
        let meant: Vec<(u32, gtk::Widget)> = {
            let bound = self.bound.borrow();
            bound.iter().filter(|bound| is_meant(bound.index)).map(|b| (b.index, b.widget.clone())).collect()
        };
        for (index, widget) in meant {
            bind(&widget, self.place(index));
        }
    }

    /// Takes every row out of its parent.
    pub fn dispose(&self) {
        for bound in self.bound.take() {
            bound.widget.unparent();
        }
        for widget in self.idle.take() {
            widget.unparent();
        }
        self.model.replace(None);
    }

    fn place(&self, index: u32) -> Option<Place> {
        let model = self.model.borrow().clone()?;
        let previous = index.checked_sub(1).and_then(|before| model.item(before));
        Some(Place { item: model.item(index)?, previous, next: model.item(index + 1) })
    }

    fn put_by(&self, bound: Bound) {
        if let Some((_, bind)) = self.factory.get() {
            bind(&bound.widget, None);
        }
        bound.widget.set_child_visible(false);
        self.idle.borrow_mut().push(bound.widget);
    }
}
