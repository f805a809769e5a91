//! Code in a message: as it was written, in a face of its own, with a button that copies it.

use std::time::Duration;

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::bubble_text::BubbleText;

/// How long the button shows that the code was copied.
const CONFIRMED: Duration = Duration::from_secs(2);

mod imp {
    use super::{BubbleText, glib};
    use gtk::subclass::prelude::*;

    #[derive(Debug, Default)]
    pub struct CodeBlock {
        pub(super) language: gtk::Label,
        pub(super) code: BubbleText,
        pub(super) copy: gtk::Button,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for CodeBlock {
        const NAME: &'static str = "StonechatCodeBlock";
        type Type = super::CodeBlock;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("code-block");
        }
    }

    impl ObjectImpl for CodeBlock {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }
    }
    impl WidgetImpl for CodeBlock {}
    impl BoxImpl for CodeBlock {}
}

glib::wrapper! {
    /// A preformatted block.
    pub struct CodeBlock(ObjectSubclass<imp::CodeBlock>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl CodeBlock {
    #[must_use]
    pub fn new(language: Option<&str>, code: &str) -> Self {
        let block: Self = glib::Object::new();
        let imp = block.imp();
        // The layout takes NUL for the end.
        imp.code.set_text(&code.replace('\0', "\u{fffd}"));
        imp.language.set_text(language.unwrap_or_default());
        imp.language.set_visible(language.is_some());
        block
    }

    /// What shows the code itself.
    pub fn code(&self) -> BubbleText {
        self.imp().code.clone()
    }

    fn set_up(&self) {
        let imp = self.imp();
        // Code runs from left to right in every language.
        self.set_direction(gtk::TextDirection::Ltr);
        imp.code.set_direction(gtk::TextDirection::Ltr);
        imp.code.add_css_class("monospace");
        imp.code.set_hexpand(true);
        imp.language.set_direction(gtk::TextDirection::Ltr);
        imp.language.set_xalign(0.0);
        imp.language.add_css_class("language");
        imp.language.set_accessible_role(gtk::AccessibleRole::Presentation);
        let texts = gtk::Box::new(gtk::Orientation::Vertical, 0);
        texts.append(&imp.language);
        texts.append(&imp.code);
        self.append(&texts);
        let tooltip = gettext("Copy code");
        imp.copy.set_icon_name("edit-copy-symbolic");
        imp.copy.set_tooltip_text(Some(&tooltip));
        imp.copy.set_valign(gtk::Align::Start);
        imp.copy.set_css_classes(&["flat", "circular", "small"]);
        imp.copy.update_property(&[gtk::accessible::Property::Label(&tooltip)]);
        let weak = self.downgrade();
        imp.copy.connect_clicked(move |_| {
            if let Some(block) = weak.upgrade() {
                block.copy();
            }
        });
        self.append(&imp.copy);
    }

    fn copy(&self) {
        let imp = self.imp();
        self.clipboard().set_text(&imp.code.text());
        imp.copy.set_icon_name("object-select-symbolic");
        imp.copy.announce(&gettext("Copied"), gtk::AccessibleAnnouncementPriority::Medium);
        let copy = imp.copy.downgrade();
        glib::timeout_add_local_once(CONFIRMED, move || {
            if let Some(copy) = copy.upgrade() {
                copy.set_icon_name("edit-copy-symbolic");
            }
        });
    }
}
