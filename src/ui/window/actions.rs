//! What the window does by name (`win.…`): go from one conversation to another, search, and what the open conversation does.

use adw::{prelude::*, subclass::prelude::*};
use gtk::{gio, glib};

use super::Window;
use crate::{
    engine::api::{BareJid, ConversationId, MessageId},
    ui::NewConversationDialog,
};

impl Window {
    pub(super) fn add_actions(&self) {
        let simple = |name: &str, f: fn(&Self)| {
            gio::ActionEntry::builder(name).activate(move |window: &Self, _, _| f(window)).build()
        };
        self.add_action_entries([
            simple("new-conversation", Self::new_conversation),
            simple("search", |window| {
                window.imp().split.set_show_content(false);
                if let Some(sidebar) = window.imp().sidebar.get() {
                    sidebar.focus_search();
                }
            }),
            simple("menu", |window| {
                if let Some(sidebar) = window.imp().sidebar.get() {
                    sidebar.open_menu();
                }
            }),
            gio::ActionEntry::builder("open-address")
                .parameter_type(Some(glib::VariantTy::STRING))
                .activate(|window: &Self, _, address| {
                    if let Some(address) = address.and_then(|address| BareJid::new(address.str()?).ok()) {
                        window.open_address(address, None);
                    }
                })
                .build(),
            gio::ActionEntry::builder("show-message")
                .parameter_type(Some(&<(i64, i64)>::static_variant_type()))
                .activate(|window: &Self, _, place| {
                    if let Some((conversation, message)) = place.and_then(glib::Variant::get::<(i64, i64)>) {
                        window.show_place(ConversationId(conversation), MessageId(message));
                    }
                })
                .build(),
            simple("search-conversation", |window| window.ask_page("conversation.search")),
            simple("choose-date", |window| window.ask_page("conversation.choose-date")),
            simple("details", |window| window.ask_page("conversation.details")),
            simple("next-conversation", |window| window.go(1, false)),
            simple("previous-conversation", |window| window.go(-1, false)),
            simple("next-unread", |window| window.go(1, true)),
            simple("previous-unread", |window| window.go(-1, true)),
            simple("close-conversation", |window| {
                let split = &window.imp().split;
                if window.imp().conversation_page.get().is_some_and(|page| page.conversation().is_some()) {
                    window.show_nothing();
                    split.set_show_content(false);
                } else {
                    window.close();
                }
            }),
        ]);
    }

    /// The open conversation's own action, wherever the keyboard is.
    fn ask_page(&self, action: &str) {
        let page = self.imp().conversation_page.get().filter(|page| page.conversation().is_some());
        if let Some(Err(error)) = page.map(|page| page.activate_action(action, None)) {
            log::warn!("{action}: {error}");
        }
    }

    fn go(&self, step: i32, unread_only: bool) {
        let next = self.imp().sidebar.get().and_then(|sidebar| sidebar.neighbour(step, unread_only));
        if let Some(conversation) = next {
            self.show_conversation(&conversation);
        }
    }

    fn new_conversation(&self) {
        if self.messenger().default_account().is_none() {
            return;
        }
        let dialog = NewConversationDialog::new(self.messenger());
        let weak = self.downgrade();
        dialog.connect_chosen(move |address| {
            if let Some(window) = weak.upgrade() {
                window.open_address(address, None);
            }
        });
        dialog.present(Some(self));
    }
}
