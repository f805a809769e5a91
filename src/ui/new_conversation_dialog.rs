//! Whom to talk with: the contacts by their groups, or anybody's address.

use std::cell::{OnceCell, RefCell};

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::glib;

use super::contact_row;
use crate::{
    ids::{BareJid, person_address},
    model::{Contact, Messenger, fold},
};

mod imp {
    use super::{Messenger, OnceCell, RefCell, glib};
    use adw::{prelude::*, subclass::prelude::*};
    use gtk::CompositeTemplate;

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/new_conversation_dialog.ui")]
    pub struct NewConversationDialog {
        #[template_child]
        pub(super) search: TemplateChild<gtk::SearchEntry>,
        #[template_child]
        pub(super) stranger: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) stranger_label: TemplateChild<adw::ButtonContent>,
        #[template_child]
        pub(super) stack: TemplateChild<gtk::Stack>,
        #[template_child]
        pub(super) list: TemplateChild<gtk::ListView>,
        pub(super) messenger: OnceCell<Messenger>,
        pub(super) filter: OnceCell<gtk::CustomFilter>,
        pub(super) found: OnceCell<gtk::SortListModel>,
        pub(super) wanted: RefCell<String>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for NewConversationDialog {
        const NAME: &'static str = "StonechatNewConversationDialog";
        type Type = super::NewConversationDialog;
        type ParentType = adw::Dialog;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
            klass.bind_template_callbacks();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[gtk::template_callbacks]
    impl NewConversationDialog {
        #[template_callback]
        fn on_search_changed(&self) {
            self.obj().search();
        }

        #[template_callback]
        fn on_search_activated(&self) {
            if self.stranger.is_visible() {
                self.obj().choose_stranger();
            } else {
                self.obj().choose(0);
            }
        }

        #[template_callback]
        fn on_stop(&self) {
            self.obj().close();
        }

        #[template_callback]
        fn on_stranger(&self) {
            self.obj().choose_stranger();
        }

        #[template_callback]
        fn on_activated(&self, position: u32) {
            self.obj().choose(position);
        }

        #[template_callback]
        fn on_add_contact(&self) {
            let dialog = self.obj();
            let _ = dialog.activate_action("app.add-contact", None);
            dialog.close();
        }
    }

    impl ObjectImpl for NewConversationDialog {
        fn signals() -> &'static [glib::subclass::Signal] {
            static SIGNALS: std::sync::OnceLock<Vec<glib::subclass::Signal>> = std::sync::OnceLock::new();
            SIGNALS.get_or_init(|| {
                vec![glib::subclass::Signal::builder("chosen").param_types([String::static_type()]).build()]
            })
        }
    }
    impl WidgetImpl for NewConversationDialog {}
    impl AdwDialogImpl for NewConversationDialog {}
}

