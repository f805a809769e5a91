//! The list of conversations. The search over it, the contacts and all messages is in `search`, what was put aside in `archived`.

mod archived;
mod clock;
mod search;

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
};

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::ngettext;
use gtk::{gio, glib};

use super::{
    AvatarView, ConversationRow, fetching_bar::FetchingBar, list_row, row_menu, search_filters::SearchFilters,
    sight::Sight,
};
use crate::model::{Contact, Conversation, FoundMessage, MessageSearch, Messenger};
use clock::Clock;

mod imp {
    use super::{
        AvatarView, Cell, Clock, Conversation, FetchingBar, FoundMessage, MessageSearch, Messenger, OnceCell, Rc,
        RefCell, SearchFilters, Sight, gio, glib,
    };
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/sidebar.ui")]
    pub struct Sidebar {
        #[template_child]
        pub(super) account_avatar: TemplateChild<AvatarView>,
        #[template_child]
        pub(super) menu_button: TemplateChild<gtk::MenuButton>,
        #[template_child]
        pub(super) search: TemplateChild<gtk::SearchEntry>,
        #[template_child]
        pub(super) filters: TemplateChild<SearchFilters>,
        #[template_child]
        pub(super) requests_revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) requests_label: TemplateChild<adw::ButtonContent>,
        #[template_child]
        pub(super) stack: TemplateChild<gtk::Stack>,
        #[template_child]
        pub(super) fetching_bar: TemplateChild<FetchingBar>,
        #[template_child]
        pub(super) list: TemplateChild<gtk::ListView>,
        #[template_child]
        pub(super) archived: TemplateChild<gtk::ListView>,
        #[template_child]
        pub(super) archived_row: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) archived_label: TemplateChild<adw::ButtonContent>,
        #[template_child]
        pub(super) results: TemplateChild<gtk::ListView>,
        #[template_child]
        pub(super) row_menu: TemplateChild<gio::MenuModel>,
        pub(super) messenger: OnceCell<Messenger>,
        pub(super) selection: OnceCell<gtk::SingleSelection>,
        pub(super) found: OnceCell<gtk::FlattenListModel>,
        /// Messages with the words that are searched for.
        pub(super) messages: OnceCell<MessageSearch>,
        pub(super) filter: OnceCell<gtk::CustomFilter>,
        /// What is searched for, folded.
        pub(super) wanted: RefCell<String>,
        pub(super) current: RefCell<Option<Conversation>>,
        /// The list shows what was put aside.
        pub(super) is_in_archive: Cell<bool>,
        pub(super) clock: OnceCell<Rc<Clock>>,
        pub(super) sight: Sight,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Sidebar {
        const NAME: &'static str = "StonechatSidebar";
        type Type = super::Sidebar;
        type ParentType = adw::NavigationPage;

        fn class_init(klass: &mut Self::Class) {
            AvatarView::ensure_type();
            FetchingBar::ensure_type();
            SearchFilters::ensure_type();
            klass.bind_template();
            klass.bind_template_callbacks();
            klass.install_action("sidebar.show-archived", None, |sidebar, _, _| sidebar.show_archived(true));
            klass.install_action("sidebar.leave-archived", None, |sidebar, _, _| sidebar.show_archived(false));
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[gtk::template_callbacks]
    impl Sidebar {
        #[template_callback]
        fn on_search_changed(&self) {
            self.obj().search_for(&self.search.text());
        }

        #[template_callback]
        fn on_search_activated(&self) {
            self.obj().open_result(0);
        }

        #[template_callback]
        fn on_search_stopped(&self) {
            self.obj().end_search();
        }

        #[template_callback]
        fn on_activated(&self, position: u32) {
            self.obj().open_at(position);
        }

        #[template_callback]
        fn on_result_activated(&self, position: u32) {
            self.obj().open_result(position);
        }
    }

    impl ObjectImpl for Sidebar {
        fn signals() -> &'static [glib::subclass::Signal] {
            static SIGNALS: std::sync::OnceLock<Vec<glib::subclass::Signal>> = std::sync::OnceLock::new();
            SIGNALS.get_or_init(|| {
                vec![
                    glib::subclass::Signal::builder("conversation-chosen")
                        .param_types([Conversation::static_type()])
                        .build(),
                    glib::subclass::Signal::builder("message-chosen")
                        .param_types([FoundMessage::static_type()])
                        .build(),
                    glib::subclass::Signal::builder("contact-chosen")
                        .param_types([crate::model::Contact::static_type()])
                        .build(),
                ]
            })
        }
    }

    impl WidgetImpl for Sidebar {
        fn map(&self) {
            self.parent_map();
            let clock = Rc::clone(self.obj().clock());
            self.sight.mapped(&*self.obj(), move |is_seen| clock.set_runs(is_seen));
        }

        fn unmap(&self) {
            self.sight.unmapped();
            self.obj().clock().set_runs(false);
            self.parent_unmap();
        }
    }
    impl NavigationPageImpl for Sidebar {}
}

