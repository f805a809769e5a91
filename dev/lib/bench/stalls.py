#!/usr/bin/env python3
"""Measures how long a program's main loop lets one wait:  stalls.py BUS_NAME_PREFIX

Asks the program, over the session bus, for something that its main loop answers, again and again. For each line on standard
input it prints the longest answer since the last one as a JSON object: `longest` and `late` (how many took longer than a
frame of 60 Hz), in milliseconds, and `asked`. What the answer itself takes, and the machine's other work, are in it.
"""

import json
import select
import sys
import time

from gi.repository import Gio, GLib

FRAME = 16.7
# Between an answer and the next question.
PAUSE = 0.002


def owner(bus, prefix):
    names = bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames", None,
                          GLib.VariantType("(as)"), Gio.DBusCallFlags.NONE, 5_000, None).unpack()[0]
    return next(name for name in names if name.startswith(prefix))


def main():
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    name = owner(bus, sys.argv[1])
    path = "/" + name.replace(".", "/")
    print(json.dumps({"name": name}), flush=True)
    answers = []
    while True:
        begun = time.monotonic()
        bus.call_sync(name, path, "org.gtk.Actions", "List", None, None, Gio.DBusCallFlags.NO_AUTO_START, 60_000, None)
        answers.append((time.monotonic() - begun) * 1_000)
        if select.select([sys.stdin], [], [], PAUSE)[0]:
            if not sys.stdin.readline():
                return
            late = sum(answer > FRAME for answer in answers)
            print(json.dumps({"longest": max(answers), "late": late, "asked": len(answers)}), flush=True)
            answers = []


if __name__ == "__main__":
    main()
