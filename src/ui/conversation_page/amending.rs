//! What the person does with a message that is there: answers it, gives it another text, reacts to it, takes it away.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::glib;

use super::ConversationPage;
use crate::{
    engine::api::{CommandError, MessageId, Revision},
    model::{Conversation, DeliveryState, Message},
    ui::{composer_bar::Purpose, message_details, revisions_dialog},
};

/// So far back a message of one's own is looked for when the last is to be edited.
const LOOKED_THROUGH: usize = 100;

impl ConversationPage {
    pub(super) fn answer(&self, id: Option<&glib::Variant>) {
        if let Some(message) = self.named(id).filter(|message| !message.is_retracted()) {
            self.imp().composer.begin(Purpose::Answer(message));
        }
    }

    pub(super) fn edit(&self, id: Option<&glib::Variant>) {
        if let Some(message) = self.named(id) {
            self.begin_edit(&message);
        }
    }

    /// The last message of one's own gets another text.
    pub(super) fn edit_last(&self) {
        let Some(history) = self.conversation().map(|conversation| conversation.history()) else { return };
        if let Some(message) = history.newest(LOOKED_THROUGH).into_iter().find(can_be_edited) {
            self.begin_edit(&message);
        }
    }

    fn begin_edit(&self, message: &Message) {
        if can_be_edited(message) {
            let before = self.imp().composer.content();
            self.imp().composer.begin(Purpose::Edit { message: message.clone(), before });
        }
    }

    /// Takes a message back that has not left.
    pub(super) fn undo_send(&self, id: Option<&glib::Variant>) {
        if let Some(message) = self.named(id) {
            self.imp().composer.undo_send(message.id());
        }
    }

    pub(super) fn react(&self, target: Option<&glib::Variant>) {
        let Some((id, emoji)) = target.and_then(glib::Variant::get::<(i64, String)>) else { return };
        let Some(message) = self.named(Some(&id.to_variant())) else { return };
        self.carry_out(async move |conversation| conversation.toggle_reaction(&message, &emoji).await);
    }

    pub(super) fn show_named(&self, id: Option<&glib::Variant>) {
        if let Some(id) = id.and_then(glib::Variant::get::<i64>) {
            self.imp().pane.point_out(MessageId(id));
        }
    }

    pub(super) fn show_revisions(&self, id: Option<&glib::Variant>) {
        self.show_with_revisions(id, |_, message, revisions| revisions_dialog::new(revisions, !message.is_uncovered()));
    }

    pub(super) fn show_message_details(&self, id: Option<&glib::Variant>) {
        self.show_with_revisions(id, |conversation, message, revisions| {
            let who = if message.is_outgoing() { gettext("You") } else { conversation.contact().display_name() };
            message_details::new(message, &who, revisions)
        });
    }

    /// Opens a dialog that is made of a message and of the texts that it has had.
    fn show_with_revisions(
        &self,
        id: Option<&glib::Variant>,
        dialog: impl FnOnce(&Conversation, &Message, &[Revision]) -> adw::Dialog + 'static,
    ) {
        let (Some(message), Some(conversation)) = (self.named(id), self.conversation()) else { return };
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let found = conversation.revisions(message.id()).await;
            let Some(page) = weak.upgrade() else { return };
            match found {
                Ok(revisions) => dialog(&conversation, &message, &revisions).present(Some(&page)),
                Err(error) => page.tell(&error),
            }
        });
    }

    /// Asks where a message is to be deleted, and does it.
    pub(super) fn delete(&self, id: Option<&glib::Variant>) {
        let Some(message) = self.named(id) else { return };
        let can_retract = message.is_outgoing() && !message.is_retracted();
        let text = if can_retract {
            gettext(
                "For everyone: the other side is asked to delete it as well. Programs that do not know this keep it, and it may have been read.\n\nFor you: it goes from this computer; the server's archive and your other devices keep it.",
            )
        } else {
            gettext("It goes from this computer. The server's archive, your other devices and the other side keep it.")
        };
        let dialog = adw::AlertDialog::new(Some(&gettext("Delete the message?")), Some(&text));
        dialog.add_response("cancel", &gettext("_Cancel"));
        dialog.add_response("here", &gettext("Delete for _me"));
        dialog.set_response_appearance("here", adw::ResponseAppearance::Destructive);
        if can_retract {
            dialog.add_response("everywhere", &gettext("Delete for _everyone"));
            dialog.set_response_appearance("everywhere", adw::ResponseAppearance::Destructive);
        }
        dialog.set_close_response("cancel");
        let weak = self.downgrade();
        dialog.connect_response(None, move |_, response| {
            let Some(page) = weak.upgrade() else { return };
            let id = message.id();
            match response {
                "here" => page.carry_out(async move |conversation| conversation.remove(id).await),
                "everywhere" => page.carry_out(async move |conversation| conversation.retract(id).await),
                _ => {}
            }
        });
        dialog.present(Some(self));
    }

    /// Does something with the conversation; says so where that fails.
    pub(super) fn carry_out<F>(&self, work: impl FnOnce(Conversation) -> F + 'static)
    where
        F: Future<Output = Result<(), CommandError>> + 'static,
    {
        let Some(conversation) = self.conversation() else { return };
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            if let (Err(error), Some(page)) = (work(conversation).await, weak.upgrade()) {
                page.tell(&error);
            }
        });
    }

    /// A message that is loaded, by its number.
    fn named(&self, id: Option<&glib::Variant>) -> Option<Message> {
        let id = MessageId(id?.get::<i64>()?);
        let history = self.conversation()?.history();
        history.message(history.position_of(id)?)
    }
}

/// A text of one's own that is still there.
fn can_be_edited(message: &Message) -> bool {
    let is_ours = message.is_outgoing() && message.state() != DeliveryState::Received;
    is_ours && !message.is_retracted() && message.attachment().is_none()
}
