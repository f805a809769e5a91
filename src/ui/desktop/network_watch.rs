//! Says when the machine's network has come, gone or changed, and when the machine has woken up from sleep.

use std::time::Duration;

use gtk::{
    gio::{self, prelude::*},
    glib,
};

/// Several changes come together when a network comes up: they are reported as one.
const QUIET: Duration = Duration::from_millis(300);

/// Watches until it is dropped.
#[derive(Debug)]
pub struct NetworkWatch {
    monitor: gio::NetworkMonitor,
    handler: Option<glib::SignalHandlerId>,
    listening: glib::JoinHandle<()>,
    waking: glib::JoinHandle<()>,
}

impl NetworkWatch {
    /// `on_change` is told whether there is a network now.
    pub fn new(on_change: impl Fn(bool) + 'static) -> Self {
        let (sender, receiver) = async_channel::bounded::<()>(1);
        let monitor = gio::NetworkMonitor::default();
        let handler = {
            let sender = sender.clone();
            monitor.connect_network_changed(move |_, _| {
                let _ = sender.try_send(());
            })
        };
        let listening = {
            let monitor = monitor.clone();
            glib::spawn_future_local(async move {
                while receiver.recv().await.is_ok() {
                    glib::timeout_future(QUIET).await;
                    while receiver.try_recv().is_ok() {}
                    on_change(monitor.is_network_available());
                }
            })
        };
        let waking = glib::spawn_future_local(watch_sleep(sender));
        Self { monitor, handler: Some(handler), listening, waking }
    }
}

impl Drop for NetworkWatch {
    fn drop(&mut self) {
        // A dropped handle lets its future run on.
        self.listening.abort();
        self.waking.abort();
        if let Some(handler) = self.handler.take() {
            self.monitor.disconnect(handler);
        }
    }
}

/// Reports the end of a sleep: `PrepareForSleep(false)` of logind. Without a system bus there is nothing to watch.
async fn watch_sleep(sender: async_channel::Sender<()>) {
    let Ok(bus) = gio::bus_get_future(gio::BusType::System).await else { return };
    let _subscription = bus.subscribe_to_signal(
        Some("org.freedesktop.login1"),
        Some("org.freedesktop.login1.Manager"),
        Some("PrepareForSleep"),
        Some("/org/freedesktop/login1"),
        None,
        gio::DBusSignalFlags::NONE,
        move |signal| {
            if signal.parameters.get::<(bool,)>() == Some((false,)) {
                let _ = sender.try_send(());
            }
        },
    );
    // The subscription lives as long as this future.
    std::future::pending::<()>().await;
}
