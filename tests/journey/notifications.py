"""A notification daemon that shows nothing and remembers everything."""

import itertools
import os
import threading

from gi.repository import Gio, GLib

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
INTERFACE = f"""<node><interface name="{NAME}">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{{sv}}" direction="in"/><arg type="i" direction="in"/>
    <arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""
# Why a notification is gone, by the specification.
DISMISSED, CLOSED_BY_CALL = 2, 3


class Daemon:
    """Owns the daemon's name as long as it lives; `shown` has what is on the screen, by id: (title, text)."""

    def __init__(self):
        self.shown, self.withdrawn = {}, []
        self.ids = itertools.count(1)
        self.ready = threading.Event()
        self.loop = None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        if not self.ready.wait(10):
            raise TimeoutError("the notification daemon did not start")

    def close(self):
        self.loop.quit()
        self.thread.join(5)

    def find(self, title):
        """The id of a notification with this title."""
        return next((number for number, (shown, _) in list(self.shown.items()) if shown == title), None)

    def press(self, number):
        """As a daemon does when its notification is clicked."""
        self._emit("ActionInvoked", GLib.Variant("(us)", (number, "default")))
        self.shown.pop(number)
        self._emit("NotificationClosed", GLib.Variant("(uu)", (number, DISMISSED)))

    def _serve(self):
        # A context of its own, so that it answers while the journey waits for something else.
        context = GLib.MainContext()
        context.push_thread_default()
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.bus = Gio.DBusConnection.new_for_address_sync(os.environ["DBUS_SESSION_BUS_ADDRESS"], flags, None, None)
        interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
        self.bus.register_object(PATH, interface, self._answer, None, None)
        self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                           GLib.Variant("(su)", (NAME, 0)), None, Gio.DBusCallFlags.NONE, -1, None)
        self.loop = GLib.MainLoop.new(context, False)
        self.ready.set()
        self.loop.run()
        self.bus.close_sync(None)

    def _answer(self, _bus, _sender, _path, _interface, method, parameters, invocation):
        values = parameters.unpack()
        if method == "GetCapabilities":
            invocation.return_value(GLib.Variant("(as)", (["actions", "body", "body-markup"],)))
        elif method == "GetServerInformation":
            invocation.return_value(GLib.Variant("(ssss)", ("Journey", "Stonechat", "1", "1.2")))
        elif method == "Notify":
            number = values[1] or next(self.ids)
            self.shown[number] = (values[3], values[4])
            invocation.return_value(GLib.Variant("(u)", (number,)))
        elif method == "CloseNotification":
            number = values[0]
            self.shown.pop(number, None)
            self.withdrawn.append(number)
            invocation.return_value(None)
            self._emit("NotificationClosed", GLib.Variant("(uu)", (number, CLOSED_BY_CALL)))

    def _emit(self, signal, values):
        self.bus.emit_signal(None, PATH, NAME, signal, values)
