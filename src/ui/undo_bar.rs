//! Below a message that has not left yet: for how long still, and the way to take it back.

use std::time::Duration;

use gettextrs::ngettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::time_text;
use crate::engine::api::Timestamp;

/// How often the time is looked at.
const TICK: Duration = Duration::from_millis(250);

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
        pub(super) tick: RefCell<Option<glib::SourceId>>,
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
            if let Some(tick) = self.tick.take() {
                tick.remove();
            }
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
        let imp = self.imp();
        imp.until.set(until);
        self.set_visible(until.is_some());
        self.show_time();
        let weak = self.downgrade();
        let tick = until.map(|_| {
            glib::timeout_add_local(TICK, move || {
                if let Some(bar) = weak.upgrade() {
                    bar.show_time();
                }
                glib::ControlFlow::Continue
            })
        });
        if let Some(before) = imp.tick.replace(tick) {
            before.remove();
        }
    }

    fn show_time(&self) {
        let Some(until) = self.imp().until.get() else { return };
        let seconds = time_text::seconds_left(until);
        let text = ngettext("Sending in {n} second", "Sending in {n} seconds", seconds);
        let text = text.replace("{n}", &seconds.to_string());
        if self.imp().time.label() != text {
            self.imp().time.set_label(&text);
        }
    }
}
