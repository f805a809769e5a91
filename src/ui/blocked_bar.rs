//! Stands where one writes while the other side is blocked: says so, and undoes it.

use adw::subclass::prelude::*;
use gettextrs::gettext;
use gtk::glib;

use super::blocking;
use crate::{model::Conversation, plain_text::isolated};

mod imp {
    use super::{Conversation, blocking, glib};
    use gtk::{CompositeTemplate, subclass::prelude::*};
    use std::cell::RefCell;

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/blocked_bar.ui")]
    pub struct BlockedBar {
        #[template_child]
        pub(super) text: TemplateChild<gtk::Label>,
        pub(super) conversation: RefCell<Option<Conversation>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for BlockedBar {
        const NAME: &'static str = "StonechatBlockedBar";
        type Type = super::BlockedBar;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
            klass.install_action("blocked-bar.unblock", None, |bar, _, _| {
                let conversation = bar.imp().conversation.borrow().clone();
                if let Some(conversation) = conversation {
                    blocking::unblock(bar, &conversation);
                }
            });
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for BlockedBar {}
    impl WidgetImpl for BlockedBar {}
    impl BoxImpl for BlockedBar {}
}

glib::wrapper! {
    /// One line and a button.
    pub struct BlockedBar(ObjectSubclass<imp::BlockedBar>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl BlockedBar {
    /// Whose block it speaks of.
    pub fn set_conversation(&self, conversation: Option<&Conversation>) {
        self.imp().conversation.replace(conversation.cloned());
        let Some(contact) = conversation.map(Conversation::contact) else { return };
        let text = match contact.blocked_by() {
            Some(entry) if entry.node().is_none() => {
                gettext("You have blocked everybody at {server}.").replace("{server}", entry.as_str())
            }
            _ => gettext("You have blocked {name}.").replace("{name}", &isolated(&contact.display_name())),
        };
        self.imp().text.set_label(&text);
    }
}
