//! A conversation as the list shows it, and the way to its history.

use std::{
    cell::{Cell, OnceCell, RefCell},
    time::Duration,
};

use glib::{prelude::*, subclass::prelude::*};

use super::{Contact, DeliveryState, History, Message, contact::set};
use crate::engine::api::{
    self, AccountId, ChatState, Command, CommandError, ConversationId, Cursor, EngineHandle, ExportOrder,
    ExportProgress, ExportWords, Exported, LinkPreview, MessageId, NewFile, Revision, TextFormat, Timestamp,
};

mod imp {
    use super::{Cell, ChatState, Contact, ConversationId, DeliveryState, EngineHandle, History, ObjectExt, OnceCell};
    use super::{RefCell, Timestamp, api};
    use glib::subclass::prelude::*;

    #[derive(Default, glib::Properties)]
    #[properties(wrapper_type = super::Conversation)]
    pub struct Conversation {
        pub id: Cell<Option<ConversationId>>,
        pub engine: OnceCell<EngineHandle>,
        pub history: OnceCell<History>,
        pub last: RefCell<Option<api::Preview>>,
        pub chat_state: Cell<ChatState>,
        pub active_at: Cell<Option<Timestamp>>,
        /// The other side.
        #[property(get)]
        pub contact: OnceCell<Contact>,
        /// The last message in one line.
        #[property(get, nullable)]
        pub preview: RefCell<Option<String>>,
        #[property(get)]
        pub preview_is_outgoing: Cell<bool>,
        #[property(get, builder(DeliveryState::default()))]
        pub preview_state: Cell<DeliveryState>,
        /// When the last message was written, else when the conversation was opened; milliseconds since 1970.
        #[property(get)]
        pub time: Cell<i64>,
        #[property(get)]
        pub unread: Cell<u32>,
        #[property(get, nullable)]
        pub draft: RefCell<Option<String>>,
        pub draft_format: RefCell<api::TextFormat>,
        /// What one writes in there, as dictionaries name it (`en_US`); none where it is the desktop's.
        #[property(get, nullable)]
        pub language: RefCell<Option<String>>,
        #[property(get)]
        pub is_muted: Cell<bool>,
        /// When that ends by itself; milliseconds since 1970, 0 for never.
        #[property(get)]
        pub muted_until: Cell<i64>,
        pub mute_timer: RefCell<Option<glib::SourceId>>,
        /// Notifications come without sound and pop-up.
        #[property(get)]
        pub is_silent: Cell<bool>,
        /// It stands among the archived ones.
        #[property(get)]
        pub is_archived: Cell<bool>,
        #[property(get)]
        pub is_pinned: Cell<bool>,
        /// Whether it stands in the list.
        #[property(get)]
        pub is_listed: Cell<bool>,
        /// Its messages stand in the window, and what is being written.
        #[property(get, set)]
        pub is_shown: Cell<bool>,
        /// A voice message for it is being recorded, on this computer.
        #[property(get, set = Self::set_is_recording, explicit_notify)]
        pub is_recording: Cell<bool>,
        /// A voice message was recorded and not sent.
        #[property(get, set = Self::set_has_recording, explicit_notify)]
        pub has_recording: Cell<bool>,
        /// The other side is writing.
        #[property(get)]
        pub is_composing: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Conversation {
        const NAME: &'static str = "StonechatConversation";
        type Type = super::Conversation;
    }

    impl Conversation {
        fn set_is_recording(&self, is_recording: bool) {
            super::change(&self.is_recording, is_recording, || self.obj().notify_is_recording());
        }

        fn set_has_recording(&self, has_recording: bool) {
            super::change(&self.has_recording, has_recording, || self.obj().notify_has_recording());
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for Conversation {
        fn dispose(&self) {
            if let Some(timer) = self.mute_timer.take() {
                timer.remove();
            }
        }
    }
}

glib::wrapper! {
    /// A conversation; one object for each.
    pub struct Conversation(ObjectSubclass<imp::Conversation>);
}

/// What decides where a conversation stands in the list: pinned ones first, then the newest.
pub(super) type Rank = (bool, Timestamp, ConversationId);

impl Conversation {
    pub(super) fn new(engine: EngineHandle, contact: Contact, conversation: &api::Conversation) -> Self {
        let this: Self = glib::Object::new();
        let imp = this.imp();
        imp.id.set(Some(conversation.id));
        let fresh = imp.engine.set(engine).is_ok() && imp.contact.set(contact).is_ok();
        debug_assert!(fresh);
        this.update(conversation);
        this
    }

