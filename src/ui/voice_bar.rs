//! What stands in place of the field while a voice message is recorded: how long it is, how loud, and what can be done.
//!
//! Records nothing itself; its buttons are the composer's actions.

use std::time::Duration;

use gettextrs::gettext;
use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::media::{bars::Bars, clock};

mod imp {
    use super::{Bars, glib};
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/voice_bar.ui")]
    pub struct VoiceBar {
        #[template_child]
        pub(super) time: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) meter: TemplateChild<Bars>,
        #[template_child]
        pub(super) send: TemplateChild<gtk::Button>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for VoiceBar {
        const NAME: &'static str = "StonechatVoiceBar";
        type Type = super::VoiceBar;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            Bars::ensure_type();
            klass.bind_template();
            klass.set_css_name("voice-bar");
            klass.set_accessible_role(gtk::AccessibleRole::Group);
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for VoiceBar {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }

        fn dispose(&self) {
            self.dispose_template();
        }
    }

    impl WidgetImpl for VoiceBar {
        /// Enter sends, as in the field.
        fn grab_focus(&self) -> bool {
            self.send.grab_focus()
        }
    }

    impl BoxImpl for VoiceBar {}
}

glib::wrapper! {
    /// A recording that goes on.
    pub struct VoiceBar(ObjectSubclass<imp::VoiceBar>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl VoiceBar {
    /// Nothing is recorded yet.
    pub fn begin(&self) {
        self.imp().meter.set_heights(&[]);
        self.remove_css_class("live");
        self.show_time(Duration::ZERO);
    }

    /// How loud it is by now, as a height from 0 to 1.
    pub fn show(&self, at: Duration, height: f32) {
        if !self.has_css_class("live") {
            self.add_css_class("live");
            self.announce(&gettext("Recording"), gtk::AccessibleAnnouncementPriority::Medium);
        }
        self.imp().meter.push(height);
        self.show_time(at);
    }

    fn show_time(&self, at: Duration) {
        let text = clock::clock(at);
        if self.imp().time.label() != text {
            self.imp().time.set_label(&text);
        }
    }

    fn set_up(&self) {
        let keys = gtk::EventControllerKey::new();
        let weak = self.downgrade();
        keys.connect_key_pressed(move |_, key, _, _| match weak.upgrade() {
            Some(bar) if key == gdk::Key::Escape => {
                let _ = bar.activate_action("composer.discard-recording", None);
                glib::Propagation::Stop
            }
            _ => glib::Propagation::Proceed,
        });
        self.add_controller(keys);
    }
}
