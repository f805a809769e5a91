"""The small world of the demonstration: who there is, and what was said so far."""

import dataclasses
import datetime
import pathlib
import random

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "a quiet place by the sea"


@dataclasses.dataclass
class Person:
    """Somebody with an account. `show` is None for who is available, "offline" for who is not there."""

    address: str
    name: str
    groups: tuple = ()
    show: str | None = None
    status: str = ""
    portrait: dict | None = None

    @property
    def user(self):
        return self.address.partition("@")[0]

    @property
    def domain(self):
        return self.address.partition("@")[2]


def face(background, skin, hair, style, shirt, **more):
    return {"kind": "face", "background": background, "skin": skin, "hair": hair, "style": style, "shirt": shirt} | more


ME = Person("robin@meadow.example", "Robin Hale", portrait=face(
    ("#9ad0c2", "#4b9a8c"), "#f2c8a4", "#a8552c", "short", "#2f4858", beard=True))

CONTACTS = [
    Person("juniper@meadow.example", "Juniper Lane", ("Friends",), None, "In the garden, with the phone in a pocket",
           face(("#ffd9a0", "#f2a65a"), "#e9b48a", "#5a2f1c", "bun", "#3f7d58")),
    Person("edith@meadow.example", "Grandma", ("Family",), None, "",
           face(("#e7d3ee", "#b48cc7"), "#f6d7c0", "#e4e2e6", "bun", "#7a4f8a", glasses=True)),
    Person("ada@harbour.example", "Ada Whitlock", ("Work",), None, "Harbour office, east pier",
           face(("#bfe0f7", "#5b9bd0"), "#8d5a3b", "#1f1712", "curly", "#e8b23a")),
    Person("theo@meadow.example", "Theo Hale", ("Family",), "away", "On a ladder",
           face(("#c9dfa6", "#7fa650"), "#f2c8a4", "#7a4a26", "short", "#a23b3b")),
    Person("jonas@tinkers.example", "Jonas Lindqvist", ("Climbing", "Friends"), "chat", "Who's coming to the quarry?",
           face(("#b7d7d8", "#3d7c86"), "#f8dcc8", "#e3c06f", "long", "#d9622b", beard=True)),
    Person("mira@harbour.example", "Mira Okafor", ("Work",), "dnd", "In a meeting until three",
           face(("#ffc9c0", "#e0736b"), "#6b4029", "#17110f", "bob", "#33415c", glasses=True)),
    Person("priya@tinkers.example", "Priya Raman", ("Friends",), "xa", "Soldering",
           face(("#d5d0f5", "#7b70c9"), "#b97f57", "#16100e", "long", "#c24d7c")),
    Person("lucia@harbour.example", "Lucía Ferrer", ("Work",), None, "",
           face(("#fbe3a4", "#d9a42e"), "#e4b08a", "#3a2016", "curly", "#2a7f8e")),
    Person("sam@meadow.example", "Sam Castellanos", ("Friends",), "offline", "",
           face(("#c4cfdc", "#6b7f99"), "#d7a074", "#241a16", "short", "#556b2f", glasses=True)),
    Person("noor@tinkers.example", "Noor Haddad", ("Climbing",), "away", "",
           face(("#f5cfe0", "#c2638f"), "#cf9a70", "#4a2c4f", "scarf", "#4a2c4f")),
    Person("workshop@tinkers.example", "Bicycle Workshop", (), None, "Open until six", {"kind": "wheel"}),
    Person("wren@meadow.example", "Wren Hale", ("Family",), None, ""),
    Person("oskar@harbour.example", "Oskar Nowak", ("Work",), "offline", "", {"kind": "landscape"}),
    Person("emil@tinkers.example", "Emil Brandt", ("Climbing",), "offline", ""),
]

# Asks to see our presence, and waits for an answer.
STRANGER = Person("farid@tinkers.example", "Farid Amin", portrait=face(
    ("#d8e2c8", "#8aa06a"), "#c99468", "#1b1512", "short", "#7c5c3e", beard=True))
REQUEST = "Hello Robin, Jonas gave me your address. I'm moving to your street next month!"

# Who answers what one writes, and how.
ANSWERING = "juniper@meadow.example"
ANSWERS = [
    "Ha, I was about to write the same thing",
    "Wait, let me look out of the window",
    "They're still there. One of them has a twig",
    "I'll put the kettle on. Ten minutes?",
    "Tell me more over tea 🫖",
    "That settles it, then",
]


def conversations(now=None):
    """The conversations of conversations.txt, as objects for the seeder."""
    now = now or datetime.datetime.now().astimezone()
    chance = random.Random(1)
    found, messages, clock = [], None, None
    for line in (HERE / "conversations.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line[0] in "<>":
            body = line[2:].replace("\\n", "\n")
            clock += datetime.timedelta(seconds=chance.uniform(8, 50) + len(body) * 0.3)
            messages.append({"mine": line[0] == ">", "time": clock, "body": body})
        elif line.startswith("  "):
            add(messages[-1], *line.split(maxsplit=1))
        elif line[0] in "-0":
            day, _, time = line.partition(" ")
            hour, minute = time.split(":")
            clock = (now + datetime.timedelta(days=int(day))).replace(hour=int(hour), minute=int(minute), second=7)
        else:
            head, _, draft = line.partition(" draft:")
            peer, *flags = head.split()
            unread = next((int(flag[7:]) for flag in flags if flag.startswith("unread=")), 0)
            messages = []
            found.append({"peer": peer, "pinned": "pinned" in flags, "muted": "muted" in flags, "draft": draft,
                          "unread": unread, "messages": messages})
    for conversation in found:
        settle(conversation["messages"], now)
    return found


def add(message, word, rest):
    """What a message has beside its text."""
    match word:
        case "react":
            message.setdefault("reactions", []).append({"mine": rest[0] == ">", "emoji": rest[2:]})
        case "answers":
            message["answers"] = int(rest)
        case "spoiler":
            message["spoiler"] = rest
        case "link":
            title, _, description = rest.partition(" | ")
            url = next(part for part in message["body"].split() if part.startswith("https://"))
            message["link"] = {"url": url, "title": title, "description": description}
        case "picture" | "voice":
            message["file"] = {"kind": word, "of": rest, "name": f"{message['body']}.{'jpg' if word == 'picture' else 'wav'}"}
        case _:
            raise ValueError(f"conversations.txt: {word}")


def settle(messages, now):
    """Moves what would lie in the future to the last minutes, and writes times as the seeder wants them."""
    late = messages[-1]["time"] - now + datetime.timedelta(minutes=3)
    if late > datetime.timedelta(0):
        today = [message for message in messages if message["time"].date() == messages[-1]["time"].date()]
        for message in today:
            message["time"] -= late
    for message in messages:
        message["time"] = int(message["time"].timestamp() * 1000)
