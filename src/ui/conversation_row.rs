//! A conversation in one row: who, what was said last, when, and what is unread. Also a contact found by a search.

use adw::subclass::prelude::*;
use gettextrs::{gettext, ngettext};
use gtk::{glib, pango, prelude::*};

use super::{
    person_avatar::{PersonAvatar, availability_text},
    time_text,
    watch::Watch,
};
use crate::{
    engine::api::Timestamp,
    model::{Contact, Conversation, DeliveryState},
};

mod imp {
    use super::{PersonAvatar, Watch, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};

    #[derive(Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/conversation_row.ui")]
    pub struct ConversationRow {
        #[template_child]
        pub(super) avatar: TemplateChild<PersonAvatar>,
        #[template_child]
        pub(super) name: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) time: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) state: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) preview: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) muted: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) pinned: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) badge: TemplateChild<gtk::Label>,
        pub(super) conversation: Watch,
        pub(super) contact: Watch,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ConversationRow {
        const NAME: &'static str = "StonechatConversationRow";
        type Type = super::ConversationRow;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            PersonAvatar::ensure_type();
            klass.bind_template();
            klass.set_css_name("conversation-row");
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for ConversationRow {
        fn dispose(&self) {
            self.dispose_template();
        }
    }
    impl WidgetImpl for ConversationRow {}
}

glib::wrapper! {
    /// A row of the conversation list.
    pub struct ConversationRow(ObjectSubclass<imp::ConversationRow>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Default for ConversationRow {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl ConversationRow {
    /// Shows a [`Conversation`] or a [`Contact`], and nothing for `None`.
    pub fn set_item(&self, item: Option<&glib::Object>) {
        let conversation = item.and_then(|item| item.downcast_ref::<Conversation>());
        let contact = match conversation {
            Some(conversation) => Some(conversation.contact()),
            None => item.and_then(|item| item.downcast_ref::<Contact>()).cloned(),
        };
        let update = || {
            let weak = self.downgrade();
            move || {
                if let Some(row) = weak.upgrade() {
                    row.update();
                }
            }
        };
        let imp = self.imp();
        imp.conversation.set(conversation.map(Cast::upcast_ref), update());
        imp.contact.set(contact.as_ref().map(Cast::upcast_ref), update());
        self.imp().avatar.set_contact(contact.as_ref());
        self.update();
    }

    pub fn conversation(&self) -> Option<Conversation> {
        self.imp().conversation.get().and_downcast()
    }

    /// Brings the time's wording up to date.
    pub fn update_time(&self, now: &glib::DateTime) {
        if let Some(conversation) = self.conversation() {
            self.imp().time.set_label(&time_text::short(Timestamp(conversation.time()), now));
        }
    }

    fn update(&self) {
        let imp = self.imp();
        let Some(contact) = imp.contact.get().and_downcast::<Contact>() else {
            return;
        };
        imp.name.set_label(&contact.display_name());
        match self.conversation() {
            Some(conversation) => self.show_conversation(&contact, &conversation),
            None => self.show_contact(&contact),
        }
    }

    fn show_contact(&self, contact: &Contact) {
        let imp = self.imp();
        imp.time.set_label("");
        imp.preview.set_attributes(None);
        imp.preview.set_label(&contact.address_text());
        for widget in [
            imp.state.upcast_ref::<gtk::Widget>(),
            imp.muted.upcast_ref(),
            imp.pinned.upcast_ref(),
            imp.badge.upcast_ref(),
        ] {
            widget.set_visible(false);
        }
        self.set_class("unread", false);
        self.set_class("composing", false);
        self.name_for_screen_readers(&[
            contact.display_name(),
            contact.address_text(),
            availability_text(contact.availability()),
        ]);
    }

    fn show_conversation(&self, contact: &Contact, conversation: &Conversation) {
        let imp = self.imp();
        let is_unread = conversation.unread() > 0;
        self.set_class("unread", is_unread);
        self.set_class("muted", conversation.is_muted());
        self.set_class("composing", conversation.is_composing());
        let (text, attributes) = preview(conversation);
        imp.preview.set_attributes(attributes.as_ref());
        imp.preview.set_label(&text);
        let has_failed = conversation.preview_state() == DeliveryState::Failed && conversation.draft().is_none();
        let icon = match conversation.preview_state() {
            DeliveryState::Failed => Some("dialog-error-symbolic"),
            DeliveryState::Waiting => Some("document-open-recent-symbolic"),
            _ => None,
        };
        let icon = icon.filter(|_| conversation.draft().is_none() && !conversation.is_composing());
        imp.state.set_icon_name(icon);
        imp.state.set_visible(icon.is_some());
        if has_failed {
            imp.state.add_css_class("error");
        } else {
            imp.state.remove_css_class("error");
        }
        let time = Timestamp(conversation.time());
        if let Ok(now) = glib::DateTime::now_local() {
            imp.time.set_label(&time_text::short(time, &now));
        }
        imp.badge.set_visible(is_unread);
        imp.badge.set_label(&if conversation.unread() > 999 {
            "999+".to_owned()
        } else {
            conversation.unread().to_string()
        });
        imp.muted.set_visible(conversation.is_muted());
        imp.pinned.set_visible(conversation.is_pinned() && !is_unread);

        let mut words = vec![contact.display_name(), availability_text(contact.availability())];
        if is_unread {
            let count = conversation.unread();
            words.push(ngettext("{n} unread message", "{n} unread messages", count).replace("{n}", &count.to_string()));
        }
        words.push(text);
        words.push(imp.time.label().into());
        if has_failed {
            words.push(gettext("not sent"));
        }
        if conversation.is_muted() {
            words.push(gettext("muted"));
        }
        if conversation.is_pinned() {
            words.push(gettext("pinned"));
        }
        self.name_for_screen_readers(&words);
    }

    fn name_for_screen_readers(&self, words: &[String]) {
        let words: Vec<_> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        self.update_property(&[gtk::accessible::Property::Label(&words.join(", "))]);
    }

    fn set_class(&self, class: &str, is_on: bool) {
        if is_on {
            self.add_css_class(class);
        } else {
            self.remove_css_class(class);
        }
    }
}

/// The second line, and how its beginning is set off.
fn preview(conversation: &Conversation) -> (String, Option<pango::AttrList>) {
    if conversation.is_composing() {
        return (gettext("typing…"), None);
    }
    if let Some(draft) = conversation.draft() {
        let mark = gettext("Draft:");
        let text = format!("{mark} {}", draft.trim().lines().collect::<Vec<_>>().join(" "));
        let attributes = pango::AttrList::new();
        let mut accent = pango::AttrInt::new_weight(pango::Weight::Bold);
        accent.set_end_index(u32::try_from(mark.len()).unwrap_or_default());
        attributes.insert(accent);
        let color = adw::StyleManager::default().accent_color_rgba();
        let mut color =
            pango::AttrColor::new_foreground(channel(color.red()), channel(color.green()), channel(color.blue()));
        color.set_end_index(u32::try_from(mark.len()).unwrap_or_default());
        attributes.insert(color);
        return (text, Some(attributes));
    }
    let text = conversation.preview().unwrap_or_default();
    if conversation.preview_is_outgoing() {
        // Translators: in front of the last message of a conversation, when one wrote it oneself.
        return (gettext("You: {text}").replace("{text}", &text), None);
    }
    (text, None)
}

/// From 0…1 to what Pango wants.
fn channel(value: f32) -> u16 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    {
        (value.clamp(0.0, 1.0) * f32::from(u16::MAX)) as u16
    }
}