glib::wrapper! {
    /// The left side of the window.
    pub struct Sidebar(ObjectSubclass<imp::Sidebar>)
        @extends adw::NavigationPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Sidebar {
    #[must_use]
    pub fn new(messenger: &Messenger) -> Self {
        let sidebar: Self = glib::Object::new();
        let fresh = sidebar.imp().messenger.set(messenger.clone()).is_ok();
        debug_assert!(fresh);
        sidebar.set_up_list();
        sidebar.set_up_archived();
        sidebar.set_up_results();
        sidebar.set_up_header();
        sidebar.imp().fetching_bar.set_messenger(messenger);
        sidebar
    }

    pub fn connect_conversation_chosen(&self, f: impl Fn(&Conversation) + 'static) {
        self.connect_local("conversation-chosen", false, move |values| {
            f(&values[1].get().ok()?);
            None
        });
    }

    pub fn connect_message_chosen(&self, f: impl Fn(&FoundMessage) + 'static) {
        self.connect_local("message-chosen", false, move |values| {
            f(&values[1].get().ok()?);
            None
        });
    }

    pub fn connect_contact_chosen(&self, f: impl Fn(&Contact) + 'static) {
        self.connect_local("contact-chosen", false, move |values| {
            f(&values[1].get().ok()?);
            None
        });
    }

    /// Marks the conversation that the window shows.
    pub fn set_current(&self, conversation: Option<&Conversation>) {
        self.imp().current.replace(conversation.cloned());
        self.mark_current();
    }

    /// The conversation so many rows further down (or up), among all or among those with something unread.
    pub fn neighbour(&self, step: i32, unread_only: bool) -> Option<Conversation> {
        let all: Vec<Conversation> = self.messenger().conversations().iter().collect();
        let current = self.imp().current.borrow().as_ref().and_then(|c| all.iter().position(|item| item == c));
        let fits = |item: &&Conversation| !unread_only || item.unread() > 0;
        match (current, step > 0) {
            (None, _) => all.iter().find(fits).cloned(),
            (Some(at), true) => all[at + 1..].iter().find(fits).cloned(),
            (Some(at), false) => all[..at].iter().rev().find(fits).cloned(),
        }
    }

    pub fn focus_search(&self) {
        self.imp().search.grab_focus();
    }

    pub fn open_menu(&self) {
        self.imp().menu_button.popup();
    }

    /// Whether times in the list are kept up to date: not while nobody can see them.
    pub fn follows_time(&self) -> bool {
        self.clock().runs()
    }

    fn messenger(&self) -> &Messenger {
        self.imp().messenger.get().expect("the sidebar is made with a messenger")
    }

    /// Makes the rows of a list of conversations, which have their menu.
    fn rows(&self) -> gtk::SignalListItemFactory {
        let factory = gtk::SignalListItemFactory::new();
        let weak = self.downgrade();
        factory.connect_setup(move |_, item| {
            let Some(item) = item.downcast_ref::<gtk::ListItem>() else { return };
            let row = ConversationRow::default();
            if let Some(sidebar) = weak.upgrade() {
                let clock = Rc::clone(sidebar.clock());
                row.connect_time_told(move |wait| clock.wait_at_most(wait));
                row_menu::attach(&row, &*sidebar.imp().row_menu);
            }
            list_row::fill(item, &row);
        });
        bind_rows(&factory);
        factory
    }

    fn set_up_list(&self) {
        let imp = self.imp();
        let conversations = self.messenger().conversations();
        let selection =
            gtk::SingleSelection::builder().model(&conversations).autoselect(false).can_unselect(true).build();
        row_menu::attach_keys(&imp.list, &*imp.row_menu);
        imp.list.set_factory(Some(&self.rows()));
        imp.list.set_model(Some(&selection));
        let _ = imp.selection.set(selection);

        // A single click opens. The list's own `single-click-activate` would make the selection, which marks the open
        // conversation, follow the pointer.
        let click = gtk::GestureClick::new();
        click.set_propagation_phase(gtk::PropagationPhase::Capture);
        let weak = self.downgrade();
        click.connect_released(move |_, _, x, y| {
            if let Some(sidebar) = weak.upgrade() {
                sidebar.open_under(x, y);
            }
        });
        imp.list.add_controller(click);

        // Nothing moves under the pointer.
        let pointer = gtk::EventControllerMotion::new();
        let list = conversations.clone();
        pointer.connect_motion(move |_, _, _| list.hold());
        let list = conversations.clone();
        pointer.connect_leave(move |_| list.set_is_held(false));
        imp.list.add_controller(pointer);

        let weak = self.downgrade();
        conversations.connect_items_changed(move |_, _, _, _| {
            if let Some(sidebar) = weak.upgrade() {
                sidebar.mark_current();
                sidebar.show_page();
            }
        });
        self.show_page();
    }

    fn set_up_header(&self) {
        let imp = self.imp();
        let messenger = self.messenger();
        let weak = self.downgrade();
        let show_account = move || {
            if let Some(sidebar) = weak.upgrade() {
                let account = sidebar.messenger().default_account();
                sidebar.imp().account_avatar.set_account(account.as_ref());
            }
        };
        show_account();
        messenger.accounts().connect_items_changed(move |_, _, _, _| show_account());
        let weak = self.downgrade();
        let show_requests = move |requests: &gio::ListStore| {
            let Some(sidebar) = weak.upgrade() else { return };
            let count = requests.n_items();
            let text =
                ngettext("{n} contact request", "{n} contact requests", count).replace("{n}", &count.to_string());
            sidebar.imp().requests_label.set_label(&text);
            sidebar.imp().requests_revealer.set_reveal_child(count > 0);
        };
        show_requests(&messenger.requests());
        messenger.requests().connect_items_changed(move |requests, _, _, _| show_requests(requests));
        imp.search.set_key_capture_widget(None::<&gtk::Widget>);
    }

    fn open_at(&self, position: u32) {
        let chosen = self.messenger().conversations().item(position).and_downcast::<Conversation>();
        if let Some(conversation) = chosen {
            self.emit_by_name::<()>("conversation-chosen", &[&conversation]);
        }
    }

    /// Opens the conversation at a point of the list.
    fn open_under(&self, x: f64, y: f64) {
        let list = &self.imp().list;
        let mut widget = list.pick(x, y, gtk::PickFlags::DEFAULT);
        while let Some(at) = widget.filter(|widget| widget != list.upcast_ref::<gtk::Widget>()) {
            let row = at.downcast_ref::<ConversationRow>().cloned();
            if let Some(row) = row.or_else(|| at.first_child().and_downcast()) {
                if let Some(conversation) = row.conversation() {
                    self.emit_by_name::<()>("conversation-chosen", &[&conversation]);
                }
                return;
            }
            widget = at.parent();
        }
    }

    fn show_page(&self) {
        let imp = self.imp();
        let is_searching = self.is_searching();
        let found = imp.found.get().map_or(0, ListModelExt::n_items);
        let messenger = self.messenger();
        let count = messenger.conversations().n_items() + messenger.archived().n_items();
        let page = match (is_searching, found, count) {
            (true, 0, _) => "no-results",
            (true, ..) => "results",
            (false, _, 0) => "empty",
            (false, ..) if imp.is_in_archive.get() => "archived",
            (false, ..) => "conversations",
        };
        imp.stack.set_visible_child_name(page);
    }

    fn mark_current(&self) {
        let imp = self.imp();
        let Some(selection) = imp.selection.get() else { return };
        let position =
            imp.current.borrow().as_ref().and_then(|current| self.messenger().conversations().position_of(current));
        selection.set_selected(position.unwrap_or(gtk::INVALID_LIST_POSITION));
    }

    /// Times such as "5 min" grow old.
    fn clock(&self) -> &Rc<Clock> {
        self.imp().clock.get_or_init(|| {
            let weak = self.downgrade();
            Clock::new(move || {
                if let (Some(sidebar), Ok(now)) = (weak.upgrade(), glib::DateTime::now_local()) {
                    update_times(sidebar.imp().list.upcast_ref(), &now);
                    update_times(sidebar.imp().archived.upcast_ref(), &now);
                }
            })
        })
    }
}

fn bind_rows(factory: &gtk::SignalListItemFactory) {
    let row = |item: &glib::Object| {
        item.downcast_ref::<gtk::ListItem>().and_then(ListItemExt::child).and_downcast::<ConversationRow>()
    };
    factory.connect_bind(move |_, item| {
        if let (Some(row), Some(item)) = (row(item), item.downcast_ref::<gtk::ListItem>()) {
            let conversation = item.item().and_downcast::<Conversation>();
            row.set_conversation(conversation.as_ref());
        }
    });
    factory.connect_unbind(move |_, item| {
        if let Some(row) = row(item) {
            row.set_conversation(None);
        }
    });
}

/// The rows that can be seen; the others do so when they can.
fn update_times(widget: &gtk::Widget, now: &glib::DateTime) {
    if !widget.is_mapped() {
        return;
    }
    if let Some(row) = widget.downcast_ref::<ConversationRow>() {
        return row.update_time(now);
    }
    let mut child = widget.first_child();
    while let Some(widget) = child {
        update_times(&widget, now);
        child = widget.next_sibling();
    }
}
