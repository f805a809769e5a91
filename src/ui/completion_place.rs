//! Where a list of what completes a word stands: at the word, and on the side of it that has more room.

use gtk::{gdk, prelude::*};

/// Above the line, in pixels.
const GAP: i32 = 4;

/// Makes a popover point to a place in a text, in characters from its beginning.
pub fn point_to(popover: &impl IsA<gtk::Popover>, view: &gtk::TextView, start: i32) {
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
