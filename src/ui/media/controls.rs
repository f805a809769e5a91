//! What the controls of sound and those of a film have in common: they follow what plays, and go to another place in it.

use std::{path::PathBuf, time::Duration};

use gettextrs::gettext;
use gtk::{glib, prelude::*};

use super::playback::playback;

/// How far the arrow keys and Page Up and Down go, in seconds.
const STEP: f64 = 2.0;
const PAGE: f64 = 10.0;

/// Controls of one file.
pub trait Controls: IsA<gtk::Widget> {
    /// Whose controls they are.
    fn path(&self) -> Option<PathBuf>;

    /// How long the sender says that it is.
    fn claimed(&self) -> Option<Duration>;

    /// Shows how things are.
    fn update(&self);

    /// How long it is: what is said, until it is known.
    fn length(&self) -> Option<Duration> {
        playback().state(&self.path()?).length.or(self.claimed())
    }

    /// Lets a scale go to another place, and shows from now on what plays as long as it is seen. Returns the handlers, which are
    /// the playback's.
    fn follow(&self, scale: &gtk::Scale) -> Vec<glib::SignalHandlerId> {
        scale.adjustment().set_step_increment(STEP);
        scale.adjustment().set_page_increment(PAGE);
        let weak = self.downgrade();
        scale.connect_change_value(move |_, _, value| {
            if let Some(controls) = weak.upgrade()
                && let Some(path) = controls.path()
            {
                let most = controls.length().unwrap_or_default();
                playback().seek(&path, Duration::try_from_secs_f64(value.max(0.0)).unwrap_or_default().min(most));
            }
            glib::Propagation::Stop
        });
        let weak = self.downgrade();
        let changed = playback().connect_changed(move |_| {
            if let Some(controls) = weak.upgrade().filter(WidgetExt::is_mapped) {
                controls.update();
            }
        });
        let weak = self.downgrade();
        let moved = playback().connect_moved(move |playback| {
            let is_ours = |controls: &Self| {
                controls.is_mapped() && controls.path().is_some_and(|path| playback.is_current(&path))
            };
            if let Some(controls) = weak.upgrade().filter(is_ours) {
                controls.update();
            }
        });
        self.connect_map(Self::update);
        vec![changed, moved]
    }
}

/// Shows on a scale how far into it one is; returns the part of the whole.
pub fn show_place(scale: &gtk::Scale, position: Duration, length: Option<Duration>) -> f64 {
    let all = length.unwrap_or_default().as_secs_f64();
    let now = position.as_secs_f64().min(all);
    scale.set_sensitive(all > 0.0);
    scale.adjustment().set_upper(all.max(0.1));
    scale.adjustment().set_value(now);
    if all > 0.0 { now / all } else { 0.0 }
}

/// Shows the same in words.
pub fn show_time(label: &gtk::Label, scale: &gtk::Scale, text: &str) {
    if label.label() != text {
        label.set_label(text);
        scale.update_property(&[gtk::accessible::Property::ValueText(text)]);
    }
}

/// Says what a press of the first button does.
pub fn show_playing(button: &gtk::Button, is_playing: bool) {
    let (icon, label) = if is_playing {
        ("media-playback-pause-symbolic", gettext("Pause"))
    } else {
        ("media-playback-start-symbolic", gettext("Play"))
    };
    name(button, icon, &label);
}

/// Gives a button an icon and a name, for eyes and ears.
pub fn name(button: &gtk::Button, icon: &str, label: &str) {
    if button.icon_name().as_deref() != Some(icon) || button.tooltip_text().as_deref() != Some(label) {
        button.set_icon_name(icon);
        button.set_tooltip_text(Some(label));
        button.update_property(&[gtk::accessible::Property::Label(label)]);
    }
}
