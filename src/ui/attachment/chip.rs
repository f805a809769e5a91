//! One file that waits to be sent: what it looks like, its name and size, and a way out.

use gettextrs::gettext;
use gtk::{pango, prelude::*};

use super::{waiting::Waiting, words};
use crate::{plain_text::isolated, ui::media::sound_player::SoundPlayer};

const SIDE: i32 = 56;

/// A chip; `remove` is called when the person takes the file out.
#[must_use]
pub fn new(waiting: &Waiting, is_too_large: bool, remove: impl Fn() + 'static) -> gtk::Widget {
    let chip =
        gtk::Box::builder().spacing(8).css_classes(["chip"]).accessible_role(gtk::AccessibleRole::ListItem).build();
    if let Some(voice) = &waiting.voice {
        let player = SoundPlayer::default();
        player.set_sound(Some(&voice.path), Some(voice.length).filter(|length| !length.is_zero()));
        player.update_property(&[gtk::accessible::Property::Label(&waiting.name)]);
        chip.append(&player);
    } else {
        append_file(&chip, waiting, is_too_large);
    }
    let tooltip = if waiting.voice.is_some() {
        gettext("Discard the recording")
    } else {
        gettext("Don't send {name}").replace("{name}", &isolated(&waiting.name))
    };
    let button = gtk::Button::builder()
        .icon_name("window-close-symbolic")
        .tooltip_text(&tooltip)
        .valign(gtk::Align::Center)
        .css_classes(["flat", "circular"])
        .build();
    button.update_property(&[gtk::accessible::Property::Label(&tooltip)]);
    button.connect_clicked(move |_| remove());
    chip.append(&button);
    chip.upcast()
}

fn append_file(chip: &gtk::Box, waiting: &Waiting, is_too_large: bool) {
    match &waiting.texture {
        Some(texture) => {
            let picture = gtk::Image::builder()
                .paintable(texture)
                .pixel_size(SIDE)
                .accessible_role(gtk::AccessibleRole::Presentation)
                .build();
            chip.append(&picture);
        }
        None => chip.append(&gtk::Image::builder().icon_name("text-x-generic-symbolic").pixel_size(24).build()),
    }
    let text = gtk::Box::builder().orientation(gtk::Orientation::Vertical).valign(gtk::Align::Center).build();
    let label = |text: &str, classes: &[&str]| {
        let length = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
        gtk::Label::builder()
            .label(text)
            .xalign(0.0)
            .ellipsize(pango::EllipsizeMode::Middle)
            // The bar is scrolled before anything that matters is cut off.
            .width_chars(length.min(12))
            .max_width_chars(18)
            .css_classes(classes.to_vec())
            .build()
    };
    text.append(&label(&waiting.name, &[]));
    let class = if is_too_large { "error" } else { "dimmed" };
    text.append(&label(&words::size(waiting.size), &[class, "caption"]));
    chip.append(&text);
}
