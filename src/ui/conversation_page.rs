//! One conversation: header, history, composer.
//!
//! What stands above the history is in `header`, what stands below it in `foot`.

mod amending;
mod foot;
mod forwarding;
mod header;
mod in_front;
mod keys;
mod pictures;

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::{gio, glib};

use super::{DetailsPane, attachment::taking, attention, composer::Composer, error_text, history::HistoryPane};
use crate::{
    engine::api::{CommandError, MessageId},
    model::{Conversation, Messenger},
};

mod imp {
    use super::super::{
        AvatarView, DetailsPane, blocked_bar::BlockedBar, composer::Composer, conversation_search::ConversationSearch,
        history::HistoryPane, watch::Watch,
    };
    use super::{Conversation, Messenger, attention, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/conversation_page.ui")]
    pub struct ConversationPage {
        #[template_child]
        pub(super) details: TemplateChild<DetailsPane>,
        #[template_child]
        pub(super) stack: TemplateChild<gtk::Stack>,
        #[template_child]
        pub(super) header: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) menu: TemplateChild<gtk::MenuButton>,
        #[template_child]
        pub(super) avatar: TemplateChild<AvatarView>,
        #[template_child]
        pub(super) name: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) subtitle: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) search: TemplateChild<ConversationSearch>,
        #[template_child]
        pub(super) pane: TemplateChild<HistoryPane>,
        #[template_child]
        pub(super) composer: TemplateChild<Composer>,
        #[template_child]
        pub(super) blocked_bar: TemplateChild<BlockedBar>,
        pub(super) messenger: glib::WeakRef<Messenger>,
        pub(super) conversation: RefCell<Option<Conversation>>,
        pub(super) conversation_watch: Watch,
        pub(super) contact_watch: Watch,
        /// The window whose focus is followed.
        pub(super) window: RefCell<Option<(gtk::Window, glib::SignalHandlerId)>>,
        /// The engine has been told that this conversation is in front.
        pub(super) is_in_front: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ConversationPage {
        const NAME: &'static str = "StonechatConversationPage";
        type Type = super::ConversationPage;
        type ParentType = adw::NavigationPage;

        fn class_init(klass: &mut Self::Class) {
            AvatarView::ensure_type();
            DetailsPane::ensure_type();
            HistoryPane::ensure_type();
            Composer::ensure_type();
            ConversationSearch::ensure_type();
            BlockedBar::ensure_type();
            klass.bind_template();
            klass.install_action("conversation.details", None, |page, _, _| page.details().toggle());
            let address = Some(glib::VariantTy::STRING);
            klass.install_action("conversation.show-person", address, |page, _, address| {
                page.show_person(address.and_then(glib::Variant::str).unwrap_or_default());
            });
            klass.install_action("conversation.archive", None, |page, _, _| page.archive());
            klass.install_action("conversation.unarchive", None, |page, _, _| page.unarchive());
            klass.install_action("conversation.choose-date", None, |page, _, _| page.imp().pane.choose_date());
            klass.install_action("conversation.search", None, |page, _, _| page.imp().search.open());
            klass.install_action("conversation.block", None, |page, _, _| page.block());
            klass.install_action("conversation.delete-history", None, |page, _, _| page.delete_history());
            klass.install_action("conversation.export", None, |page, _, _| page.export());
            klass.install_action("conversation.unblock", None, |page, _, _| page.unblock());
            klass.install_property_action("conversation.attention", "attention");
            klass.install_property_action("conversation.pin", "is-pinned");
            let id = Some(glib::VariantTy::INT64);
            klass.install_action("conversation.retry", id, |page, _, id| page.mend(id, true));
            klass.install_action("conversation.discard", id, |page, _, id| page.mend(id, false));
            klass.install_action("conversation.undo-send", id, |page, _, id| page.undo_send(id));
            klass.install_action("conversation.answer", id, |page, _, id| page.answer(id));
            klass.install_action("conversation.edit", id, |page, _, id| page.edit(id));
            klass.install_action("conversation.revisions", id, |page, _, id| page.show_revisions(id));
            klass.install_action("conversation.message-details", id, |page, _, id| page.show_message_details(id));
            klass.install_action("conversation.delete", id, |page, _, id| page.delete(id));
            klass.install_action("conversation.show-message", id, |page, _, id| page.show_named(id));
            let reaction = Some(glib::VariantTy::new("(xs)").expect("it is a type"));
            klass.install_action("conversation.react", reaction, |page, _, target| page.react(target));
            klass.install_action("conversation.forward", id, |page, _, id| page.forward(id));
            let texts = Some(<Vec<String> as glib::variant::StaticVariantType>::static_variant_type());
            klass.install_action("conversation.forward-texts", texts.as_deref(), |page, _, texts| {
                page.forward_named(texts.and_then(glib::Variant::get).unwrap_or_default());
            });
            klass.install_action("conversation.show-file", id, |page, _, id| {
                page.with_message(id, |conversation, id| conversation.fetch_file(id, false));
            });
            klass.install_action("conversation.fetch-file", id, |page, _, id| {
                page.with_message(id, |conversation, id| conversation.fetch_file(id, true));
            });
            klass.install_action("conversation.view-picture", id, |page, _, id| page.view_picture(id));
            klass.install_action("conversation.cancel-file", id, |page, _, id| {
                page.with_message(id, Conversation::cancel_transfer);
            });
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for ConversationPage {
        fn signals() -> &'static [glib::subclass::Signal] {
            static SIGNALS: std::sync::OnceLock<Vec<glib::subclass::Signal>> = std::sync::OnceLock::new();
            SIGNALS.get_or_init(|| {
                vec![glib::subclass::Signal::builder("notice").param_types([String::static_type()]).build()]
            })
        }

        fn properties() -> &'static [glib::ParamSpec] {
            static PROPERTIES: std::sync::OnceLock<Vec<glib::ParamSpec>> = std::sync::OnceLock::new();
            PROPERTIES.get_or_init(|| {
                vec![
                    glib::ParamSpecString::builder("attention").explicit_notify().build(),
                    glib::ParamSpecBoolean::builder("is-pinned").explicit_notify().build(),
                ]
            })
        }

        fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
            let conversation = self.conversation.borrow();
            match pspec.name() {
                // The action that stands for it has to have a state.
                "attention" => conversation.as_ref().map_or("on", attention::chosen).to_value(),
                _ => conversation.as_ref().is_some_and(Conversation::is_pinned).to_value(),
            }
        }

        fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
            let Some(conversation) = self.conversation.borrow().clone() else { return };
            match pspec.name() {
                "attention" => attention::choose(&conversation, value.get().unwrap_or_default()),
                _ => conversation.set_pinned(value.get().unwrap_or_default()),
            }
        }

        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }

        fn dispose(&self) {
            self.obj().set_conversation(None);
        }
    }

    impl WidgetImpl for ConversationPage {
        fn map(&self) {
            self.parent_map();
            self.obj().follow_window();
            self.obj().update_presence_of_person();
        }

        fn unmap(&self) {
            self.parent_unmap();
            self.obj().update_presence_of_person();
            if let Some((window, handler)) = self.window.take() {
                window.disconnect(handler);
            }
        }
    }

    impl NavigationPageImpl for ConversationPage {}
}

