//! A conversation in the list: who, what was said last, when, and how much of it is unread.

use std::{
    cell::{OnceCell, RefCell},
    time::Duration,
};

use adw::subclass::prelude::*;
use gettextrs::{gettext, ngettext};
use gtk::{glib, prelude::*};

use super::{
    AvatarView, attachment::words, avatar_view::availability_text, message_text, reply_quote, spoiler, time_text,
};
use crate::{engine::api::Timestamp, model::Conversation};

/// From here on a badge says only that there are many.
const MANY: u32 = 999;

/// Called with how long the time goes on reading as it does.
type TimeTold = Box<dyn Fn(Duration)>;

mod imp {
    use super::{AvatarView, Conversation, OnceCell, RefCell, TimeTold, glib};
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};

    #[derive(Default, CompositeTemplate, glib::Properties)]
    #[properties(wrapper_type = super::ConversationRow)]
    #[template(resource = "/im/stonechat/Stonechat/ui/conversation_row.ui")]
    pub struct ConversationRow {
        #[template_child]
        pub(super) avatar: TemplateChild<AvatarView>,
        #[template_child]
        pub(super) name: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) pinned: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) time: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) preview: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) muted: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) blocked: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) unread: TemplateChild<gtk::Label>,
        pub(super) shown: RefCell<Option<Conversation>>,
        /// What a screen reader says of the row. The item of the list around it has the name: that is what gets the focus.
        #[property(get, set)]
        pub(super) description: RefCell<String>,
        pub(super) handlers: RefCell<Vec<(glib::Object, glib::SignalHandlerId)>>,
        pub(super) time_told: OnceCell<TimeTold>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ConversationRow {
        const NAME: &'static str = "StonechatConversationRow";
        type Type = super::ConversationRow;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            AvatarView::ensure_type();
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for ConversationRow {
        fn dispose(&self) {
            self.obj().set_conversation(None);
        }
    }

    impl WidgetImpl for ConversationRow {
        fn map(&self) {
            self.parent_map();
            // Nobody has told it the time while it was out of sight.
            if let Ok(now) = glib::DateTime::now_local() {
                self.obj().update_time(&now);
            }
        }
    }
    impl BoxImpl for ConversationRow {}
}

