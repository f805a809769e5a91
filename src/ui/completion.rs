//! A list above the text of what may take the place of the word that is being typed.
//!
//! The keyboard stays in the text view, and the keys that move in the list are handed on from it.

use std::cell::{Cell, RefCell};

use gtk::{gdk, glib, prelude::*};

/// Above the line, in pixels.
const GAP: i32 = 4;

/// What each such list has.
#[derive(Debug, Default)]
pub struct Offers {
    view: glib::WeakRef<gtk::TextView>,
    list: gtk::ListBox,
    /// What a screen reader says of each row.
    spoken: RefCell<Vec<String>>,
    /// Where the word begins that the person wants nothing offered for.
    refused: Cell<Option<i32>>,
}

impl Offers {
    pub fn view(&self) -> Option<gtk::TextView> {
        self.view.upgrade()
    }
}

/// A popover that offers what fits.
pub trait Completion: IsA<gtk::Popover> + IsA<gtk::Widget> {
    fn offers(&self) -> &Offers;

    /// How many characters at the end of a text are to be completed.
    fn typed(before: &str) -> Option<usize>;

    /// Offers what fits at the end of a text (see [`Self::offer`]); whether anything does.
    fn find(&self, before: &str) -> bool;

    /// Puts what is offered in this row in place of what was typed.
    fn insert(&self, row: i32);

    /// For a view within `parent`, which has to give its popovers their place.
    fn set_up(&self, parent: &impl IsA<gtk::Widget>, view: &gtk::TextView, label: &str) {
        let Offers { view: place, list, .. } = self.offers();
        self.set_autohide(false);
        self.set_has_arrow(false);
        self.set_position(gtk::PositionType::Top);
        self.set_halign(gtk::Align::Start);
        self.set_can_focus(false);
        self.add_css_class("emoji-completion");
        place.set(Some(view));
        list.set_selection_mode(gtk::SelectionMode::Browse);
        list.update_property(&[gtk::accessible::Property::Label(label)]);
        self.set_child(Some(list));
        self.set_parent(parent);
        let weak = self.downgrade();
        list.connect_row_activated(move |_, row| {
            if let Some(this) = weak.upgrade() {
                this.insert(row.index());
            }
        });
        let weak = self.downgrade();
        view.buffer().connect_cursor_position_notify(move |_| {
            if let Some(this) = weak.upgrade().filter(WidgetExt::is_visible) {
                this.update();
            }
        });
    }

    /// Offers what fits at the cursor; called when the person has typed.
    fn update(&self) {
        let Offers { refused, .. } = self.offers();
        let Some(view) = self.offers().view() else { return };
        let before = text_before_cursor(&view);
        let Some(start) = Self::typed(&before).map(|length| start_of(&view, length)) else {
            refused.set(None);
            return self.popdown();
        };
        if refused.get() == Some(start) {
            return self.popdown();
        }
        refused.set(None);
        if !self.find(&before) {
            return self.popdown();
        }
        point_to(self, &view, start);
        self.popup();
    }

    /// Whether a key was meant for the list.
    fn takes(&self, key: gdk::Key, modifiers: gdk::ModifierType) -> bool {
        let is_command = modifiers
            .intersects(gdk::ModifierType::SHIFT_MASK | gdk::ModifierType::CONTROL_MASK | gdk::ModifierType::ALT_MASK);
        if !self.is_visible() || is_command {
            return false;
        }
        match key {
            gdk::Key::Up | gdk::Key::KP_Up => self.walk(-1),
            gdk::Key::Down | gdk::Key::KP_Down => self.walk(1),
            gdk::Key::Return | gdk::Key::KP_Enter | gdk::Key::ISO_Enter | gdk::Key::Tab | gdk::Key::KP_Tab => {
                self.insert(self.offers().list.selected_row().map_or(0, |row| row.index()));
            }
            gdk::Key::Escape => {
                let Offers { refused, .. } = self.offers();
                if let Some(view) = self.offers().view() {
                    refused.set(Self::typed(&text_before_cursor(&view)).map(|length| start_of(&view, length)));
                }
                self.popdown();
            }
            _ => return false,
        }
        true
    }

    /// What stands in the rows from now on, and what is said of each.
    fn offer(&self, rows: impl IntoIterator<Item = (gtk::Box, String)>) {
        let Offers { list, spoken, .. } = self.offers();
        list.remove_all();
        let words = rows.into_iter().map(|(row, words)| {
            let row = gtk::ListBoxRow::builder().child(&row).focusable(false).build();
            row.update_property(&[gtk::accessible::Property::Label(&words)]);
            list.append(&row);
            words
        });
        let words = words.collect();
        spoken.replace(words);
        self.select(0);
    }

    fn walk(&self, by: i32) {
        let Offers { list, spoken, .. } = self.offers();
        let count = i32::try_from(spoken.borrow().len()).unwrap_or(1).max(1);
        let at = list.selected_row().map_or(0, |row| row.index());
        self.select((at + by).rem_euclid(count));
    }

    fn select(&self, row: i32) {
        let Offers { list, spoken, .. } = self.offers();
        list.select_row(list.row_at_index(row).as_ref());
        let words = usize::try_from(row).ok().and_then(|row| spoken.borrow().get(row).cloned());
        if let (Some(words), Some(view)) = (words, self.offers().view()) {
            view.announce(&words, gtk::AccessibleAnnouncementPriority::Low);
        }
    }
}

/// What stands before the cursor in its line; nothing while a part of the text is selected.
pub fn text_before_cursor(view: &gtk::TextView) -> String {
    let buffer = view.buffer();
    if buffer.has_selection() {
        return String::new();
    }
    let end = buffer.iter_at_mark(&buffer.get_insert());
    let mut start = end;
    start.set_line_offset(0);
    buffer.text(&start, &end, false).into()
}

/// Puts a text in place of so many characters before the cursor, as one step of undoing; where it begins.
pub fn replace(view: &gtk::TextView, length: usize, text: &str) -> i32 {
    let buffer = view.buffer();
    let offset = start_of(view, length);
    let (mut start, mut end) = (buffer.iter_at_offset(offset), buffer.iter_at_mark(&buffer.get_insert()));
    buffer.begin_user_action();
    buffer.delete(&mut start, &mut end);
    buffer.insert(&mut start, text);
    buffer.end_user_action();
    offset
}

/// Where the last characters before the cursor begin.
fn start_of(view: &gtk::TextView, length: usize) -> i32 {
    view.buffer().cursor_position() - i32::try_from(length).unwrap_or(0)
}

/// Makes a popover point to a place in a text, in characters from its beginning; it stands on the side of it that has room.
fn point_to(popover: &impl IsA<gtk::Popover>, view: &gtk::TextView, start: i32) {
    let Some(parent) = popover.as_ref().parent() else { return };
    let place = view.iter_location(&view.buffer().iter_at_offset(start));
    let (x, y) = view.buffer_to_window_coords(gtk::TextWindowType::Widget, place.x(), place.y());
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    if let Some(point) = view.compute_point(&parent, &gtk::graphene::Point::new(x as f32, y as f32)) {
        let popover = popover.as_ref();
        popover.set_pointing_to(Some(&gdk::Rectangle::new(
            point.x() as i32,
            point.y() as i32 - GAP,
            1,
            place.height(),
        )));
        // A text has a direction of its own: the window's does not say where the word is.
        let is_on_the_left = x * 2 <= view.width();
        let begins_there = is_on_the_left == (popover.direction() != gtk::TextDirection::Rtl);
        popover.set_halign(if begins_there { gtk::Align::Start } else { gtk::Align::End });
    }
}
