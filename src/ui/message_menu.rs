//! What can be done with a message, as a menu beside it.
//!
//! Names actions of the row; knows no row.

use gettextrs::gettext;
use gtk::{gio, prelude::*};

use super::{context_menu, message_text::Shown, spoiler};
use crate::model::{DeliveryState, Message};

/// How many links, and how many people, the menu offers.
const LINKS: usize = 5;
/// What most people say most often.
const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🎉"];
/// Where the quick reactions stand in the menu.
const REACTIONS: &str = "reactions";

/// The menu of a message, with what can be done with the links in what is shown of it, and with whom that mentions.
#[must_use]
pub fn build(message: &Message, shown: &Shown) -> gio::Menu {
    let (is_outgoing, is_retracted) = (message.is_outgoing(), message.is_retracted());
    let has_failed = message.state() == DeliveryState::Failed;
    let menu = gio::Menu::new();
    if !is_retracted {
        let reactions = gio::MenuItem::new(None, None);
        reactions.set_attribute_value("custom", Some(&REACTIONS.to_variant()));
        let section = gio::Menu::new();
        section.append_item(&reactions);
        menu.append_section(None, &section);
    }
    let main = gio::Menu::new();
    let all = [
        (message.held_until().is_some(), gettext("Undo sending"), "message.undo-send"),
        (message.format().spoiler.is_some(), spoiler::action(message.is_covered()), "message.uncover"),
        (!is_retracted, gettext("Reply"), "message.answer"),
        (is_outgoing && !is_retracted && message.attachment().is_none(), gettext("Edit"), "message.edit"),
        (!is_retracted, gettext("Copy"), "message.copy"),
        (true, gettext("Select"), "message.select"),
        (!is_retracted, gettext("Forward…"), "message.forward"),
        (message.is_edited(), gettext("Earlier texts…"), "message.revisions"),
        (true, gettext("Details…"), "message.details"),
        (has_failed, gettext("Send again"), "message.retry"),
        (has_failed, gettext("Delete"), "message.discard"),
        (!has_failed, gettext("Delete…"), "message.delete"),
    ];
    for (_, text, action) in all.into_iter().filter(|(is_offered, ..)| *is_offered) {
        main.append(Some(&text), Some(action));
    }
    menu.append_section(None, &main);
    let people = gio::Menu::new();
    for address in shown.mentioned.iter().take(LINKS) {
        let address = address.as_str();
        // Translators: in the menu of a message that mentions somebody, who has this address.
        let text = gettext("Details of {address}").replace("{address}", &shortened(address));
        people.append_item(&with_target(&text, "message.show-person", address));
    }
    menu.append_section(None, &people);
    for link in shown.links.iter().take(LINKS) {
        let section = gio::Menu::new();
        let open = gettext("Open {link}").replace("{link}", &shortened(link));
        section.append_item(&with_target(&open, "message.open-link", link));
        section.append_item(&with_target(&gettext("Copy link"), "message.copy-link", link));
        menu.append_section(None, &section);
    }
    menu
}

fn shortened(address: &str) -> String {
    address.chars().take(40).collect()
}

fn with_target(text: &str, action: &str, target: &str) -> gio::MenuItem {
    // An underscore in an address is no mnemonic.
    let item = gio::MenuItem::new(Some(&text.replace('_', "__")), None);
    item.set_action_and_target_value(Some(action), Some(&target.to_variant()));
    item
}

/// A row of emoji, of which a press puts one under the message or takes it away, and a way to all others.
#[must_use]
pub fn quick_reactions(message: &Message) -> gtk::Box {
    let row = gtk::Box::builder().spacing(2).css_classes(["quick-reactions"]).build();
    let own = message.own_reactions();
    let (id, more) = (message.id().0, gtk::MenuButton::new());
    for emoji in QUICK {
        let button = gtk::Button::builder().label(emoji).css_classes(["flat", "circular"]).build();
        if own.iter().any(|known| known == emoji) {
            button.add_css_class("own");
        }
        button.connect_clicked(move |button| react(button, id, emoji));
        row.append(&button);
    }
    more.set_icon_name("list-add-symbolic");
    more.set_tooltip_text(Some(&gettext("Another emoji")));
    more.update_property(&[gtk::accessible::Property::Label(&gettext("Another emoji"))]);
    more.add_css_class("flat");
    more.add_css_class("circular");
    more.set_create_popup_func(move |more| {
        let chooser = gtk::EmojiChooser::new();
        let weak = more.downgrade();
        chooser.connect_emoji_picked(move |_, emoji| {
            if let Some(more) = weak.upgrade() {
                react(&more, id, emoji);
            }
        });
        more.set_popover(Some(&chooser));
    });
    row.append(&more);
    row
}

fn react(from: &impl IsA<gtk::Widget>, id: i64, emoji: &str) {
    if let Err(error) = from.activate_action("conversation.react", Some(&(id, emoji).to_variant())) {
        log::warn!("no reaction: {error}");
    }
    if let Some(menu) = from.ancestor(gtk::PopoverMenu::static_type()).and_downcast::<gtk::PopoverMenu>() {
        menu.popdown();
    }
}

/// What can be done with the message's file: one that is here, or on its way, or neither.
pub fn add_file(menu: &gio::Menu, is_here: bool, is_moving: bool) {
    let section = gio::Menu::new();
    if is_moving {
        section.append(Some(&gettext("Cancel")), Some("message.cancel-file"));
    } else if is_here {
        section.append(Some(&gettext("Open")), Some("message.open-file"));
        section.append(Some(&gettext("Open with another program")), Some("message.open-elsewhere"));
        section.append(Some(&gettext("Save as…")), Some("message.save-file"));
    } else {
        section.append(Some(&gettext("Download")), Some("message.fetch-file"));
    }
    menu.append_section(None, &section);
}

/// Opens the menu where the pointer is, or below the bubble.
pub fn popup(
    row: &impl IsA<gtk::Widget>,
    bubble: &gtk::Widget,
    menu: &gio::Menu,
    quick: Option<gtk::Box>,
    at: Option<(f64, f64)>,
) {
    let popover = gtk::PopoverMenu::from_model(Some(menu));
    if let Some(quick) = quick {
        popover.add_child(&quick, REACTIONS);
    }
    popover.set_has_arrow(at.is_none());
    let below = || {
        let bounds = bubble.compute_bounds(row)?;
        Some((f64::from(bounds.x() + bounds.width() / 2.0), f64::from(bounds.y() + bounds.height())))
    };
    context_menu::popup(&popover, row, at.or_else(below));
}
