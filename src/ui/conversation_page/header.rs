//! Who it is with and what is known of them, above the history.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;

use super::ConversationPage;
use crate::{
    engine::api::Subscription,
    model::{Availability, Conversation},
    plain_text::isolated,
    ui::avatar_view::availability_text,
};

impl ConversationPage {
    pub(super) fn update(&self) {
        let imp = self.imp();
        let Some(conversation) = self.conversation() else { return };
        let name = conversation.contact().display_name();
        imp.name.set_label(&name);
        self.set_title(&name);
        let is_typing = conversation.is_composing();
        imp.subtitle.set_label(&subtitle(&conversation));
        if is_typing {
            imp.subtitle.add_css_class("typing");
        } else {
            imp.subtitle.remove_css_class("typing");
        }
        self.update_foot();
        self.notify("attention");
        self.notify("is-pinned");
    }
}

/// What is known of the other side, in one line.
fn subtitle(conversation: &Conversation) -> String {
    let contact = conversation.contact();
    if contact.is_blocked() {
        return gettext("Blocked");
    }
    if conversation.is_composing() {
        return gettext("typing…");
    }
    let sees = matches!(contact.subscription(), Subscription::To | Subscription::Both);
    if !sees && contact.availability() == Availability::Offline {
        return contact.address_text();
    }
    let presence = availability_text(contact.availability());
    match contact.status() {
        Some(status) => format!("{presence} · {}", isolated(&status)),
        None => presence,
    }
}
