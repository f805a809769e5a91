//! What narrows a search: who wrote it, when, and what is in it. A button that opens a popover.
//!
//! Knows no words and no results.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::{gettext, pgettext};
use gtk::glib;

use super::history::day;
use crate::engine::api::{AttachmentKind, MessageQuery, Timestamp};

mod imp {
    use super::glib;
    use adw::subclass::prelude::*;
    use glib::subclass::Signal;
    use gtk::CompositeTemplate;
    use std::{
        cell::{Cell, RefCell},
        sync::OnceLock,
    };

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/search_filters.ui")]
    pub struct SearchFilters {
        #[template_child]
        pub(super) button: TemplateChild<gtk::MenuButton>,
        #[template_child]
        pub(super) who: TemplateChild<gtk::DropDown>,
        #[template_child]
        pub(super) file: TemplateChild<gtk::DropDown>,
        #[template_child]
        pub(super) link: TemplateChild<gtk::CheckButton>,
        #[template_child]
        pub(super) ends: TemplateChild<adw::ToggleGroup>,
        #[template_child]
        pub(super) since: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) until: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) calendar: TemplateChild<gtk::Calendar>,
        #[template_child]
        pub(super) any_day: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) reset: TemplateChild<gtk::Button>,
        /// The first day, and the last; as the calendar has them.
        pub(super) days: RefCell<[Option<glib::DateTime>; 2]>,
        /// What is shown is being changed, not by a person.
        pub(super) is_updating: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SearchFilters {
        const NAME: &'static str = "StonechatSearchFilters";
        type Type = super::SearchFilters;
        type ParentType = adw::Bin;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for SearchFilters {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| vec![Signal::builder("changed").build()])
        }

        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }
    }

    impl WidgetImpl for SearchFilters {}
    impl BinImpl for SearchFilters {}
}

glib::wrapper! {
    /// The filters of a search.
    pub struct SearchFilters(ObjectSubclass<imp::SearchFilters>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl SearchFilters {
    /// What the other side is called; `None` where there are many.
    pub fn set_peer(&self, name: Option<String>) {
        let others = name.unwrap_or_else(|| pgettext("written by", "Others"));
        let names = [pgettext("written by", "Anyone"), pgettext("written by", "You"), others];
        self.update(|imp| {
            let model = gtk::StringList::new(&names.each_ref().map(String::as_str));
            imp.who.set_model(Some(&model));
        });
    }

    /// Narrows what is looked for.
    pub fn narrow(&self, query: &mut MessageQuery) {
        let imp = self.imp();
        query.is_outgoing = match imp.who.selected() {
            1 => Some(true),
            2 => Some(false),
            _ => None,
        };
        let [since, until] = &*imp.days.borrow();
        query.since = since.as_ref().and_then(day_begin);
        // The last day is within.
        query.until = until.as_ref().and_then(|day| day.add_days(1).ok()).as_ref().and_then(day_begin);
        query.has_link = imp.link.is_active();
        query.files = match imp.file.selected() {
            1 => AttachmentKind::ALL.to_vec(),
            2 => vec![AttachmentKind::Picture],
            3 => vec![AttachmentKind::Video],
            4 => vec![AttachmentKind::Audio],
            5 => vec![AttachmentKind::Other],
            _ => Vec::new(),
        };
    }

    /// Whether anything is left out.
    pub fn is_narrow(&self) -> bool {
        let mut query = MessageQuery::default();
        self.narrow(&mut query);
        query != MessageQuery::default()
    }

    /// Lets everything through; nobody is told.
    pub fn clear(&self) {
        self.update(|imp| {
            imp.who.set_selected(0);
            imp.file.set_selected(0);
            imp.link.set_active(false);
            imp.days.replace([None, None]);
            imp.ends.set_active(0);
        });
    }

    pub fn connect_changed(&self, f: impl Fn(&Self) + 'static) {
        self.connect_local("changed", false, move |values| {
            f(&values[0].get().ok()?);
            None
        });
    }

    fn set_up(&self) {
        let imp = self.imp();
        self.set_peer(None);
        let changed = || {
            let weak = self.downgrade();
            move || {
                if let Some(this) = weak.upgrade().filter(|this| !this.imp().is_updating.get()) {
                    this.changed();
                }
            }
        };
        let who = changed();
        imp.who.connect_selected_notify(move |_| who());
        let file = changed();
        imp.file.connect_selected_notify(move |_| file());
        let link = changed();
        imp.link.connect_toggled(move |_| link());
        let weak = self.downgrade();
        imp.ends.connect_active_notify(move |_| {
            if let Some(this) = weak.upgrade() {
                this.show_day();
            }
        });
        let weak = self.downgrade();
        imp.calendar.connect_day_selected(move |calendar| {
            if let Some(this) = weak.upgrade().filter(|this| !this.imp().is_updating.get()) {
                this.choose(Some(calendar.date()));
            }
        });
        let weak = self.downgrade();
        imp.any_day.connect_clicked(move |_| {
            if let Some(this) = weak.upgrade() {
                this.choose(None);
            }
        });
        let weak = self.downgrade();
        imp.reset.connect_clicked(move |_| {
            if let Some(this) = weak.upgrade() {
                this.clear();
                this.changed();
            }
        });
        self.show_days();
    }

    fn update(&self, change: impl FnOnce(&imp::SearchFilters)) {
        let imp = self.imp();
        imp.is_updating.set(true);
        change(imp);
        imp.is_updating.set(false);
        self.show_days();
    }

    /// The first day or the last one, whichever the calendar is for; nothing lies between a last day and a later first one.
    fn choose(&self, day: Option<glib::DateTime>) {
        let imp = self.imp();
        let at = usize::from(imp.ends.active() == 1);
        let mut days = imp.days.borrow_mut();
        days[at] = day;
        if let [Some(since), Some(until)] = &*days
            && since > until
        {
            days[1 - at] = None;
        }
        drop(days);
        self.changed();
    }

    fn changed(&self) {
        self.show_days();
        self.emit_by_name::<()>("changed", &[]);
    }

    /// The chosen days in words, and whether anything is narrowed at all.
    fn show_days(&self) {
        let imp = self.imp();
        let days = imp.days.borrow().clone();
        let [since, until] = days.each_ref().map(|day| day.as_ref().and_then(day_begin).map(day::day));
        imp.any_day.set_sensitive(since.is_some() || until.is_some());
        // Translators: the first day of what is looked for.
        let first = since.map(|day| gettext("From {day}").replace("{day}", &day));
        imp.since.set_label(&first.unwrap_or_else(|| gettext("From the first day")));
        // Translators: the last day of what is looked for.
        let last = until.map(|day| gettext("To {day}").replace("{day}", &day));
        imp.until.set_label(&last.unwrap_or_else(|| gettext("To the last day")));
        let is_narrow = self.is_narrow();
        imp.reset.set_sensitive(is_narrow);
        if is_narrow {
            imp.button.add_css_class("accent");
        } else {
            imp.button.remove_css_class("accent");
        }
    }

    /// The calendar turns to the day that it is for.
    fn show_day(&self) {
        let imp = self.imp();
        let at = usize::from(imp.ends.active() == 1);
        let day = imp.days.borrow()[at].clone();
        if let Some(day) = day {
            self.update(|imp| imp.calendar.select_day(&day));
        }
    }
}

/// When a day begins where the person is.
fn day_begin(day: &glib::DateTime) -> Option<Timestamp> {
    let begin = glib::DateTime::from_local(day.year(), day.month(), day.day_of_month(), 0, 0, 0.0).ok()?;
    Some(Timestamp(begin.to_unix().saturating_mul(1_000)))
}
