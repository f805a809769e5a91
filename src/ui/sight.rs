//! Whether a widget can be seen: it stands in a window, and that is neither minimised nor wholly out of sight.

use std::cell::RefCell;

use gtk::{glib, prelude::*};

/// Follows the window of a widget from when that is mapped until it is not. What moves or grows old by itself need not do so
/// in between.
#[derive(Debug, Default)]
pub struct Sight {
    followed: RefCell<Option<(gtk::Window, glib::SignalHandlerId)>>,
}

impl Sight {
    /// To be called when the widget has been mapped; `changed` hears at once whether it can be seen, and of each change.
    pub fn mapped(&self, widget: &impl IsA<gtk::Widget>, changed: impl Fn(bool) + 'static) {
        let window = widget.root().and_downcast::<gtk::Window>();
        changed(window.as_ref().is_none_or(|window| !window.is_suspended()));
        let followed = window.map(|window| {
            let handler = window.connect_suspended_notify(move |window| changed(!window.is_suspended()));
            (window, handler)
        });
        self.follow(followed);
    }

    /// To be called when it no longer is.
    pub fn unmapped(&self) {
        self.follow(None);
    }

    fn follow(&self, followed: Option<(gtk::Window, glib::SignalHandlerId)>) {
        if let Some((window, handler)) = self.followed.replace(followed) {
            window.disconnect(handler);
        }
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        self.unmapped();
    }
}

/// Ends when a mapped widget can be seen: at once, where it can be. Keeps only its window alive.
pub fn seen(widget: &gtk::Widget) -> impl Future<Output = ()> + use<> {
    let (tell, told) = async_channel::bounded::<()>(1);
    let sight = Sight::default();
    sight.mapped(widget, move |is_seen| {
        if is_seen {
            // Once is enough.
            let _ = tell.try_send(());
        }
    });
    async move {
        let _ = told.recv().await;
        drop(sight);
    }
}
