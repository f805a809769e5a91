//! A service of the desktop, played by python-dbusmock in a process of its own, on the bus that nobody else is on.

use std::process::{Child, Command, Stdio};

use gtk::{
    gio,
    glib::{self, variant::ToVariant},
};

use crate::widgets::until;

const INTERFACE: &str = "org.freedesktop.DBus.Mock";

/// Gone, with its name, when it is dropped.
pub struct Mock {
    process: Child,
    bus: gio::DBusConnection,
    name: &'static str,
    path: &'static str,
}

impl Mock {
    /// An object without methods; they are added.
    pub fn new(name: &'static str, path: &'static str, interface: &str) -> Self {
        Self::start(name, path, &["--session", name, path, interface])
    }

    /// One of the services that python-dbusmock knows how to play.
    pub fn template(template: &str, name: &'static str, path: &'static str) -> Self {
        Self::start(name, path, &["--template", template])
    }

    fn start(name: &'static str, path: &'static str, arguments: &[&str]) -> Self {
        let bus = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE).unwrap();
        let process = Command::new("python3")
            .args(["-m", "dbusmock"])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mock = Self { process, bus, name, path };
        until("the mock is there", || mock.has_owner());
        mock
    }

    fn has_owner(&self) -> bool {
        let (name, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        let answer = self.call_at(name, path, name, "NameHasOwner", &(self.name,).to_variant());
        answer.get::<(bool,)>() == Some((true,))
    }

    /// A method whose answer is made by Python code that sets `ret`.
    pub fn add_method(&self, interface: &str, method: &str, takes: &str, gives: &str, code: &str) {
        self.call(INTERFACE, "AddMethod", &(interface, method, takes, gives, code).to_variant());
    }

    pub fn add_property(&self, interface: &str, name: &str, value: &glib::Variant) {
        self.call(INTERFACE, "AddProperty", &(interface, name, value).to_variant());
    }

    pub fn emit(&self, interface: &str, signal: &str, signature: &str, values: &[glib::Variant]) {
        self.call(INTERFACE, "EmitSignal", &(interface, signal, signature, values).to_variant());
    }

    /// With what a method was called, each time.
    pub fn calls(&self, method: &str) -> Vec<Vec<glib::Variant>> {
        let answer = self.call(INTERFACE, "GetMethodCalls", &(method,).to_variant());
        let (calls,) = answer.get::<(Vec<(u64, Vec<glib::Variant>)>,)>().unwrap();
        calls.into_iter().map(|(_, arguments)| arguments).collect()
    }

    pub fn call(&self, interface: &str, method: &str, arguments: &glib::Variant) -> glib::Variant {
        self.call_at(self.name, self.path, interface, method, arguments)
    }

    fn call_at(
        &self,
        name: &str,
        path: &str,
        interface: &str,
        method: &str,
        arguments: &glib::Variant,
    ) -> glib::Variant {
        let flags = gio::DBusCallFlags::NONE;
        let answer = self.bus.call_sync(
            Some(name),
            path,
            interface,
            method,
            Some(arguments),
            None,
            flags,
            5_000,
            gio::Cancellable::NONE,
        );
        answer.unwrap_or_else(|error| panic!("{name} {method}: {error}"))
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if !std::thread::panicking() {
            until("the mock is gone", || !self.has_owner());
        }
    }
}