glib::wrapper! {
    /// Chooses somebody to talk with.
    pub struct NewConversationDialog(ObjectSubclass<imp::NewConversationDialog>)
        @extends adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl NewConversationDialog {
    #[must_use]
    pub fn new(messenger: &Messenger) -> Self {
        let dialog: Self = glib::Object::new();
        let fresh = dialog.imp().messenger.set(messenger.clone()).is_ok();
        debug_assert!(fresh);
        dialog.set_up_list();
        dialog.search();
        dialog
    }

    /// `f` gets the address that was chosen.
    pub fn connect_chosen(&self, f: impl Fn(BareJid) + 'static) {
        self.connect_local("chosen", false, move |values| {
            let address: String = values[1].get().ok()?;
            f(BareJid::new(&address).ok()?);
            None
        });
    }

    fn set_up_list(&self) {
        let imp = self.imp();
        let Some(messenger) = imp.messenger.get() else { return };
        let weak = self.downgrade();
        let filter = gtk::CustomFilter::new(move |item| {
            let Some(dialog) = weak.upgrade() else { return false };
            let wanted = dialog.imp().wanted.borrow();
            item.downcast_ref::<Contact>().is_some_and(|contact| wanted.is_empty() || contact.matches(&wanted))
        });
        let by_name = gtk::CustomSorter::new(|a, b| match (a.downcast_ref::<Contact>(), b.downcast_ref::<Contact>()) {
            (Some(a), Some(b)) => a.compare(b).into(),
            _ => gtk::Ordering::Equal,
        });
        let by_group =
            gtk::CustomSorter::new(|a, b| match (a.downcast_ref::<Contact>(), b.downcast_ref::<Contact>()) {
                (Some(a), Some(b)) => group_order(a, b).into(),
                _ => gtk::Ordering::Equal,
            });
        let filtered = gtk::FilterListModel::new(Some(messenger.contacts()), Some(filter.clone()));
        let sorted = gtk::SortListModel::builder().model(&filtered).sorter(&by_name).section_sorter(&by_group).build();
        imp.list.set_model(Some(&gtk::NoSelection::new(Some(sorted.clone()))));
        imp.list.set_factory(Some(&contact_row::factory()));
        imp.list.set_header_factory(Some(&header_factory()));
        let _ = imp.filter.set(filter);
        let _ = imp.found.set(sorted);
        // A list shows its first item first, and with that hides the title above it.
        imp.list.connect_map(|list| {
            let list = list.downgrade();
            glib::idle_add_local_once(move || {
                if let Some(adjustment) = list.upgrade().and_then(|list| list.vadjustment()) {
                    adjustment.set_value(adjustment.lower());
                }
            });
        });
    }

    fn search(&self) {
        let imp = self.imp();
        let text = imp.search.text();
        let wanted = fold(text.trim());
        imp.wanted.replace(wanted.clone());
        if let Some(filter) = imp.filter.get() {
            filter.changed(gtk::FilterChange::Different);
        }
        let found = imp.found.get().map_or(0, ListModelExt::n_items);
        let stranger = self.stranger();
        imp.stranger.set_visible(stranger.is_some());
        if let Some(address) = &stranger {
            let text = gettext("Write to {address}").replace("{address}", address.as_str());
            imp.stranger_label.set_label(&text);
        }
        let page = match (found, wanted.is_empty()) {
            (0, true) => "empty",
            (0, false) => "no-results",
            _ => "contacts",
        };
        imp.stack.set_visible_child_name(page);
    }

    /// What is typed, where it is an address of nobody who is on the list.
    fn stranger(&self) -> Option<BareJid> {
        let text = self.imp().search.text();
        let address = person_address(text.trim())?;
        let messenger = self.imp().messenger.get()?;
        let account = messenger.default_account()?;
        let is_known = messenger.contact(account.id(), &address).is_some_and(|contact| contact.in_roster());
        (!is_known && *account.address() != address).then_some(address)
    }

    fn choose_stranger(&self) {
        if let Some(address) = self.stranger() {
            self.finish(address.as_str());
        }
    }

    fn choose(&self, position: u32) {
        let item = self.imp().found.get().and_then(|found| found.item(position));
        if let Some(contact) = item.and_downcast::<Contact>() {
            self.finish(contact.address().as_str());
        }
    }

    fn finish(&self, address: &str) {
        self.close();
        self.emit_by_name::<()>("chosen", &[&address]);
    }
}

/// Those without a group come last.
fn group_order(a: &Contact, b: &Contact) -> std::cmp::Ordering {
    let key = |contact: &Contact| {
        let group = contact.groups().into_iter().next();
        (group.is_none(), group.map(|group| fold(&group)))
    };
    key(a).cmp(&key(b))
}

fn header_factory() -> gtk::SignalListItemFactory {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_bind(|_, item| {
        let Some(header) = item.downcast_ref::<gtk::ListHeader>() else { return };
        let group = header.item().and_downcast::<Contact>().and_then(|contact| contact.groups().into_iter().next());
        let label = gtk::Label::builder()
            .label(group.unwrap_or_else(|| gettext("Others")))
            .xalign(0.0)
            .ellipsize(gtk::pango::EllipsizeMode::End)
            .css_classes(["heading", "dimmed"])
            .build();
        header.set_child(Some(&label));
    });
    factory
}
