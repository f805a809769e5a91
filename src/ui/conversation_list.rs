//! The conversations, newest first, and a search over them and the contacts.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::{gettext, ngettext};
use gtk::{gdk, gio, glib};

use super::{conversation_row::ConversationRow, time_text};
use crate::model::{Contact, Conversation, Messenger, fold};

/// How long the list stays as it is after the pointer has last moved over it.
const HOLD: std::time::Duration = std::time::Duration::from_secs(3);

mod imp {
    use super::{Conversation, Messenger, ObjectExt, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{OnceCell, RefCell};
    use std::sync::OnceLock;

    #[derive(Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/conversation_list.ui")]
    pub struct ConversationList {
        #[template_child]
        pub(super) search: TemplateChild<gtk::SearchEntry>,
        #[template_child]
        pub(super) requests_revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) requests_content: TemplateChild<adw::ButtonContent>,
        #[template_child]
        pub(super) stack: TemplateChild<gtk::Stack>,
        #[template_child]
        pub(super) list: TemplateChild<gtk::ListView>,
        #[template_child]
        pub(super) nothing_found: TemplateChild<adw::StatusPage>,
        #[template_child]
        pub(super) conversation_menu: TemplateChild<gtk::gio::MenuModel>,
        pub(super) messenger: OnceCell<Messenger>,
        pub(super) selection: gtk::SingleSelection,
        /// What is searched for, folded; shared with the filters.
        pub(super) needle: std::rc::Rc<RefCell<String>>,
        pub(super) filters: RefCell<Vec<gtk::CustomFilter>>,
        pub(super) found: OnceCell<gtk::FlattenListModel>,
        pub(super) menu: OnceCell<gtk::PopoverMenu>,
        /// The conversation that the menu is for.
        pub(super) menu_target: RefCell<Option<Conversation>>,
        /// The open conversation; selected whenever it is in sight.
        pub(super) current: RefCell<Option<Conversation>>,
        pub(super) clock: RefCell<Option<glib::SourceId>>,
        pub(super) hold: RefCell<Option<glib::SourceId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ConversationList {
        const NAME: &'static str = "StonechatConversationList";
        type Type = super::ConversationList;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
            klass.bind_template_callbacks();
            klass.install_action("conversation.mark-read", None, |this, _, _| {
                this.on_target(Conversation::mark_all_read)
            });
            klass.install_action("conversation.pin", None, |this, _, _| this.on_target(|c| c.set_pinned(true)));
            klass.install_action("conversation.unpin", None, |this, _, _| this.on_target(|c| c.set_pinned(false)));
            klass.install_action("conversation.mute", None, |this, _, _| this.on_target(|c| c.set_muted(true)));
            klass.install_action("conversation.unmute", None, |this, _, _| this.on_target(|c| c.set_muted(false)));
            klass.install_action("conversation.close", None, |this, _, _| {
                this.on_target(|conversation| this.emit_by_name::<()>("closed", &[conversation]));
            });
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[gtk::template_callbacks]
    impl ConversationList {
        #[template_callback]
        fn on_search_changed(&self) {
            self.obj().search(&self.search.text());
        }

        /// Enter takes the first that was found.
        #[template_callback]
        fn on_search_activated(&self) {
            if !self.needle.borrow().is_empty() {
                self.obj().activate_position(0);
            }
        }

        #[template_callback]
        fn on_search_stopped(&self) {
            self.search.set_text("");
            self.list.grab_focus();
        }

        #[template_callback]
        fn on_activated(&self, position: u32) {
            self.obj().activate_position(position);
        }
    }

    impl ObjectImpl for ConversationList {
        fn signals() -> &'static [glib::subclass::Signal] {
            static SIGNALS: OnceLock<Vec<glib::subclass::Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| {
                vec![
                    // A `Conversation`, or a `Contact` to begin one with.
                    glib::subclass::Signal::builder("chosen").param_types([glib::Object::static_type()]).build(),
                    glib::subclass::Signal::builder("closed").param_types([Conversation::static_type()]).build(),
                ]
            })
        }

        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up_list();
            self.obj().set_up_menu();
            self.obj().set_up_hold();
        }

        fn dispose(&self) {
            for source in [self.clock.take(), self.hold.take()].into_iter().flatten() {
                source.remove();
            }
            if let Some(menu) = self.menu.get() {
                menu.unparent();
            }
            self.dispose_template();
        }
    }

    impl WidgetImpl for ConversationList {
        fn map(&self) {
            self.parent_map();
            self.obj().tick();
        }

        fn unmap(&self) {
            if let Some(source) = self.clock.take() {
                source.remove();
            }
            self.parent_unmap();
        }
    }
}

