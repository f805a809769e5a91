#!/usr/bin/env python3
"""Measures how Stonechat fetches a long archive, takes a burst of messages, and rests:  sync.py TARGET WORK

A real server on this machine with 20,000 messages in its archive and 1,001 contacts, 200 of them online; a profile that has
never been used, with the window on a display and a conversation open. Before and after it, a bare loop asks the same server
for the same pages and throws them away: what the archive costs whoever asks.
"""

import asyncio
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "demo"))
from client import Client  # noqa: E402
from large import DOMAIN, ME, MESSAGES, PASSWORD, Run, add_accounts, bring_online, contact, past  # noqa: E402
from server import Server  # noqa: E402

PAGE = 50  # Prosody's largest.
BURST = 1_000
# Longer than a silent connection goes without a question to the server.
REST = 180
# The archive in SQLite, as on a server with many users. Its disk is not what is measured.
ARCHIVE = """\
storage = {{ archive = "sql" }}
default_storage = "internal"
sql = {{ driver = "SQLite3", database = "{file}" }}
sqlite_tune = "fast"
archive_expires_after = "never"
"""
# Prosody's own table (mod_storage_sql).
TABLE = """
CREATE TABLE prosodyarchive (sort_id INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT NOT NULL, user TEXT NOT NULL,
    store TEXT NOT NULL, key TEXT NOT NULL, "when" INTEGER NOT NULL, "with" TEXT NOT NULL, type TEXT NOT NULL,
    value TEXT NOT NULL);
CREATE UNIQUE INDEX prosodyarchive_index ON prosodyarchive (host, user, store, key);
CREATE INDEX prosodyarchive_with_when ON prosodyarchive (host, user, store, "with", "when");
CREATE INDEX prosodyarchive_when ON prosodyarchive (host, user, store, "when");
CREATE INDEX prosodyarchive_sort ON prosodyarchive (host, user, store, sort_id);
"""


def fill_archive(file):
    user = ME.partition("@")[0]
    with sqlite3.connect(file) as database:
        database.executescript(TABLE)
        for peer, is_mine, seconds, body in past():
            sender, receiver = (f"{ME}/old", peer) if is_mine else (f"{peer}/phone", ME)
            identity = uuid.uuid4()
            stanza = (f"<message xmlns='jabber:client' type='chat' id='{identity}' from='{sender}' to='{receiver}'>"
                      f"<body>{body}</body><active xmlns='http://jabber.org/protocol/chatstates'/>"
                      f"<origin-id xmlns='urn:xmpp:sid:0' id='{identity}'/></message>")
            database.execute('INSERT INTO prosodyarchive (host, user, store, key, "when", "with", type, value) '
                             "VALUES (?, ?, 'archive', ?, ?, ?, 'xml', ?)",
                             (DOMAIN, user, str(uuid.uuid4()), seconds, peer, stanza))


async def bare_loop(port):
    """Seconds for all pages, newest first, one request after the other; nothing is even parsed."""
    client = Client(ME, PASSWORD, port)
    await client.sign_in("loop")
    client.task.cancel()
    await asyncio.sleep(0)
    begun, before, count = time.monotonic(), "", 0
    while True:
        client.send(f"<iq type='set' id='page'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>"
                    f"<max>{PAGE}</max><before>{before}</before></set></query></iq>")
        data = b""
        while b"</iq>" not in data[-2_000:]:
            part = await client.reader.read(1 << 20)
            if not part:
                raise SystemExit("sync: the server closed the stream of the bare loop")
            data += part
        count += data.count(b"<result ")
        first = re.search(rb"<first[^>]*>([^<]+)", data)
        if not first or re.search(rb"<fin[^>]*complete=.true", data):
            break
        before = first[1].decode()
    took = time.monotonic() - begun
    if count != MESSAGES:
        raise SystemExit(f"sync: the bare loop got {count} messages")
    client.writer.close()
    return took


class Stalls:
    """How long the main loop lets one wait, measured by a process of its own, which goes first."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["nice", "-n", "-15", sys.executable, "-B", pathlib.Path(__file__).with_name("stalls.py"), "im.stonechat.Stonechat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        json.loads(self.process.stdout.readline())

    def take(self):
        """What has been measured since the last time."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)


def stored(profile):
    """How many messages of the archive are in the profile."""
    try:
        database = sqlite3.connect(f"file:{profile}/stonechat.db?mode=ro", uri=True, timeout=5)
        try:
            return database.execute("SELECT count(*) FROM message").fetchone()[0]
        finally:
            database.close()
    except sqlite3.Error:
        return 0


async def until(run, what, holds, limit=300):
    begun = time.monotonic()
    while not holds():
        if run.process.poll() is not None:
            raise SystemExit("sync: Stonechat has ended by itself")
        if time.monotonic() - begun > limit:
            raise SystemExit(f"sync: {what} did not come")
        await asyncio.sleep(0.1)


