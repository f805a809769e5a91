//! While a name is typed behind a colon (`:smi`), the emoji that it may become, in a list above the text.
//!
//! Knows a text view.

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{
    completion::{Completion, Offers, replace, text_before_cursor},
    emoji_name::{self, Named},
};

/// How many emoji are offered.
const OFFERED: usize = 7;

mod imp {
    use super::{Named, Offers, glib};
    use gtk::subclass::prelude::*;
    use std::cell::RefCell;

    #[derive(Debug, Default)]
    pub struct EmojiCompletion {
        pub(super) offers: Offers,
        pub(super) offered: RefCell<Vec<Named>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for EmojiCompletion {
        const NAME: &'static str = "StonechatEmojiCompletion";
        type Type = super::EmojiCompletion;
        type ParentType = gtk::Popover;
    }

    impl ObjectImpl for EmojiCompletion {}
    impl WidgetImpl for EmojiCompletion {}
    impl PopoverImpl for EmojiCompletion {}
}

glib::wrapper! {
    /// Offers emoji by their names.
    pub struct EmojiCompletion(ObjectSubclass<imp::EmojiCompletion>)
        @extends gtk::Popover, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Native, gtk::ShortcutManager;
}

impl EmojiCompletion {
    /// For a view within `parent`, which has to give its popovers their place.
    #[must_use]
    pub fn new(parent: &impl IsA<gtk::Widget>, view: &gtk::TextView) -> Self {
        let this: Self = glib::Object::new();
        this.set_up(parent, view, &gettext("Emoji"));
        let weak = this.downgrade();
        view.buffer().connect_local("insert-text", true, move |values| {
            let is_colon = values.get(2).and_then(|text| text.get::<&str>().ok()) == Some(":");
            if let Some(this) = weak.upgrade().filter(|_| is_colon) {
                // The buffer is still busy with the colon.
                glib::idle_add_local_once(move || this.replace_finished());
            }
            None
        });
        this
    }

    fn replace_finished(&self) {
        let Some(view) = self.offers().view() else { return };
        if let Some((length, emoji)) = emoji_name::finished(&text_before_cursor(&view)) {
            replace(&view, length, emoji);
        }
    }
}

impl Completion for EmojiCompletion {
    fn offers(&self) -> &Offers {
        &self.imp().offers
    }

    fn typed(before: &str) -> Option<usize> {
        emoji_name::typed(before).map(|(length, _)| length)
    }

    fn find(&self, before: &str) -> bool {
        let found = emoji_name::typed(before).map(|(_, name)| emoji_name::find(name, OFFERED)).unwrap_or_default();
        if found.is_empty() {
            return false;
        }
        if *self.imp().offered.borrow() != found {
            self.offer(found.iter().map(|named| (row(*named), spoken(*named))));
            self.imp().offered.replace(found);
        }
        true
    }

    /// Puts an emoji in place of its name.
    fn insert(&self, row: i32) {
        let named = usize::try_from(row).ok().and_then(|row| self.imp().offered.borrow().get(row).copied());
        let (Some(named), Some(view)) = (named, self.offers().view()) else { return };
        if let Some(length) = Self::typed(&text_before_cursor(&view)) {
            replace(&view, length, named.emoji);
        }
        self.popdown();
        view.grab_focus();
    }
}

fn row(named: Named) -> gtk::Box {
    let row = gtk::Box::builder().spacing(10).build();
    row.append(&gtk::Label::builder().label(named.emoji).css_classes(["emoji"]).build());
    let name = gtk::Label::builder().label(format!(":{}:", named.name)).xalign(0.0);
    row.append(&name.max_width_chars(28).ellipsize(gtk::pango::EllipsizeMode::End).build());
    row
}

fn spoken(named: Named) -> String {
    format!("{} {}", named.emoji, named.name.replace('_', " "))
}
