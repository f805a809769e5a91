//! While a name is typed behind an at sign (`@bo`), the people whom it may mean, in a list above the text.
//!
//! Knows a text view and a list of people, however many they are.

use gettextrs::gettext;
use gtk::{gio, glib, prelude::*, subclass::prelude::*};

use super::completion::{Completion, Offers, replace, text_before_cursor};
use crate::{
    ids::BareJid,
    model::fold,
    plain_text::{isolated, one_line},
};

/// How many people are offered.
const OFFERED: usize = 7;
/// The most that is looked for.
const MAX_LETTERS: usize = 40;

/// Called with where the name stands in the text, in characters, and whose it is.
type OnMentioned = Box<dyn Fn(std::ops::Range<usize>, BareJid)>;

mod imp {
    use super::{BareJid, Offers, OnMentioned, gio, glib, one_line};
    use gtk::{prelude::*, subclass::prelude::*};
    use std::cell::{OnceCell, RefCell};

    /// Somebody who can be mentioned.
    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::Person)]
    pub struct Person {
        pub(super) address: OnceCell<BareJid>,
        /// What they are called now, in one line.
        #[property(get, set = Self::set_name)]
        name: RefCell<String>,
    }

    impl Person {
        fn set_name(&self, name: &str) {
            self.name.replace(one_line(name).into_owned());
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Person {
        const NAME: &'static str = "StonechatMentionPerson";
        type Type = super::Person;
    }

    #[glib::derived_properties]
    impl ObjectImpl for Person {}

    #[derive(Default)]
    pub struct MentionCompletion {
        pub(super) offers: Offers,
        pub(super) people: RefCell<Option<gio::ListModel>>,
        pub(super) offered: RefCell<Vec<super::Person>>,
        pub(super) on_mentioned: OnceCell<OnMentioned>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for MentionCompletion {
        const NAME: &'static str = "StonechatMentionCompletion";
        type Type = super::MentionCompletion;
        type ParentType = gtk::Popover;
    }

    impl ObjectImpl for MentionCompletion {}
    impl WidgetImpl for MentionCompletion {}
    impl PopoverImpl for MentionCompletion {}
}

glib::wrapper! {
    /// Somebody of the conversation.
    pub struct Person(ObjectSubclass<imp::Person>);
}

impl Person {
    #[must_use]
    pub fn new(address: BareJid) -> Self {
        let this: Self = glib::Object::new();
        let fresh = this.imp().address.set(address).is_ok();
        debug_assert!(fresh);
        this
    }

    /// What they are called, and their address.
    fn who(&self) -> (String, &BareJid) {
        let address = self.imp().address.get().expect("a person is made with an address only");
        let name = self.name();
        (if name.is_empty() { address.to_string() } else { name }, address)
    }

    /// Whether a word of the name, or the address, begins so.
    fn matches(&self, folded: &str) -> bool {
        let (name, address) = self.who();
        let name = fold(&name);
        name.starts_with(folded)
            || name.split_whitespace().any(|word| word.starts_with(folded))
            || fold(address.as_str()).starts_with(folded)
    }

    fn row(&self) -> gtk::Box {
        let (name, address) = self.who();
        let label = |text: &str| {
            gtk::Label::builder().label(text).xalign(0.0).ellipsize(gtk::pango::EllipsizeMode::End).build()
        };
        let lines = gtk::Box::builder().orientation(gtk::Orientation::Vertical).build();
        let (name, address) = (label(&name), label(address.as_str()));
        name.set_max_width_chars(28);
        address.set_max_width_chars(34);
        address.add_css_class("caption");
        address.add_css_class("dimmed");
        lines.append(&name);
        lines.append(&address);
        lines
    }

    fn spoken(&self) -> String {
        let (name, address) = self.who();
        format!("{}, {address}", isolated(&name))
    }
}

glib::wrapper! {
    /// Offers the people of the conversation by their names.
    pub struct MentionCompletion(ObjectSubclass<imp::MentionCompletion>)
        @extends gtk::Popover, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Native, gtk::ShortcutManager;
}

impl MentionCompletion {
    /// For a view within `parent`, which has to give its popovers their place.
    #[must_use]
    pub fn new(
        parent: &impl IsA<gtk::Widget>,
        view: &gtk::TextView,
        on_mentioned: impl Fn(std::ops::Range<usize>, BareJid) + 'static,
    ) -> Self {
        let this: Self = glib::Object::new();
        this.set_up(parent, view, &gettext("People"));
        let fresh = this.imp().on_mentioned.set(Box::new(on_mentioned)).is_ok();
        debug_assert!(fresh);
        this
    }

    /// Whom to offer: a list of [`Person`].
    pub fn set_people(&self, people: Option<gio::ListModel>) {
        self.popdown();
        self.imp().people.replace(people);
    }
}

impl Completion for MentionCompletion {
    fn offers(&self) -> &Offers {
        &self.imp().offers
    }

    fn typed(before: &str) -> Option<usize> {
        typed(before).map(|name| name.chars().count() + 1)
    }

    fn find(&self, before: &str) -> bool {
        let Some(wanted) = typed(before).map(fold) else { return false };
        let people = self.imp().people.borrow();
        let all = people.iter().flat_map(|people| people.iter::<Person>().filter_map(Result::ok));
        let found: Vec<_> = all.filter(|person| person.matches(&wanted)).take(OFFERED).collect();
        if found.is_empty() {
            return false;
        }
        if *self.imp().offered.borrow() != found {
            self.offer(found.iter().map(|person| (person.row(), person.spoken())));
            self.imp().offered.replace(found);
        }
        true
    }

    /// Puts a name in place of what was typed of it, and says whose it is.
    fn insert(&self, row: i32) {
        let imp = self.imp();
        let person = usize::try_from(row).ok().and_then(|row| imp.offered.borrow().get(row).cloned());
        let (Some(person), Some(view)) = (person, self.offers().view()) else { return };
        let before = text_before_cursor(&view);
        self.popdown();
        view.grab_focus();
        let Some(length) = Self::typed(&before) else { return };
        let (name, address) = person.who();
        let begin = usize::try_from(replace(&view, length, &format!("@{name} "))).unwrap_or_default();
        if let Some(on_mentioned) = imp.on_mentioned.get() {
            on_mentioned(begin..begin + 1 + name.chars().count(), address.clone());
        }
    }
}

/// What of a name is typed at the end of a text behind an at sign; that may be nothing. An address is no mention, so the at sign
/// begins a word.
fn typed(before: &str) -> Option<&str> {
    let at = before.rfind('@')?;
    let name = &before[at + 1..];
    let begins = before[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
    let is_name = name.chars().count() <= MAX_LETTERS && !name.contains(char::is_whitespace);
    (begins && is_name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_at_sign_that_begins_a_word_begins_a_name() {
        for (before, name) in [
            ("@", Some("")),
            ("hi @bo", Some("bo")),
            ("(@Bö", Some("Bö")),
            ("a @b @c", Some("c")),
            ("bob@example", None),
            ("@bob is", None),
            ("bo", None),
            ("", None),
        ] {
            assert_eq!(typed(before), name, "{before:?}");
        }
        assert_eq!(typed(&format!("@{}", "x".repeat(100))), None);
    }
}
