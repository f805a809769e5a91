//! An object whose changes a widget follows, until it follows another one or goes away.

use std::cell::RefCell;

use gtk::glib::{self, prelude::*};

/// Holds the object and the handler on it; both are let go together.
#[derive(Debug, Default)]
pub struct Watch {
    watched: RefCell<Option<(glib::Object, glib::SignalHandlerId)>>,
}

impl Watch {
    /// Follows `target` from now on and calls `changed` for each of its properties that changes. `false`: it does so already.
    pub fn set(&self, target: Option<&glib::Object>, changed: impl Fn() + 'static) -> bool {
        if self.get().as_ref() == target {
            return false;
        }
        let new = target.map(|target| (target.clone(), target.connect_notify_local(None, move |_, _| changed())));
        let old = self.watched.replace(new);
        if let Some((object, handler)) = old {
            object.disconnect(handler);
        }
        true
    }

    #[must_use]
    pub fn get(&self) -> Option<glib::Object> {
        self.watched.borrow().as_ref().map(|(object, _)| object.clone())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some((object, handler)) = self.watched.take() {
            object.disconnect(handler);
        }
    }
}
