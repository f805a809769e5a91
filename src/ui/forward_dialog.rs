//! To whom a message is sent on: those one talks with, the latest first, then everybody else on the list.
//!
//! Knows what is to be sent only to show it; sends nothing itself.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashSet,
};

use adw::{prelude::*, subclass::prelude::*};
use gtk::{gio, glib};

use super::contact_row;
use crate::{
    model::{Contact, Messenger, fold},
    plain_text::one_line,
};

/// How much of the text is shown.
const SHOWN: usize = 400;

mod imp {
    use super::{Contact, OnceCell, RefCell, glib};
    use adw::{prelude::*, subclass::prelude::*};
    use glib::subclass::Signal;
    use gtk::CompositeTemplate;

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/forward_dialog.ui")]
    pub struct ForwardDialog {
        #[template_child]
        pub(super) send: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) preview: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) search: TemplateChild<gtk::SearchEntry>,
        #[template_child]
        pub(super) stack: TemplateChild<gtk::Stack>,
        #[template_child]
        pub(super) list: TemplateChild<gtk::ListView>,
        pub(super) filter: OnceCell<gtk::CustomFilter>,
        pub(super) chosen: OnceCell<gtk::SingleSelection>,
        pub(super) wanted: RefCell<String>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ForwardDialog {
        const NAME: &'static str = "StonechatForwardDialog";
        type Type = super::ForwardDialog;
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
    impl ForwardDialog {
        #[template_callback]
        fn on_cancel(&self) {
            self.obj().close();
        }

        #[template_callback]
        fn on_send(&self) {
            self.obj().finish();
        }

        #[template_callback]
        fn on_search_changed(&self) {
            self.obj().search();
        }

        /// Enter chooses the first that was found, and once more sends.
        #[template_callback]
        fn on_search_activated(&self) {
            let Some(chosen) = self.chosen.get() else { return };
            if chosen.selected_item().is_some() {
                self.obj().finish();
            } else {
                chosen.set_selected(0);
            }
        }

        #[template_callback]
        fn on_activated(&self, position: u32) {
            if let Some(chosen) = self.chosen.get() {
                chosen.set_selected(position);
            }
            self.obj().finish();
        }
    }

    impl ObjectImpl for ForwardDialog {
        fn signals() -> &'static [Signal] {
            static SIGNALS: std::sync::OnceLock<Vec<Signal>> = std::sync::OnceLock::new();
            SIGNALS.get_or_init(|| vec![Signal::builder("chosen").param_types([Contact::static_type()]).build()])
        }
    }
    impl WidgetImpl for ForwardDialog {}
    impl AdwDialogImpl for ForwardDialog {}
}

glib::wrapper! {
    /// Chooses somebody to send a message on to.
    pub struct ForwardDialog(ObjectSubclass<imp::ForwardDialog>)
        @extends adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl ForwardDialog {
    #[must_use]
    pub fn new(messenger: &Messenger, text: &str) -> Self {
        let dialog: Self = glib::Object::new();
        let imp = dialog.imp();
        let short: String = text.chars().take(SHOWN).collect();
        imp.preview.set_label(&one_line(&short));
        dialog.set_up_list(messenger);
        dialog.search();
        dialog
    }

    /// `f` gets whoever was chosen.
    pub fn connect_chosen(&self, f: impl Fn(&Contact) + 'static) {
        self.connect_local("chosen", false, move |values| {
            f(&values.get(1)?.get::<Contact>().ok()?);
            None
        });
    }

    fn set_up_list(&self, messenger: &Messenger) {
        let imp = self.imp();
        let weak = self.downgrade();
        let filter = gtk::CustomFilter::new(move |item| {
            let Some(dialog) = weak.upgrade() else { return false };
            let wanted = dialog.imp().wanted.borrow();
            item.downcast_ref::<Contact>().is_some_and(|contact| wanted.is_empty() || contact.matches(&wanted))
        });
        let filtered = gtk::FilterListModel::new(Some(people(messenger)), Some(filter.clone()));
        let chosen = gtk::SingleSelection::builder().model(&filtered).autoselect(false).can_unselect(true).build();
        chosen.set_selected(gtk::INVALID_LIST_POSITION);
        let send = imp.send.downgrade();
        chosen.connect_selected_item_notify(move |chosen| {
            if let Some(send) = send.upgrade() {
                send.set_sensitive(chosen.selected_item().is_some());
            }
        });
        imp.list.set_model(Some(&chosen));
        imp.list.set_factory(Some(&contact_row::factory()));
        let _ = imp.filter.set(filter);
        let _ = imp.chosen.set(chosen);
    }

    fn search(&self) {
        let imp = self.imp();
        imp.wanted.replace(fold(imp.search.text().trim()));
        if let (Some(filter), Some(chosen)) = (imp.filter.get(), imp.chosen.get()) {
            filter.changed(gtk::FilterChange::Different);
            let page = if chosen.n_items() == 0 { "no-results" } else { "contacts" };
            imp.stack.set_visible_child_name(page);
        }
    }

    fn finish(&self) {
        let chosen = self.imp().chosen.get().and_then(gtk::SingleSelection::selected_item);
        if let Some(contact) = chosen.and_downcast::<Contact>() {
            self.close();
            self.emit_by_name::<()>("chosen", &[&contact]);
        }
    }
}

/// Everybody that a message can be sent to, as it is now: nothing moves while one chooses.
fn people(messenger: &Messenger) -> gio::ListStore {
    let conversations = messenger.conversations();
    let talked_with = conversations.iter().map(|conversation| conversation.contact());
    let mut others: Vec<Contact> = messenger.contacts().iter::<Contact>().flatten().collect();
    others.sort_by(Contact::compare);
    let mut known = HashSet::new();
    let people = talked_with.chain(others);
    people.filter(|contact| known.insert((contact.account(), contact.address().clone()))).collect()
}
