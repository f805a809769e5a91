"""What a journey needs: a server of its own, the people on it, and Stonechat as somebody meets it who cannot see it."""

import asyncio
import contextlib
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "dev/lib/demo"))

import accessibility as ax  # noqa: E402
import shots  # noqa: E402
import world  # noqa: E402
from client import Client  # noqa: E402
from server import Server  # noqa: E402

ME = world.ME
JUNIPER, THEO = (next(person for person in world.CONTACTS if person.user == user) for user in ("juniper", "theo"))


class Stonechat(shots.Stonechat):
    """The running program."""

    def heading(self):
        """With whom the conversation is that is in front."""
        button = next(ax.find_all(self.root, "button", "Contact details"), None)
        label = button and next(ax.find_all(button, "label"), None)
        return label.get_name() if label else None

    def is_in_front(self, name):
        ax.wait(lambda: self.heading() == name, f"the conversation with {name}")

    def see(self, *parts, role=None, timeout=15):
        """Waits for something whose name has all these parts."""
        return ax.wait(lambda: next((node for node in ax.find_all(self.root, role)
                                     if all(part in (node.get_name() or "") for part in parts)), None),
                       " … ".join(parts), timeout)

    def field(self, name, place=None):
        """What takes text, or has one that does."""
        def look():
            for node in ax.find_all(place or self.root, name=name):
                for inside in ax.walk(node):
                    if inside.get_editable_text_iface():
                        return inside
        return ax.wait(look, f"the field “{name}”")

    def write(self, name, text, place=None):
        """Writes into a field in place of what is there."""
        field = self.field(name, place)
        field.get_editable_text_iface().set_text_contents(text)
        ax.wait(lambda: self.text_of(field) == text, f"“{text}” in “{name}”")
        return field

    def text_of(self, field):
        return ax.Atspi.Text.get_text(field, 0, ax.Atspi.Text.get_character_count(field))

    def talk_to(self, person):
        """Opens a conversation as one does who knows the address."""
        self.press("New conversation")
        dialog = ax.find(self.root, "dialog")
        search = self.write("Name or address", person.address, dialog)
        found = ax.find(dialog, "list", "Contacts")
        ax.wait(lambda: [row.get_name().partition(", ")[0] for row in ax.find_all(found, "list item")] == [person.name],
                f"{person.name} alone among those found")
        self.enter(search)
        self.is_in_front(person.name)

    def enter(self, node):
        """Presses the Enter key on something: rows and search fields offer no action."""
        self.focus(node)
        self.key("Return")

    def focus(self, node):
        """Goes there by the Tab key."""
        for _ in range(12):
            try:
                ax.wait(lambda: any(inside.get_state_set().contains(ax.Atspi.StateType.FOCUSED) for inside in ax.walk(node)),
                        f"the focus on “{node.get_name()}”", 0.3)
                break
            except ax.NotFound:
                self.key("Tab")
        else:
            raise ax.NotFound(f"the Tab key does not lead to “{node.get_name()}”")

    def send(self, text):
        self.write("Message", text)
        self.press("Send message")

    def message(self, *parts, timeout=15):
        """The row of a message."""
        return self.see(*parts, role="list item", timeout=timeout)

    def is_running(self):
        return self.process.poll() is None


class Friend:
    """Somebody on the other side, with what they heard."""

    def __init__(self, place, person):
        self.place, self.person, self.heard = place, person, []
        self.client = Client(person.address, world.PASSWORD, place.server.port, self._hear)
        place.run(self.client.sign_in())
        place.call(self.client.be)

    def _hear(self, _client, sender, body):
        self.heard.append((sender.partition("/")[0], body))

    def hears(self, body):
        ax.wait(lambda: (ME.address, body) in self.heard, f"“{body}” at {self.person.name}'s", 15)

    def says(self, body):
        self.place.call(self.client.say, ME.address, body)


class Place:
    """A server with three accounts that know one another, and a directory for what one journey leaves."""

    def __init__(self, work, binary):
        self.work, self.binary = work, binary
        work.mkdir()
        self.log = (work / "stonechat.log").open("w+")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = Server(work / "server", [ME.domain])
        self.server.add_account(ME.address, world.PASSWORD, [(p.address, p.name, p.groups) for p in (JUNIPER, THEO)])
        for person in (JUNIPER, THEO):
            self.server.add_account(person.address, world.PASSWORD, [(ME.address, ME.name, ())])
        self.server.start()

    def close(self):
        self.server.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def call(self, function, *arguments):
        self.loop.call_soon_threadsafe(function, *arguments)

    def friend(self, person):
        return Friend(self, person)

    @property
    def profile(self):
        return self.work / "profile"

    @contextlib.contextmanager
    def stonechat(self, environment=None, signed_in=True):
        """Stonechat until the block ends, with the profile that it left the last time."""
        account = ["--account", ME.address, "--ca", str(self.server.ca_file),
                   "--host", "127.0.0.1", "--port", str(self.server.port)]
        app = Stonechat(self.binary, self.profile, account if signed_in else [], environment or {}, self.log)
        try:
            yield app
            assert app.is_running(), "Stonechat has ended by itself"
        except BaseException:
            with contextlib.suppress(Exception):
                print(ax.tree(app.root), file=self.log, flush=True)
            raise
        finally:
            app.stop()

    def complaints(self):
        """What must never stand on standard error."""
        self.log.seek(0)
        return [line.strip() for line in self.log if "CRITICAL" in line or "panicked" in line]
