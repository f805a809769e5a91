//! Joins the model to the desktop: news become notifications, absence becomes away, a changed network is told to the engine.
//!
//! Decides whether there is to be a notification; how it gets onto the screen is [`Notifier`]'s.

use std::{cell::RefCell, path::PathBuf, rc::Rc};

use gettextrs::gettext;
use gtk::{
    gio::{self, prelude::*},
    glib::{self, clone},
};

use super::{Activity, Background, IdleWatch, NetworkWatch, Notification, Notifier};
use crate::{
    engine::api::{Command, ConversationId, Message},
    model::{Conversation, Messenger},
    ui::{attachment::words, message_text, spoiler},
};

/// How many of several messages a notification shows.
const SHOWN_MESSAGES: usize = 3;

/// Serves until it is dropped.
#[derive(Debug)]
pub struct Services {
    messenger: Messenger,
    settings: gio::Settings,
    application: gio::Application,
    notifier: Notifier,
    idle: RefCell<Option<IdleWatch>>,
    background: RefCell<Option<Background>>,
    _network: NetworkWatch,
    _activity: Activity,
}

impl Services {
    /// `open` brings a conversation to the front: its notification was pressed.
    pub fn new(
        application: &impl IsA<gtk::Application>,
        messenger: &Messenger,
        settings: &gio::Settings,
        open: impl Fn(ConversationId) + 'static,
    ) -> Rc<Self> {
        let network = NetworkWatch::new(clone!(
            #[weak]
            messenger,
            move |available| messenger.send(Command::NetworkChanged { available })
        ));
        let activity = Activity::new(
            application.as_ref(),
            clone!(
                #[weak]
                messenger,
                move |active| messenger.send(Command::SetActive { active })
            ),
        );
        let services = Rc::new(Self {
            messenger: messenger.clone(),
            settings: settings.clone(),
            application: application.as_ref().clone().upcast(),
            notifier: Notifier::new(open),
            idle: RefCell::default(),
            background: RefCell::default(),
            _network: network,
            _activity: activity,
        });
        services.watch_settings();
        services.watch_messages();
        services
    }

    fn watch_settings(self: &Rc<Self>) {
        let on_change = |keys: &[&'static str], f: fn(&Self)| {
            for key in keys {
                let weak = Rc::downgrade(self);
                self.settings.connect_changed(Some(key), move |_, _| {
                    if let Some(services) = weak.upgrade() {
                        f(&services);
                    }
                });
            }
            f(self);
        };
        on_change(&["away-when-idle", "away-after-minutes"], Self::apply_idle);
        on_change(&["send-receipts", "send-markers", "send-chat-states"], Self::apply_privacy);
        on_change(&["undo-seconds"], Self::apply_undo_time);
        on_change(&["link-previews"], Self::apply_link_previews);
        on_change(&["download-megabytes", "kept-megabytes"], Self::apply_file_limits);
        on_change(&["run-in-background"], Self::apply_background);
        on_change(&["do-not-disturb", "notifications"], Self::apply_quiet);
    }

    fn watch_messages(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        self.messenger.connect_news(move |_, conversation, messages| {
            if let Some(services) = weak.upgrade() {
                services.tell(conversation, messages);
            }
        });
        let weak = Rc::downgrade(self);
        self.messenger.connect_read(move |_, conversation| {
            if let Some(services) = weak.upgrade() {
                services.notifier.withdraw(conversation.id());
            }
        });
        let weak = Rc::downgrade(self);
        self.messenger.connect_conversation_removed(move |_, conversation| {
            if let Some(services) = weak.upgrade() {
                services.notifier.withdraw(conversation.id());
            }
        });
    }

    fn tell(&self, conversation: &Conversation, messages: &[Message]) {
        if self.is_quiet() || conversation.is_muted() || messages.is_empty() {
            return;
        }
        let contact = conversation.contact();
        let text = if self.settings.boolean("notification-preview") {
            text_of(messages, &contact.display_name())
        } else {
            gettext("New message")
        };
        let notification = Notification {
            title: contact.display_name(),
            text,
            picture: contact.avatar_path().map(PathBuf::from),
            is_silent: conversation.is_silent(),
            open_label: gettext("Open"),
        };
        self.notifier.show(conversation.id(), notification);
    }

