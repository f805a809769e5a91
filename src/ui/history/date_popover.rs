//! A calendar from which one goes to what was written on a day.
//!
//! A click on a day is enough. By keyboard, the arrows go from day to day, and Enter goes there.

use gettextrs::gettext;
use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::{appearance::local, day};
use crate::engine::api::Timestamp;

mod imp {
    use super::glib;
    use glib::subclass::Signal;
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::sync::OnceLock;

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/date_popover.ui")]
    pub struct DatePopover {
        #[template_child]
        pub(super) calendar: TemplateChild<gtk::Calendar>,
        #[template_child]
        pub(super) go: TemplateChild<gtk::Button>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DatePopover {
        const NAME: &'static str = "StonechatDatePopover";
        type Type = super::DatePopover;
        type ParentType = gtk::Popover;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for DatePopover {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| vec![Signal::builder("chosen").param_types([i64::static_type()]).build()])
        }

        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }
    }

    impl WidgetImpl for DatePopover {}
    impl PopoverImpl for DatePopover {}
}

glib::wrapper! {
    /// A calendar in a popover.
    pub struct DatePopover(ObjectSubclass<imp::DatePopover>)
        @extends gtk::Popover, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Native, gtk::ShortcutManager;
}

impl DatePopover {
    /// Hangs from the upper edge of `parent`, which has to let go of it in the end.
    #[must_use]
    pub fn new(parent: &impl IsA<gtk::Widget>) -> Self {
        let this: Self = glib::Object::new();
        this.set_parent(parent);
        this
    }

    /// Opens with the day of `time`, or with today.
    pub fn open(&self, time: Option<Timestamp>) {
        let day = time.and_then(local).or_else(|| glib::DateTime::now_local().ok());
        if let Some(day) = day {
            self.imp().calendar.select_day(&day);
            self.name_day();
        }
        if let Some(parent) = self.parent() {
            self.set_pointing_to(Some(&gdk::Rectangle::new(parent.width() / 2, 30, 1, 1)));
        }
        self.popup();
        self.imp().calendar.grab_focus();
    }

    /// Called with the beginning of the day that was chosen.
    pub fn connect_chosen(&self, f: impl Fn(&Self, Timestamp) + 'static) -> glib::SignalHandlerId {
        self.connect_local("chosen", false, move |values| {
            if let (Ok(popover), Ok(time)) = (values[0].get::<Self>(), values[1].get::<i64>()) {
                f(&popover, Timestamp(time));
            }
            None
        })
    }

    fn set_up(&self) {
        let imp = self.imp();
        let weak = self.downgrade();
        imp.go.connect_clicked(move |_| {
            if let Some(popover) = weak.upgrade() {
                popover.choose();
            }
        });
        // `day-selected` will not do: it comes with a change of the month, and not for the day that is selected already.
        let click = gtk::GestureClick::builder().propagation_phase(gtk::PropagationPhase::Capture).build();
        let weak = self.downgrade();
        click.connect_released(move |_, _, x, y| {
            let Some(popover) = weak.upgrade() else { return };
            let day = popover.imp().calendar.pick(x, y, gtk::PickFlags::DEFAULT);
            if day.is_some_and(|day| day.has_css_class("day-number") && !day.has_css_class("other-month")) {
                popover.choose();
            }
        });
        imp.calendar.add_controller(click);
        let keys = gtk::EventControllerKey::builder().propagation_phase(gtk::PropagationPhase::Capture).build();
        let weak = self.downgrade();
        keys.connect_key_pressed(move |_, key, _, modifiers| match weak.upgrade() {
            Some(popover) if modifiers.is_empty() && popover.key_pressed(key) => glib::Propagation::Stop,
            _ => glib::Propagation::Proceed,
        });
        imp.calendar.add_controller(keys);
        for property in ["day", "month", "year"] {
            let weak = self.downgrade();
            imp.calendar.connect_notify_local(Some(property), move |_, _| {
                if let Some(popover) = weak.upgrade() {
                    popover.name_day();
                }
            });
        }
    }

    /// The calendar's own arrows move a frame that has then to be made the day: here they are one.
    fn key_pressed(&self, key: gdk::Key) -> bool {
        let calendar = &self.imp().calendar;
        if !calendar.has_focus() {
            return false;
        }
        let forward = if self.direction() == gtk::TextDirection::Rtl { -1 } else { 1 };
        let date = calendar.date();
        let moved = match key {
            gdk::Key::Left => date.add_days(-forward),
            gdk::Key::Right => date.add_days(forward),
            gdk::Key::Up => date.add_days(-7),
            gdk::Key::Down => date.add_days(7),
            gdk::Key::Page_Up => date.add_months(-1),
            gdk::Key::Page_Down => date.add_months(1),
            gdk::Key::Return | gdk::Key::KP_Enter => {
                self.choose();
                return true;
            }
            _ => return false,
        };
        if let Ok(day) = moved {
            calendar.select_day(&day);
            calendar.announce(&self.name_day(), gtk::AccessibleAnnouncementPriority::Medium);
        }
        true
    }

    /// Says on the button which day it leads to.
    fn name_day(&self) -> String {
        let day = day::day(Timestamp(self.imp().calendar.date().to_unix() * 1_000));
        // Translators: {day} is a date, "Today" or "Yesterday".
        self.imp().go.set_label(&gettext("Go to {day}").replace("{day}", &day));
        day
    }

    fn choose(&self) {
        let day = self.imp().calendar.date();
        self.popdown();
        let begin = glib::DateTime::from_local(day.year(), day.month(), day.day_of_month(), 0, 0, 0.0);
        if let Ok(begin) = begin {
            self.emit_by_name::<()>("chosen", &[&(begin.to_unix() * 1_000)]);
        }
    }
}
