//! What is known of a contact, and what can be done: rename, group, mute, share presence or not, remove.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::glib;

use super::{
    attention, avatar_view::availability_text, blocking, error_text, export, history_deletion, shared_files,
    shared_links,
};
use crate::{
    engine::api::{Command, CommandError, Subscription},
    model::{Contact, Conversation, Messenger},
    plain_text::isolated,
};

mod imp {
    use super::super::{AvatarView, watch::Watch};
    use super::{Conversation, Messenger, blocking, export, glib, history_deletion, shared_files, shared_links};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{Cell, OnceCell};

    #[derive(Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/contact_details.ui")]
    pub struct ContactDetails {
        #[template_child]
        pub(super) close: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) avatar: TemplateChild<AvatarView>,
        #[template_child]
        pub(super) name: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) presence: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) address_row: TemplateChild<adw::ActionRow>,
        #[template_child]
        pub(super) name_row: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) groups_row: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) subscription_row: TemplateChild<adw::ActionRow>,
        #[template_child]
        pub(super) ask: TemplateChild<adw::ButtonRow>,
        #[template_child]
        pub(super) stop_sharing: TemplateChild<adw::ButtonRow>,
        #[template_child]
        pub(super) add: TemplateChild<adw::ButtonRow>,
        #[template_child]
        pub(super) attention: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) remove: TemplateChild<adw::ButtonRow>,
        #[template_child]
        pub(super) block: TemplateChild<adw::ButtonRow>,
        #[template_child]
        pub(super) unblock: TemplateChild<adw::ButtonRow>,
        #[template_child]
        pub(super) problem: TemplateChild<gtk::Label>,
        pub(super) messenger: OnceCell<Messenger>,
        pub(super) conversation: OnceCell<Conversation>,
        pub(super) contact_watch: Watch,
        pub(super) conversation_watch: Watch,
        /// The fields are being filled by ourselves.
        pub(super) is_filling: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ContactDetails {
        const NAME: &'static str = "StonechatContactDetails";
        type Type = super::ContactDetails;
        type ParentType = adw::Bin;

        fn class_init(klass: &mut Self::Class) {
            AvatarView::ensure_type();
            klass.bind_template();
            klass.install_action("details.copy-address", None, |details, _, _| details.copy_address());
            klass.install_action("details.ask", None, |details, _, _| details.ask());
            klass.install_action("details.stop-sharing", None, |details, _, _| details.stop_sharing());
            klass.install_action("details.add", None, |details, _, _| details.add());
            klass.install_action("details.remove", None, |details, _, _| details.remove());
            klass.install_action("details.files", None, |details, _, _| {
                if let Some(messenger) = details.imp().messenger.get() {
                    shared_files::present(details, messenger, details.conversation());
                }
            });
            klass.install_action("details.links", None, |details, _, _| {
                if let Some(messenger) = details.imp().messenger.get() {
                    shared_links::present(details, messenger, details.conversation());
                }
            });
            klass.install_action("details.export", None, |details, _, _| {
                export::ask(details, details.conversation());
            });
            klass.install_action("details.delete-history", None, |details, _, _| {
                history_deletion::ask(details, details.conversation());
            });
            klass.install_action("details.block", None, |details, _, _| {
                blocking::ask_to_block(details, details.conversation());
            });
            klass.install_action("details.unblock", None, |details, _, _| {
                blocking::unblock(details, details.conversation());
            });
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for ContactDetails {}
    impl WidgetImpl for ContactDetails {}
    impl BinImpl for ContactDetails {}
}

glib::wrapper! {
    /// A contact's details.
    pub struct ContactDetails(ObjectSubclass<imp::ContactDetails>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl ContactDetails {
    /// In a pane, they have a button that closes it; a dialog has one of its own.
    #[must_use]
    pub fn new(messenger: &Messenger, conversation: &Conversation, is_in_pane: bool) -> Self {
        let details: Self = glib::Object::new();
        let imp = details.imp();
        imp.close.set_visible(is_in_pane);
        let contact = conversation.contact();
        let is_fresh =
            imp.messenger.set(messenger.clone()).is_ok() && imp.conversation.set(conversation.clone()).is_ok();
        debug_assert!(is_fresh);
        imp.avatar.set_contact(Some(&contact));
        imp.address_row.set_subtitle(&contact.address_text());
        details.fill_fields();
        let weak = details.downgrade();
        let update = move || {
            if let Some(details) = weak.upgrade() {
                details.update();
            }
        };
        imp.contact_watch.set(Some(contact.upcast_ref()), update.clone());
        imp.conversation_watch.set(Some(conversation.upcast_ref()), update);
        details.update();
        details.connect_fields();
        details
    }

    fn contact(&self) -> Contact {
        self.conversation().contact()
    }

    fn conversation(&self) -> &Conversation {
        self.imp().conversation.get().expect("made with its conversation only")
    }

    fn connect_fields(&self) {
        let imp = self.imp();
        for row in [&imp.name_row, &imp.groups_row] {
            let weak = self.downgrade();
            row.connect_apply(move |_| {
                if let Some(details) = weak.upgrade() {
                    details.apply();
                }
            });
        }
        let weak = self.downgrade();
        imp.attention.connect_selected_notify(move |row| {
            if let Some(details) = weak.upgrade()
                && !details.imp().is_filling.get()
                && let Some(choice) = attention::CHOICES.get(row.selected() as usize)
            {
                attention::choose(details.conversation(), choice);
            }
        });
    }

    fn fill_fields(&self) {
        let (imp, contact) = (self.imp(), self.contact());
        imp.name_row.set_text(&contact.name().unwrap_or_default());
        imp.groups_row.set_text(&contact.groups().join(", "));
    }

    fn update(&self) {
        let (imp, contact) = (self.imp(), self.contact());
        imp.name.set_label(&contact.display_name());
        let presence = availability_text(contact.availability());
        imp.presence.set_label(&match contact.status() {
            _ if contact.is_blocked() => gettext("Blocked"),
            Some(status) => format!("{presence} · {}", isolated(&status)),
            None => presence,
        });
        let in_roster = contact.in_roster();
        let subscription = contact.subscription();
        imp.subscription_row.set_subtitle(&subscription_in_words(&contact));
        imp.name_row.set_visible(in_roster);
        imp.groups_row.set_visible(in_roster);
        let sees = matches!(subscription, Subscription::To | Subscription::Both);
        let shares = matches!(subscription, Subscription::From | Subscription::Both);
        imp.ask.set_visible(in_roster && !sees);
        imp.ask.set_title(&if contact.is_pending() {
            gettext("Ask again to see when they are online")
        } else {
            gettext("Ask to see when they are online")
        });
        imp.stop_sharing.set_visible(shares);
        imp.add.set_visible(!in_roster);
        imp.remove.set_visible(in_roster);
        imp.block.set_visible(!contact.is_blocked());
        imp.unblock.set_visible(contact.is_blocked());
        imp.is_filling.set(true);
        let chosen = attention::chosen(self.conversation());
        let index = attention::CHOICES.iter().position(|choice| *choice == chosen).unwrap_or_default();
        imp.attention.set_selected(u32::try_from(index).unwrap_or_default());
        imp.attention.set_subtitle(&attention::until_text(self.conversation()));
        imp.is_filling.set(false);
    }

    fn copy_address(&self) {
        self.clipboard().set_text(&self.contact().address_text());
        self.announce(&gettext("Address copied"), gtk::AccessibleAnnouncementPriority::Medium);
        let button = &self.imp().address_row;
        button.set_title(&gettext("Address copied"));
        let weak = button.downgrade();
        glib::timeout_add_local_once(std::time::Duration::from_secs(2), move || {
            if let Some(row) = weak.upgrade() {
                row.set_title(&gettext("Address"));
            }
        });
    }

    fn apply(&self) {
        let imp = self.imp();
        let name = imp.name_row.text().trim().to_owned();
        let groups = groups(&imp.groups_row.text());
        self.request(move |contact, reply| Command::UpdateContact {
            account: contact.account(),
            address: contact.address().clone(),
            name,
            groups,
            reply,
        });
    }

    fn add(&self) {
        self.request(|contact, reply| Command::AddContact {
            account: contact.account(),
            address: contact.address().clone(),
            name: contact.name().unwrap_or_default(),
            groups: Vec::new(),
            text: String::new(),
            reply,
        });
    }

    fn ask(&self) {
        self.request(|contact, reply| Command::RequestSubscription {
            account: contact.account(),
            address: contact.address().clone(),
            reply,
        });
    }

    fn stop_sharing(&self) {
        self.request(|contact, reply| Command::CancelSubscription {
            account: contact.account(),
            address: contact.address().clone(),
            reply,
        });
    }

    fn remove(&self) {
        let contact = self.contact();
        let heading = gettext("Remove {name}?").replace("{name}", &isolated(&contact.display_name()));
        let body = gettext("You will no longer see when each other is online. Your messages stay.");
        let dialog = adw::AlertDialog::new(Some(&heading), Some(&body));
        dialog.add_responses(&[("cancel", &gettext("Cancel")), ("remove", &gettext("Remove"))]);
        dialog.set_response_appearance("remove", adw::ResponseAppearance::Destructive);
        dialog.set_default_response(Some("cancel"));
        dialog.set_close_response("cancel");
        let weak = self.downgrade();
        dialog.connect_response(Some("remove"), move |_, _| {
            if let Some(details) = weak.upgrade() {
                details.request(|contact, reply| Command::RemoveContact {
                    account: contact.account(),
                    address: contact.address().clone(),
                    reply,
                });
                if let Some(dialog) = details.ancestor(adw::Dialog::static_type()).and_downcast::<adw::Dialog>() {
                    dialog.close();
                }
            }
        });
        dialog.present(Some(self));
    }

    /// Sends a command of which the outcome matters, and shows it if it is a failure.
    fn request(
        &self,
        make: impl FnOnce(&Contact, crate::engine::api::Reply<Result<(), CommandError>>) -> Command + 'static,
    ) {
        let Some(engine) = self.imp().messenger.get().map(|messenger| messenger.engine().clone()) else { return };
        let (contact, weak) = (self.contact(), self.downgrade());
        glib::spawn_future_local(async move {
            let result = engine.request(|reply| make(&contact, reply)).await;
            let Some(details) = weak.upgrade() else { return };
            let problem = &details.imp().problem;
            problem.set_visible(result.is_err());
            if let Err(error) = result {
                problem.set_label(&error_text::command(&error));
                details.fill_fields();
            }
        });
    }
}

/// Groups as they are written in one line: each once, without empty ones.
fn groups(text: &str) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for group in text.split(',').map(str::trim).filter(|group| !group.is_empty()) {
        if !groups.iter().any(|known| known == group) {
            groups.push(group.to_owned());
        }
    }
    groups
}

/// Who sees whose presence.
fn subscription_in_words(contact: &Contact) -> String {
    match contact.subscription() {
        Subscription::Both => gettext("You see when each other is online."),
        Subscription::To => gettext("You see when they are online. They do not see you."),
        Subscription::From if contact.is_pending() => {
            gettext("They see when you are online. They have not answered yet whether you may see them.")
        }
        Subscription::From => gettext("They see when you are online. You do not see them."),
        Subscription::None if contact.is_pending() => {
            gettext("You have asked to see when they are online. They have not answered yet.")
        }
        Subscription::None => gettext("Neither of you sees when the other is online."),
    }
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn groups_are_read_from_one_line() {
        assert_eq!(groups("Friends, Work ,, Friends,  Choir"), ["Friends", "Work", "Choir"]);
        assert!(groups(" , ").is_empty());
    }
}
