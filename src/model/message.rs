//! One message of a history. Knows nothing of its neighbours, nor of what it looks like.

use std::cell::{Cell, OnceCell, RefCell};

use glib::{prelude::*, subclass::prelude::*};

use crate::engine::api::{
    self, Annotations, BareJid, ConversationId, Cursor, MessageId, MessageState, SendFailure, Timestamp,
};

/// How far a message has come, as a value that widgets can bind to. Why one failed is [`Message::failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, glib::Enum)]
#[enum_type(name = "StonechatDeliveryState")]
pub enum DeliveryState {
    #[default]
    Received,
    Waiting,
    Sent,
    Delivered,
    Read,
    Failed,
}

impl DeliveryState {
    pub(super) fn new(state: MessageState, is_read: bool) -> Self {
        match state {
            MessageState::Sent | MessageState::Delivered if is_read => Self::Read,
            MessageState::Received => Self::Received,
            MessageState::Waiting => Self::Waiting,
            MessageState::Sent => Self::Sent,
            MessageState::Delivered => Self::Delivered,
            MessageState::Failed(_) => Self::Failed,
        }
    }
}

mod imp {
    use super::{Cell, DeliveryState, MessageState, ObjectExt, OnceCell, RefCell, api};
    use glib::subclass::prelude::*;

    #[derive(Default, glib::Properties)]
    #[properties(wrapper_type = super::Message)]
    pub struct Message {
        /// What never changes: identity, sender, direction, time.
        pub fixed: OnceCell<Fixed>,
        pub state_in_full: Cell<Option<MessageState>>,
        #[property(get)]
        pub body: RefCell<String>,
        pub format: RefCell<api::TextFormat>,
        /// The person wants to see the text though it is one that is covered. Until it changes.
        #[property(get, set)]
        pub is_uncovered: Cell<bool>,
        pub annotations: RefCell<api::Annotations>,
        /// Goes up whenever what stands beside the text has changed.
        #[property(get)]
        pub annotated: Cell<u32>,
        /// Whether it is one's own, from this device or another.
        #[property(get = Self::is_outgoing)]
        pub is_outgoing: std::marker::PhantomData<bool>,
        #[property(get, builder(DeliveryState::default()))]
        pub state: Cell<DeliveryState>,
        pub attachment: RefCell<Option<api::Attachment>>,
        pub transfer: Cell<Option<api::Transfer>>,
        /// Counts the changes of the file and of how far it has come, so that one can follow them.
        #[property(get)]
        pub file_changes: Cell<u32>,
    }

    pub struct Fixed {
        pub cursor: api::Cursor,
        pub conversation: api::ConversationId,
        pub sender: api::BareJid,
        pub is_outgoing: bool,
        pub time: api::Timestamp,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Message {
        const NAME: &'static str = "StonechatMessage";
        type Type = super::Message;
    }

    #[glib::derived_properties]
    impl ObjectImpl for Message {}

    impl Message {
        pub fn fixed(&self) -> &Fixed {
            self.fixed.get().expect("a message is made from a snapshot only")
        }

        fn is_outgoing(&self) -> bool {
            self.fixed().is_outgoing
        }
    }
}

glib::wrapper! {
    /// A message; made by the model only.
    pub struct Message(ObjectSubclass<imp::Message>);
}

impl Message {
    pub(super) fn new(message: api::Message) -> Self {
        let this: Self = glib::Object::new();
        let imp = this.imp();
        let fixed = imp::Fixed {
            cursor: message.cursor,
            conversation: message.conversation,
            sender: message.sender,
            is_outgoing: message.is_outgoing,
            time: message.time,
        };
        let fresh = imp.fixed.set(fixed).is_ok();
        debug_assert!(fresh);
        imp.body.replace(message.body);
        imp.format.replace(message.format);
        imp.annotations.replace(message.annotations);
        imp.attachment.replace(message.attachment);
        imp.state_in_full.set(Some(message.state));
        imp.state.set(DeliveryState::new(message.state, message.is_read));
        this
    }

    /// Takes over what can change: the state, the text, what stands beside it, and the file.
    pub(super) fn update(&self, message: &api::Message) {
        let imp = self.imp();
        let _guard = self.freeze_notify();
        if *imp.body.borrow() != message.body || *imp.format.borrow() != message.format {
            imp.body.replace(message.body.clone());
            imp.format.replace(message.format.clone());
            if self.is_uncovered() {
                self.set_is_uncovered(false);
            }
            self.notify_body();
        }
        if *imp.annotations.borrow() != message.annotations {
            imp.annotations.replace(message.annotations.clone());
            imp.annotated.set(imp.annotated.get().wrapping_add(1));
            self.notify_annotated();
        }
        if *imp.attachment.borrow() != message.attachment {
            imp.attachment.replace(message.attachment.clone());
            self.file_changed();
        }
        let state = DeliveryState::new(message.state, message.is_read);
        let is_other = imp.state_in_full.replace(Some(message.state)) != Some(message.state);
        if imp.state.replace(state) != state || is_other {
            self.notify_state();
        }
    }

    /// How the text is to be shown; whoever follows the text is told of a change.
    pub fn format(&self) -> api::TextFormat {
        self.imp().format.borrow().clone()
    }

    /// Neither the text nor the file may be seen now.
    pub fn is_covered(&self) -> bool {
        self.imp().format.borrow().spoiler.is_some() && !self.is_uncovered()
    }

    /// The file that it shares.
    pub fn attachment(&self) -> Option<api::Attachment> {
        self.imp().attachment.borrow().clone()
    }

    /// How far the file has come, while it is on its way.
    pub fn transfer(&self) -> Option<api::Transfer> {
        self.imp().transfer.get()
    }

    pub(super) fn set_transfer(&self, transfer: Option<api::Transfer>) {
        if self.imp().transfer.replace(transfer) != transfer {
            self.file_changed();
        }
    }

    fn file_changed(&self) {
        let changes = &self.imp().file_changes;
        changes.set(changes.get().wrapping_add(1));
        self.notify_file_changes();
    }

    pub fn id(&self) -> MessageId {
        self.cursor().id
    }

    /// Where it stands; histories are ordered by it.
    pub fn cursor(&self) -> Cursor {
        self.imp().fixed().cursor
    }

    pub fn conversation(&self) -> ConversationId {
        self.imp().fixed().conversation
    }

    pub fn sender(&self) -> &BareJid {
        &self.imp().fixed().sender
    }

    pub fn time(&self) -> Timestamp {
        self.imp().fixed().time
    }

    /// What stands beside the text.
    pub fn annotations(&self) -> Annotations {
        self.imp().annotations.borrow().clone()
    }

    pub fn is_retracted(&self) -> bool {
        self.imp().annotations.borrow().is_retracted
    }

    pub fn is_edited(&self) -> bool {
        self.imp().annotations.borrow().edited_at.is_some()
    }

    /// Until when it can be taken back, if it can.
    pub fn held_until(&self) -> Option<Timestamp> {
        self.imp().annotations.borrow().held_until
    }

    /// What we say of it in emoji.
    pub fn own_reactions(&self) -> Vec<String> {
        let annotations = self.imp().annotations.borrow();
        annotations.reactions.iter().filter(|it| it.is_own).map(|it| it.emoji.clone()).collect()
    }

    /// Why it could not be sent, if so.
    pub fn failure(&self) -> Option<SendFailure> {
        match self.imp().state_in_full.get() {
            Some(MessageState::Failed(failure)) => Some(failure),
            _ => None,
        }
    }
}
