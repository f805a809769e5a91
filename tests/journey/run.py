#!/usr/bin/env python3
"""Drives the program from outside, as somebody does who uses a screen reader:  run.py BINARY [NAME]

Against a real server, on a display and a session bus that are nobody's (headless.sh). One line for each journey whose
name contains NAME; the last line is `N passed, N failed`.
"""

import importlib
import pathlib
import sys
import tempfile
import time
import traceback

from fixture import Place

JOURNEYS = ["sign_in", "password", "conversation", "history", "notification", "link"]


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    failed = 0
    chosen = [name for name in JOURNEYS if wanted in name]
    for name in chosen:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="journey.", ignore_cleanup_errors=True) as work:
            problem = travel(name, pathlib.Path(work) / name, binary)
        failed += problem is not None
        print(f"{'FAILED' if problem else 'ok':6} {name.replace('_', ' '):16} {time.monotonic() - started:4.1f} s", flush=True)
        if problem:
            print("".join(f"    {line}\n" for line in problem.splitlines()), end="", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def travel(name, work, binary):
    """Makes a journey; what went wrong, or None."""
    place = Place(work, binary)
    try:
        importlib.import_module(name).travel(place)
        return "\n".join(place.complaints()) or None
    except Exception:
        place.log.flush()
        return traceback.format_exc() + (work / "stonechat.log").read_text()[-6000:]
    finally:
        place.close()


if __name__ == "__main__":
    main()
