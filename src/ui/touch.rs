//! Fingers, which scroll where a mouse selects.

use gtk::{gdk, prelude::*};

/// Whether what a gesture sees comes from a finger.
pub fn is_touch(gesture: &impl IsA<gtk::EventController>) -> bool {
    gesture.current_event_device().is_some_and(|device| device.source() == gdk::InputSource::Touchscreen)
}
