//! Takes a message back into the field while it has not left.

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::Composer;
use crate::{
    engine::api::{self, CommandError, MessageId, TextFormat},
    model::{Conversation, Message},
    ui::{composer_bar::Purpose, error_text},
};

/// So far back a message is looked for that can be taken back.
const LOOKED_THROUGH: usize = 20;

impl Composer {
    /// Takes back the last message that has not left. False: there is none.
    pub(super) fn undo_last(&self) -> bool {
        let Some(conversation) = self.imp().conversation.borrow().clone() else { return false };
        let newest = conversation.history().newest(LOOKED_THROUGH);
        let held = newest.iter().find(|message| message.held_until().is_some());
        if let Some(message) = held {
            self.undo_send(message.id());
        }
        held.is_some()
    }

    /// Takes a message of this conversation back, if it has not left.
    pub(in crate::ui) fn undo_send(&self, message: MessageId) {
        let Some(conversation) = self.imp().conversation.borrow().clone() else { return };
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let result = conversation.undo_send(message).await;
            let is_here = |composer: &Self| composer.imp().conversation.borrow().as_ref() == Some(&conversation);
            match (result, weak.upgrade().filter(is_here)) {
                (Ok(message), Some(composer)) => composer.put_back(&conversation, &message),
                (Ok(message), None) => keep_as_draft(&conversation, &message.body, &message.format),
                (Err(error), Some(composer)) => composer.show_problem(Some(&match error {
                    CommandError::NotFound => gettext("The message has left already."),
                    error => error_text::command(&error),
                })),
                (Err(error), None) => log::warn!("a message was not taken back: {error}"),
            }
        });
    }

    /// The field is as it was before the message was sent; what was written meanwhile follows.
    fn put_back(&self, conversation: &Conversation, message: &api::Message) {
        self.give_up();
        let (text, format) = self.before_content(&message.body, &message.format);
        let answered = message.annotations.quote.as_ref().and_then(|quote| quote.message);
        if let Some(answered) = answered.and_then(|id| loaded(conversation, id)) {
            self.set_purpose(Purpose::Answer(answered));
        }
        self.know_links(&message.annotations.links);
        self.set_content(&text, &format);
        self.keep_draft();
        self.grab_focus();
    }
}

fn loaded(conversation: &Conversation, id: MessageId) -> Option<Message> {
    let history = conversation.history();
    history.message(history.position_of(id)?)
}

/// The person has gone on: it waits for them where it was written, whatever was kept there as they left.
fn keep_as_draft(conversation: &Conversation, text: &str, format: &TextFormat) {
    let draft = conversation.draft().unwrap_or_default();
    if !draft.starts_with(text) {
        let format = format.clone().followed_by(conversation.draft_format(), text.chars().count() + 1);
        conversation.set_draft(format!("{text}\n{draft}").trim_end(), &format);
    }
}