glib::wrapper! {
    /// One row of the list of conversations.
    pub struct ConversationRow(ObjectSubclass<imp::ConversationRow>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl Default for ConversationRow {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl ConversationRow {
    /// Shows another conversation, or none.
    pub fn set_conversation(&self, conversation: Option<&Conversation>) {
        let imp = self.imp();
        for (object, handler) in imp.handlers.take() {
            object.disconnect(handler);
        }
        imp.shown.replace(conversation.cloned());
        let Some(conversation) = conversation else {
            return imp.avatar.set_contact(None);
        };
        let contact = conversation.contact();
        imp.avatar.set_contact(Some(&contact));
        for object in [conversation.upcast_ref::<glib::Object>(), contact.upcast_ref()] {
            let weak = self.downgrade();
            let handler = object.connect_notify_local(None, move |_, _| {
                if let Some(row) = weak.upgrade() {
                    row.update();
                }
            });
            imp.handlers.borrow_mut().push((object.clone(), handler));
        }
        self.update();
    }

    pub fn conversation(&self) -> Option<Conversation> {
        self.imp().shown.borrow().clone()
    }

    /// `f` hears, whenever the time is told, how long it goes on reading as it does; once.
    pub fn connect_time_told(&self, f: impl Fn(Duration) + 'static) {
        let is_fresh = self.imp().time_told.set(Box::new(f)).is_ok();
        debug_assert!(is_fresh);
    }

    /// Brings the row up to date.
    fn update(&self) {
        let imp = self.imp();
        let Some(conversation) = self.conversation() else { return };
        let contact = conversation.contact();
        let name = contact.display_name();
        set_label(&imp.name, &name);
        let unread = conversation.unread();
        toggle_class(&*imp.name, "heading", unread > 0);
        imp.pinned.set_visible(conversation.is_pinned());
        imp.muted.set_visible(conversation.is_muted());
        imp.blocked.set_visible(contact.is_blocked());
        let (preview, class) = preview_of(&conversation);
        set_label(&imp.preview, &preview);
        for known in ["dimmed", "accent"] {
            toggle_class(&*imp.preview, known, known == class);
        }
        if let Ok(now) = glib::DateTime::now_local() {
            self.tell_time(&conversation, &now);
        }
        imp.unread.set_visible(unread > 0);
        set_label(&imp.unread, &if unread > MANY { format!("{MANY}+") } else { unread.to_string() });
        toggle_class(&*imp.unread, "muted", conversation.is_muted());
        self.describe(&conversation);
    }

    /// Time has passed, and nothing else has happened.
    pub fn update_time(&self, now: &glib::DateTime) {
        if let Some(conversation) = self.conversation().filter(|conversation| self.tell_time(conversation, now)) {
            self.describe(&conversation);
        }
    }

    /// Whether it reads differently now.
    fn tell_time(&self, conversation: &Conversation, now: &glib::DateTime) -> bool {
        let imp = self.imp();
        let time = Timestamp(conversation.time());
        let is_new = set_label(&imp.time, &time_text::short(time, now));
        if let (Some(told), Some(wait)) = (imp.time_told.get(), time_text::until_change(time, now))
            && self.is_mapped()
        {
            told(wait);
        }
        is_new
    }

    fn describe(&self, conversation: &Conversation) {
        let imp = self.imp();
        let (contact, unread) = (conversation.contact(), conversation.unread());
        let presence =
            if contact.is_blocked() { gettext("Blocked") } else { availability_text(contact.availability()) };
        let said = |label: &gtk::Label| label.label().to_string();
        let mut description = vec![said(&imp.name), presence, said(&imp.preview), said(&imp.time)];
        if unread > 0 {
            description.push(
                ngettext("{n} unread message", "{n} unread messages", unread).replace("{n}", &unread.to_string()),
            );
        }
        let description = description.join(", ");
        if self.description() != description {
            self.set_description(description);
        }
    }
}

/// One line, and the style it has.
fn preview_of(conversation: &Conversation) -> (String, &'static str) {
    if conversation.is_composing() {
        return (gettext("typing…"), "accent");
    }
    // What one is writing one sees.
    let is_elsewhere = !conversation.is_shown();
    if let Some(draft) = conversation.draft().filter(|draft| is_elsewhere && !draft.trim().is_empty()) {
        let line = draft.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        return (gettext("Draft: {text}").replace("{text}", line), "accent");
    }
    if is_elsewhere && (conversation.is_recording() || conversation.has_recording()) {
        return (gettext("Draft: {text}").replace("{text}", &gettext("Voice message")), "accent");
    }
    let text = conversation.preview();
    let last = conversation.last();
    let is_spoiler = last.as_ref().is_some_and(|last| last.is_spoiler);
    let file = last.and_then(|last| last.file);
    // A message that was taken back has no text any more.
    let text = if is_spoiler { text.map(|hint| spoiler::words(&hint)) } else { text };
    let is_deleted = file.is_none() && text.as_deref() == Some("");
    let text = if is_deleted { reply_quote::excerpt("", true) } else { text.unwrap_or_default() };
    let text = match file {
        Some((kind, name)) => words::line(kind, &name, &text),
        None => text,
    };
    if conversation.preview_is_outgoing() {
        let text = message_text::action(&text).unwrap_or(&text);
        return (gettext("You: {text}").replace("{text}", text), "dimmed");
    }
    let name = conversation.contact().display_name();
    (message_text::with_author(&text, &name).into_owned(), "dimmed")
}

/// Setting the same text again would lay the label out again. Whether it was another one.
fn set_label(label: &gtk::Label, text: &str) -> bool {
    let is_new = label.label() != text;
    if is_new {
        label.set_label(text);
    }
    is_new
}

fn toggle_class(widget: &impl IsA<gtk::Widget>, class: &str, is_set: bool) {
    if is_set {
        widget.add_css_class(class);
    } else {
        widget.remove_css_class(class);
    }
}
