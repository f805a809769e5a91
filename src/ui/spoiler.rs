//! A text that is covered until its reader wants to see it (XEP-0382): what stands in its place, and the button in the bubble
//! that uncovers it and covers it again.

use gettextrs::gettext;
use gtk::{glib, pango, prelude::*, subclass::prelude::*};

use crate::{engine::api, model::Message, plain_text::one_line};

mod imp {
    use super::{glib, pango};
    use gtk::{prelude::*, subclass::prelude::*};

    #[derive(Debug, Default)]
    pub struct SpoilerCover {
        pub(super) icon: gtk::Image,
        pub(super) hint: gtk::Label,
        /// Lies where the text would.
        pub(super) cover: gtk::Box,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SpoilerCover {
        const NAME: &'static str = "StonechatSpoilerCover";
        type Type = super::SpoilerCover;
        type ParentType = gtk::Button;
    }

    impl ObjectImpl for SpoilerCover {
        fn constructed(&self) {
            self.parent_constructed();
            self.hint.set_xalign(0.0);
            self.hint.set_hexpand(true);
            self.hint.set_wrap(true);
            self.hint.set_wrap_mode(pango::WrapMode::WordChar);
            self.hint.set_max_width_chars(40);
            self.icon.set_valign(gtk::Align::Center);
            let head = gtk::Box::builder().spacing(8).build();
            head.append(&self.icon);
            head.append(&self.hint);
            self.cover.add_css_class("cover");
            let lines = gtk::Box::builder().orientation(gtk::Orientation::Vertical).spacing(6).build();
            lines.append(&head);
            lines.append(&self.cover);
            let obj = self.obj();
            obj.set_child(Some(&lines));
            // The row has the keyboard, and uncovers by Enter.
            obj.set_focusable(false);
            obj.add_css_class("flat");
            obj.add_css_class("spoiler");
            obj.set_action_name(Some("message.uncover"));
        }
    }

    impl WidgetImpl for SpoilerCover {}
    impl ButtonImpl for SpoilerCover {}
}

glib::wrapper! {
    /// The hint in a bubble, and the cover below it.
    pub struct SpoilerCover(ObjectSubclass<imp::SpoilerCover>)
        @extends gtk::Button, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl Default for SpoilerCover {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl SpoilerCover {
    pub fn show_hint(&self, hint: &str, is_covered: bool) {
        let imp = self.imp();
        let text = words(hint);
        imp.hint.set_label(&text);
        imp.cover.set_visible(is_covered);
        imp.icon.set_icon_name(Some(if is_covered { "view-reveal-symbolic" } else { "view-conceal-symbolic" }));
        let what = action(is_covered);
        self.set_tooltip_text(Some(&what));
        self.update_property(&[gtk::accessible::Property::Label(&format!("{text}. {what}"))]);
    }
}

/// What can be done with a text that can be covered.
#[must_use]
pub fn action(is_covered: bool) -> String {
    if is_covered { gettext("Show the spoiler") } else { gettext("Cover the spoiler") }
}

/// What stands for a covered text, in one line.
#[must_use]
pub fn words(hint: &str) -> String {
    let hint = one_line(hint);
    if hint.is_empty() {
        return gettext("Spoiler");
    }
    // Translators: stands for a text that is covered; {hint} is what it is about.
    gettext("Spoiler: {hint}").replace("{hint}", &hint)
}

/// The text of a message, or what stands for it while it is covered.
#[must_use]
pub fn readable(message: &Message) -> String {
    match message.format().spoiler {
        Some(hint) if message.is_covered() => words(&hint),
        _ => message.body(),
    }
}

/// Leaves of a message what may be read while it is covered.
pub fn cover(message: &mut api::Message) {
    if let Some(hint) = &message.format.spoiler {
        message.body = words(hint);
        message.attachment = None;
    }
}
