//! Sending messages of the conversation on to somebody else.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::glib;

use super::{super::forward_dialog::ForwardDialog, ConversationPage};
use crate::{
    engine::api::{CommandError, MessageId},
    model::{Contact, Messenger},
    plain_text::isolated,
};

impl ConversationPage {
    /// Lets the person choose to whom a message is sent on.
    pub(super) fn forward(&self, id: Option<&glib::Variant>) {
        let id = id.and_then(glib::Variant::get::<i64>).map(MessageId);
        let (Some(id), Some(conversation)) = (id, self.conversation()) else { return };
        let history = conversation.history();
        if let Some(message) = history.position_of(id).and_then(|position| history.message(position)) {
            self.forward_texts(vec![message.body()]);
        }
    }

    /// The same for the texts of several messages.
    pub(super) fn forward_texts(&self, mut texts: Vec<String>) {
        // Of a message that was taken back there is none.
        texts.retain(|text| !text.trim().is_empty());
        let Some(messenger) = self.imp().messenger.upgrade().filter(|_| !texts.is_empty()) else { return };
        let dialog = ForwardDialog::new(&messenger, &texts.join("\n"));
        let weak = self.downgrade();
        dialog.connect_chosen(move |contact| {
            if let Some(page) = weak.upgrade() {
                page.send_on(contact, texts.clone());
            }
        });
        dialog.present(Some(self));
    }

    /// Sends texts to somebody, and says so where one is.
    fn send_on(&self, contact: &Contact, texts: Vec<String>) {
        let Some(messenger) = self.imp().messenger.upgrade() else { return };
        self.imp().pane.leave_selection();
        let (weak, contact) = (self.downgrade(), contact.clone());
        glib::spawn_future_local(async move {
            let result = send(&messenger, &contact, texts).await;
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

/// In their order; what comes after one that can't be sent is not sent either.
async fn send(messenger: &Messenger, contact: &Contact, texts: Vec<String>) -> Result<(), CommandError> {
    let conversation = messenger.open_conversation(contact.account(), contact.address().clone()).await?;
    for text in texts {
        conversation.send_message(text, None, None).await?;
    }
    Ok(())
}
