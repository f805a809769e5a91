//! How much a conversation may ask for attention: the choices, and what each does.

use std::time::Duration;

use gettextrs::gettext;
use gtk::glib;

use crate::model::Conversation;

/// In the order in which they are offered; menus name them so.
pub const CHOICES: [&str; 5] = ["on", "silent", "hour", "eight-hours", "off"];

const HOUR: Duration = Duration::from_hours(1);

/// Which of the choices holds.
#[must_use]
pub fn chosen(conversation: &Conversation) -> &'static str {
    match (conversation.is_muted(), conversation.is_silent()) {
        (true, _) => "off",
        (false, true) => "silent",
        (false, false) => "on",
    }
}

/// Makes one of the choices.
pub fn choose(conversation: &Conversation, choice: &str) {
    match choice {
        "on" | "silent" => {
            conversation.set_silent(choice == "silent");
            if conversation.is_muted() {
                conversation.set_muted(false);
            }
        }
        "hour" => conversation.mute_for(HOUR),
        "eight-hours" => conversation.mute_for(8 * HOUR),
        "off" => conversation.set_muted(true),
        other => log::warn!("{other} is no choice"),
    }
}

/// When it will be louder again; nothing where it is not muted, or for good.
#[must_use]
pub fn until_text(conversation: &Conversation) -> String {
    let until = conversation.muted_until();
    if !conversation.is_muted() || until == 0 {
        return String::new();
    }
    let time = glib::DateTime::from_unix_local(until / 1_000).and_then(|time| time.format("%H:%M"));
    time.map(|time| gettext("Off until {time}").replace("{time}", &time)).unwrap_or_default()
}
