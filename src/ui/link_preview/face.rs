//! What is said of a link, to look at: picture, title, description, and where it leads.
//!
//! The host is the link's own, whatever is said of it: nobody can pretend that it leads elsewhere.

use gettextrs::gettext;
use gtk::{glib, pango, prelude::*, subclass::prelude::*};

use super::thumb::Thumb;
use crate::{engine::api::LinkPreview, plain_text::isolated, ui::link_address};

mod imp {
    use super::{Thumb, glib};
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/link_face.ui")]
    pub struct LinkFace {
        #[template_child]
        pub(super) thumb: TemplateChild<Thumb>,
        #[template_child]
        pub(super) title: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) description: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) host: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) site: TemplateChild<gtk::Label>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for LinkFace {
        const NAME: &'static str = "StonechatLinkFace";
        type Type = super::LinkFace;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            Thumb::ensure_type();
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for LinkFace {}
    impl WidgetImpl for LinkFace {}
    impl BoxImpl for LinkFace {}
}

glib::wrapper! {
    /// The content of a card.
    pub struct LinkFace(ObjectSubclass<imp::LinkFace>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl LinkFace {
    pub fn show_preview(&self, preview: &LinkPreview) {
        let imp = self.imp();
        imp.thumb.set_picture(preview.picture.as_deref());
        // What calls itself as its host does says nothing new.
        let host = host(preview);
        let site = Some(&preview.site).filter(|site| !site.eq_ignore_ascii_case(&host));
        for (label, text) in [
            (&imp.title, preview.title.as_str()),
            (&imp.description, &preview.description),
            (&imp.host, &host),
            (&imp.site, site.map_or("", |site| site)),
        ] {
            label.set_label(text);
            label.set_justify(self.side_of(text));
            label.set_visible(!text.is_empty());
        }
    }
}

impl LinkFace {
    /// Every line begins where the card does. Those of a text that runs the other way would begin at the other side: for them
    /// Pango takes each side for the other.
    fn side_of(&self, text: &str) -> gtk::Justification {
        let is_rtl = self.direction() == gtk::TextDirection::Rtl;
        let other = if is_rtl { pango::Direction::Ltr } else { pango::Direction::Rtl };
        if pango::find_base_dir(text) == other { gtk::Justification::Right } else { gtk::Justification::Left }
    }
}

/// What a screen reader says of a preview.
#[must_use]
pub fn in_words(preview: &LinkPreview) -> String {
    let said = if preview.title.is_empty() { &preview.description } else { &preview.title };
    // Translators: what is said of a link; {text} is the title of the page, {host} where it is.
    gettext("Link preview: {text} ({host})").replace("{host}", &host(preview)).replace("{text}", &isolated(said))
}

fn host(preview: &LinkPreview) -> String {
    link_address::host_name(&preview.url).unwrap_or_default()
}

impl Default for LinkFace {
    fn default() -> Self {
        glib::Object::new()
    }
}
