//! The line above the field where one writes while the text is to be covered: what may be read of it.

use gettextrs::gettext;
use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use crate::text_format::MAX_HINT;

mod imp {
    use super::glib;
    use adw::subclass::prelude::*;
    use glib::subclass::Signal;
    use gtk::{CompositeTemplate, prelude::*};
    use std::{cell::Cell, sync::OnceLock};

    #[derive(Debug, Default, CompositeTemplate, glib::Properties)]
    #[properties(wrapper_type = super::SpoilerBar)]
    #[template(resource = "/im/stonechat/Stonechat/ui/spoiler_bar.ui")]
    pub struct SpoilerBar {
        #[template_child]
        pub(super) revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) hint: TemplateChild<gtk::Entry>,
        #[template_child]
        pub(super) close: TemplateChild<gtk::Button>,
        /// Whether the text is to be covered.
        #[property(get, set = Self::set_is_on, explicit_notify)]
        pub(super) is_on: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SpoilerBar {
        const NAME: &'static str = "StonechatSpoilerBar";
        type Type = super::SpoilerBar;
        type ParentType = adw::Bin;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for SpoilerBar {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| vec![Signal::builder("changed").build(), Signal::builder("left").build()])
        }

        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }
    }

    impl WidgetImpl for SpoilerBar {}
    impl BinImpl for SpoilerBar {}

    impl SpoilerBar {
        fn set_is_on(&self, is_on: bool) {
            if self.is_on.replace(is_on) == is_on {
                return;
            }
            self.revealer.set_reveal_child(is_on);
            self.obj().notify_is_on();
        }
    }
}

glib::wrapper! {
    /// Says that the text below will be covered, and takes the hint.
    pub struct SpoilerBar(ObjectSubclass<imp::SpoilerBar>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl SpoilerBar {
    /// What may be read of the text; `None` where it is not to be covered.
    pub fn hint(&self) -> Option<String> {
        let hint = || self.imp().hint.text().trim().chars().take(MAX_HINT).collect();
        self.is_on().then(hint)
    }

    pub fn set_hint(&self, hint: Option<&str>) {
        self.imp().hint.set_text(hint.unwrap_or_default());
        self.set_is_on(hint.is_some());
    }

    /// Called when the person has changed the hint, or whether there is to be one.
    pub fn connect_changed(&self, f: impl Fn() + 'static) {
        self.connect_local("changed", false, move |_| {
            f();
            None
        });
    }

    /// Called when the person goes back to the text.
    pub fn connect_left(&self, f: impl Fn() + 'static) {
        self.connect_local("left", false, move |_| {
            f();
            None
        });
    }

    /// Covers the text, or does not after all, as the person wants it.
    pub fn toggle(&self) {
        self.imp().hint.set_text("");
        self.set_is_on(!self.is_on());
        let words = if self.is_on() { gettext("The message will be covered") } else { gettext("No spoiler") };
        self.announce(&words, gtk::AccessibleAnnouncementPriority::Medium);
        self.emit_by_name::<()>("changed", &[]);
    }

    fn set_up(&self) {
        let imp = self.imp();
        let weak = self.downgrade();
        imp.hint.connect_changed(move |_| {
            if let Some(bar) = weak.upgrade().filter(Self::is_on) {
                bar.emit_by_name::<()>("changed", &[]);
            }
        });
        let weak = self.downgrade();
        imp.hint.connect_activate(move |_| {
            if let Some(bar) = weak.upgrade() {
                bar.emit_by_name::<()>("left", &[]);
            }
        });
        let weak = self.downgrade();
        imp.close.connect_clicked(move |_| {
            if let Some(bar) = weak.upgrade() {
                bar.toggle();
                bar.emit_by_name::<()>("left", &[]);
            }
        });
        let keys = gtk::EventControllerKey::builder().propagation_phase(gtk::PropagationPhase::Capture).build();
        let weak = self.downgrade();
        keys.connect_key_pressed(move |_, key, _, _| match weak.upgrade() {
            Some(bar) if key == gdk::Key::Escape => {
                bar.toggle();
                bar.emit_by_name::<()>("left", &[]);
                glib::Propagation::Stop
            }
            _ => glib::Propagation::Proceed,
        });
        imp.hint.add_controller(keys);
    }
}
