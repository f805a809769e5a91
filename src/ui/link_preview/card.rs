//! What is said of a link in a message: a press opens the link, as one on the link in the text does.

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::face::LinkFace;
pub use super::face::in_words;
use crate::engine::api::LinkPreview;

mod imp {
    use super::{LinkFace, LinkPreview, glib};
    use gtk::{prelude::*, subclass::prelude::*};
    use std::cell::RefCell;

    #[derive(Debug, Default)]
    pub struct LinkCard {
        pub(super) face: LinkFace,
        pub(super) preview: RefCell<LinkPreview>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for LinkCard {
        const NAME: &'static str = "StonechatLinkCard";
        type Type = super::LinkCard;
        type ParentType = gtk::Button;

        fn class_init(klass: &mut Self::Class) {
            klass.set_accessible_role(gtk::AccessibleRole::Link);
        }
    }

    impl ObjectImpl for LinkCard {
        fn constructed(&self) {
            self.parent_constructed();
            let obj = self.obj();
            obj.set_child(Some(&self.face));
            // With the keyboard links are opened from the row's menu.
            obj.set_focusable(false);
            obj.add_css_class("flat");
            obj.add_css_class("link-card");
            obj.connect_clicked(super::LinkCard::open);
        }
    }

    impl WidgetImpl for LinkCard {}
    impl ButtonImpl for LinkCard {}
}

glib::wrapper! {
    /// A card in a bubble.
    pub struct LinkCard(ObjectSubclass<imp::LinkCard>)
        @extends gtk::Button, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl LinkCard {
    pub fn show_preview(&self, preview: &LinkPreview) {
        let imp = self.imp();
        if *imp.preview.borrow() == *preview {
            return;
        }
        imp.preview.replace(preview.clone());
        imp.face.show_preview(preview);
        self.set_tooltip_text(Some(&preview.url));
        self.update_property(&[gtk::accessible::Property::Label(&in_words(preview))]);
    }

    fn open(&self) {
        let url = self.imp().preview.borrow().url.clone();
        if let Err(error) = self.activate_action("message.open-link", Some(&url.to_variant())) {
            log::warn!("a link leads nowhere: {error}");
        }
    }
}

impl Default for LinkCard {
    fn default() -> Self {
        glib::Object::new()
    }
}

/// Shows a card for each of these in a box, whose cards are used again.
pub fn show_all(cards: &gtk::Box, previews: &[LinkPreview]) {
    let mut card = cards.first_child();
    for preview in previews {
        let next = card.as_ref().and_then(WidgetExt::next_sibling);
        let shown = card.and_downcast::<LinkCard>().unwrap_or_else(|| {
            let new = LinkCard::default();
            cards.append(&new);
            new
        });
        shown.show_preview(preview);
        card = next;
    }
    while let Some(left) = card {
        card = left.next_sibling();
        cards.remove(&left);
    }
    cards.set_visible(!previews.is_empty());
}