    pub fn id(&self) -> ConversationId {
        self.imp().id.get().expect("a conversation is made with its id only")
    }

    pub fn account(&self) -> AccountId {
        self.contact().account()
    }

    /// The messages; nothing is loaded before it is asked to load.
    pub fn history(&self) -> History {
        self.imp().history.get_or_init(|| History::new(self.engine().clone(), self.id())).clone()
    }

    /// The history, if anybody has asked for it yet.
    pub(super) fn known_history(&self) -> Option<&History> {
        self.imp().history.get()
    }

    pub fn last(&self) -> Option<api::Preview> {
        self.imp().last.borrow().clone()
    }

    pub fn chat_state(&self) -> ChatState {
        self.imp().chat_state.get()
    }

    pub fn active_at(&self) -> Timestamp {
        self.imp().active_at.get().unwrap_or(Timestamp(0))
    }

    /// Whether a search for `folded` (see [`super::fold`]) finds this conversation.
    pub fn matches(&self, folded: &str) -> bool {
        self.contact().matches(folded)
    }

    /// Keeps what was written and not sent. Shown at once, stored by the engine.
    pub fn set_draft(&self, text: &str, format: &TextFormat) {
        let draft = Some(text).filter(|text| !text.trim().is_empty()).map(ToOwned::to_owned);
        let format = if draft.is_some() { format.clone() } else { TextFormat::default() };
        if *self.imp().draft.borrow() == draft && *self.imp().draft_format.borrow() == format {
            return;
        }
        self.imp().draft.replace(draft);
        self.imp().draft_format.replace(format.clone());
        self.notify_draft();
        self.command(Command::SetDraft { conversation: self.id(), text: text.to_owned(), format });
    }

    /// How the draft is to be shown.
    pub fn draft_format(&self) -> TextFormat {
        self.imp().draft_format.borrow().clone()
    }

    /// Shown at once, stored by the engine.
    pub fn set_language(&self, language: Option<&str>) {
        let language = language.map(ToOwned::to_owned);
        set(&self.imp().language, language.clone(), || self.notify_language());
        self.command(Command::SetLanguage { conversation: self.id(), language });
    }

    pub fn set_muted(&self, muted: bool) {
        self.command(Command::SetMuted { conversation: self.id(), muted, until: None });
    }

    /// Mutes it for so long.
    pub fn mute_for(&self, span: Duration) {
        let until = Timestamp(now_ms().saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)));
        self.command(Command::SetMuted { conversation: self.id(), muted: true, until: Some(until) });
    }

    pub fn set_silent(&self, silent: bool) {
        self.command(Command::SetSilent { conversation: self.id(), silent });
    }

    pub fn set_archived(&self, archived: bool) {
        self.command(Command::SetArchived { conversation: self.id(), archived });
    }

    pub fn set_pinned(&self, pinned: bool) {
        self.command(Command::SetPinned { conversation: self.id(), pinned });
    }

    /// Takes it out of the list; its history stays.
    pub fn close(&self) {
        self.command(Command::CloseConversation { conversation: self.id() });
    }

    /// Writes what was said to a file, whole or not at all. It is given up when nobody listens to `progress` any more.
    pub async fn export(
        &self,
        order: ExportOrder,
        words: ExportWords,
        progress: async_channel::Sender<ExportProgress>,
    ) -> Result<Exported, CommandError> {
        let conversation = self.id();
        let export = |reply| Command::ExportHistory { conversation, order, words, progress, reply };
        self.engine().request(export).await
    }

    /// Deletes what was said on this computer, and nowhere else.
    pub async fn delete_history(&self) -> Result<(), CommandError> {
        let conversation = self.id();
        self.engine().request(|reply| Command::DeleteHistory { conversation, reply }).await
    }

