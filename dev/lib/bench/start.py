#!/usr/bin/env python3
"""Measures how Stonechat starts with a large account:  start.py TARGET WORK

A real server on this machine, 1,001 contacts, 200 of them online, 20,000 messages in the profile. The first start, in
which the roster comes, is not measured; of the others the medians are printed.
"""

import asyncio
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "demo"))
from client import Client  # noqa: E402
from framebuffer import Framebuffer  # noqa: E402
from server import Server  # noqa: E402

DOMAIN = "chat.example"
ME = f"alice@{DOMAIN}"
PASSWORD = "secret"
CONTACTS, ONLINE, MESSAGES, RUNS = 1_001, 200, 20_000, 5
WORDS = ("the quick brown fox jumps over lazy dog while seven wizards brew potent coffee near frozen lakes under pale "
         "moonlight deploy server build failed again merge tomorrow lunch meeting moved thanks great photo").split()
TICK = os.sysconf("SC_CLK_TCK")


def contact(number):
    return f"c{number:04}@{DOMAIN}"


def seed(target, profile):
    """Half of the messages with one contact, the other half with fifty."""
    chance = random.Random(7)
    now = int(time.time() * 1000)
    pasts = {}
    for number in range(MESSAGES):
        peer = contact(0 if number % 2 else 1 + number // 2 % 50)
        body = " ".join(chance.choice(WORDS) for _ in range(chance.randint(3, 40)))
        pasts.setdefault(peer, []).append(
            {"mine": chance.random() < 0.5, "time": now - (MESSAGES - number) * 25_000, "body": body})
    lines = [{"address": ME}, *({"peer": peer, "messages": messages} for peer, messages in pasts.items())]
    subprocess.run([target / "examples" / "seed", profile], check=True, text=True, capture_output=True,
                   input="".join(json.dumps(line) + "\n" for line in lines))


class Run:
    """One start, watched from outside."""

    def __init__(self, target, profile, server):
        reader, writer = os.pipe()
        os.write(writer, PASSWORD.encode() + b"\n")
        os.close(writer)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [target / "stonechat", "--profile", profile, "--account", ME, "--password-fd", str(reader),
             "--ca", server.ca_file, "--host", "127.0.0.1", "--port", str(server.port)], pass_fds=(reader,))
        os.close(reader)

    def elapsed(self):
        return time.monotonic() - self.started

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def pss(self):
        lines = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

    async def settle(self):
        """Until a second passes with less than 5 % of one processor's time; the time at which that second began."""
        while self.process.poll() is None:
            before, begun = self.cpu(), self.elapsed()
            await asyncio.sleep(1)
            if self.cpu() - before < 0.05:
                return begun
            if begun > 60:
                raise SystemExit("start: it does not come to rest")
        raise SystemExit("start: Stonechat has ended by itself")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def window_place():
    """Where the window's list stands on the screen; the place is the same each time."""
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--class", "stonechat", "getwindowgeometry", "--shell", "%@"],
                           capture_output=True, text=True).stdout
    place = dict(line.split("=") for line in found.splitlines() if "=" in line)
    left, top, height = int(place["X"]), int(place["Y"]), int(place["HEIGHT"])
    return max(left, 0) + 12, max(top, 0) + height // 4, left + 260, top + height * 3 // 4


async def measure(run, screen, place, seen):
    """Seconds to the first frame with the list in it, to presence at a contact, to rest; CPU seconds and memory then."""
    wanted = (place[3] - place[1]) // 3
    while screen.busy_lines(*place) < wanted:
        await asyncio.sleep(0.002)
        if run.elapsed() > 30:
            raise SystemExit("start: the list does not appear")
    frame = run.elapsed()
    presence = await asyncio.wait_for(seen, 30) - run.started
    settled = await run.settle()
    return {"first frame with the list": (frame, "s"), "presence seen by a contact": (presence, "s"),
            "settled": (settled, "s"), "CPU until settled": (run.cpu(), "s"), "PSS": (run.pss(), "MiB")}


async def bench(target, profile, server):
    loop = asyncio.get_running_loop()
    waiting = []

    def hear(sender, kind):
        if sender.startswith(ME) and kind is None and waiting and not waiting[0].done():
            waiting[0].set_result(time.monotonic())

    friend = Client(contact(0), PASSWORD, server.port, on_presence=hear)
    others = [Client(contact(1 + number), PASSWORD, server.port) for number in range(ONLINE - 1)]
    clients = [friend, *others]
    for begin in range(0, len(clients), 20):
        await asyncio.gather(*(client.sign_in() for client in clients[begin:begin + 20]))
    for client in clients:
        client.be()
    screen, place, results = Framebuffer(), None, []
    for number in range(1 + RUNS):
        waiting[:] = [loop.create_future()]
        run = Run(target, profile, server)
        try:
            if place is None:
                await run.settle()
                place = window_place()
            else:
                results.append(await measure(run, screen, place, waiting[0]))
        finally:
            run.stop()
        await asyncio.sleep(0.5)
    return results


def main():
    target, work = map(pathlib.Path, sys.argv[1:])
    profile = work / "profile"
    server = Server(work / "server", [DOMAIN])
    numbers = range(CONTACTS)
    server.add_account(ME, PASSWORD, [(contact(n), f"Contact {n:04}", [f"Group {1 + n % 20}"]) for n in numbers])
    for n in numbers:
        server.add_account(contact(n), PASSWORD, [(ME, "Alice", [])])
    server.start()
    try:
        seed(target, profile)
        results = asyncio.run(bench(target, profile, server))
    finally:
        server.stop()
    for figure, (_, unit) in results[0].items():
        value = statistics.median(result[figure][0] for result in results)
        print(json.dumps({"bench": "start", "figure": figure, "value": round(value, 3), "unit": unit}))


if __name__ == "__main__":
    main()
