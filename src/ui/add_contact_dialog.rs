//! Asks for somebody's address and puts them on the roster.

use std::collections::BTreeSet;

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::{gio, glib};

use super::error_text;
use crate::{
    engine::api::{BareJid, Command},
    ids::person_address,
    model::{Account, Contact, Messenger},
};

/// More suggestions than this do not help.
const MAX_SUGGESTIONS: usize = 4;

mod imp {
    use super::{Messenger, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{OnceCell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/add_contact_dialog.ui")]
    pub struct AddContactDialog {
        #[template_child]
        pub(super) add_button: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) address: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) name: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) group: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) text: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) suggestions: TemplateChild<adw::WrapBox>,
        #[template_child]
        pub(super) problem: TemplateChild<gtk::Label>,
        pub(super) messenger: OnceCell<Messenger>,
        /// The servers of people who are known.
        pub(super) domains: RefCell<Vec<String>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for AddContactDialog {
        const NAME: &'static str = "StonechatAddContactDialog";
        type Type = super::AddContactDialog;
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
    impl AddContactDialog {
        #[template_callback]
        fn on_add(&self) {
            self.obj().add();
        }
    }

    impl ObjectImpl for AddContactDialog {
        fn constructed(&self) {
            self.parent_constructed();
            let dialog = self.obj().downgrade();
            self.address.connect_changed(move |_| {
                if let Some(dialog) = dialog.upgrade() {
                    dialog.on_address_changed();
                }
            });
        }
    }
    impl WidgetImpl for AddContactDialog {}
    impl AdwDialogImpl for AddContactDialog {}
}

glib::wrapper! {
    /// Adds a contact.
    pub struct AddContactDialog(ObjectSubclass<imp::AddContactDialog>)
        @extends adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl AddContactDialog {
    /// `address` is what is known of it already, as from a link.
    #[must_use]
    pub fn new(messenger: &Messenger, address: Option<&BareJid>) -> Self {
        let dialog: Self = glib::Object::new();
        let imp = dialog.imp();
        imp.domains.replace(known_domains(messenger));
        let _ = imp.messenger.set(messenger.clone());
        if let Some(address) = address {
            imp.address.set_text(address.as_str());
        }
        dialog
    }

    fn on_address_changed(&self) {
        let imp = self.imp();
        let text = imp.address.text();
        imp.add_button.set_sensitive(parse_address(&text).is_some());
        imp.address.remove_css_class("error");
        imp.problem.set_visible(false);
        let domains = imp.domains.borrow();
        let fitting: Vec<_> = completions(&text, &domains).take(MAX_SUGGESTIONS).collect();
        while let Some(old) = imp.suggestions.first_child() {
            imp.suggestions.remove(&old);
        }
        imp.suggestions.set_visible(!fitting.is_empty());
        for address in fitting {
            let button = gtk::Button::builder().label(&address).css_classes(["pill", "small"]).build();
            let dialog = self.downgrade();
            button.connect_clicked(move |_| {
                if let Some(dialog) = dialog.upgrade() {
                    dialog.complete(&address);
                }
            });
            imp.suggestions.append(&button);
        }
    }

    fn complete(&self, address: &str) {
        let imp = self.imp();
        imp.address.set_text(address);
        imp.address.set_position(-1);
        imp.name.grab_focus();
    }

    fn add(&self) {
        let imp = self.imp();
        let Some(address) = parse_address(&imp.address.text()) else {
            imp.address.add_css_class("error");
            self.show_problem(&gettext("This is not an address. It should look like name@example.org."));
            return;
        };
        let Some(messenger) = imp.messenger.get() else { return };
        let Some(account) = messenger.default_account() else { return };
        if *account.address() == address {
            self.show_problem(&gettext("This is your own address."));
            return;
        }
        if messenger.contact(account.id(), &address).is_some_and(|contact| contact.in_roster()) {
            self.show_problem(&gettext("This contact is on your list already."));
            return;
        }
        self.set_sensitive(false);
        let dialog = self.clone();
        let engine = messenger.engine().clone();
        let group = imp.group.text().trim().to_owned();
        let (name, text) = (imp.name.text().trim().to_owned(), imp.text.text().trim().to_owned());
        glib::spawn_future_local(async move {
            let groups = if group.is_empty() { Vec::new() } else { vec![group] };
            let account = account.id();
            let added =
                engine.request(|reply| Command::AddContact { account, address, name, groups, text, reply }).await;
            dialog.set_sensitive(true);
            match added {
                Ok(()) => {
                    dialog.close();
                }
                Err(error) => dialog.show_problem(&error_text::command(&error)),
            }
        });
    }

    fn show_problem(&self, text: &str) {
        let problem = &self.imp().problem;
        problem.set_label(text);
        problem.set_visible(true);
    }
}

/// An address of a person: with a local part.
fn parse_address(text: &str) -> Option<BareJid> {
    let text = text.trim().trim_start_matches("xmpp:");
    person_address(text)
}

/// What the typed text may be the beginning of.
fn completions<'a>(text: &'a str, domains: &'a [String]) -> impl Iterator<Item = String> + 'a {
    let (node, begun) = match text.trim().split_once('@') {
        Some((node, begun)) => (node, begun),
        None => (text.trim(), ""),
    };
    domains
        .iter()
        .filter(move |domain| !node.is_empty() && domain.starts_with(begun) && domain.as_str() != begun)
        .map(move |domain| format!("{node}@{domain}"))
}

/// Of one's own accounts first, then of the contacts.
fn known_domains(messenger: &Messenger) -> Vec<String> {
    let accounts = items::<Account>(&messenger.accounts()).map(|account| account.address().domain().to_string());
    let contacts: BTreeSet<String> =
        items::<Contact>(&messenger.contacts()).map(|contact| contact.address().domain().to_string()).collect();
    let mut domains: Vec<String> = accounts.collect();
    for domain in contacts {
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    domains
}

fn items<T: IsA<glib::Object>>(list: &gio::ListStore) -> impl Iterator<Item = T> + use<T> {
    list.iter::<T>().filter_map(Result::ok).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_completes_what_is_typed() {
        let domains = ["chat.test".to_owned(), "example.org".to_owned()];
        let list = |text| completions(text, &domains).collect::<Vec<_>>();
        assert_eq!(list(""), [""; 0]);
        assert_eq!(list("bob"), ["bob@chat.test", "bob@example.org"]);
        assert_eq!(list("bob@ex"), ["bob@example.org"]);
        assert_eq!(list("bob@example.org"), [""; 0]);
    }

    #[test]
    fn only_the_address_of_a_person_is_one() {
        for good in ["bob@chat.test", " bob@chat.test ", "xmpp:bob@chat.test"] {
            assert_eq!(parse_address(good).unwrap().as_str(), "bob@chat.test");
        }
        for bad in ["", "bob", "chat.test", "@chat.test", "bob@", "bob@chat.test/phone", "b b@chat.test"] {
            assert!(parse_address(bad).is_none(), "{bad}");
        }
    }
}