async def measure_sync(run, profile, figures):
    await until(run, "the first page", lambda: stored(profile) > 0)
    run.open(contact(0))
    stalls = Stalls()
    stalls.take()
    early = None
    while (count := stored(profile)) < MESSAGES:
        if early is None and count >= MESSAGES // 4:
            early = run.rss()
        if run.elapsed() > 600 or run.process.poll() is not None:
            raise SystemExit(f"sync: it stopped at {count} messages")
        await asyncio.sleep(0.1)
    figures["wall"] = (run.elapsed(), "s")
    measured = stalls.take()
    await run.settle()
    figures["cpu"] = (run.cpu(), "s")
    figures["longest stall"] = (measured["longest"], "ms")
    figures["answers later than a frame"] = (100 * measured["late"] / measured["asked"], "%")
    figures["peak rss"] = (run.peak_rss(), "MiB")
    figures["rss since a quarter"] = (run.rss() - early, "MiB")
    stalls.take()
    await asyncio.sleep(3)
    figures["longest stall at rest"] = (stalls.take()["longest"], "ms")
    return stalls


async def measure_burst(run, profile, friend, stalls, figures):
    before, begun, cpu = stored(profile), time.monotonic(), run.cpu()
    stalls.take()
    for number in range(BURST):
        friend.say(ME, f"burst {number:05} and one more line of chat, as people write them")
        if number % 50 == 49:
            await friend.writer.drain()
    await until(run, "the last message", lambda: stored(profile) - before >= BURST)
    figures["burst wall"] = (time.monotonic() - begun, "s")
    figures["burst longest stall"] = (stalls.take()["longest"], "ms")
    await run.settle()
    figures["burst cpu"] = (run.cpu() - cpu, "s")
    figures["burst peak rss"] = (run.peak_rss(), "MiB")
    database = sqlite3.connect(f"file:{profile}/stonechat.db?mode=ro", uri=True)
    bodies = [row[0] for row in database.execute(
        "SELECT body FROM message WHERE body LIKE 'burst %' ORDER BY conversation_id, position, id")]
    database.close()
    figures["burst lost"] = (BURST - len(set(bodies)), "")
    figures["burst doubled"] = (len(bodies) - len(set(bodies)), "")
    figures["burst out of order"] = (sum(a > b for a, b in zip(bodies, bodies[1:])), "")


async def measure_rest(run, figures):
    """How often it wakes up. One cause wakes a thread more than once: a frame that is drawn waits for the display's answers,
    a question to the server for its own. So the moments are counted too, each of which ends with a second of rest."""
    await run.settle()
    # What the last message left behind, such as a caret that blinks for ten seconds and GTK's store of lines, which goes
    # after twenty, is over.
    await asyncio.sleep(25)
    begun, cpu, before = time.monotonic(), run.cpu(), run.wake_ups()
    seen, moments, threads = before, [], {}
    while time.monotonic() - begun < REST:
        await asyncio.sleep(0.1)
        now, at = run.wake_ups(), time.monotonic() - begun
        woken = {thread: count - seen.get(thread, 0) for thread, count in now.items() if count > seen.get(thread, 0)}
        seen = now
        for (number, name), count in woken.items():
            threads[f"{name} {number}"] = threads.get(f"{name} {number}", 0) + count
        if woken and (not moments or at - moments[-1][1] > 1):
            moments.append([at, at, set()])
        if woken:
            moments[-1][1] = at
            moments[-1][2] |= {name for _, name in woken}
    figures["idle cpu"] = (100 * (run.cpu() - cpu) / REST, "% of a core")
    figures["idle wake-ups"] = (sum(threads.values()) / REST, "1/s")
    figures["idle moments"] = (60 * len(moments) / REST, "1/min")
    for name in {name for _, _, names in moments for name in names}:
        times = [at for at, _, names in moments if name in names]
        figures[f"idle moments of {name}"] = (60 * len(times) / REST, "1/min")
        print(f"{name} woke up at", ", ".join(f"{at:.1f}" for at in times), file=sys.stderr)
    print("how often each thread woke up at rest:", threads, file=sys.stderr)


async def bench(target, work, server):
    figures, profile = {}, work / "profile"
    friend = (await bring_online(server.port))[0]
    bare = [await bare_loop(server.port)]
    run = Run(target, profile, server)
    stalls = None
    try:
        stalls = await measure_sync(run, profile, figures)
        bare.append(await bare_loop(server.port))
        await measure_burst(run, profile, friend, stalls, figures)
        stalls.stop()
        stalls = None
        await measure_rest(run, figures)
    finally:
        if stalls:
            stalls.process.kill()
        run.stop()
    figures["bare loop"] = (sum(bare) / 2, "s")
    return {"ratio to bare loop": (figures["wall"][0] / figures["bare loop"][0], ""), **figures}


def main():
    target, work = map(pathlib.Path, sys.argv[1:])
    archive = work / "archive.sqlite"
    server = Server(work / "server", [DOMAIN], ARCHIVE.format(file=archive))
    add_accounts(server)
    fill_archive(archive)
    server.start()
    try:
        figures = asyncio.run(bench(target, work, server))
    finally:
        server.stop()
    for figure, (value, unit) in figures.items():
        print(json.dumps({"bench": "sync", "figure": figure, "value": round(value, 3), "unit": unit}))


if __name__ == "__main__":
    main()
