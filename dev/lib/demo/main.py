#!/usr/bin/env python3
"""The demonstration: a private server, the people on it, and Stonechat among them.

    main.py --target DIR --work DIR [--shots DIR]

`--target` has Cargo's binaries. With `--shots` pictures are made and the window is not left open. Whatever ends this
program ends the server too.
"""

import argparse
import asyncio
import json
import os
import pathlib
import signal
import subprocess
import sys

import scene
import world
from people import People
from server import Server

HERE = pathlib.Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--shots", type=pathlib.Path)
    options = parser.parse_args()
    # As an exception, so that what stands under `finally` is done.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    server = prepare_server(options.work)
    try:
        profile = prepare_profile(options.target, options.work)
        sys.exit(asyncio.run(show(options, server, profile)))
    finally:
        server.stop()


def prepare_server(work):
    people = [world.ME, *world.CONTACTS, world.STRANGER]
    # The first domain is the one that the certificate is for: that of the account Stonechat signs in to.
    server = Server(work / "server", list(dict.fromkeys(person.domain for person in people)))
    server.add_account(world.ME.address, world.PASSWORD,
                       [(person.address, person.name, person.groups) for person in world.CONTACTS])
    for person in world.CONTACTS:
        server.add_account(person.address, world.PASSWORD, [(world.ME.address, world.ME.name, ())])
    server.add_account(world.STRANGER.address, world.PASSWORD, [])
    server.start()
    return server


def prepare_profile(target, work):
    profile, files = work / "profile", work / "files"
    conversations = world.conversations()
    files.mkdir()
    for message in (message for conversation in conversations for message in conversation["messages"]):
        if file := message.get("file"):
            file["path"] = str(files / file["name"])
            scene.make(file)
    lines = [{"address": world.ME.address, "nickname": world.ME.name}, *conversations]
    subprocess.run([target / "examples" / "seed", profile], check=True, text=True, capture_output=True,
                   input="".join(json.dumps(line) + "\n" for line in lines))
    return profile


async def show(options, server, profile):
    """Runs Stonechat, or the photographer, until it ends; its status."""
    people = People(server.port)
    await people.arrive()
    binary = options.target / "stonechat"
    sign_in = ["--account", world.ME.address, "--ca", server.ca_file,
               "--host", "127.0.0.1", "--port", str(server.port)]
    if options.shots:
        command = [sys.executable, "-B", HERE / "shots.py", options.shots, options.work, binary, *sign_in]
        process = await asyncio.create_subprocess_exec(*command)
    else:
        reader, writer = os.pipe()
        os.write(writer, world.PASSWORD.encode() + b"\n")
        os.close(writer)
        process = await asyncio.create_subprocess_exec(
            binary, "--profile", profile, *sign_in, "--password-fd", str(reader), pass_fds=(reader,))
        os.close(reader)
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()


if __name__ == "__main__":
    main()
