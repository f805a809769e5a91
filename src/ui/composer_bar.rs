//! The line above the field where one writes: what is being answered, or which message gets another text.

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::reply_quote;
use crate::{engine::api::TextFormat, model::Message};

/// What becomes of the text in the field.
#[derive(Debug, Clone, Default)]
pub enum Purpose {
    /// A message of its own.
    #[default]
    New,
    /// It answers a message.
    Answer(Message),
    /// It takes the place of a message's text; what stood in the field before comes back afterwards.
    Edit { message: Message, before: (String, TextFormat) },
}

mod imp {
    use super::{Purpose, glib};
    use adw::subclass::prelude::*;
    use gtk::CompositeTemplate;
    use std::cell::RefCell;

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/composer_bar.ui")]
    pub struct ComposerBar {
        #[template_child]
        pub(super) revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) icon: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) title: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) text: TemplateChild<gtk::Label>,
        pub(super) purpose: RefCell<Purpose>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ComposerBar {
        const NAME: &'static str = "StonechatComposerBar";
        type Type = super::ComposerBar;
        type ParentType = adw::Bin;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for ComposerBar {}
    impl WidgetImpl for ComposerBar {}
    impl BinImpl for ComposerBar {}
}

glib::wrapper! {
    /// Says what becomes of the text below; its button gives that up (`composer.give-up`).
    pub struct ComposerBar(ObjectSubclass<imp::ComposerBar>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl ComposerBar {
    pub fn purpose(&self) -> Purpose {
        self.imp().purpose.borrow().clone()
    }

    /// `peer` is what the other side is called.
    pub fn set_purpose(&self, purpose: Purpose, peer: &str) {
        let imp = self.imp();
        let (icon, title, message) = match &purpose {
            Purpose::New => ("", String::new(), None),
            Purpose::Answer(message) => {
                let who = if message.is_outgoing() { gettext("yourself") } else { peer.to_owned() };
                ("mail-reply-sender-symbolic", gettext("Reply to {who}").replace("{who}", &who), Some(message))
            }
            Purpose::Edit { message, .. } => ("document-edit-symbolic", gettext("Edit the message"), Some(message)),
        };
        if let Some(message) = message {
            imp.icon.set_icon_name(Some(icon));
            imp.title.set_label(&title);
            imp.text.set_label(&reply_quote::of(message));
        }
        imp.revealer.set_reveal_child(message.is_some());
        if let Some(message) = message {
            let label = format!("{title}: {}", reply_quote::of(message));
            self.announce(&label, gtk::AccessibleAnnouncementPriority::Medium);
        }
        imp.purpose.replace(purpose);
    }
}