glib::wrapper! {
    /// The left side of the window.
    pub struct ConversationList(ObjectSubclass<imp::ConversationList>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl ConversationList {
    /// To be called once, before it is shown.
    pub fn set_messenger(&self, messenger: &Messenger) {
        let imp = self.imp();
        if imp.messenger.set(messenger.clone()).is_err() {
            return;
        }
        imp.selection.set_model(Some(&messenger.conversations()));
        let on_change = |model: &gio::ListModel| {
            let weak = self.downgrade();
            model.connect_items_changed(move |_, _, _, _| {
                if let Some(this) = weak.upgrade() {
                    this.update_page();
                }
            });
        };
        on_change(messenger.conversations().upcast_ref());
        on_change(messenger.requests().upcast_ref());
        let weak = self.downgrade();
        messenger.connect_is_loaded_notify(move |_| {
            if let Some(this) = weak.upgrade() {
                this.update_page();
            }
        });
        self.update_page();
    }

    /// A conversation, or a contact to begin one with, was chosen.
    pub fn connect_chosen(&self, f: impl Fn(&Self, &glib::Object) + 'static) {
        self.connect_local("chosen", false, move |values| {
            f(&values[0].get().ok()?, &values[1].get().ok()?);
            None
        });
    }

    /// A conversation is to be closed.
    pub fn connect_closed(&self, f: impl Fn(&Self, &Conversation) + 'static) {
        self.connect_local("closed", false, move |values| {
            f(&values[0].get().ok()?, &values[1].get().ok()?);
            None
        });
    }

    /// Marks the conversation that is open.
    pub fn set_current(&self, conversation: Option<&Conversation>) {
        self.imp().current.replace(conversation.cloned());
        self.select_current();
    }

    /// Puts the cursor into the search field.
    pub fn focus_search(&self) {
        self.imp().search.grab_focus();
        self.imp().search.select_region(0, -1);
    }

    /// The conversation above or below the open one; with `unread`, the next one that has unread messages.
    pub fn neighbour(&self, is_below: bool, unread: bool) -> Option<Conversation> {
        let messenger = self.imp().messenger.get()?;
        let all: Vec<_> = messenger.conversations().iter().collect();
        let current = self.imp().current.borrow().clone();
        let at = current.and_then(|current| all.iter().position(|conversation| *conversation == current));
        let fits = |conversation: &&Conversation| !unread || conversation.unread() > 0;
        match (at, is_below) {
            (Some(at), true) => all[at + 1..].iter().find(fits).cloned(),
            (Some(at), false) => all[..at].iter().rev().find(fits).cloned(),
            (None, true) => all.iter().find(fits).cloned(),
            (None, false) => all.iter().rev().find(fits).cloned(),
        }
    }

    fn set_up_list(&self) {
        let imp = self.imp();
        imp.selection.set_autoselect(false);
        imp.selection.set_can_unselect(true);
        let factory = gtk::SignalListItemFactory::new();
        let weak = self.downgrade();
        factory.connect_setup(move |_, item| {
            let (Some(this), Some(item)) = (weak.upgrade(), item.downcast_ref::<gtk::ListItem>()) else { return };
            let row = ConversationRow::default();
            this.add_menu_gestures(&row);
            item.set_child(Some(&row));
        });
        factory.connect_bind(|_, item| show(item, true));
        factory.connect_unbind(|_, item| show(item, false));
        imp.list.set_factory(Some(&factory));
        imp.list.set_model(Some(&imp.selection));
    }

    fn set_up_menu(&self) {
        let imp = self.imp();
        let menu = gtk::PopoverMenu::from_model(Some(&*imp.conversation_menu));
        menu.set_has_arrow(false);
        menu.set_halign(gtk::Align::Start);
        menu.set_parent(self);
        let _ = imp.menu.set(menu);
        let keys = gtk::ShortcutController::new();
        for trigger in ["Menu", "<Shift>F10"] {
            let weak = self.downgrade();
            let action = gtk::CallbackAction::new(move |_, _| {
                weak.upgrade().map_or(glib::Propagation::Proceed, |this| this.pop_up_at_focus())
            });
            keys.add_shortcut(gtk::Shortcut::new(gtk::ShortcutTrigger::parse_string(trigger), Some(action)));
        }
        imp.list.add_controller(keys);
    }

    fn add_menu_gestures(&self, row: &ConversationRow) {
        let pop_up = || {
            let (this, row) = (self.downgrade(), row.downgrade());
            move |x: f64, y: f64| {
                if let (Some(this), Some(row)) = (this.upgrade(), row.upgrade()) {
                    this.pop_up(&row, Some((x, y)));
                }
            }
        };
        let click = gtk::GestureClick::builder().button(gdk::BUTTON_SECONDARY).build();
        let show = pop_up();
        click.connect_pressed(move |gesture, _, x, y| {
            gesture.set_state(gtk::EventSequenceState::Claimed);
            show(x, y);
        });
        row.add_controller(click);
        let press = gtk::GestureLongPress::builder().touch_only(true).build();
        let show = pop_up();
        press.connect_pressed(move |gesture, x, y| {
            gesture.set_state(gtk::EventSequenceState::Claimed);
            show(x, y);
        });
        row.add_controller(press);
    }

    fn pop_up_at_focus(&self) -> glib::Propagation {
        let row = self.imp().list.focus_child().and_then(|item| item.first_child()).and_downcast::<ConversationRow>();
        match row {
            Some(row) => {
                self.pop_up(&row, None);
                glib::Propagation::Stop
            }
            None => glib::Propagation::Proceed,
        }
    }

    fn pop_up(&self, row: &ConversationRow, at: Option<(f64, f64)>) {
        let (Some(conversation), Some(menu)) = (row.conversation(), self.imp().menu.get()) else { return };
        let is_listed = conversation.is_listed();
        self.action_set_enabled("conversation.mark-read", conversation.unread() > 0);
        self.action_set_enabled("conversation.pin", !conversation.is_pinned());
        self.action_set_enabled("conversation.unpin", conversation.is_pinned());
        self.action_set_enabled("conversation.mute", !conversation.is_muted());
        self.action_set_enabled("conversation.unmute", conversation.is_muted());
        self.action_set_enabled("conversation.close", is_listed);
        self.imp().menu_target.replace(Some(conversation));
        #[allow(clippy::cast_possible_truncation)] // a point within a row
        let (x, y) = at.map_or((48.0, row.height() as f32 / 2.0), |(x, y)| (x as f32, y as f32));
        let Some(point) = row.compute_point(self, &gtk::graphene::Point::new(x, y)) else { return };
        #[allow(clippy::cast_possible_truncation)]
        let place = gdk::Rectangle::new(point.x() as i32, point.y() as i32, 1, 1);
        menu.set_pointing_to(Some(&place));
        menu.popup();
    }

    fn on_target(&self, f: impl FnOnce(&Conversation)) {
        let target = self.imp().menu_target.take();
        if let Some(conversation) = target {
            f(&conversation);
        }
    }

    /// While the pointer moves over the list, nothing in it moves.
    fn set_up_hold(&self) {
        let motion = gtk::EventControllerMotion::new();
        let weak = self.downgrade();
        motion.connect_motion(move |_, _, _| {
            if let Some(this) = weak.upgrade() {
                this.hold();
            }
        });
        let weak = self.downgrade();
        motion.connect_leave(move |_| {
            if let Some(this) = weak.upgrade() {
                this.let_go();
            }
        });
        self.imp().list.add_controller(motion);
    }

    fn hold(&self) {
        let Some(messenger) = self.imp().messenger.get() else { return };
        messenger.conversations().set_is_held(true);
        let weak = self.downgrade();
        let timer = glib::timeout_add_local_once(HOLD, move || {
            if let Some(this) = weak.upgrade() {
                this.imp().hold.take();
                this.let_go();
            }
        });
        if let Some(old) = self.imp().hold.replace(Some(timer)) {
            old.remove();
        }
    }

    fn let_go(&self) {
        if let Some(timer) = self.imp().hold.take() {
            timer.remove();
        }
        if let Some(messenger) = self.imp().messenger.get() {
            messenger.conversations().set_is_held(false);
        }
    }

    fn search(&self, text: &str) {
        let imp = self.imp();
        let Some(messenger) = imp.messenger.get() else { return };
        imp.needle.replace(fold(text.trim()));
        if imp.needle.borrow().is_empty() {
            imp.selection.set_model(Some(&messenger.conversations()));
        } else {
            let found = imp.found.get_or_init(|| self.make_search(messenger));
            for filter in imp.filters.borrow().iter() {
                filter.changed(gtk::FilterChange::Different);
            }
            imp.selection.set_model(Some(found));
        }
        self.select_current();
        self.update_page();
    }

    /// Conversations that fit, then contacts that fit and have no listed conversation.
    fn make_search(&self, messenger: &Messenger) -> gtk::FlattenListModel {
        let imp = self.imp();
        let needle = imp.needle.clone();
        let conversations = gtk::CustomFilter::new(move |item| {
            item.downcast_ref::<Conversation>().is_some_and(|conversation| conversation.matches(&needle.borrow()))
        });
        let (needle, weak) = (imp.needle.clone(), messenger.downgrade());
        let contacts = gtk::CustomFilter::new(move |item| {
            let (Some(contact), Some(messenger)) = (item.downcast_ref::<Contact>(), weak.upgrade()) else {
                return false;
            };
            contact.matches(&needle.borrow())
                && !messenger.conversations().iter().any(|conversation| conversation.contact() == *contact)
        });
        let by_name = gtk::CustomSorter::new(|a, b| match (a.downcast_ref::<Contact>(), b.downcast_ref::<Contact>()) {
            (Some(a), Some(b)) => a.compare(b).into(),
            _ => gtk::Ordering::Equal,
        });
        let found = gio::ListStore::new::<gio::ListModel>();
        found.append(&gtk::FilterListModel::new(Some(messenger.conversations()), Some(conversations.clone())));
        let people = gtk::FilterListModel::new(Some(messenger.contacts()), Some(contacts.clone()));
        found.append(&gtk::SortListModel::new(Some(people), Some(by_name)));
        imp.filters.replace(vec![conversations, contacts]);
        let found = gtk::FlattenListModel::new(Some(found));
        let weak = self.downgrade();
        found.connect_items_changed(move |_, _, _, _| {
            if let Some(this) = weak.upgrade() {
                this.update_page();
            }
        });
        found
    }

    fn activate_position(&self, position: u32) {
        if let Some(item) = self.imp().selection.item(position) {
            self.emit_by_name::<()>("chosen", &[&item]);
            if !self.imp().needle.borrow().is_empty() {
                self.imp().search.set_text("");
            }
        }
    }

    fn select_current(&self) {
        let imp = self.imp();
        let current = imp.current.borrow();
        let position = current.as_ref().and_then(|current| {
            imp.selection
                .iter::<glib::Object>()
                .position(|item| item.is_ok_and(|item| item.downcast_ref::<Conversation>() == Some(current)))
        });
        let position = position.and_then(|position| u32::try_from(position).ok());
        imp.selection.set_selected(position.unwrap_or(gtk::INVALID_LIST_POSITION));
    }

    fn update_page(&self) {
        let imp = self.imp();
        let Some(messenger) = imp.messenger.get() else { return };
        let is_empty = imp.selection.n_items() == 0;
        let page = match (is_empty && messenger.is_loaded(), imp.needle.borrow().is_empty()) {
            (false, _) => "list",
            (true, true) => "empty",
            (true, false) => "nothing-found",
        };
        imp.stack.set_visible_child_name(page);
        let requests = messenger.requests().n_items();
        if requests > 0 {
            let text = ngettext("{n} contact request", "{n} contact requests", requests);
            imp.requests_content.set_label(&text.replace("{n}", &requests.to_string()));
        }
        imp.requests_revealer.set_reveal_child(requests > 0);
        imp.nothing_found.set_description(Some(&gettext("Press Ctrl+N to write to a new address.")));
    }

    /// Times grow older by the minute, while somebody sees them.
    fn tick(&self) {
        let Ok(now) = glib::DateTime::now_local() else { return };
        let mut item = self.imp().list.first_child();
        while let Some(widget) = item {
            if let Some(row) = widget.first_child().and_downcast::<ConversationRow>() {
                row.update_time(&now);
            }
            item = widget.next_sibling();
        }
        let weak = self.downgrade();
        let timer = glib::timeout_add_local_once(time_text::until_next_minute(&now), move || {
            if let Some(this) = weak.upgrade() {
                this.imp().clock.take();
                this.tick();
            }
        });
        if let Some(old) = self.imp().clock.replace(Some(timer)) {
            old.remove();
        }
    }
}

fn show(item: &glib::Object, is_bound: bool) {
    let Some(item) = item.downcast_ref::<gtk::ListItem>() else { return };
    let Some(row) = item.child().and_downcast::<ConversationRow>() else { return };
    row.set_item(item.item().filter(|_| is_bound).as_ref());
}
