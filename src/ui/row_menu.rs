//! The menu of a conversation's row: by right click, by a long press, by the menu key.

use gtk::{gdk, gio, glib, prelude::*};

use super::{ConversationRow, attention, blocking};
use crate::model::Conversation;

/// Gives a row its menu.
pub fn attach(row: &ConversationRow, menu: &impl IsA<gio::MenuModel>) {
    let menu: gio::MenuModel = menu.clone().upcast();
    let open = {
        let row = row.downgrade();
        move |at: Option<(f64, f64)>| {
            if let Some(row) = row.upgrade() {
                open(&row, &menu, at);
            }
        }
    };
    let click = gtk::GestureClick::builder().button(gdk::BUTTON_SECONDARY).build();
    let on_click = open.clone();
    click.connect_pressed(move |gesture, _, x, y| {
        gesture.set_state(gtk::EventSequenceState::Claimed);
        on_click(Some((x, y)));
    });
    row.add_controller(click);
    let press = gtk::GestureLongPress::builder().touch_only(true).build();
    let on_press = open;
    press.connect_pressed(move |gesture, x, y| {
        gesture.set_state(gtk::EventSequenceState::Claimed);
        on_press(Some((x, y)));
    });
    row.add_controller(press);
}

/// Opens the menu of the row that has the focus, by the menu key and Shift+F10.
pub fn attach_keys(list: &gtk::ListView, menu: &impl IsA<gio::MenuModel>) {
    let menu: gio::MenuModel = menu.clone().upcast();
    let keys = gtk::ShortcutController::new();
    let action = gtk::CallbackAction::new(move |list, _| {
        // The focus is on the list's own item around the row.
        let focused = list.root().and_then(|root| root.focus());
        let Some(row) = focused.and_then(|item| item.first_child()).and_downcast::<ConversationRow>() else {
            return glib::Propagation::Proceed;
        };
        open(&row, &menu, None);
        glib::Propagation::Stop
    });
    for text in ["Menu", "<Shift>F10"] {
        keys.add_shortcut(gtk::Shortcut::new(gtk::ShortcutTrigger::parse_string(text), Some(action.clone())));
    }
    list.add_controller(keys);
}

#[allow(clippy::cast_possible_truncation)] // pixels
fn open(row: &ConversationRow, menu: &gio::MenuModel, at: Option<(f64, f64)>) {
    let Some(conversation) = row.conversation() else { return };
    row.insert_action_group("row", Some(&actions(row, &conversation)));
    let popover = gtk::PopoverMenu::from_model(Some(menu));
    popover.set_parent(row);
    popover.set_has_arrow(at.is_none());
    if let Some((x, y)) = at {
        popover.set_halign(gtk::Align::Start);
        popover.set_pointing_to(Some(&gdk::Rectangle::new(x as i32, y as i32, 1, 1)));
    }
    popover.connect_closed(|popover| {
        let popover = popover.clone();
        // The chosen action is carried out after the menu has closed.
        glib::idle_add_local_once(move || popover.unparent());
    });
    popover.popup();
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
