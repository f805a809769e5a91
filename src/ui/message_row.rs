//! One message in the history: day, unread line, bubble, what to do when it was not sent.
//!
//! Knows the message and how it stands beside its neighbours; conversation-wide actions are asked for by name
//! (`conversation.retry`, `conversation.discard`, `history.select`, each with the message's id).

mod annotations;
mod deed;
mod description;
mod file;

use gettextrs::gettext;
use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::{
    failure_bar::FailureBar,
    history::{Appearance, day},
    lane::Lane,
    message_text::{self, Shown},
    reaction_bar::ReactionBar,
    reply_quote, spoiler, time_text,
};
use crate::{
    ids::BareJid,
    model::{DeliveryState, Message},
};

mod imp {
    use super::super::{attachment::view::AttachmentView, bubble::Bubble, failure_bar::FailureBar, undo_bar::UndoBar};
    use super::{BareJid, Lane, Message, ReactionBar, Shown, gdk, glib, message_text};
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/message_row.ui")]
    pub struct MessageRow {
        #[template_child]
        pub(super) day: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) unread: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) lane: TemplateChild<Lane>,
        #[template_child]
        pub(super) bubble: TemplateChild<Bubble>,
        #[template_child]
        pub(super) more: TemplateChild<gtk::Button>,
        /// Made for the first message that has any.
        pub(super) reactions: RefCell<Option<(Lane, ReactionBar)>>,
        pub(super) failure: RefCell<Option<FailureBar>>,
        pub(super) undo: RefCell<Option<UndoBar>>,
        /// The message's file; made when one is there.
        pub(super) file: RefCell<Option<AttachmentView>>,
        pub(super) message: RefCell<Option<(Message, Vec<glib::SignalHandlerId>)>>,
        pub(super) shown: RefCell<Shown>,
        /// What whoever wrote it is called.
        pub(super) speaker: RefCell<String>,
        /// What the other side is called.
        pub(super) peer: RefCell<String>,
        /// The account's address, to tell who is mentioned.
        pub(super) own: RefCell<Option<BareJid>>,
        /// How much of the text is shown.
        pub(super) limit: Cell<usize>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for MessageRow {
        const NAME: &'static str = "StonechatMessageRow";
        type Type = super::MessageRow;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            Bubble::ensure_type();
            Lane::ensure_type();
            klass.bind_template();
            klass.set_css_name("message");
            klass.install_action("message.copy", None, |row, _, _| row.copy());
            klass.install_action("message.more", None, |row, _, _| row.show_more());
            klass.install_action("message.retry", None, |row, _, _| row.ask("conversation.retry"));
            klass.install_action("message.discard", None, |row, _, _| row.ask("conversation.discard"));
            klass.install_action("message.undo-send", None, |row, _, _| row.ask("conversation.undo-send"));
            klass.install_action("message.select", None, |row, _, _| row.ask("history.select"));
            klass.install_action("message.forward", None, |row, _, _| row.ask("conversation.forward"));
            klass.install_action("message.answer", None, |row, _, _| row.ask("conversation.answer"));
            klass.install_action("message.edit", None, |row, _, _| row.ask("conversation.edit"));
            klass.install_action("message.revisions", None, |row, _, _| row.ask("conversation.revisions"));
            klass.install_action("message.details", None, |row, _, _| row.ask("conversation.message-details"));
            klass.install_action("message.delete", None, |row, _, _| row.ask("conversation.delete"));
            klass.install_action("message.fetch-file", None, |row, _, _| row.ask("conversation.fetch-file"));
            klass.install_action("message.cancel-file", None, |row, _, _| row.ask("conversation.cancel-file"));
            klass.install_action("message.open-elsewhere", None, |row, _, _| row.open_file_elsewhere());
            klass.install_action("message.open-file", None, |row, _, _| row.open_file());
            klass.install_action("message.save-file", None, |row, _, _| row.save_file());
            klass.install_action("message.uncover", None, |row, _, _| row.uncover());
            klass.install_action("message.activate", None, |row, _, _| row.activate_row());
            klass.install_action("message.menu", None, |row, _, _| row.popup_menu(None));
            let text = Some(glib::VariantTy::STRING);
            klass.install_action("message.open-link", text, |row, _, target| {
                row.open_link(target.and_then(glib::Variant::str).unwrap_or_default());
            });
            klass.install_action("message.show-person", text, |row, _, address| {
                if let Err(error) = row.activate_action("conversation.show-person", address) {
                    log::warn!("nobody is shown: {error}");
                }
            });
            klass.install_action("message.copy-link", text, |row, _, target| {
                row.clipboard().set_text(target.and_then(glib::Variant::str).unwrap_or_default());
            });
            klass.add_binding_action(gdk::Key::c, gdk::ModifierType::CONTROL_MASK, "message.copy");
            klass.add_binding_action(gdk::Key::Menu, gdk::ModifierType::empty(), "message.menu");
            klass.add_binding_action(gdk::Key::F10, gdk::ModifierType::SHIFT_MASK, "message.menu");
            klass.add_binding_action(gdk::Key::Return, gdk::ModifierType::empty(), "message.activate");
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for MessageRow {
        fn constructed(&self) {
            self.parent_constructed();
            self.limit.set(message_text::SHORT);
            self.obj().add_controllers();
        }

        fn dispose(&self) {
            self.obj().let_go();
        }
    }

    impl WidgetImpl for MessageRow {}
    impl BoxImpl for MessageRow {}
}

