//! Below a message that has not left yet: for how long still, and the way to take it back.

use gettextrs::ngettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::time_text;
use crate::engine::api::Timestamp;

mod imp {
    use super::{Timestamp, glib};
    use gtk::{CompositeTemplate, subclass::prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/undo_bar.ui")]
    pub struct UndoBar {
        #[template_child]
        pub(super) time: TemplateChild<gtk::Label>,
        pub(super) until: Cell<Option<Timestamp>>,
        pub(super) timer: RefCell<Option<glib::SourceId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for UndoBar {
        const NAME: &'static str = "StonechatUndoBar";
        type Type = super::UndoBar;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for UndoBar {
        fn dispose(&self) {
            self.obj().stop();
        }
    }
    impl WidgetImpl for UndoBar {}
    impl BoxImpl for UndoBar {}
}

glib::wrapper! {
    /// "Sending in 5 s" with "Undo". The action is the row's.
    pub struct UndoBar(ObjectSubclass<imp::UndoBar>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl Default for UndoBar {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl UndoBar {
    /// Counts down to this time; hidden where there is none.
    pub fn set_until(&self, until: Option<Timestamp>) {
        self.imp().until.set(until);
        self.set_visible(until.is_some());
        self.show_time();
    }

    /// Whether it still counts.
    pub fn counts(&self) -> bool {
        self.imp().timer.borrow().is_some()
    }

    /// The message above it is out of sight.
    pub fn stop(&self) {
        if let Some(timer) = self.imp().timer.take() {
            timer.remove();
        }
    }

    /// Until the text changes; at the end nothing is left to count.
    fn show_time(&self) {
        self.stop();
        let Some(until) = self.imp().until.get() else { return };
        let seconds = time_text::seconds_left(until);
        let text = ngettext("Sending in {n} second", "Sending in {n} seconds", seconds);
        let text = text.replace("{n}", &seconds.to_string());
        if self.imp().time.label() != text {
            self.imp().time.set_label(&text);
        }
        let Some(wait) = time_text::until_next_second(until) else { return };
        let weak = self.downgrade();
        let timer = glib::timeout_add_local_once(wait, move || {
            if let Some(bar) = weak.upgrade() {
                bar.imp().timer.take();
                bar.show_time();
            }
        });
        self.imp().timer.replace(Some(timer));
    }
}
