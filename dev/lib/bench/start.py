#!/usr/bin/env python3
"""Measures how Stonechat starts with a large account:  start.py TARGET WORK

A real server on this machine, 1,001 contacts, 200 of them online, 20,000 messages in the profile. The first start, in
which the roster comes, is not measured; of the others the medians are printed.
"""

import asyncio
import json
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "demo"))
from framebuffer import Framebuffer  # noqa: E402
from large import DOMAIN, ME, Run, add_accounts, bring_online, past  # noqa: E402
from server import Server  # noqa: E402

RUNS = 5


def seed(target, profile):
    pasts = {}
    for peer, is_mine, seconds, body in past():
        pasts.setdefault(peer, []).append({"mine": is_mine, "time": seconds * 1_000, "body": body})
    lines = [{"address": ME}, *({"peer": peer, "messages": messages} for peer, messages in pasts.items())]
    subprocess.run([target / "examples" / "seed", profile], check=True, text=True, capture_output=True,
                   input="".join(json.dumps(line) + "\n" for line in lines))


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

    await bring_online(server.port, hear)
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
    add_accounts(server)
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
