//! Sending messages of the conversation on to somebody else.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::{gettext, ngettext};
use gtk::glib;

use super::{
    super::{forward_dialog::ForwardDialog, spoiler, time_text},
    ConversationPage,
};
use crate::{
    engine::api::{CommandError, MessageId, TextFormat, Timestamp},
    model::{Contact, Messenger},
    plain_text::isolated,
};

/// What is sent on, and how it is to be shown.
type Text = (String, TextFormat);

impl ConversationPage {
    /// Lets the person choose to whom a message is sent on.
    pub(super) fn forward(&self, id: Option<&glib::Variant>) {
        let id = id.and_then(glib::Variant::get::<i64>).map(MessageId);
        let (Some(id), Some(conversation)) = (id, self.conversation()) else { return };
        let history = conversation.history();
        if let Some(message) = history.position_of(id).and_then(|position| history.message(position)) {
            self.forward_texts(vec![(message.body(), message.format())]);
        }
    }

    /// The same for the texts of several messages, each with how it is to be shown as [`TextFormat::to_json`] writes it.
    pub(super) fn forward_named(&self, texts: Vec<(String, String)>) {
        self.forward_texts(texts.into_iter().map(|(text, json)| (text, TextFormat::from_json(&json))).collect());
    }

    fn forward_texts(&self, mut texts: Vec<Text>) {
        // Of a message that was taken back there is none.
        texts.retain(|(text, _)| !text.trim().is_empty());
        let Some(messenger) = self.imp().messenger.upgrade().filter(|_| !texts.is_empty()) else { return };
        let words = |(text, format): &Text| format.spoiler.as_deref().map_or_else(|| text.clone(), spoiler::words);
        let shown: Vec<String> = texts.iter().map(words).collect();
        let dialog = ForwardDialog::new(&messenger, &shown.join("\n"));
        let weak = self.downgrade();
        dialog.connect_chosen(move |contact| {
            if let Some(page) = weak.upgrade() {
                page.send_on(contact, texts.clone());
            }
        });
        dialog.present(Some(self));
    }

    /// Sends texts to somebody, and says so where one is.
    fn send_on(&self, contact: &Contact, texts: Vec<Text>) {
        let Some(messenger) = self.imp().messenger.upgrade() else { return };
        self.imp().pane.leave_selection();
        let (weak, contact) = (self.downgrade(), contact.clone());
        glib::spawn_future_local(async move {
            let result = send(&messenger, &contact, texts).await;
            let Some(page) = weak.upgrade() else { return };
            match result {
                Ok(held_until) => {
                    let text = forwarded(held_until).replace("{name}", &isolated(&contact.display_name()));
                    page.emit_by_name::<()>("notice", &[&text]);
                }
                Err(error) => page.tell(&error),
            }
        });
    }
}

/// What is said once a message has been sent on, or will be.
fn forwarded(held_until: Option<Timestamp>) -> String {
    let Some(until) = held_until else {
        // Translators: a message was sent on to somebody.
        return gettext("Forwarded to {name}");
    };
    let seconds = time_text::seconds_left(until).max(1);
    // Translators: a message is sent on to somebody as soon as it can't be taken back any more.
    let text = ngettext("Forwarding to {name} in {n} second", "Forwarding to {name} in {n} seconds", seconds);
    text.replace("{n}", &seconds.to_string())
}

/// In their order; what comes after one that can't be sent is not sent either. Until when the last is held, if it is.
async fn send(messenger: &Messenger, contact: &Contact, texts: Vec<Text>) -> Result<Option<Timestamp>, CommandError> {
    let conversation = messenger.open_conversation(contact.account(), contact.address().clone()).await?;
    let mut held_until = None;
    for (text, format) in texts {
        held_until = conversation.send_message(text, format, None, None).await?;
    }
    Ok(held_until)
}
