//! Pictures of the conversation, looked at closely, and what is done with a message's file.

use adw::prelude::*;
use gtk::glib;

use super::ConversationPage;
use crate::{
    engine::api::{AttachmentKind, MessageId},
    model::{Conversation, Message},
    ui::attachment::viewer::{PictureViewer, Shown},
};

impl ConversationPage {
    /// Shows a message's picture closely, with those before and after it.
    pub(super) fn view_picture(&self, id: Option<&glib::Variant>) {
        self.with_message(id, |conversation, id| {
            let history = conversation.history();
            let mut place = 0;
            let mut pictures = Vec::new();
            for message in history.iter::<Message>().filter_map(Result::ok) {
                let is_seen = |kind| matches!(kind, AttachmentKind::Picture | AttachmentKind::Video);
                let Some(file) = message.attachment().filter(|file| is_seen(file.kind) && !message.is_covered()) else {
                    continue;
                };
                let Some(path) = file.path else { continue };
                if message.id() == id {
                    place = pictures.len();
                }
                pictures.push(Shown { path, name: file.name });
            }
            if !pictures.is_empty() {
                PictureViewer::new(pictures, place).present(Some(self));
            }
        });
    }

    pub(super) fn with_message(&self, id: Option<&glib::Variant>, f: impl FnOnce(&Conversation, MessageId)) {
        if let (Some(id), Some(conversation)) = (id.and_then(glib::Variant::get::<i64>), self.conversation()) {
            f(&conversation, MessageId(id));
        }
    }
}
