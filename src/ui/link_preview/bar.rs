//! What will be said of a link in what is being written, with a way to leave it out.

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::face::{LinkFace, in_words};
use crate::engine::api::LinkPreview;

mod imp {
    use super::{LinkFace, LinkPreview, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::RefCell;

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/link_bar.ui")]
    pub struct LinkBar {
        #[template_child]
        pub(super) revealer: TemplateChild<gtk::Revealer>,
        #[template_child]
        pub(super) face: TemplateChild<LinkFace>,
        pub(super) preview: RefCell<Option<LinkPreview>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for LinkBar {
        const NAME: &'static str = "StonechatLinkBar";
        type Type = super::LinkBar;
        type ParentType = adw::Bin;

        fn class_init(klass: &mut Self::Class) {
            LinkFace::ensure_type();
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for LinkBar {}
    impl WidgetImpl for LinkBar {}
    impl BinImpl for LinkBar {}
}

glib::wrapper! {
    /// The card above the field; its button leaves it out (`composer.leave-out-link`).
    pub struct LinkBar(ObjectSubclass<imp::LinkBar>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl LinkBar {
    /// What is shown.
    pub fn preview(&self) -> Option<LinkPreview> {
        self.imp().preview.borrow().clone()
    }

    pub fn set_preview(&self, preview: Option<LinkPreview>) {
        let imp = self.imp();
        if *imp.preview.borrow() == preview {
            return;
        }
        if let Some(preview) = &preview {
            imp.face.show_preview(preview);
            self.announce(&in_words(preview), gtk::AccessibleAnnouncementPriority::Medium);
            imp.face.update_property(&[gtk::accessible::Property::Label(&in_words(preview))]);
        }
        imp.revealer.set_reveal_child(preview.is_some());
        imp.preview.replace(preview);
    }
}
