//! While a name is typed behind an at sign (`@bo`), the people whom it may mean, in a list above the text.
//!
//! Knows a text view and a list of people, however many they are; the keyboard stays in the view, and the keys that move in the
//! list are handed on from it.

use gettextrs::gettext;
use gtk::{gdk, gio, glib, prelude::*, subclass::prelude::*};

use super::completion_place;
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
    use super::{BareJid, OnMentioned, gio, glib, one_line};
    use gtk::{prelude::*, subclass::prelude::*};
    use std::cell::{Cell, OnceCell, RefCell};

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
        pub(super) view: glib::WeakRef<gtk::TextView>,
        pub(super) list: gtk::ListBox,
        pub(super) people: RefCell<Option<gio::ListModel>>,
        pub(super) offered: RefCell<Vec<super::Person>>,
        pub(super) on_mentioned: OnceCell<OnMentioned>,
        /// Where the name begins that the person wants nobody offered for.
        pub(super) refused: Cell<Option<i32>>,
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
        let this: Self = glib::Object::builder()
            .property("autohide", false)
            .property("has-arrow", false)
            .property("position", gtk::PositionType::Top)
            .property("halign", gtk::Align::Start)
            .property("can-focus", false)
            .build();
        this.add_css_class("emoji-completion");
        let imp = this.imp();
        imp.view.set(Some(view));
        let fresh = imp.on_mentioned.set(Box::new(on_mentioned)).is_ok();
        debug_assert!(fresh);
        imp.list.set_selection_mode(gtk::SelectionMode::Browse);
        imp.list.update_property(&[gtk::accessible::Property::Label(&gettext("People"))]);
        this.set_child(Some(&imp.list));
        this.set_parent(parent);
        let weak = this.downgrade();
        imp.list.connect_row_activated(move |_, row| {
            if let Some(this) = weak.upgrade() {
                this.insert(row.index());
            }
        });
        let weak = this.downgrade();
        view.buffer().connect_cursor_position_notify(move |_| {
            if let Some(this) = weak.upgrade().filter(WidgetExt::is_visible) {
                this.update();
            }
        });
        this
    }

    /// Whom to offer: a list of [`Person`].
    pub fn set_people(&self, people: Option<gio::ListModel>) {
        self.popdown();
        self.imp().people.replace(people);
    }

    /// Offers who fits at the cursor; called when the person has typed.
    pub fn update(&self) {
        let imp = self.imp();
        let Some(view) = imp.view.upgrade() else { return };
        let before = text_before_cursor(&view);
        let Some(name) = typed(&before) else {
            imp.refused.set(None);
            return self.popdown();
        };
        let start = start_of(&view, name);
        if imp.refused.get() == Some(start) {
            return self.popdown();
        }
        imp.refused.set(None);
        let found = self.find(name);
        if found.is_empty() {
            return self.popdown();
        }
        self.offer(found);
        completion_place::point_to(self, &view, start);
        self.popup();
    }

    /// Whether a key was meant for the list.
    pub fn takes(&self, key: gdk::Key, modifiers: gdk::ModifierType) -> bool {
        let is_command = modifiers
            .intersects(gdk::ModifierType::SHIFT_MASK | gdk::ModifierType::CONTROL_MASK | gdk::ModifierType::ALT_MASK);
        if !self.is_visible() || is_command {
            return false;
        }
        match key {
            gdk::Key::Up | gdk::Key::KP_Up => self.walk(-1),
            gdk::Key::Down | gdk::Key::KP_Down => self.walk(1),
            gdk::Key::Return | gdk::Key::KP_Enter | gdk::Key::ISO_Enter | gdk::Key::Tab | gdk::Key::KP_Tab => {
                self.insert(self.imp().list.selected_row().map_or(0, |row| row.index()));
            }
            gdk::Key::Escape => {
                let imp = self.imp();
                if let Some(view) = imp.view.upgrade() {
                    imp.refused.set(typed(&text_before_cursor(&view)).map(|name| start_of(&view, name)));
                }
                self.popdown();
            }
            _ => return false,
        }
        true
    }

    fn find(&self, name: &str) -> Vec<Person> {
        let wanted = fold(name);
        let people = self.imp().people.borrow();
        let all = people.iter().flat_map(|people| people.iter::<Person>().filter_map(Result::ok));
        all.filter(|person| person.matches(&wanted)).take(OFFERED).collect()
    }

    fn offer(&self, found: Vec<Person>) {
        let imp = self.imp();
        if *imp.offered.borrow() == found {
            return;
        }
        imp.list.remove_all();
        for person in &found {
            let (name, address) = person.who();
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
            let row = gtk::ListBoxRow::builder().child(&lines).focusable(false).build();
            row.update_property(&[gtk::accessible::Property::Label(&person.spoken())]);
            imp.list.append(&row);
        }
        imp.offered.replace(found);
        self.select(0);
    }

    fn walk(&self, by: i32) {
        let imp = self.imp();
        let count = i32::try_from(imp.offered.borrow().len()).unwrap_or(1).max(1);
        let at = imp.list.selected_row().map_or(0, |row| row.index());
        self.select((at + by).rem_euclid(count));
    }

    fn select(&self, index: i32) {
        let imp = self.imp();
        imp.list.select_row(imp.list.row_at_index(index).as_ref());
        if let (Some(person), Some(view)) = (self.offered(index), imp.view.upgrade()) {
            view.announce(&person.spoken(), gtk::AccessibleAnnouncementPriority::Low);
        }
    }

    fn offered(&self, index: i32) -> Option<Person> {
        usize::try_from(index).ok().and_then(|index| self.imp().offered.borrow().get(index).cloned())
    }

    /// Puts a name in place of what was typed of it, and says whose it is.
    fn insert(&self, index: i32) {
        let imp = self.imp();
        let (Some(person), Some(view)) = (self.offered(index), imp.view.upgrade()) else { return };
        let before = text_before_cursor(&view);
        self.popdown();
        view.grab_focus();
        let Some(typed) = typed(&before) else { return };
        let (name, address) = person.who();
        let buffer = view.buffer();
        let offset = start_of(&view, typed);
        let (mut start, mut end) = (buffer.iter_at_offset(offset), buffer.iter_at_mark(&buffer.get_insert()));
        buffer.begin_user_action();
        buffer.delete(&mut start, &mut end);
        buffer.insert(&mut start, &format!("@{name} "));
        buffer.end_user_action();
        let begin = usize::try_from(offset).unwrap_or_default();
        if let Some(on_mentioned) = imp.on_mentioned.get() {
            on_mentioned(begin..begin + 1 + name.chars().count(), address.clone());
        }
    }
}

/// What stands before the cursor in its line; nothing while a part of the text is selected.
fn text_before_cursor(view: &gtk::TextView) -> String {
    let buffer = view.buffer();
    if buffer.has_selection() {
        return String::new();
    }
    let end = buffer.iter_at_mark(&buffer.get_insert());
    let mut start = end;
    start.set_line_offset(0);
    buffer.text(&start, &end, false).into()
}

/// Where the at sign stands before what was typed behind it.
fn start_of(view: &gtk::TextView, name: &str) -> i32 {
    view.buffer().cursor_position() - i32::try_from(name.chars().count() + 1).unwrap_or(0)
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
