//! Sends what stands in the field and above it; what can't be sent comes back.

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{Composer, voice};
use crate::{
    engine::api::{CommandError, TextFormat},
    model::Conversation,
    ui::{attachment::waiting::Waiting, composer_bar::Purpose, error_text},
};

impl Composer {
    pub(super) fn send(&self) {
        let (body, format) = self.content();
        let Some(conversation) = self.imp().conversation.borrow().clone() else { return };
        // Another text for a message goes without the files, which wait.
        let edits = matches!(self.imp().bar.purpose(), Purpose::Edit { .. });
        if !edits && !self.imp().attach_bar.is_empty() {
            return self.send_files(conversation, body, format);
        }
        if body.trim().is_empty() {
            return;
        }
        let (purpose, (preview, left_out)) = (self.imp().bar.purpose(), self.take_preview());
        // Gone from the field with the key press; back again if it can't be sent.
        self.set_content("", &TextFormat::default());
        self.give_up();
        self.stop_typing_timeout();
        // The message itself says that one is here (XEP-0085 §5.3).
        self.imp().chat_state.set(None);
        self.keep_draft();
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let result = match &purpose {
                Purpose::New => conversation.send_message(body.clone(), format.clone(), None, preview).await.map(drop),
                Purpose::Answer(message) => {
                    conversation.send_message(body.clone(), format.clone(), Some(message.id()), preview).await.map(drop)
                }
                Purpose::Edit { message, .. } => {
                    conversation.correct(message.id(), body.clone(), format.clone(), preview).await
                }
            };
            let Some(composer) = weak.upgrade() else {
                if result.is_err() {
                    conversation.set_draft(&body, &format);
                }
                return;
            };
            match result {
                // One who edits stays where the message is.
                Ok(()) if matches!(purpose, Purpose::Edit { .. }) => {}
                Ok(()) => composer.emit_by_name::<()>("sent", &[]),
                Err(error) => {
                    composer.leave_out_again(left_out);
                    composer.take_back(&conversation, purpose, (&body, &format), &error);
                }
            }
        });
    }

    /// Sends what is in the bar, with the text as its caption.
    pub(super) fn send_files(&self, conversation: Conversation, caption: String, format: TextFormat) {
        let imp = self.imp();
        if !imp.attach_bar.may_be_sent() {
            return;
        }
        let files = imp.attach_bar.take();
        self.set_content("", &TextFormat::default());
        self.send_waiting(conversation, files, caption, format);
    }

    /// Sends files that are nowhere any more, as an answer if one was begun; they come back above the field where they can't be
    /// sent.
    pub(super) fn send_waiting(
        &self,
        conversation: Conversation,
        files: Vec<Waiting>,
        caption: String,
        format: TextFormat,
    ) {
        let purpose = match self.imp().bar.purpose() {
            purpose @ Purpose::Answer(_) if self.is_for(&conversation) => purpose,
            _ => Purpose::New,
        };
        if let Purpose::Answer(_) = purpose {
            self.give_up();
        }
        self.stop_typing_timeout();
        self.imp().chat_state.set(None);
        self.keep_draft();
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let answers = match &purpose {
                Purpose::Answer(message) => Some(message.id()),
                _ => None,
            };
            let new = files.iter().map(|waiting| waiting.file.clone()).collect();
            let result = conversation.send_files(new, caption.clone(), format.clone(), answers).await;
            if result.is_ok() {
                voice::forget_sent(&files);
            }
            let Some(composer) = weak.upgrade() else { return };
            match result {
                Ok(()) => composer.emit_by_name::<()>("sent", &[]),
                Err(error) => {
                    composer.imp().attach_bar.put_back(&conversation, files);
                    composer.take_back(&conversation, purpose, (&caption, &format), &error);
                }
            }
        });
    }

    /// A text that comes back, with what was written meanwhile behind it.
    pub(super) fn before_content(&self, body: &str, format: &TextFormat) -> (String, TextFormat) {
        let (meanwhile, other) = self.content();
        let text = if meanwhile.is_empty() { body.to_owned() } else { format!("{body}\n{meanwhile}") };
        (text, format.clone().followed_by(other, body.chars().count() + 1))
    }

    fn is_for(&self, conversation: &Conversation) -> bool {
        self.imp().conversation.borrow().as_ref() == Some(conversation)
    }

    pub(super) fn take_back(
        &self,
        conversation: &Conversation,
        purpose: Purpose,
        (body, format): (&str, &TextFormat),
        error: &CommandError,
    ) {
        if !self.is_for(conversation) {
            // The person has gone on: it waits for them where it was written.
            conversation.set_draft(body, format);
            return;
        }
        let (text, format) = self.before_content(body, format);
        if !matches!(purpose, Purpose::New) {
            self.set_purpose(purpose);
        }
        self.set_content(&text, &format);
        self.keep_draft();
        self.show_problem(Some(&match error {
            CommandError::TooLong { .. } => gettext("This is too long for one message. Send it in parts."),
            error => error_text::command(error),
        }));
    }
}