    /// Everything up to this message has been seen.
    pub fn mark_read(&self, up_to: Cursor) {
        self.command(Command::MarkRead { conversation: self.id(), up_to });
    }

    /// Everything has been seen, wherever the history stands.
    pub fn mark_all_read(&self) {
        self.mark_read(Cursor { position: i64::MAX, id: MessageId(i64::MAX) });
    }

    /// What the composer does, for the other side to see.
    pub fn send_chat_state(&self, state: ChatState) {
        self.command(Command::SetChatState { conversation: self.id(), state });
    }

    /// Stores the message and sends it as soon as there is a connection. It stands in the history when this returns. Until when
    /// it can be taken back, if it can.
    pub async fn send_message(
        &self,
        body: String,
        format: TextFormat,
        answers: Option<MessageId>,
        preview: Option<LinkPreview>,
    ) -> Result<Option<Timestamp>, CommandError> {
        let conversation = self.id();
        let send = |reply| Command::SendMessage { conversation, body, format, answers, preview, reply };
        let message = self.engine().request(send).await?;
        let held_until = message.annotations.held_until;
        if let Some(history) = self.known_history() {
            history.sent(message);
        }
        Ok(held_until)
    }

    /// Asks the page behind a link what it is, if the person wants that. Given up when what this returns is dropped.
    pub async fn link_preview(&self, url: String) -> Option<LinkPreview> {
        self.engine().request(|reply| Command::LoadLinkPreview { url, reply }).await.ok().flatten()
    }

    /// Sends files, the first of which answers a message if any does, and a caption after them. They stand in the history when
    /// this returns.
    pub async fn send_files(
        &self,
        files: Vec<NewFile>,
        caption: String,
        format: TextFormat,
        answers: Option<MessageId>,
    ) -> Result<(), CommandError> {
        let conversation = self.id();
        let send = |reply| Command::SendFiles { conversation, files, caption, format, answers, reply };
        let messages = self.engine().request(send).await?;
        if let Some(history) = self.known_history() {
            for message in messages {
                history.sent(message);
            }
        }
        Ok(())
    }

    /// How large a file may be for the server; `None` where it sets no limit.
    pub async fn upload_limit(&self) -> Result<Option<u64>, CommandError> {
        let account = self.account();
        self.engine().request(|reply| Command::LoadUploadLimit { account, reply }).await
    }

    /// Fetches a message's file: because somebody asks for it, or because it has come into sight.
    pub fn fetch_file(&self, message: MessageId, is_asked: bool) {
        self.command(Command::FetchFile { message, is_asked });
    }

    /// Stops what is on its way of a message's file.
    pub fn cancel_transfer(&self, message: MessageId) {
        self.command(Command::CancelTransfer { message });
    }

    /// Takes back a message that is held; what stood in it.
    pub async fn undo_send(&self, message: MessageId) -> Result<api::Message, CommandError> {
        self.engine().request(|reply| Command::UndoSend { message, reply }).await
    }

    /// Sends a failed message again.
    pub async fn retry(&self, message: MessageId) -> Result<(), CommandError> {
        self.engine().request(|reply| Command::RetryMessage { message, reply }).await
    }

    /// Deletes a message that failed.
    pub async fn discard(&self, message: MessageId) -> Result<(), CommandError> {
        self.engine().request(|reply| Command::DiscardMessage { message, reply }).await
    }

    /// Gives a message of ours another text, and what is said of a link in it.
    pub async fn correct(
        &self,
        message: MessageId,
        body: String,
        format: TextFormat,
        preview: Option<LinkPreview>,
    ) -> Result<(), CommandError> {
        self.engine().request(|reply| Command::CorrectMessage { message, body, format, preview, reply }).await
    }

    /// Puts an emoji of ours under a message, or takes it away.
    pub async fn toggle_reaction(&self, message: &Message, emoji: &str) -> Result<(), CommandError> {
        let mut own = message.own_reactions();
        if own.iter().any(|known| known == emoji) {
            own.retain(|known| known != emoji);
        } else {
            own.push(emoji.to_owned());
        }
        let message = message.id();
        self.engine().request(|reply| Command::React { message, emoji: own, reply }).await
    }