glib::wrapper! {
    /// A row of the history.
    pub struct MessageRow(ObjectSubclass<imp::MessageRow>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl Default for MessageRow {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl MessageRow {
    /// Shows a message as it looks beside its neighbours; follows its changes. `speaker` is what whoever wrote it is called,
    /// and `peer` what the other side is.
    pub fn bind(&self, message: &Message, appearance: Appearance, speaker: &str, peer: &str) {
        let is_renamed = *self.imp().speaker.borrow() != speaker || *self.imp().peer.borrow() != peer;
        if is_renamed {
            self.imp().speaker.replace(speaker.to_owned());
            self.imp().peer.replace(peer.to_owned());
        }
        if self.message().as_ref() != Some(message) {
            self.unbind();
            let weak = self.downgrade();
            let on_body = message.connect_body_notify(move |_| {
                if let Some(row) = weak.upgrade() {
                    row.show_text();
                    row.show_annotations();
                    row.show_file();
                    row.describe();
                }
            });
            let weak = self.downgrade();
            let on_state = message.connect_state_notify(move |_| {
                if let Some(row) = weak.upgrade() {
                    row.show_state();
                    row.describe();
                }
            });
            let weak = self.downgrade();
            let on_annotated = message.connect_annotated_notify(move |_| {
                if let Some(row) = weak.upgrade() {
                    row.show_text();
                    row.show_annotations();
                    row.describe();
                }
            });
            let weak = self.downgrade();
            let on_file = message.connect_file_changes_notify(move |_| {
                if let Some(row) = weak.upgrade() {
                    row.show_file();
                    row.describe();
                }
            });
            let weak = self.downgrade();
            let on_uncovered = message.connect_is_uncovered_notify(move |_| {
                if let Some(row) = weak.upgrade() {
                    row.show_text();
                    row.show_annotations();
                    row.show_file();
                    row.look_at_file();
                    row.describe();
                }
            });
            let handlers = vec![on_body, on_state, on_annotated, on_file, on_uncovered];
            self.imp().message.replace(Some((message.clone(), handlers)));
            self.show_direction(message.is_outgoing());
            self.show_text();
            self.show_annotations();
            self.begin_file();
            self.show_file();
            self.look_at_file();
            let time = message.time();
            self.imp().bubble.set_time(&day::clock(time), &time_text::exact(time));
            self.show_state();
        } else if is_renamed {
            self.show_text();
            self.show_annotations();
        }
        self.show_appearance(appearance);
        self.describe();
    }

    /// Whose history it stands in; before a message is bound.
    pub fn set_own_address(&self, own: Option<&BareJid>) {
        if self.imp().own.borrow().as_ref() != own {
            self.imp().own.replace(own.cloned());
        }
    }

    /// Forgets the message, so that the row can be used for another one.
    pub fn unbind(&self) {
        self.let_go();
        let imp = self.imp();
        imp.limit.set(message_text::SHORT);
        imp.bubble.clear_selection();
    }

    pub fn message(&self) -> Option<Message> {
        self.imp().message.borrow().as_ref().map(|(message, _)| message.clone())
    }

    /// Whether the day stands above this message.
    pub fn begins_day(&self) -> bool {
        self.imp().day.is_visible()
    }

    /// What the person has selected of this message.
    pub fn selection(&self) -> Option<String> {
        self.imp().bubble.selection().filter(|text| !text.is_empty())
    }

    pub fn clear_selection(&self) {
        self.imp().bubble.clear_selection();
    }

    /// Whether it is among the selected messages; `None` while none are being selected.
    pub fn set_selected(&self, is_selected: Option<bool>) {
        self.set_class("selected", is_selected == Some(true));
        match is_selected {
            Some(is_selected) => self.update_state(&[gtk::accessible::State::Selected(Some(is_selected))]),
            None => self.reset_state(gtk::AccessibleState::Selected),
        }
    }

    /// Whether one has just jumped here.
    pub fn set_pointed_at(&self, is_pointed_at: bool) {
        self.set_class("pointed-at", is_pointed_at);
    }

    /// Marks these words in the text.
    pub fn mark_words(&self, words: &str) {
        self.imp().bubble.mark_words(words);
    }

    fn let_go(&self) {
        if let Some(bar) = self.imp().undo.borrow().as_ref() {
            bar.stop();
        }
        if let Some((message, handlers)) = self.imp().message.take() {
            for handler in handlers {
                message.disconnect(handler);
            }
        }
    }

    fn show_direction(&self, is_outgoing: bool) {
        let imp = self.imp();
        imp.lane.set_is_at_end(is_outgoing);
        imp.more.set_halign(if is_outgoing { gtk::Align::End } else { gtk::Align::Start });
        self.set_class("outgoing", is_outgoing);
    }

    fn show_text(&self) {
        let Some(message) = self.message() else { return };
        let imp = self.imp();
        let (format, is_covered) = (message.format(), message.is_covered());
        // What is covered is nowhere in the row: nothing can select, find or read it there.
        let body = if is_covered { String::new() } else { text_of(&message) };
        let shown =
            message_text::show(&body, &format, imp.limit.get(), &imp.speaker.borrow(), imp.own.borrow().as_ref());
        imp.bubble.set_spoiler(format.spoiler.as_deref(), is_covered);
        imp.bubble.set_text(&shown, message_text::is_big_emoji(&body));
        imp.more.set_visible(shown.is_cut && imp.limit.get() < message_text::LONG);
        imp.shown.replace(shown);
    }

    fn show_state(&self) {
        let Some(message) = self.message() else { return };
        let imp = self.imp();
        let words = state_in_words(message.state());
        let icon = match message.state() {
            DeliveryState::Received => None,
            DeliveryState::Waiting => Some("message-waiting-symbolic"),
            DeliveryState::Sent => Some("message-sent-symbolic"),
            // The same in another colour.
            DeliveryState::Delivered | DeliveryState::Read => Some("message-delivered-symbolic"),
            DeliveryState::Failed => Some("message-failed-symbolic"),
        };
        imp.bubble.set_state(icon.zip(words.as_deref()));
        self.set_class("read", message.state() == DeliveryState::Read);
        self.set_class("failed", message.state() == DeliveryState::Failed);
        match message.failure() {
            Some(failure) => {
                let bar = imp.failure.borrow().clone();
                let bar = bar.unwrap_or_else(|| {
                    let bar = FailureBar::default();
                    self.append(&bar);
                    imp.failure.replace(Some(bar.clone()));
                    bar
                });
                let file = message.attachment().filter(|file| !file.is_uploaded).and_then(|file| file.problem);
                bar.set_failure(failure, file);
                bar.set_visible(true);
            }
            None => {
                if let Some(bar) = imp.failure.borrow().as_ref() {
                    bar.set_visible(false);
                }
            }
        }
    }

    fn show_appearance(&self, appearance: Appearance) {
        let imp = self.imp();
        imp.day.set_visible(appearance.begins_day);
        if appearance.begins_day
            && let Some(message) = self.message()
        {
            imp.day.set_label(&day::day(message.time()));
        }
        imp.unread.set_visible(appearance.begins_unread);
        self.set_class("first", appearance.is_first);
        self.set_class("last", appearance.is_last);
    }

    fn set_class(&self, name: &str, is_set: bool) {
        if is_set {
            self.add_css_class(name);
        } else {
            self.remove_css_class(name);
        }
    }

    fn show_more(&self) {
        self.imp().limit.set(message_text::LONG);
        self.show_text();
    }
}

/// What stands there for a message, a deleted one as well.
fn text_of(message: &Message) -> String {
    if message.is_retracted() { reply_quote::excerpt("", true) } else { message.body() }
}

/// The same as a screen reader may read it: of what is covered, that it is.
fn spoken_text(message: &Message) -> String {
    if message.is_covered() {
        // Translators: {spoiler} stands for a text that is covered.
        return gettext("{spoiler} (covered)").replace("{spoiler}", &spoiler::readable(message));
    }
    text_of(message)
}

/// How far a message of one's own has come.
pub(super) fn state_in_words(state: DeliveryState) -> Option<String> {
    match state {
        DeliveryState::Received => None,
        DeliveryState::Waiting => Some(gettext("Waiting to be sent")),
        DeliveryState::Sent => Some(gettext("Sent")),
        DeliveryState::Delivered => Some(gettext("Delivered")),
        DeliveryState::Read => Some(gettext("Read")),
        DeliveryState::Failed => Some(gettext("Not sent")),
    }
}
