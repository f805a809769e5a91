//! What the desktop says, and what becomes of it. The services are played: there is no session here that could be idle,
//! locked or asleep.

use adw::prelude::*;
use gtk::glib::{self, variant::ToVariant};

use crate::{mock::Mock, show::Show, stage::World, widgets::until};

const MUTTER: &str = "org.gnome.Mutter.IdleMonitor";
const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PORTAL_PATH: &str = "/org/freedesktop/portal/desktop";
const SAVER: &str = "org.gnome.ScreenSaver";
const LOGIND: &str = "org.freedesktop.login1";

impl Show {
    /// How often the engine was told this.
    pub fn told(&self, command: &str) -> usize {
        self.stage.world.borrow().commands.iter().filter(|told| told.contains(command)).count()
    }

    /// Waits until the engine was told something once more than before.
    fn until_told(&self, command: &str, change: impl FnOnce()) {
        let before = self.told(command);
        change();
        until(&format!("the engine is told {command}"), || self.told(command) == before + 1);
    }
}

#[gtk::test]
fn nobody_at_the_machine_is_away_and_is_back_with_the_first_key() {
    let mutter = Mock::new(MUTTER, "/org/gnome/Mutter/IdleMonitor/Core", MUTTER);
    mutter.add_method(MUTTER, "AddIdleWatch", "t", "u", "ret = 7");
    mutter.add_method(MUTTER, "AddUserActiveWatch", "", "u", "ret = 8");
    let fire = |watch: u32| mutter.emit(MUTTER, "WatchFired", "u", &[watch.to_variant()]);
    let show = Show::begin(World::lively());
    until("it asks for ten minutes", || {
        mutter.calls("AddIdleWatch").iter().any(|arguments| arguments[0].get::<u64>() == Some(600_000))
    });
    for round in 1..=2 {
        // Until it has the answer, it can't know that the word is for it. The same word again changes nothing.
        until("it is away", || {
            fire(7);
            show.told("SetIdle { idle: true }") == round
        });
        until("it asks for the person's return", || mutter.calls("AddUserActiveWatch").len() >= round);
        show.until_told("SetIdle { idle: false }", || fire(8));
    }
}

#[gtk::test]
fn a_locked_screen_is_away() {
    let saver = Mock::template("gnome_screensaver", SAVER, "/org/gnome/ScreenSaver");
    let portal = portal();
    let lock = |is_locked: bool| drop(saver.call(SAVER, "SetActive", &(is_locked,).to_variant()));
    let show = Show::begin(World::lively());
    // It listens by then.
    until("it asks the portal for a monitor", || !portal.calls("CreateMonitor").is_empty());
    show.until_told("SetIdle { idle: true }", || lock(true));
    show.until_told("SetIdle { idle: false }", || lock(false));
    show.application.settings().set_boolean("away-when-idle", false).unwrap();
    until("it has let go", || show.told("SetIdle { idle: false }") == 2);
    lock(true);
    show.until_told("SetPrivacy", || show.application.settings().set_boolean("send-receipts", false).unwrap());
    assert_eq!(show.told("SetIdle { idle: true }"), 1, "nobody asked for it");
}

#[gtk::test]
fn a_locked_screen_is_known_by_the_portal_too() {
    let portal = portal();
    let tell = |is_locked: bool| {
        let state = glib::VariantDict::new(None);
        state.insert("screensaver-active", is_locked);
        state.insert("session-state", 1_u32);
        let session =
            glib::variant::ObjectPath::try_from("/org/freedesktop/portal/desktop/session/x".to_owned()).unwrap();
        portal.emit("org.freedesktop.portal.Inhibit", "StateChanged", "oa{sv}", &[session.to_variant(), state.end()]);
    };
    let show = Show::begin(World::lively());
    until("it asks for a monitor", || !portal.calls("CreateMonitor").is_empty());
    show.until_told("SetIdle { idle: true }", || tell(true));
    show.until_told("SetIdle { idle: false }", || tell(false));
}

#[gtk::test]
fn waking_up_from_sleep_is_told() {
    let logind = Mock::template("logind", LOGIND, "/org/freedesktop/login1");
    let show = Show::begin(World::lively());
    until("its services run", || show.told("SetPrivacy") > 0);
    // It says nothing when it begins to listen.
    until("the engine is told", || {
        logind.emit("org.freedesktop.login1.Manager", "PrepareForSleep", "b", &[false.to_variant()]);
        show.told("NetworkChanged") > 0
    });
}

#[gtk::test]
fn the_portal_is_asked_whether_it_may_go_on_without_a_window() {
    let portal = portal();
    let show = Show::begin(World::lively());
    until("its services run", || show.told("SetPrivacy") > 0);
    assert!(portal.calls("RequestBackground").is_empty());
    show.application.settings().set_boolean("run-in-background", true).unwrap();
    until("it is asked", || portal.calls("RequestBackground").len() == 1);
    let options = portal.calls("RequestBackground").remove(0).remove(1);
    let options = glib::VariantDict::new(Some(&options));
    assert_eq!(options.lookup::<bool>("autostart").unwrap(), Some(false));
    assert!(options.lookup::<String>("reason").unwrap().is_some_and(|reason| !reason.is_empty()));
    show.window.close();
    until("the window is gone", || show.application.windows().is_empty());
    show.application.activate();
    until("there is another one", || !show.application.windows().is_empty());
    show.application.settings().set_boolean("run-in-background", false).unwrap();
}

/// As far as it is used, after the portal's documentation.
fn portal() -> Mock {
    let portal = Mock::new(PORTAL, PORTAL_PATH, "org.freedesktop.portal.Inhibit");
    let handle =
        "ret = dbus.ObjectPath('/org/freedesktop/portal/desktop/request/x/' + str(args[1].get('handle_token', 'x')))";
    portal.add_method("org.freedesktop.portal.Inhibit", "CreateMonitor", "sa{sv}", "o", handle);
    portal.add_method("org.freedesktop.portal.Background", "RequestBackground", "sa{sv}", "o", handle);
    portal.add_property("org.freedesktop.portal.Background", "version", &2_u32.to_variant());
    portal
}
