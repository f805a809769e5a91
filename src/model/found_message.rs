//! A message that was found. Of what it says nothing changes here; of its file, what becomes of it.

use std::{
    cell::{Cell, OnceCell, RefCell},
    sync::OnceLock,
};

use glib::{prelude::*, subclass::Signal, subclass::prelude::*};

use super::Conversation;
use crate::engine::api::{self, Attachment, MessageId, Timestamp, Transfer};

mod imp {
    use super::{Attachment, Cell, Conversation, OnceCell, OnceLock, RefCell, Signal, Transfer, api};
    use glib::subclass::prelude::*;

    #[derive(Default)]
    pub struct FoundMessage {
        pub found: OnceCell<(api::FoundMessage, Conversation)>,
        pub attachment: RefCell<Option<Attachment>>,
        pub transfer: Cell<Option<Transfer>>,
        pub is_uncovered: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for FoundMessage {
        const NAME: &'static str = "StonechatFoundMessage";
        type Type = super::FoundMessage;
    }

    impl ObjectImpl for FoundMessage {
        fn signals() -> &'static [Signal] {
            static SIGNALS: OnceLock<Vec<Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| vec![Signal::builder("file-changed").build()])
        }
    }
}

glib::wrapper! {
    /// A message that was found.
    pub struct FoundMessage(ObjectSubclass<imp::FoundMessage>);
}

impl FoundMessage {
    pub(super) fn new(mut found: api::FoundMessage, conversation: Conversation) -> Self {
        let this: Self = glib::Object::new();
        this.imp().attachment.replace(found.attachment.take());
        let fresh = this.imp().found.set((found, conversation)).is_ok();
        debug_assert!(fresh);
        this
    }

    fn inner(&self) -> &(api::FoundMessage, Conversation) {
        self.imp().found.get().expect("it is made from what was found only")
    }

    pub fn id(&self) -> MessageId {
        self.inner().0.id
    }

    pub fn conversation(&self) -> &Conversation {
        &self.inner().1
    }

    pub fn is_outgoing(&self) -> bool {
        self.inner().0.is_outgoing
    }

    pub fn time(&self) -> Timestamp {
        self.inner().0.time
    }

    /// One line around the first place where the words stand.
    pub fn excerpt(&self) -> &str {
        &self.inner().0.excerpt
    }

    /// Its text is covered; the excerpt is what may be read of it.
    pub fn is_spoiler(&self) -> bool {
        self.inner().0.is_spoiler
    }

    /// Neither its text nor its file may be seen: the person has not asked to.
    pub fn is_covered(&self) -> bool {
        self.is_spoiler() && !self.imp().is_uncovered.get()
    }

    /// The person wants to see what is covered, here.
    pub fn uncover(&self) {
        if self.is_covered() {
            self.imp().is_uncovered.set(true);
            self.emit_by_name::<()>("file-changed", &[]);
        }
    }

    /// Where the words stand in the excerpt, in bytes.
    pub fn marks(&self) -> &[std::ops::Range<usize>] {
        &self.inner().0.marks
    }

    /// What its links lead to, where only messages with a link were looked for.
    pub fn links(&self) -> &[String] {
        &self.inner().0.links
    }

    /// The file that it shares, as it stands now.
    pub fn attachment(&self) -> Option<Attachment> {
        self.imp().attachment.borrow().clone()
    }

    /// How far its file has come, while that is on its way.
    pub fn transfer(&self) -> Option<Transfer> {
        self.imp().transfer.get()
    }

    /// Called when another thing is known of its file.
    pub fn connect_file_changed(&self, f: impl Fn(&Self) + 'static) -> glib::SignalHandlerId {
        self.connect_local("file-changed", false, move |values| {
            f(&values[0].get().ok()?);
            None
        })
    }

    pub(super) fn set_attachment(&self, attachment: Option<Attachment>) {
        if *self.imp().attachment.borrow() != attachment {
            self.imp().attachment.replace(attachment);
            self.emit_by_name::<()>("file-changed", &[]);
        }
    }

    pub(super) fn set_transfer(&self, transfer: Option<Transfer>) {
        if self.imp().transfer.replace(transfer) != transfer {
            self.emit_by_name::<()>("file-changed", &[]);
        }
    }
}
