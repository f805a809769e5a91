//! Asks whether what was said is to be deleted here, and says what that does not delete.

use adw::prelude::*;
use gettextrs::gettext;
use gtk::glib;

use super::error_text;
use crate::{model::Conversation, plain_text::isolated};

/// Asks, and does it.
pub fn ask(parent: &impl IsA<gtk::Widget>, conversation: &Conversation) {
    let (parent, conversation) = (parent.clone().upcast::<gtk::Widget>(), conversation.clone());
    glib::spawn_future_local(async move {
        let name = isolated(&conversation.contact().display_name());
        let heading = gettext("Delete the messages with {name} here?").replace("{name}", &name);
        let dialog = adw::AlertDialog::new(Some(&heading), Some(&body(&name)));
        dialog.add_responses(&[("cancel", &gettext("_Cancel")), ("delete", &gettext("_Delete here"))]);
        dialog.set_response_appearance("delete", adw::ResponseAppearance::Destructive);
        dialog.set_default_response(Some("cancel"));
        dialog.set_close_response("cancel");
        if dialog.choose_future(Some(&parent)).await != "delete" {
            return;
        }
        if let Err(error) = conversation.delete_history().await {
            let dialog = adw::AlertDialog::new(Some(&gettext("That did not work")), Some(&error_text::command(&error)));
            dialog.add_response("close", &gettext("Close"));
            dialog.present(Some(&parent));
        }
    });
}

fn body(name: &str) -> String {
    let here = gettext("They are deleted on this computer and do not come back here. This can't be undone.");
    let elsewhere = gettext(
        "Not deleted: what your server keeps, what is on your other devices, and what {name} has. What still waits to be sent stays as well.",
    );
    format!("{here}\n\n{}", elsewhere.replace("{name}", name))
}