    /// Takes back a message of ours, here and with all who understand it.
    pub async fn retract(&self, message: MessageId) -> Result<(), CommandError> {
        self.engine().request(|reply| Command::RetractMessage { message, reply }).await
    }

    /// Takes a message away on this computer alone.
    pub async fn remove(&self, message: MessageId) -> Result<(), CommandError> {
        self.engine().request(|reply| Command::RemoveMessage { message, reply }).await
    }

    /// The texts that a message has had, the first of them first.
    pub async fn revisions(&self, message: MessageId) -> Result<Vec<Revision>, CommandError> {
        self.engine().request(|reply| Command::LoadRevisions { message, reply }).await
    }

    pub(super) fn rank(&self) -> Rank {
        (self.is_pinned(), self.active_at(), self.id())
    }

    pub(super) fn update(&self, conversation: &api::Conversation) {
        let imp = self.imp();
        let _guard = self.freeze_notify();
        let last = conversation.last.as_ref();
        imp.active_at.set(Some(conversation.active_at));
        imp.last.replace(conversation.last.clone());
        set(&imp.preview, last.map(|preview| preview.text.clone()), || self.notify_preview());
        let is_outgoing = last.is_some_and(|preview| preview.is_outgoing);
        change(&imp.preview_is_outgoing, is_outgoing, || self.notify_preview_is_outgoing());
        let state = last.map(|preview| DeliveryState::new(preview.state, false)).unwrap_or_default();
        change(&imp.preview_state, state, || self.notify_preview_state());
        let time = last.map_or(conversation.active_at, |preview| preview.time);
        change(&imp.time, time.0, || self.notify_time());
        change(&imp.unread, conversation.unread, || self.notify_unread());
        imp.draft_format.replace(conversation.draft_format.clone());
        set(&imp.draft, conversation.draft.clone().filter(|draft| !draft.is_empty()), || self.notify_draft());
        set(&imp.language, conversation.language.clone(), || self.notify_language());
        change(&imp.is_muted, conversation.is_muted, || self.notify_is_muted());
        change(&imp.is_silent, conversation.is_silent, || self.notify_is_silent());
        change(&imp.is_archived, conversation.is_archived, || self.notify_is_archived());
        let until = conversation.muted_until.map_or(0, |until| until.0);
        change(&imp.muted_until, until, || {
            self.wait_for_end_of_mute(until);
            self.notify_muted_until();
        });
        change(&imp.is_pinned, conversation.is_pinned, || self.notify_is_pinned());
        change(&imp.is_listed, conversation.is_listed, || self.notify_is_listed());
    }

    pub(super) fn set_chat_state(&self, state: ChatState) {
        let imp = self.imp();
        imp.chat_state.set(state);
        change(&imp.is_composing, state == ChatState::Composing, || self.notify_is_composing());
    }

    /// Unmutes it when the time has come; the engine does so by itself only with the next message.
    fn wait_for_end_of_mute(&self, until: i64) {
        let timer = (until != 0).then(|| {
            let wait = u64::try_from(until.saturating_sub(now_ms())).unwrap_or_default();
            let weak = self.downgrade();
            glib::timeout_add_local_once(Duration::from_millis(wait), move || {
                if let Some(this) = weak.upgrade() {
                    this.imp().mute_timer.take();
                    this.set_muted(false);
                }
            })
        });
        if let Some(before) = self.imp().mute_timer.replace(timer) {
            before.remove();
        }
    }

    pub(super) fn engine(&self) -> &EngineHandle {
        self.imp().engine.get().expect("a conversation is made with the engine's handle only")
    }

    fn command(&self, command: Command) {
        if let Err(error) = self.engine().send(command) {
            log::warn!("a command for a conversation was not taken: {error}");
        }
    }
}

fn now_ms() -> i64 {
    glib::real_time() / 1_000
}

/// Sets a field and tells of it, if it is another value.
fn change<T: Copy + PartialEq>(field: &Cell<T>, value: T, notify: impl FnOnce()) {
    if field.replace(value) != value {
        notify();
    }
}
