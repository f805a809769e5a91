//! Notifications of new messages by `org.freedesktop.Notifications`: one for each conversation, replaced by what comes
//! later, withdrawn when the conversation has been read.
//!
//! Knows what a notification shows, not whether there is to be one.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use gtk::glib;
use notify_rust::{Hint, NotificationResponse};

use super::service_thread;
use crate::{config, ids::ConversationId};

/// Longest text that is shown, in characters: daemons cut at some such length, and one of them hangs on a megabyte.
const TEXT_LIMIT: usize = 300;

/// What one conversation has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub title: String,
    pub text: String,
    /// A picture file that has been checked.
    pub picture: Option<PathBuf>,
    /// It makes no sound, and does not pop up where the desktop knows how to do without.
    pub is_silent: bool,
    /// What pressing it does, for daemons that show it as a button.
    pub open_label: String,
}

/// Shows and withdraws notifications, and says when one was pressed.
#[derive(Debug)]
pub struct Notifier {
    shown: RefCell<HashMap<ConversationId, Shown>>,
    pressed: async_channel::Sender<ConversationId>,
}

/// A notification on its way or on the screen. Dropping `withdraw` leaves it there.
#[derive(Debug)]
struct Shown {
    withdraw: async_channel::Sender<()>,
    /// The daemon's id, once it has answered; 0 before.
    id: Arc<AtomicU32>,
}

impl Notifier {
    /// `on_pressed` is called on the main loop when a notification was pressed.
    pub fn new(on_pressed: impl Fn(ConversationId) + 'static) -> Self {
        let (pressed, receiver) = async_channel::unbounded();
        glib::spawn_future_local(async move {
            while let Ok(conversation) = receiver.recv().await {
                on_pressed(conversation);
            }
        });
        Self { shown: RefCell::default(), pressed }
    }

    /// Shows it, in place of what the conversation showed before.
    pub fn show(&self, conversation: ConversationId, notification: Notification) {
        let id = Arc::new(AtomicU32::new(0));
        let (withdraw, withdrawn) = async_channel::bounded(1);
        let before = self.shown.borrow_mut().insert(conversation, Shown { withdraw, id: id.clone() });
        let before = before.map_or(0, |shown| shown.id.load(Ordering::Acquire));
        let pressed = self.pressed.clone();
        service_thread::spawn(async move {
            match display(&notification, before, &id, &withdrawn).await {
                Ok(true) => drop(pressed.send(conversation).await),
                Ok(false) => {}
                Err(error) => log::warn!("no notification: {error}"),
            }
        });
    }

    /// Takes the conversation's notification away, if there is one.
    pub fn withdraw(&self, conversation: ConversationId) {
        if let Some(shown) = self.shown.borrow_mut().remove(&conversation) {
            let _ = shown.withdraw.try_send(());
        }
    }

    /// Takes all of them away.
    pub fn withdraw_all(&self) {
        for (_, shown) in self.shown.borrow_mut().drain() {
            let _ = shown.withdraw.try_send(());
        }
    }
}

/// Shows it and waits for its end: true when it was pressed.
async fn display(
    content: &Notification,
    replaces: u32,
    id: &AtomicU32,
    withdrawn: &async_channel::Receiver<()>,
) -> Result<bool, notify_rust::error::Error> {
    let mut notification = notify_rust::Notification::new();
    notification
        .appname(config::APP_NAME)
        .summary(&shortened(&content.title))
        .body(&marked_up(&shortened(&content.text)))
        .icon(config::APP_ID)
        .hint(Hint::DesktopEntry(config::APP_ID.to_owned()))
        .hint(Hint::Category("im.received".to_owned()))
        .action("default", &content.open_label);
    if content.is_silent {
        notification.hint(Hint::SuppressSound(true)).urgency(notify_rust::Urgency::Low);
    }
    if let Some(picture) = content.picture.as_deref().and_then(|path| path.to_str()) {
        notification.image_path(picture);
    }
    if replaces != 0 {
        notification.id(replaces);
    }
    let handle = notification.show_async().await?;
    id.store(handle.id(), Ordering::Release);
    let mut pressed = false;
    let ended = handle.wait_for_action_async(|response: &NotificationResponse| {
        pressed = matches!(response, NotificationResponse::Default | NotificationResponse::Action(_));
    });
    let take_away = tokio::select! {
        () = ended => false,
        // An error means that a later one has taken this one's place.
        word = withdrawn.recv() => word.is_ok(),
    };
    if take_away {
        handle.close_async().await;
    }
    Ok(pressed)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The specification lets a daemon read the body as markup, and only where it says so. What it says does not change.
fn marked_up(text: &str) -> String {
    static HAS_MARKUP: LazyLock<bool> = LazyLock::new(|| {
        // Asked from a thread of its own: the call blocks, which a runtime's thread may not.
        std::thread::spawn(notify_rust::get_capabilities)
            .join()
            .ok()
            .and_then(Result::ok)
            .is_none_or(|capabilities| capabilities.iter().any(|c| c == "body-markup"))
    });
    if *HAS_MARKUP { glib::markup_escape_text(text).into() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("short"), "short");
        let cut = shortened(&"é".repeat(TEXT_LIMIT + 1));
        assert_eq!(cut.chars().count(), TEXT_LIMIT + 1);
        assert!(cut.ends_with("é…"));
    }
}
