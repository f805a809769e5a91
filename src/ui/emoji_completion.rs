//! While a name is typed behind a colon (`:smi`), the emoji that it may become, in a list above the text.
//!
//! Knows a text view; the keyboard stays there, and the keys that move in the list are handed on from it.

use gettextrs::gettext;
use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::{
    completion_place,
    emoji_name::{self, Named},
};

/// How many emoji are offered.
const OFFERED: usize = 7;

mod imp {
    use super::{Named, glib};
    use gtk::subclass::prelude::*;
    use std::cell::{Cell, RefCell};

    #[derive(Debug, Default)]
    pub struct EmojiCompletion {
        pub(super) view: glib::WeakRef<gtk::TextView>,
        pub(super) list: gtk::ListBox,
        pub(super) offered: RefCell<Vec<Named>>,
        /// Where the name begins that the person wants nothing offered for.
        pub(super) refused: Cell<Option<i32>>,
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
        imp.list.set_selection_mode(gtk::SelectionMode::Browse);
        imp.list.update_property(&[gtk::accessible::Property::Label(&gettext("Emoji"))]);
        this.set_child(Some(&imp.list));
        this.set_parent(parent);
        let weak = this.downgrade();
        imp.list.connect_row_activated(move |_, row| {
            if let Some(this) = weak.upgrade() {
                this.insert(row.index());
            }
        });
        let weak = this.downgrade();
        view.buffer().connect_local("insert-text", true, move |values| {
            let is_colon = values.get(2).and_then(|text| text.get::<&str>().ok()) == Some(":");
            if let Some(this) = weak.upgrade().filter(|_| is_colon) {
                // The buffer is still busy with the colon.
                glib::idle_add_local_once(move || this.replace_finished());
            }
            None
        });
        let weak = this.downgrade();
        view.buffer().connect_cursor_position_notify(move |_| {
            if let Some(this) = weak.upgrade().filter(WidgetExt::is_visible) {
                this.update();
            }
        });
        this
    }

    /// Offers what fits at the cursor; called when the person has typed.
    pub fn update(&self) {
        let imp = self.imp();
        let Some(view) = imp.view.upgrade() else { return };
        let before = text_before_cursor(&view);
        let Some((start, name)) = emoji_name::typed(&before).map(|(length, name)| (start_of(&view, length), name))
        else {
            imp.refused.set(None);
            return self.popdown();
        };
        if imp.refused.get() == Some(start) {
            return self.popdown();
        }
        imp.refused.set(None);
        let found = emoji_name::find(name, OFFERED);
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
                    let before = text_before_cursor(&view);
                    imp.refused.set(emoji_name::typed(&before).map(|(length, _)| start_of(&view, length)));
                }
                self.popdown();
            }
            _ => return false,
        }
        true
    }

    fn offer(&self, found: Vec<Named>) {
        let imp = self.imp();
        if *imp.offered.borrow() == found {
            return;
        }
        imp.list.remove_all();
        for named in &found {
            let row = gtk::Box::builder().spacing(10).build();
            row.append(&gtk::Label::builder().label(named.emoji).css_classes(["emoji"]).build());
            let name = gtk::Label::builder().label(format!(":{}:", named.name)).xalign(0.0);
            row.append(&name.max_width_chars(28).ellipsize(gtk::pango::EllipsizeMode::End).build());
            let row = gtk::ListBoxRow::builder().child(&row).focusable(false).build();
            row.update_property(&[gtk::accessible::Property::Label(&spoken(*named))]);
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
        let named = usize::try_from(index).ok().and_then(|index| imp.offered.borrow().get(index).copied());
        if let (Some(named), Some(view)) = (named, imp.view.upgrade()) {
            view.announce(&spoken(named), gtk::AccessibleAnnouncementPriority::Low);
        }
    }

    /// Puts an emoji in place of its name.
    fn insert(&self, index: i32) {
        let imp = self.imp();
        let named = usize::try_from(index).ok().and_then(|index| imp.offered.borrow().get(index).copied());
        let (Some(named), Some(view)) = (named, imp.view.upgrade()) else { return };
        let before = text_before_cursor(&view);
        if let Some((length, _)) = emoji_name::typed(&before) {
            replace(&view, length, named.emoji);
        }
        self.popdown();
        view.grab_focus();
    }

    fn replace_finished(&self) {
        let Some(view) = self.imp().view.upgrade() else { return };
        if let Some((length, emoji)) = emoji_name::finished(&text_before_cursor(&view)) {
            replace(&view, length, emoji);
        }
    }
}

fn spoken(named: Named) -> String {
    format!("{} {}", named.emoji, named.name.replace('_', " "))
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

/// Where the last bytes before the cursor begin; they are one character each.
fn start_of(view: &gtk::TextView, length: usize) -> i32 {
    view.buffer().cursor_position() - i32::try_from(length).unwrap_or(0)
}

fn replace(view: &gtk::TextView, length: usize, emoji: &str) {
    let buffer = view.buffer();
    let mut end = buffer.iter_at_mark(&buffer.get_insert());
    let mut start = buffer.iter_at_offset(start_of(view, length));
    buffer.begin_user_action();
    buffer.delete(&mut start, &mut end);
    buffer.insert(&mut start, emoji);
    buffer.end_user_action();
}
