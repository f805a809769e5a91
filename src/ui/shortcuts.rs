//! The keyboard shortcuts: from here they are set, and from here they are listed.

use gettextrs::gettext;

use super::shortcuts_dialog;

/// An action with its target, its keys, and what it is called.
pub struct Shortcut {
    pub action: &'static str,
    pub accelerators: &'static [&'static str],
    pub label: String,
}

/// Every shortcut there is, under its heading.
#[must_use]
pub fn groups() -> Vec<(String, Vec<Shortcut>)> {
    let shortcut = |action, accelerators, label| Shortcut { action, accelerators, label };
    vec![
        (
            gettext("Conversations"),
            vec![
                shortcut("win.search", &["<Control>k"], gettext("Find a conversation or contact")),
                shortcut("win.new-conversation", &["<Control>n"], gettext("New conversation")),
                shortcut("win.next-conversation", &["<Alt>Down"], gettext("Next conversation")),
                shortcut("win.previous-conversation", &["<Alt>Up"], gettext("Previous conversation")),
                shortcut("win.next-unread", &["<Alt><Shift>Down"], gettext("Next unread conversation")),
                shortcut("win.previous-unread", &["<Alt><Shift>Up"], gettext("Previous unread conversation")),
                shortcut("win.search-conversation", &["<Control>f"], gettext("Search in the conversation")),
                shortcut("win.choose-date", &["<Control>g"], gettext("Go to a day")),
                shortcut("win.details", &["<Alt>Return"], gettext("Contact details")),
                shortcut("win.close-conversation", &["<Control>w"], gettext("Leave the conversation")),
            ],
        ),
        (gettext("Writing"), in_composer()),
        (
            gettext("Application"),
            vec![
                shortcut("app.add-contact", &["<Control><Shift>n"], gettext("Add a contact")),
                shortcut("app.preferences", &["<Control>comma"], gettext("Preferences")),
                shortcut("app.shortcuts", &["<Control>question"], gettext("Keyboard shortcuts")),
                shortcut("win.menu", &["F10"], gettext("Main menu")),
                shortcut("app.quit", &["<Control>q"], gettext("Quit")),
            ],
        ),
    ]
}

/// Those that mean something only where one writes; the composer sets them itself.
#[must_use]
pub fn in_composer() -> Vec<Shortcut> {
    let mut all = styles();
    all.push(Shortcut {
        action: "composer.record",
        accelerators: &["<Control><Shift>r"],
        label: gettext("Record a voice message, or stop"),
    });
    all
}

/// Those of them that style what is written.
#[must_use]
pub fn styles() -> Vec<Shortcut> {
    let shortcut = |action, accelerators, label| Shortcut { action, accelerators, label };
    vec![
        shortcut("composer.style::strong", &["<Control>b"], gettext("Bold")),
        shortcut("composer.style::emphasis", &["<Control>i"], gettext("Italic")),
        shortcut("composer.style::strike", &["<Control><Shift>x"], gettext("Struck through")),
        shortcut("composer.style::code", &["<Control>e"], gettext("Code")),
        shortcut("composer.spoiler", &["<Control><Shift>h"], gettext("Spoiler")),
    ]
}

/// The same as the dialog lists them.
#[must_use]
pub fn for_people() -> Vec<shortcuts_dialog::Group> {
    groups()
        .into_iter()
        .map(|(title, shortcuts)| {
            let rows = shortcuts.into_iter().map(|shortcut| {
                (shortcut.label, shortcut.accelerators.iter().map(|keys| (*keys).to_owned()).collect())
            });
            (title, rows.collect())
        })
        .collect()
}
