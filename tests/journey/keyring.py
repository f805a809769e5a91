"""A real keyring on the session bus: GNOME's daemon, with a home of its own and nobody whom it could ask."""

import os
import subprocess

import accessibility as ax
from gi.repository import Gio, GLib

NAME, PATH = "org.freedesktop.secrets", "/org/freedesktop/secrets"
SERVICE = "org.freedesktop.Secret.Service"
ITEM = "org.freedesktop.Secret.Item"
LOGIN = "/org/freedesktop/secrets/collection/login"
ATTRIBUTES = {"app-id": "im.stonechat.Stonechat"}


class Keyring:
    def __init__(self, home):
        self.home, self.process = home, None
        home.mkdir()
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)

    def start(self):
        """Unlocked, as a person's session has it."""
        environment = os.environ | {"HOME": str(self.home), "XDG_DATA_HOME": str(self.home / "data")}
        self.process = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--components=secrets", "--unlock"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.process.stdin.write(b"open sesame")
        self.process.stdin.close()
        ax.wait(lambda: self._has_owner() and not self.is_locked(), "the keyring", 15)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            ax.wait(lambda: not self._has_owner(), "the end of the keyring")

    def lock(self):
        self._call(PATH, SERVICE, "Lock", GLib.Variant("(ao)", ([LOGIN],)))
        ax.wait(self.is_locked, "the lock")

    def is_locked(self):
        answer = self._call(LOGIN, "org.freedesktop.DBus.Properties", "Get",
                            GLib.Variant("(ss)", ("org.freedesktop.Secret.Collection", "Locked")))
        return answer[0]

    def accounts(self):
        """The accounts of which it holds passwords."""
        of = GLib.Variant("(ss)", (ITEM, "Attributes"))
        return sorted(self._call(item, "org.freedesktop.DBus.Properties", "Get", of)[0]["account"] for item in self._items())

    def clear(self):
        for item in self._items():
            self._call(item, ITEM, "Delete", None)

    def _items(self):
        unlocked, _locked = self._call(PATH, SERVICE, "SearchItems", GLib.Variant("(a{ss})", (ATTRIBUTES,)))
        return unlocked

    def _has_owner(self):
        return self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                                  GLib.Variant("(s)", (NAME,)), None, Gio.DBusCallFlags.NONE, 5000, None).unpack()[0]

    def _call(self, path, interface, method, arguments):
        answer = self.bus.call_sync(NAME, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 5000, None)
        return answer.unpack()
