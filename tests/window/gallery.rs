//! Pictures of every page in every look that it must survive, for somebody to judge; only where `STONECHAT_SHOTS` says where
//! they go. What can be told without eyes is checked by the way (`checks`): no page is wider than its window, nothing sticks out
//! of it, what is pressed is large enough. What may or may not be a fault stands in `report.txt` beside the pictures.
//!
//! `STONECHAT_LOOK` chooses a look, `STONECHAT_PAGES` one of the groups (pages, events, parts). High contrast is the process's: `ADW_DEBUG_HIGH_CONTRAST=1`; so is the language: `STONECHAT_LOCALE=de_DE.UTF-8` for
//! `headless.sh`, with translations where `STONECHAT_LOCALE_DIR` says. On a screen of 1700 × 1100; what does not fit on a smaller
//! one is left out.

mod checks;
mod parts;
mod world;

use adw::prelude::*;
use gtk::glib;
use stonechat::{
    config,
    engine::api::{BlockAbility, ConnectionState, Event, Problem, Timestamp},
    ui::{ContactDetails, ConversationPage, media::playback::playback, message_row::MessageRow},
};

use crate::{
    events::{self, EDITED, SPOKEN},
    show::{Show, picture_of},
    stage::{self, World},
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
    speak();
    let settings = gtk::Settings::default().unwrap();
    settings.set_gtk_enable_animations(false);
    let wanted = std::env::var("STONECHAT_LOOK").unwrap_or_default();
    for look in LOOKS.iter().filter(|look| look.name.contains(&wanted)) {
        settings.set_gtk_xft_dpi(look.dpi);
        let direction = if look.is_rtl { gtk::TextDirection::Rtl } else { gtk::TextDirection::Ltr };
        gtk::Widget::set_default_direction(direction);
        for size in SIZES.into_iter().filter(|size| fits(*size)) {
            for (group, take) in
                [("pages", take as fn(&Look, (i32, i32))), ("events", take_events), ("parts", parts::take)]
            {
                if group.contains(&std::env::var("STONECHAT_PAGES").unwrap_or_default()) {
                    take(look, size);
                }
            }
        }
    }
    settings.set_gtk_xft_dpi(-1);
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
    settings.set_gtk_enable_animations(true);
}

/// In the language of the process, where there is a translation.
fn speak() {
    if let Some(dir) = config::locale_dir() {
        gettextrs::bindtextdomain(config::GETTEXT_DOMAIN, dir).unwrap();
        gettextrs::textdomain(config::GETTEXT_DOMAIN).unwrap();
    }
}

/// Whether the screen has room for such a window.
fn fits((width, height): (i32, i32)) -> bool {
    let monitors = gtk::gdk::Display::default().unwrap().monitors();
    monitors.iter::<gtk::gdk::Monitor>().flatten().any(|monitor| {
        let room = monitor.geometry();
        room.width() >= width + FRAME && room.height() >= height + FRAME
    })
}

fn begin(look: &Look, (width, height): (i32, i32), world: World) -> Show {
    let show = Show::begin(world);
    show.application.settings().set_string("color-scheme", if look.is_dark { "dark" } else { "light" }).unwrap();
    show.window.set_default_size(width + FRAME, height + FRAME);
    until("it has its size", || show.window.width().abs_diff(width) <= 10);
    show
}

fn picture(look: &Look, width: i32, show: &Show, page: &str) {
    let name = format!("{}-{width}-{page}", look.name);
    show.picture(&name);
    assert!(show.least_width() <= width, "{name} needs {}", show.least_width());
    checks::look_over(&show.window, &name);
}

fn take(look: &Look, size: (i32, i32)) {
    let begin = |world| begin(look, size, world);
    let picture = |show: &Show, page: &str| picture(look, size.0, show, page);
    picture(&begin(World::empty()), "sign-in");
    picture(&begin(World::lonely()), "empty");
    let show = begin(World::lively());
    until("the rows are there", || show.names().len() >= 4);
    picture(&show, "conversations");
    away(&show, |show| picture(show, "away"));
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

/// What happens to messages, and what is asked of the person.
fn take_events(look: &Look, size: (i32, i32)) {
    let dir = tempfile::tempdir().unwrap();
    let spoken = events::spoken(dir.path());
    let world = World { block_ability: Some(BlockAbility::BlockAndReport), ..events::world(&spoken) };
    let show = begin(look, size, world);
    let picture = |show: &Show, page: &str| picture(look, size.0, show, page);
    until("the rows are there", || show.names().len() >= 4);
    show.open("Bob");
    until("the messages are there", || !all::<MessageRow>(&show.window).is_empty());
    playback().seek(&spoken, std::time::Duration::from_secs(2));
    picture(&show, "events");
    let page = all::<ConversationPage>(&show.window).remove(0);
    page.pane().show_message(EDITED);
    picture(&show, "events-older");
    let id = Some(EDITED.0.to_variant());
    for (name, action, target) in [
        ("message-details", "conversation.message-details", id.clone()),
        ("file-details", "conversation.message-details", Some(SPOKEN.0.to_variant())),
        ("revisions", "conversation.revisions", id.clone()),
        ("forward", "conversation.forward", id.clone()),
        ("delete-message", "conversation.delete", Some(events::OWN.0.to_variant())),
        ("block", "conversation.block", None),
        ("export", "conversation.export", None),
        ("delete-history", "conversation.delete-history", None),
    ] {
        WidgetExt::activate_action(&page, action, target.as_ref()).unwrap();
        dialog(&show, |show| picture(show, name));
    }
    for message in [EDITED, events::OWN] {
        page.pane().activate_action("history.select", Some(&message.0.to_variant())).unwrap();
    }
    picture(&show, "selection");
    page.pane().activate_action("history.leave-selection", None).unwrap();
    page.activate_action("conversation.search", None).unwrap();
    until("the field is there", || all::<gtk::SearchEntry>(&page).len() == 1);
    all::<gtk::SearchEntry>(&page)[0].set_text("ferry");
    let filters =
        || all::<gtk::MenuButton>(&page).into_iter().find(|it| it.icon_name().as_deref() == Some("funnel-symbolic"));
    let filters = filters().unwrap();
    filters.popup();
    let popover = filters.popover().unwrap();
    until("the filters are there", || popover.is_mapped());
    all::<gtk::CheckButton>(&popover)[0].set_active(true);
    picture_of(&popover, &format!("{}-{}-filters", look.name, size.0));
    assert!(popover.width() <= size.0 + FRAME, "the filters need {}", popover.width());
    filters.popdown();
    picture(&show, "search");
}

/// While the server does not answer.
fn away(show: &Show, then: impl FnOnce(&Show)) {
    let has_banner = || all::<adw::Banner>(&show.window).iter().any(adw::Banner::is_revealed);
    let tell = |state| show.stage.tell(Event::AccountChanged(stage::account(state)));
    let retry_at = Timestamp(glib::real_time() / 1_000 + 30_000);
    tell(ConnectionState::Waiting { retry_at, problem: Problem::Timeout });
    until("the banner is there", has_banner);
    then(show);
    tell(ConnectionState::Online);
    until("the banner is gone", || !has_banner());
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