glib::wrapper! {
    /// The right-hand page of the window.
    pub struct ConversationPage(ObjectSubclass<imp::ConversationPage>)
        @extends adw::NavigationPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Default for ConversationPage {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl ConversationPage {
    #[must_use]
    pub fn new(messenger: &Messenger, settings: &gio::Settings) -> Self {
        let page = Self::default();
        page.set_messenger(messenger, settings);
        page
    }

    /// What the page works with; once, before a conversation is shown.
    pub fn set_messenger(&self, messenger: &Messenger, settings: &gio::Settings) {
        let imp = self.imp();
        imp.messenger.set(Some(messenger));
        imp.search.set_messenger(messenger);
        let weak = self.downgrade();
        messenger.conversations().connect_items_changed(move |_, _, _, _| {
            if let Some(page) = weak.upgrade() {
                page.show_fitting_page();
            }
        });
        self.show_fitting_page();
        settings.bind("check-spelling", &*imp.composer, "checks-spelling").get().build();
        settings.bind("link-previews", &*imp.composer, "asks-pages").get().build();
        settings.bind("send-on-enter", &*imp.composer, "send-on-enter").get().build();
        settings.bind("show-details", &*imp.details, "is-open").build();
    }

    pub fn conversation(&self) -> Option<Conversation> {
        self.imp().conversation.borrow().clone()
    }

    /// Shows another conversation; what was written in the old one is kept.
    pub fn set_conversation(&self, conversation: Option<&Conversation>) {
        let imp = self.imp();
        if imp.conversation.borrow().as_ref() == conversation {
            return;
        }
        self.set_in_front(false);
        self.set_shown(false);
        // What plays can only be stopped where it stands.
        super::media::playback::playback().pause();
        imp.conversation.replace(conversation.cloned());
        let Some(pane) = imp.pane.try_get() else { return };
        imp.header.set_visible(conversation.is_some());
        imp.menu.set_visible(conversation.is_some());
        self.show_fitting_page();
        let account = imp.messenger.upgrade().zip(conversation);
        let account = account.and_then(|(messenger, conversation)| messenger.account(conversation.account()));
        let address = account.as_ref().map(|account| account.address().clone());
        pane.set_own(account.map(|account| account.display_name()).unwrap_or_default(), address.clone());
        imp.composer.set_people_of(conversation, address.as_ref());
        pane.set_conversation(conversation);
        imp.search.set_conversation(conversation);
        imp.composer.set_conversation(conversation);
        imp.details.set_subject(imp.messenger.upgrade().zip(conversation.cloned()));
        let contact = conversation.map(Conversation::contact);
        imp.avatar.set_contact(contact.as_ref());
        let weak = self.downgrade();
        imp.conversation_watch.set(conversation.map(Cast::upcast_ref), move || {
            if let Some(page) = weak.upgrade() {
                page.update();
            }
        });
        let weak = self.downgrade();
        imp.contact_watch.set(contact.as_ref().map(Cast::upcast_ref), move || {
            if let Some(page) = weak.upgrade() {
                page.update();
            }
        });
        self.update();
        self.update_presence_of_person();
    }

    fn show_fitting_page(&self) {
        let imp = self.imp();
        let is_empty = imp.messenger.upgrade().is_some_and(|messenger| messenger.conversations().n_items() == 0);
        let page = match imp.conversation.borrow().as_ref() {
            Some(_) => "conversation",
            None if is_empty => "welcome",
            None => "nothing",
        };
        imp.stack.set_visible_child_name(page);
    }

    /// Shows who somebody is that a text mentions: the details of whom one talks with, one's own account, or the conversation
    /// with anybody else.
    fn show_person(&self, address: &str) {
        let contact = self.conversation().map(|conversation| conversation.contact());
        let done = if contact.is_some_and(|contact| contact.address().as_str() == address) {
            self.details().open();
            Ok(())
        } else if self.imp().pane.own_address().is_some_and(|own| own.as_str() == address) {
            self.activate_action("app.account", None)
        } else {
            self.activate_action("win.open-address", Some(&address.to_variant()))
        };
        if let Err(error) = done {
            log::warn!("nobody is shown: {error}");
        }
    }

    /// Shows one message in the middle of the history, with the words marked for which it was found.
    pub fn show_found(&self, message: MessageId, words: &str) {
        self.imp().pane.mark_words(words);
        self.imp().pane.point_out(message);
    }

    /// Gives the keyboard to the field in which one writes.
    pub fn focus_composer(&self) {
        self.imp().composer.grab_focus();
    }

    /// Puts a text into the composer if it is empty.
    pub fn suggest(&self, text: &str) {
        self.imp().composer.suggest(text);
    }

    /// Stores what is in the composer, as when the program ends.
    pub fn keep_draft(&self) {
        self.imp().composer.keep_draft();
    }

    pub fn pane(&self) -> HistoryPane {
        self.imp().pane.get()
    }

    /// The place of the contact's details, which is told how much room there is.
    pub fn details(&self) -> DetailsPane {
        self.imp().details.get()
    }

    pub fn composer(&self) -> Composer {
        self.imp().composer.get()
    }

    fn set_up(&self) {
        let imp = self.imp();
        let weak = self.downgrade();
        imp.composer.connect_sent(move |_| {
            if let Some(page) = weak.upgrade() {
                page.imp().pane.clear_unread_line();
                page.imp().pane.show_newest();
            }
        });
        taking::accept_drops(&*imp.stack, &imp.composer.attach_bar());
        let weak = self.downgrade();
        imp.search.connect_found(move |message| {
            if let Some(page) = weak.upgrade() {
                page.imp().pane.point_out(message);
            }
        });
        let weak = self.downgrade();
        imp.search.connect_words_changed(move |words| {
            if let Some(page) = weak.upgrade() {
                page.imp().pane.mark_words(words);
            }
        });
        let weak = self.downgrade();
        imp.search.connect_is_open_notify(move |search| {
            if let Some(page) = weak.upgrade().filter(|page| !search.is_open() && page.is_mapped()) {
                page.focus_composer();
            }
        });
        let weak = self.downgrade();
        imp.composer.connect_edit_last(move |_| {
            if let Some(page) = weak.upgrade() {
                page.edit_last();
            }
        });
        let weak = self.downgrade();
        imp.pane.connect_is_selecting_notify(move |_| {
            if let Some(page) = weak.upgrade() {
                page.update_foot();
            }
        });
        let keys = gtk::EventControllerKey::builder().propagation_phase(gtk::PropagationPhase::Capture).build();
        let weak = self.downgrade();
        keys.connect_key_pressed(move |keys, key, _, modifiers| match weak.upgrade() {
            Some(page) => page.key_pressed(keys, key, modifiers),
            None => glib::Propagation::Proceed,
        });
        self.add_controller(keys);
    }

    /// Sends a failed message again, or deletes it.
    fn mend(&self, id: Option<&glib::Variant>, again: bool) {
        let Some(id) = id.and_then(glib::Variant::get::<i64>).map(MessageId) else { return };
        self.carry_out(
            async move |conversation| {
                if again { conversation.retry(id).await } else { conversation.discard(id).await }
            },
        );
    }

    fn tell(&self, error: &CommandError) {
        let dialog = adw::AlertDialog::new(Some(&gettext("That did not work")), Some(&error_text::command(error)));
        dialog.add_response("close", &gettext("Close"));
        dialog.present(Some(self));
    }

    /// Called with a message that the window is to show for a moment, with a way back.
    pub fn connect_toast(&self, f: impl Fn(&adw::Toast) + 'static) {
        self.imp().composer.connect_toast(f);
    }

    /// Called with a text that the window is to show for a moment.
    pub fn connect_notice(&self, f: impl Fn(&str) + 'static) {
        self.connect_local("notice", false, move |values| {
            f(values.get(1)?.get::<&str>().ok()?);
            None
        });
    }
}
