#!/usr/bin/env python3
"""Takes pictures of the main pages:  shots.py DIR WORK BINARY SIGN-IN…

Started by main.py on a display that nobody sees, with the options that sign Stonechat in. A page that cannot be
reached is named at the end, and the status is 1; the other pictures are made all the same.
"""

import collections
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import accessibility as ax
import world

NORMAL, WIDE, NARROW = (980, 720), (1600, 1000), (360, 640)
# The line that GTK draws around a window, within its size, where nothing composes the screen.
BORDER = 4


class Stonechat:
    """A running instance with a profile of its own."""

    def __init__(self, binary, profile, arguments, environment, log):
        self.binary, self.profile = binary, profile
        reader, writer = os.pipe()
        os.write(writer, world.PASSWORD.encode() + b"\n")
        os.close(writer)
        sign_in = [*arguments, "--password-fd", str(reader)] if arguments else []
        self.environment = os.environ | environment
        self.process = subprocess.Popen([binary, "--profile", profile, *sign_in], pass_fds=(reader,),
                                        env=self.environment, stderr=log)
        os.close(reader)
        self.root = ax.application(self.process.pid)
        self.window = ax.wait(self._main_window, "the window")

    def _main_window(self):
        found = run("xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid)).split()
        return found[0] if found else None

    def open(self, address):
        """As a link in a browser does."""
        subprocess.run([self.binary, "--profile", self.profile, f"xmpp:{address}?message"], check=True, timeout=20,
                       env=self.environment)
        ax.find(self.root, "text")

    def resize(self, size):
        run("xdotool", "windowsize", "--sync", self.window, *(str(side + 2 * BORDER) for side in size))

    def key(self, *keys):
        run("xdotool", "windowfocus", "--sync", self.window, "key", "--clearmodifiers", *keys)

    def press(self, name):
        ax.press(ax.find(self.root, ("button", "toggle button"), name))

    def dialog(self, *keys):
        """Opens a dialog by keys."""
        self.key(*keys)
        ax.find(self.root, "dialog")

    def leave_dialog(self):
        self.key("Escape")
        ax.wait(lambda: not next(ax.find_all(self.root, "dialog"), None), "the page below the dialog")

    def picture(self, path):
        """When nothing has moved for a moment."""
        run("xdotool", "mousemove", "1", "1")
        until, last = time.monotonic() + 6, None
        while True:
            subprocess.run(["convert", f"x:{self.window}", "-shave", f"{BORDER}x{BORDER}", "+repage", path], check=True)
            # Of the pixels alone: the file has a date.
            seen = run("identify", "-format", "%#", str(path))
            if seen == last or time.monotonic() > until:
                return
            last = seen
            time.sleep(0.3)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


class Photographer:
    def __init__(self, directory, work, binary, arguments):
        self.directory, self.work, self.binary, self.arguments = directory, work, binary, arguments
        self.missed = []
        self.log = (work / "stonechat.log").open("w+")

    @contextlib.contextmanager
    def stonechat(self, name, *, size=NORMAL, style="light", language=None, signed_in=True):
        """Stonechat with a copy of the profile, so that what one page changes does not show in the next."""
        profile = self.work / f"profile-{name}"
        if signed_in:
            shutil.copytree(self.work / "profile", profile)
        else:
            profile.mkdir()
        width, height = (side + 2 * BORDER for side in size)
        (profile / "settings.ini").write_text(
            f"[general]\nwindow-width={width}\nwindow-height={height}\ncolor-scheme='{style}'\n")
        environment = {"LC_ALL": language, "LANG": language, "LANGUAGE": language} if language else {}
        app = None
        try:
            app = Stonechat(self.binary, profile, self.arguments if signed_in else [], environment, self.log)
            if signed_in:
                wait_for_pictures(profile)
            yield app
        except ax.NotFound as error:
            self.missed.append(f"{name}: {error}")
        finally:
            if app:
                app.stop()

    @contextlib.contextmanager
    def page(self, app, name):
        """What is done inside leads to a page, of which a picture is made."""
        try:
            yield
            app.picture(self.directory / f"{name}.png")
        except (ax.NotFound, subprocess.SubprocessError) as error:
            self.missed.append(f"{name}: {error}")

    def complaints(self):
        """What Stonechat said on standard error, each line once with how often it came."""
        self.log.seek(0)
        lines = (re.sub(r"\d\d:\d\d:\d\d\.\d+: |:\d+(?=\))|0x[0-9a-f]+|\d\d+", "", line.strip()) for line in self.log)
        return collections.Counter(line for line in lines if line)

    def take_all(self):
        self.light()
        self.dark()
        self.narrow()
        self.german()
        self.signed_out()

    def light(self):
        with self.stonechat("light") as app:
            with self.page(app, "conversations"):
                pass
            with self.page(app, "conversation"):
                app.open(world.ANSWERING)
            with self.page(app, "contact-details"):
                app.press("Contact details")
                ax.find(app.root, "dialog")
            app.leave_dialog()
            self.dialogs(app, "")
            with self.page(app, "requests"):
                app.press("1 contact request")
                ax.find(app.root, "dialog")
            app.leave_dialog()
            with self.page(app, "conversation-wide"):
                app.resize(WIDE)
            with self.page(app, "details-wide"):
                app.press("Contact details")
                ax.find(app.root, "button", "Close details")

    def dialogs(self, app, suffix):
        for name, keys in (("new-conversation", "ctrl+n"), ("preferences", "ctrl+comma"), ("add-contact", "ctrl+shift+n"),
                           ("shortcuts", "ctrl+shift+slash")):
            with self.page(app, name + suffix):
                app.dialog(keys)
            app.leave_dialog()

    def dark(self):
        with self.stonechat("dark", style="dark") as app:
            with self.page(app, "conversation-dark"):
                app.open(world.ANSWERING)
            with self.page(app, "contact-details-dark"):
                app.press("Contact details")
                ax.find(app.root, "dialog")
            app.leave_dialog()
            with self.page(app, "new-conversation-dark"):
                app.dialog("ctrl+n")

    def narrow(self):
        with self.stonechat("narrow", size=NARROW) as app:
            with self.page(app, "conversations-narrow"):
                pass
            with self.page(app, "conversation-narrow"):
                app.open(world.ANSWERING)

    def german(self):
        with self.stonechat("german", language="de_DE.UTF-8") as app:
            with self.page(app, "conversation-german"):
                app.open(world.ANSWERING)
            self.dialogs(app, "-german")

    def signed_out(self):
        with self.stonechat("signed-out", signed_in=False) as app, self.page(app, "sign-in"):
            pass
        with (self.stonechat("signed-out-german", signed_in=False, style="dark", language="de_DE.UTF-8") as app,
              self.page(app, "sign-in-german")):
            pass


def wait_for_pictures(profile):
    """Avatars come one after another; a page without them would show less than there is."""
    wanted = sum(person.portrait is not None for person in world.CONTACTS)
    with contextlib.suppress(ax.NotFound):
        ax.wait(lambda: len(list(profile.glob("avatars/*.png"))) >= wanted, "all pictures", 15)


def main():
    # As an exception, so that the instance that runs is ended too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    directory, work, binary = map(pathlib.Path, sys.argv[1:4])
    photographer = Photographer(directory, work, binary, sys.argv[4:])
    photographer.take_all()
    for missed in photographer.missed:
        print(f"shots: not reached: {missed}", file=sys.stderr)
    for line, count in photographer.complaints().most_common():
        print(f"shots: {count} × {line}", file=sys.stderr)
    sys.exit(1 if photographer.missed else 0)


if __name__ == "__main__":
    main()
