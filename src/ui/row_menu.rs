//! The menu of a conversation's row: by right click, by a long press, by the menu key.

use gtk::{gio, glib, prelude::*};

use super::{ConversationRow, attention, blocking, context_menu};
use crate::model::Conversation;

/// Gives a row its menu.
pub fn attach(row: &ConversationRow, menu: &impl IsA<gio::MenuModel>) {
    let menu: gio::MenuModel = menu.clone().upcast();
    let weak = row.downgrade();
    context_menu::attach(row, false, move |at| {
        if let Some(row) = weak.upgrade() {
            open(&row, &menu, Some(at));
        }
    });
}

/// Opens the menu of the row that has the focus, by the menu key and Shift+F10.
pub fn attach_keys(list: &gtk::ListView, menu: &impl IsA<gio::MenuModel>) {
    let menu: gio::MenuModel = menu.clone().upcast();
    context_menu::attach_keys(list, move |shown| {
        let row = shown.downcast_ref::<ConversationRow>();
        if let Some(row) = row {
            open(row, &menu, None);
        }
        row.is_some()
    });
}

fn open(row: &ConversationRow, menu: &gio::MenuModel, at: Option<(f64, f64)>) {
    let Some(conversation) = row.conversation() else { return };
    row.insert_action_group("row", Some(&actions(row, &conversation)));
    let popover = gtk::PopoverMenu::from_model(Some(menu));
    context_menu::popup_beside(&popover, row, at);
}

fn actions(row: &ConversationRow, conversation: &Conversation) -> gio::SimpleActionGroup {
    let group = gio::SimpleActionGroup::new();
    // The row may show somebody else, or be gone, by the time that a question is to be asked.
    let asking = |name: &str, is_possible: bool, ask: fn(&gtk::Widget, &Conversation)| {
        let (conversation, window) = (conversation.clone(), row.root());
        let action = gio::SimpleAction::new(name, None);
        action.set_enabled(is_possible);
        action.connect_activate(move |_, _| {
            if let Some(window) = &window {
                ask(window.upcast_ref(), &conversation);
            }
        });
        action
    };
    let is_blocked = conversation.contact().is_blocked();
    group.add_action(&asking("block", !is_blocked, blocking::ask_to_block));
    group.add_action(&asking("unblock", is_blocked, blocking::unblock));
    let simple = |name: &str, f: fn(&Conversation)| {
        let conversation = conversation.clone();
        gio::ActionEntry::builder(name).activate(move |_: &gio::SimpleActionGroup, _, _| f(&conversation)).build()
    };
    let toggle = |name: &str, state: bool, f: fn(&Conversation, bool)| {
        let conversation = conversation.clone();
        gio::ActionEntry::builder(name)
            .state(state.to_variant())
            .activate(move |_: &gio::SimpleActionGroup, _, _| f(&conversation, !state))
            .build()
    };
    group.add_action_entries([
        simple("mark-read", Conversation::mark_all_read),
        simple("archive", |conversation| conversation.set_archived(true)),
        simple("unarchive", |conversation| conversation.set_archived(false)),
        toggle("pin", conversation.is_pinned(), Conversation::set_pinned),
    ]);
    let is_archived = conversation.is_archived();
    for (name, is_possible) in
        [("mark-read", conversation.unread() > 0), ("archive", !is_archived), ("unarchive", is_archived)]
    {
        if let Some(action) = group.lookup_action(name).and_downcast::<gio::SimpleAction>() {
            action.set_enabled(is_possible);
        }
    }
    let state = attention::chosen(conversation).to_variant();
    let attention = gio::SimpleAction::new_stateful("attention", Some(glib::VariantTy::STRING), &state);
    let subject = conversation.clone();
    attention.connect_activate(move |_, choice| {
        if let Some(choice) = choice.and_then(glib::Variant::str) {
            attention::choose(&subject, choice);
        }
    });
    group.add_action(&attention);
    group
}
