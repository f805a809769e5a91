//! The place of the contact's details: beside the conversation where the window has room for both, in a dialog elsewhere.
//!
//! What the details are is [`ContactDetails`]'s.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::glib;

use super::ContactDetails;
use crate::model::{Conversation, Messenger};

/// The pane's least width, which grows with the text.
const MIN_WIDTH: f64 = 300.0;

mod imp {
    use super::{Conversation, Messenger, glib};
    use adw::{prelude::*, subclass::prelude::*};
    use gtk::CompositeTemplate;
    use std::cell::{Cell, RefCell};

    #[derive(Debug, Default, CompositeTemplate, glib::Properties)]
    #[properties(wrapper_type = super::DetailsPane)]
    #[template(resource = "/im/stonechat/Stonechat/ui/details_pane.ui")]
    pub struct DetailsPane {
        #[template_child]
        pub(super) split: TemplateChild<adw::OverlaySplitView>,
        /// The conversation.
        #[property(get = Self::content, set = Self::set_content)]
        content: std::marker::PhantomData<Option<gtk::Widget>>,
        /// Whether the window is wide enough.
        #[property(get, set = Self::set_has_room)]
        has_room: Cell<bool>,
        /// Whether the person wants to see the details beside the conversation.
        #[property(get, set = Self::set_is_open)]
        is_open: Cell<bool>,
        pub(super) subject: RefCell<Option<(Messenger, Conversation)>>,
        /// Whose details the pane holds.
        pub(super) filled_for: RefCell<Option<Conversation>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DetailsPane {
        const NAME: &'static str = "StonechatDetailsPane";
        type Type = super::DetailsPane;
        type ParentType = adw::Bin;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
            klass.install_action("details-pane.close", None, |pane, _, _| pane.set_is_open(false));
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for DetailsPane {}
    impl WidgetImpl for DetailsPane {}
    impl BinImpl for DetailsPane {}

    impl DetailsPane {
        fn content(&self) -> Option<gtk::Widget> {
            self.split.content()
        }

        fn set_content(&self, content: Option<&gtk::Widget>) {
            self.split.set_content(content);
        }

        fn set_has_room(&self, has_room: bool) {
            if self.has_room.replace(has_room) != has_room {
                self.obj().update();
            }
        }

        fn set_is_open(&self, is_open: bool) {
            if self.is_open.replace(is_open) != is_open {
                self.obj().update();
            }
        }
    }
}

glib::wrapper! {
    /// A conversation, and beside it the details of whom it is with.
    pub struct DetailsPane(ObjectSubclass<imp::DetailsPane>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl DetailsPane {
    /// Whose details are meant from now on.
    pub fn set_subject(&self, subject: Option<(Messenger, Conversation)>) {
        self.imp().subject.replace(subject);
        self.update();
    }

    /// Shows the details, or hides the pane if that is where they are.
    pub fn toggle(&self) {
        if self.has_room() && self.is_open() { self.set_is_open(false) } else { self.open() }
    }

    /// Shows the details.
    pub fn open(&self) {
        if self.has_room() {
            return self.set_is_open(true);
        }
        let Some((messenger, conversation)) = self.imp().subject.borrow().clone() else { return };
        let dialog = adw::Dialog::builder().title(gettext("Details")).content_width(420).build();
        dialog.set_child(Some(&ContactDetails::new(&messenger, &conversation, false)));
        dialog.present(Some(self));
    }

    fn update(&self) {
        let imp = self.imp();
        let subject = imp.subject.borrow().clone();
        let is_shown = self.has_room() && self.is_open() && subject.is_some();
        // A pane that is hidden would still widen the window.
        imp.split.set_min_sidebar_width(if is_shown { MIN_WIDTH } else { 0.0 });
        imp.split.set_collapsed(!is_shown);
        imp.split.set_show_sidebar(is_shown);
        let wanted = subject.filter(|_| is_shown);
        let wanted_for = wanted.as_ref().map(|(_, conversation)| conversation.clone());
        if *imp.filled_for.borrow() == wanted_for {
            return;
        }
        imp.filled_for.replace(wanted_for);
        let details = wanted.map(|(messenger, conversation)| ContactDetails::new(&messenger, &conversation, true));
        imp.split.set_sidebar(details.as_ref());
    }
}
