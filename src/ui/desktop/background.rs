//! Going on without a window: in a sandbox the portal has to allow that, and only it can start the program at login.

use ashpd::desktop::background;
use gtk::{gio, prelude::*};

use super::service_thread;

/// Keeps the program alive while it is held.
#[derive(Debug)]
pub struct Background {
    _hold: gio::ApplicationHoldGuard,
}

impl Background {
    /// Holds the application, and asks the portal (with `reason` as what the person may be shown) where there is one.
    pub fn enter(application: &impl IsA<gio::Application>, reason: &str, start_at_login: bool) -> Self {
        request(reason.to_owned(), start_at_login);
        Self { _hold: application.hold() }
    }
}

/// Outside of a sandbox there may be no portal, and then nobody needs to be asked.
fn request(reason: String, start_at_login: bool) {
    service_thread::spawn(async move {
        let request = background::Background::request()
            .reason(reason.as_str())
            .auto_start(start_at_login)
            .command(["stonechat", "--hidden"])
            .dbus_activatable(false);
        match request.send().await.and_then(|request| request.response()) {
            Ok(answer) => log::debug!("background allowed: {}", answer.run_in_background()),
            Err(error) => log::debug!("no background portal: {error}"),
        }
    });
}