    fn is_quiet(&self) -> bool {
        !self.settings.boolean("notifications") || self.settings.boolean("do-not-disturb")
    }

    fn apply_quiet(&self) {
        if self.is_quiet() {
            self.notifier.withdraw_all();
        }
    }

    fn apply_idle(&self) {
        if !self.settings.boolean("away-when-idle") {
            if self.idle.take().is_some() {
                self.messenger.send(Command::SetIdle { idle: false });
            }
            return;
        }
        let watch = IdleWatch::new(
            self.settings.uint("away-after-minutes"),
            clone!(
                #[weak(rename_to = messenger)]
                self.messenger,
                move |idle| messenger.send(Command::SetIdle { idle })
            ),
        );
        self.idle.replace(Some(watch));
    }

    fn apply_privacy(&self) {
        self.messenger.send(Command::SetPrivacy {
            send_receipts: self.settings.boolean("send-receipts"),
            send_markers: self.settings.boolean("send-markers"),
            send_chat_states: self.settings.boolean("send-chat-states"),
        });
    }

    fn apply_undo_time(&self) {
        self.messenger.send(Command::SetUndoTime { seconds: self.settings.uint("undo-seconds") });
    }

    fn apply_link_previews(&self) {
        self.messenger.send(Command::SetLinkPreviews { enabled: self.settings.boolean("link-previews") });
    }

    fn apply_file_limits(&self) {
        let bytes = |key| u64::from(self.settings.uint(key)) * 1_000_000;
        let kept = Some(bytes("kept-megabytes")).filter(|kept| *kept > 0);
        self.messenger.send(Command::SetFileLimits { unasked: bytes("download-megabytes"), kept });
    }

    /// While this is held, closing the window does not end the program.
    fn apply_background(&self) {
        if !self.settings.boolean("run-in-background") {
            self.background.take();
        } else if self.background.borrow().is_none() {
            let background =
                Background::enter(&self.application, &gettext("To receive messages while no window is open"), false);
            self.background.replace(Some(background));
        }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.notifier.withdraw_all();
    }
}

/// The last messages by `author`, a line each.
fn text_of(messages: &[Message], author: &str) -> String {
    let first = messages.len().saturating_sub(SHOWN_MESSAGES);
    let lines: Vec<_> = messages[first..].iter().map(|message| line(message, author)).collect();
    lines.join("\n")
}

fn line(message: &Message, author: &str) -> String {
    if let Some(hint) = &message.format.spoiler {
        return spoiler::words(hint);
    }
    let text = message_text::with_author(&message.body, author);
    let text = text.trim();
    match &message.attachment {
        Some(file) => words::line(file.kind, &file.name, text),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api::{Annotations, BareJid, Cursor, MessageId, MessageState, TextFormat, Timestamp};

    #[test]
    fn of_many_messages_the_last_are_shown() {
        let message = |body: &str| Message {
            cursor: Cursor { position: 0, id: MessageId(0) },
            conversation: ConversationId(0),
            sender: BareJid::new("a@b").unwrap(),
            is_outgoing: false,
            body: body.to_owned(),
            format: TextFormat::default(),
            time: Timestamp(0),
            state: MessageState::Received,
            is_read: false,
            annotations: Annotations::default(),
            attachment: None,
        };
        let messages: Vec<_> = ["1", "2 ", "3", "4"].into_iter().map(message).collect();
        assert_eq!(text_of(&messages, "Bob"), "2\n3\n4");
        assert_eq!(text_of(&messages[..1], "Bob"), "1");
        assert_eq!(text_of(&[message("/me waves")], "Bob"), "* Bob waves");
        let format = TextFormat { spoiler: Some("the end".to_owned()), ..TextFormat::default() };
        let covered = Message { format, ..message("both of them die") };
        assert_eq!(text_of(&[covered], "Bob"), "Spoiler: the end");
    }
}
