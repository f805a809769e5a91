//! Says when nobody has used the machine for a while, and when somebody is back.
//!
//! Two sources, either of which will do: Mutter's idle monitor, which counts minutes without input, and the screen's lock
//! or saver, as the portal or the desktop's own service tells it. No source is polled.

use std::{cell::Cell, rc::Rc};

use gtk::{
    gio,
    glib::{self, variant::ToVariant},
};

const MUTTER: &str = "org.gnome.Mutter.IdleMonitor";
const MUTTER_PATH: &str = "/org/gnome/Mutter/IdleMonitor/Core";
const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PORTAL_PATH: &str = "/org/freedesktop/portal/desktop";
const PORTAL_INHIBIT: &str = "org.freedesktop.portal.Inhibit";
/// The interfaces by which desktops tell of their screen saver or lock; each has the signal `ActiveChanged(b)`.
const SAVERS: [&str; 3] = ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver"];

/// Watches until it is dropped.
#[derive(Debug)]
pub struct IdleWatch {
    watching: glib::JoinHandle<()>,
}

/// What is known, and whom to tell.
struct State {
    no_input: Cell<bool>,
    locked: Cell<bool>,
    told: Cell<bool>,
    on_change: Box<dyn Fn(bool)>,
}

impl State {
    fn update(&self) {
        let idle = self.no_input.get() || self.locked.get();
        if self.told.replace(idle) != idle {
            (self.on_change)(idle);
        }
    }
}

impl IdleWatch {
    /// `on_change` is told true after `minutes` without input or when the screen is locked, false when somebody is back.
    pub fn new(minutes: u32, on_change: impl Fn(bool) + 'static) -> Self {
        let state = Rc::new(State {
            no_input: Cell::default(),
            locked: Cell::default(),
            told: Cell::default(),
            on_change: Box::new(on_change),
        });
        Self { watching: glib::spawn_future_local(watch(minutes, state)) }
    }
}

impl Drop for IdleWatch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

async fn watch(minutes: u32, state: Rc<State>) {
    let Ok(bus) = gio::bus_get_future(gio::BusType::Session).await else { return };
    let mut subscriptions = vec![watch_portal(&bus, &state)];
    subscriptions.extend(SAVERS.map(|saver| watch_saver(&bus, saver, &state)));
    start_portal_monitor(&bus).await;
    if let Some(id) = add_idle_watch(&bus, minutes).await {
        subscriptions.push(watch_input(&bus, id, &state));
    }
    // The subscriptions live as long as this future.
    std::future::pending::<()>().await;
    drop(subscriptions);
}

fn watch_saver(bus: &gio::DBusConnection, interface: &str, state: &Rc<State>) -> gio::SignalSubscription {
    let state = state.clone();
    bus.subscribe_to_signal(
        Some(interface),
        Some(interface),
        Some("ActiveChanged"),
        None,
        None,
        gio::DBusSignalFlags::NONE,
        move |signal| {
            if let Some((active,)) = signal.parameters.get::<(bool,)>() {
                state.locked.set(active);
                state.update();
            }
        },
    )
}

fn watch_portal(bus: &gio::DBusConnection, state: &Rc<State>) -> gio::SignalSubscription {
    let state = state.clone();
    bus.subscribe_to_signal(
        Some(PORTAL),
        Some(PORTAL_INHIBIT),
        Some("StateChanged"),
        Some(PORTAL_PATH),
        None,
        gio::DBusSignalFlags::NONE,
        move |signal| {
            let Some(values) = signal.parameters.try_child_value(1) else { return };
            let active = glib::VariantDict::new(Some(&values)).lookup::<bool>("screensaver-active");
            if let Ok(Some(active)) = active {
                state.locked.set(active);
                state.update();
            }
        },
    )
}

/// The portal tells its state only to those who have asked for a monitor.
async fn start_portal_monitor(bus: &gio::DBusConnection) {
    let options = glib::VariantDict::new(None);
    options.insert("session_handle_token", "stonechat_idle");
    let arguments = glib::Variant::tuple_from_iter(["".to_variant(), options.end()]);
    let answer = bus
        .call_future(
            Some(PORTAL),
            PORTAL_PATH,
            PORTAL_INHIBIT,
            "CreateMonitor",
            Some(&arguments),
            None,
            gio::DBusCallFlags::NO_AUTO_START,
            -1,
        )
        .await;
    if let Err(error) = answer {
        log::debug!("no idle monitor by portal: {error}");
    }
}

/// Asks Mutter to tell when there has been no input for so long; the watch's id.
async fn add_idle_watch(bus: &gio::DBusConnection, minutes: u32) -> Option<u32> {
    let after = (u64::from(minutes) * 60_000,).to_variant();
    call_mutter(bus, "AddIdleWatch", Some(after)).await
}

async fn call_mutter(bus: &gio::DBusConnection, method: &str, arguments: Option<glib::Variant>) -> Option<u32> {
    let flags = gio::DBusCallFlags::NO_AUTO_START;
    let answer = bus.call_future(Some(MUTTER), MUTTER_PATH, MUTTER, method, arguments.as_ref(), None, flags, -1).await;
    match answer {
        Ok(answer) => answer.get::<(u32,)>().map(|(id,)| id),
        Err(error) => {
            log::debug!("no idle monitor by Mutter: {error}");
            None
        }
    }
}

/// Mutter fires the idle watch once for each time of idleness; a watch for the person's return fires once and is gone.
fn watch_input(bus: &gio::DBusConnection, idle_watch: u32, state: &Rc<State>) -> gio::SignalSubscription {
    let state = state.clone();
    bus.subscribe_to_signal(
        Some(MUTTER),
        Some(MUTTER),
        Some("WatchFired"),
        Some(MUTTER_PATH),
        None,
        gio::DBusSignalFlags::NONE,
        move |signal| {
            let fired = signal.parameters.get::<(u32,)>().map(|(id,)| id);
            let is_idle = fired == Some(idle_watch);
            state.no_input.set(is_idle);
            state.update();
            if is_idle {
                let bus = signal.connection.clone();
                glib::spawn_future_local(async move { call_mutter(&bus, "AddUserActiveWatch", None).await });
            }
        },
    )
}
