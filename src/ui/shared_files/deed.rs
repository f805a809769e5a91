//! What can be done with a file that stands in a list: open, fetch, give up, save, show where it was sent; and the menu of it.

use gettextrs::gettext;
use gtk::{gio, glib, prelude::*};

use crate::{
    model::FoundMessage,
    ui::{
        attachment::{open, words},
        context_menu, spoiler,
    },
};

/// Opens a file that is here with the desktop's program for it; fetches one that is not, and stops one on its way. One that is
/// covered is uncovered before.
pub fn open(widget: &impl IsA<gtk::Widget>, found: &FoundMessage) {
    let Some(file) = found.attachment() else { return };
    if found.is_covered() {
        found.uncover();
        let said = words::description(&file, "");
        widget.upcast_ref::<gtk::Widget>().announce(&said, gtk::AccessibleAnnouncementPriority::Medium);
        return;
    }
    match file.path {
        _ if found.transfer().is_some() => found.conversation().cancel_transfer(found.id()),
        Some(path) => open::open(widget, &path, &file.name),
        None => found.conversation().fetch_file(found.id(), true),
    }
}

/// Keeps a copy of it where the person says.
pub fn save(widget: &impl IsA<gtk::Widget>, found: &FoundMessage) {
    if let Some(file) = found.attachment().filter(|_| !found.is_covered())
        && let Some(path) = &file.path
    {
        open::save(widget, path, &file.name);
    }
}

/// What opening comes to at present: an icon and words.
pub fn opening(found: &FoundMessage, icon: &'static str) -> (&'static str, String) {
    match found.attachment() {
        _ if found.is_covered() => ("view-reveal-symbolic", spoiler::action(true)),
        _ if found.transfer().is_some() => ("process-stop-symbolic", gettext("Cancel")),
        Some(file) if file.path.is_none() => ("folder-download-symbolic", gettext("Download")),
        _ => (icon, gettext("Open")),
    }
}

/// Where it was sent, as the window's action takes it.
pub fn place(found: &FoundMessage) -> glib::Variant {
    (found.conversation().id().0, found.id().0).to_variant()
}

/// Opens the menu of an item by right click, by a long press, and, when it has the focus, by the menu key.
/// `open` opens it.
pub fn attach_menu(widget: &impl IsA<gtk::Widget>, found: &FoundMessage, open: impl Fn() + Clone + 'static) {
    let show = {
        let (weak, found) = (widget.upcast_ref::<gtk::Widget>().downgrade(), found.clone());
        move |at: Option<(f64, f64)>| {
            if let Some(widget) = weak.upgrade() {
                popup(&widget, &found, at, open.clone());
            }
        }
    };
    let on_press = show.clone();
    context_menu::attach(widget, false, move |at| on_press(Some(at)));
    // The list asks the item that has the focus.
    let group = gio::SimpleActionGroup::new();
    let entry = gio::ActionEntry::builder("menu").activate(move |_: &gio::SimpleActionGroup, _, _| show(None)).build();
    group.add_action_entries([entry]);
    widget.insert_action_group("shared", Some(&group));
}

/// Lets the menu key and Shift+F10 open the menu of the item that has the focus.
pub fn attach_keys(list: &impl IsA<gtk::Widget>) {
    context_menu::attach_keys(list, |item| item.activate_action("shared.menu", None).is_ok());
}

fn popup(widget: &gtk::Widget, found: &FoundMessage, at: Option<(f64, f64)>, open: impl Fn() + 'static) {
    let group = gio::SimpleActionGroup::new();
    let entry = |name: &str, f: Box<dyn Fn()>| {
        gio::ActionEntry::builder(name).activate(move |_: &gio::SimpleActionGroup, _, _| f()).build()
    };
    let (weak, saved) = (widget.downgrade(), found.clone());
    let save = move || {
        if let Some(widget) = weak.upgrade() {
            self::save(&widget, &saved);
        }
    };
    group.add_action_entries([entry("open", Box::new(open)), entry("save", Box::new(save))]);
    widget.insert_action_group("file", Some(&group));
    let menu = gio::Menu::new();
    menu.append(Some(&opening(found, "").1), Some("file.open"));
    if found.attachment().is_some_and(|file| file.path.is_some() && !found.is_covered()) {
        menu.append(Some(&gettext("Save as…")), Some("file.save"));
    }
    let show = gio::MenuItem::new(Some(&gettext("Show in the conversation")), None);
    show.set_action_and_target_value(Some("win.show-message"), Some(&place(found)));
    menu.append_item(&show);
    let popover = gtk::PopoverMenu::from_model(Some(&menu));
    context_menu::popup_beside(&popover, widget, at);
}
