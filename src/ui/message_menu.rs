//! What can be done with a message, as a menu beside it.
//!
//! Names actions of the row; knows neither row nor message.

use gettextrs::gettext;
use gtk::{gdk, gio, glib, prelude::*};

/// How many links the menu offers.
const LINKS: usize = 5;

/// The menu of a message that could not be sent, or of another one, with what can be done with its links.
#[must_use]
pub fn build(has_failed: bool, links: &[String]) -> gio::Menu {
    let menu = gio::Menu::new();
    let main = gio::Menu::new();
    main.append(Some(&gettext("Copy")), Some("message.copy"));
    main.append(Some(&gettext("Select")), Some("message.select"));
    if has_failed {
        main.append(Some(&gettext("Send again")), Some("message.retry"));
        main.append(Some(&gettext("Delete")), Some("message.discard"));
    }
    menu.append_section(None, &main);
    for link in links.iter().take(LINKS) {
        let section = gio::Menu::new();
        let target = link.to_variant();
        let short: String = link.chars().take(40).collect();
        for (text, action) in [
            (gettext("Open {link}").replace("{link}", &short), "message.open-link"),
            (gettext("Copy link"), "message.copy-link"),
        ] {
            // An underscore in an address is no mnemonic.
            let item = gio::MenuItem::new(Some(&text.replace('_', "__")), None);
            item.set_action_and_target_value(Some(action), Some(&target));
            section.append_item(&item);
        }
        menu.append_section(None, &section);
    }
    menu
}

/// What can be done with the message's file: one that is here, or on its way, or neither.
pub fn add_file(menu: &gio::Menu, is_here: bool, is_moving: bool) {
    let section = gio::Menu::new();
    if is_moving {
        section.append(Some(&gettext("Cancel")), Some("message.cancel-file"));
    } else if is_here {
        section.append(Some(&gettext("Open")), Some("message.open-file"));
        section.append(Some(&gettext("Save as…")), Some("message.save-file"));
    } else {
        section.append(Some(&gettext("Download")), Some("message.fetch-file"));
    }
    menu.append_section(None, &section);
}

/// Opens the menu where the pointer is, or below the bubble.
pub fn popup(row: &impl IsA<gtk::Widget>, bubble: &gtk::Widget, menu: &gio::Menu, at: Option<(f64, f64)>) {
    let popover = gtk::PopoverMenu::from_model(Some(menu));
    popover.set_has_arrow(at.is_none());
    popover.set_parent(row);
    #[expect(clippy::cast_possible_truncation)]
    let at = at.map(|(x, y)| (x as i32, y as i32)).or_else(|| {
        let bounds = bubble.compute_bounds(row)?;
        Some(((bounds.x() + bounds.width() / 2.0) as i32, (bounds.y() + bounds.height()) as i32))
    });
    if let Some((x, y)) = at {
        popover.set_pointing_to(Some(&gdk::Rectangle::new(x, y, 1, 1)));
    }
    popover.connect_closed(|popover| {
        let popover = popover.clone();
        // The chosen action runs after the menu has closed, and finds its row by the parent.
        glib::idle_add_local_once(move || popover.unparent());
    });
    popover.popup();
}
