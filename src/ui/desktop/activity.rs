//! Whether somebody looks at a window: while nobody does, servers may hold back what can wait.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use gtk::{
    gio::prelude::*,
    glib::{self, clone},
    prelude::*,
};

/// Who only glances at another window is still there.
const GLANCE: Duration = Duration::from_secs(20);

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Activity {
    application: gtk::Application,
    handlers: RefCell<Vec<glib::SignalHandlerId>>,
    leaving: Rc<RefCell<Option<glib::SourceId>>>,
}

impl Activity {
    /// `changed` hears of each change; at first somebody is there.
    pub fn new(application: &gtk::Application, changed: impl Fn(bool) + 'static) -> Self {
        let leaving: Rc<RefCell<Option<glib::SourceId>>> = Rc::default();
        let is_active = Rc::new(Cell::new(true));
        let changed = Rc::new(move |now: bool| {
            if is_active.replace(now) != now {
                changed(now);
            }
        });
        let look = Rc::new(clone!(
            #[weak]
            application,
            #[strong]
            leaving,
            move || {
                if let Some(timer) = leaving.take() {
                    timer.remove();
                }
                if application.windows().iter().any(gtk::Window::is_active) {
                    return changed(true);
                }
                let (changed, timer) = (Rc::clone(&changed), Rc::clone(&leaving));
                leaving.replace(Some(glib::timeout_add_local_once(GLANCE, move || {
                    timer.take();
                    changed(false);
                })));
            }
        ));
        let look_at_added = Rc::clone(&look);
        let added = application.connect_window_added(move |_, window| {
            let look = Rc::clone(&look_at_added);
            window.connect_is_active_notify(move |_| look());
        });
        let removed = application.connect_window_removed(move |_, _| look());
        Self { application: application.clone(), handlers: RefCell::new(vec![added, removed]), leaving }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        for handler in self.handlers.take() {
            self.application.disconnect(handler);
        }
        if let Some(timer) = self.leaving.take() {
            timer.remove();
        }
    }
}
