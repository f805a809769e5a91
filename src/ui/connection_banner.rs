//! What the banner says while an account is not online, and what its button does.

use std::time::Duration;

use adw::prelude::*;
use gettextrs::{gettext, ngettext};
use gtk::{gio, glib};

use super::error_text;
use crate::{
    engine::api::{Command, ConnectionState, Problem},
    model::{Account, Messenger},
    secret::Secret,
};

/// A connection that comes back within this time is no news.
const MINOR: i64 = 1_500;

/// What the banner shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub text: String,
    pub button: Option<String>,
    /// When the text will be another one.
    pub changes_in: Option<Duration>,
}

/// `None` where there is nothing to say: online, offline by the person's wish, or about to be online.
#[must_use]
pub fn content(state: &ConnectionState) -> Option<Content> {
    let now = glib::real_time() / 1_000;
    match state {
        ConnectionState::Offline | ConnectionState::Connecting(_) | ConnectionState::Online => None,
        ConnectionState::Waiting { retry_at, problem } => {
            let left = retry_at.0 - now;
            if left < MINOR {
                return None;
            }
            let seconds = u32::try_from(left / 1_000).unwrap_or_default().max(1);
            let retry = ngettext("Next try in {n} second.", "Next try in {n} seconds.", seconds)
                .replace("{n}", &seconds.to_string());
            Some(Content {
                text: format!("{} {retry}", error_text::problem(problem)),
                button: Some(gettext("_Reconnect now")),
                changes_in: Some(Duration::from_secs(1)),
            })
        }
        ConnectionState::NeedsPerson(problem) => Some(Content {
            text: error_text::problem(problem),
            button: Some(match problem {
                Problem::WrongPassword | Problem::NoPassword => gettext("_Enter password"),
                _ => gettext("_Try again"),
            }),
            changes_in: None,
        }),
    }
}

/// Does what the button of a `NeedsPerson` banner says.
pub fn mend(parent: &impl IsA<gtk::Widget>, messenger: &Messenger, account: &Account, problem: &Problem) {
    if matches!(problem, Problem::WrongPassword | Problem::NoPassword) {
        ask_for_password(parent, messenger, account);
    } else {
        messenger.send(Command::ReconnectNow { account: account.id() });
    }
}

fn ask_for_password(parent: &impl IsA<gtk::Widget>, messenger: &Messenger, account: &Account) {
    let entry = adw::PasswordEntryRow::builder().title(gettext("Password")).activates_default(true).build();
    let group = adw::PreferencesGroup::new();
    group.add(&entry);
    let alert = adw::AlertDialog::builder()
        .heading(gettext("Password for {address}").replace("{address}", account.address().as_str()))
        .extra_child(&group)
        .close_response("cancel")
        .default_response("sign-in")
        .build();
    alert.add_responses(&[("cancel", &gettext("_Cancel")), ("sign-in", &gettext("_Sign in"))]);
    alert.set_response_appearance("sign-in", adw::ResponseAppearance::Suggested);
    alert.set_focus(Some(&entry));
    let (messenger, id) = (messenger.clone(), account.id());
    alert.choose(Some(parent), gio::Cancellable::NONE, move |response| {
        let text = entry.text();
        if response == "sign-in" && !text.is_empty() {
            let password = Secret::new(text.as_str());
            messenger.send(Command::SetPassword { account: id, password, remember: true });
        }
    });
}
