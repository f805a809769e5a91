//! Pictures of every page in every look that it must survive, for somebody to judge; only where `STONECHAT_SHOTS` says where
//! they go. What can be told without eyes is checked by the way: no page is wider than its window.
//!
//! High contrast is the process's: `ADW_DEBUG_HIGH_CONTRAST=1`. On a screen of 1700 × 1100.

use adw::prelude::*;
use stonechat::ui::ContactDetails;

use crate::{
    show::Show,
    stage::World,
    widgets::{all, until},
};

const SIZES: [(i32, i32); 3] = [(360, 640), (900, 700), (1_600, 1_000)];
const LONG_NAME: &str = "Wolfeschlegelsteinhausenbergerdorff the Elder, of Bergerdorf";
/// 150 % of the usual 96 dots per inch, in 1024ths.
const LARGE_TEXT: i32 = 96 * 1_024 * 3 / 2;

/// A look for all pages.
struct Look {
    name: &'static str,
    is_dark: bool,
    is_rtl: bool,
    dpi: i32,
}

const LOOKS: [Look; 4] = [
    Look { name: "light", is_dark: false, is_rtl: false, dpi: -1 },
    Look { name: "dark", is_dark: true, is_rtl: false, dpi: -1 },
    Look { name: "large", is_dark: false, is_rtl: false, dpi: LARGE_TEXT },
    Look { name: "rtl", is_dark: false, is_rtl: true, dpi: -1 },
];

#[gtk::test]
fn every_page_in_every_look() {
    if std::env::var_os("STONECHAT_SHOTS").is_none() {
        return;
    }
    adw::init().unwrap();
    let settings = gtk::Settings::default().unwrap();
    settings.set_gtk_enable_animations(false);
    let wanted = std::env::var("STONECHAT_LOOK").unwrap_or_default();
    for look in LOOKS.iter().filter(|look| look.name.contains(&wanted)) {
        settings.set_gtk_xft_dpi(look.dpi);
        let direction = if look.is_rtl { gtk::TextDirection::Rtl } else { gtk::TextDirection::Ltr };
        gtk::Widget::set_default_direction(direction);
        for size in SIZES {
            take(look, size);
        }
    }
    settings.set_gtk_xft_dpi(-1);
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
    settings.set_gtk_enable_animations(true);
}

fn take(look: &Look, (width, height): (i32, i32)) {
    let begin = |world| {
        let show = Show::begin(world);
        show.application.settings().set_string("color-scheme", if look.is_dark { "dark" } else { "light" }).unwrap();
        show.window.set_default_size(width + FRAME, height + FRAME);
        until("it has its size", || show.window.width().abs_diff(width) <= 10);
        show
    };
    let picture = |show: &Show, page: &str| {
        let name = format!("{}-{width}-{page}", look.name);
        show.picture(&name);
        assert!(show.least_width() <= width, "{name} needs {}", show.least_width());
    };

    picture(&begin(World::empty()), "sign-in");
    picture(&begin(World::lonely()), "empty");
    let show = begin(World::lively());
    until("the rows are there", || show.names().len() >= 4);
    picture(&show, "conversations");
    for page in ["account", "preferences", "add-contact", "requests", "shortcuts"] {
        show.application.activate_action(page, None);
        dialog(&show, |show| picture(show, page));
    }
    WidgetExt::activate_action(&show.window, "win.new-conversation", None).unwrap();
    dialog(&show, |show| picture(show, "new-conversation"));
    for (page, name) in [("conversation", "Bob"), ("long-name", LONG_NAME)] {
        show.open(name);
        until("the conversation is there", || header(&show).is_some());
        picture(&show, page);
    }
    header(&show).unwrap().emit_clicked();
    until("the details are there", || !all::<ContactDetails>(&show.window).is_empty());
    picture(&show, "details");
}

/// The line that GTK draws around a window, within its size.
const FRAME: i32 = 10;

fn header(show: &Show) -> Option<gtk::Button> {
    all::<gtk::Button>(&show.window).into_iter().find(|button| button.has_css_class("conversation-title"))
}

/// Waits for the dialog that was opened, and closes it afterwards.
fn dialog(show: &Show, then: impl FnOnce(&Show)) {
    let dialogs = || all::<adw::Dialog>(&show.window);
    until("the dialog is there", || !dialogs().is_empty());
    then(show);
    dialogs()[0].force_close();
    until("the dialog is closed", || dialogs().is_empty());
}
