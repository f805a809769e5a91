//! Sending a message of the conversation on to somebody else.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::glib;

use super::{super::forward_dialog::ForwardDialog, ConversationPage};
use crate::{engine::api::MessageId, model::Contact, plain_text::isolated};

impl ConversationPage {
    /// Lets the person choose to whom a message is sent on.
    pub(super) fn forward(&self, id: Option<&glib::Variant>) {
        let id = id.and_then(glib::Variant::get::<i64>).map(MessageId);
        let (Some(id), Some(conversation)) = (id, self.conversation()) else { return };
        let history = conversation.history();
        let message = history.position_of(id).and_then(|position| history.message(position));
        let (Some(message), Some(messenger)) = (message, self.imp().messenger.upgrade()) else { return };
        let body = message.body();
        if body.trim().is_empty() {
            return;
        }
        let dialog = ForwardDialog::new(&messenger, &body);
        let weak = self.downgrade();
        dialog.connect_chosen(move |contact| {
            if let Some(page) = weak.upgrade() {
                page.send_on(contact, body.clone());
            }
        });
        dialog.present(Some(self));
    }

    /// Sends a text to somebody, and says so where one is.
    fn send_on(&self, contact: &Contact, body: String) {
        let Some(messenger) = self.imp().messenger.upgrade() else { return };
        let (weak, contact) = (self.downgrade(), contact.clone());
        glib::spawn_future_local(async move {
            let result = match messenger.open_conversation(contact.account(), contact.address().clone()).await {
                Ok(conversation) => conversation.send_message(body, None).await,
                Err(error) => Err(error),
            };
            let Some(page) = weak.upgrade() else { return };
            match result {
                Ok(()) => {
                    // Translators: a message was sent on to somebody.
                    let text = gettext("Forwarded to {name}").replace("{name}", &isolated(&contact.display_name()));
                    page.emit_by_name::<()>("notice", &[&text]);
                }
                Err(error) => page.tell(&error),
            }
        });
    }
}
