"""A link opens its conversation in the instance that runs, and what is stored can be exported beside it."""

import json
import subprocess

from fixture import JUNIPER, ME, THEO


def travel(place):
    friend = place.friend(JUNIPER)
    with place.stonechat() as app:
        app.talk_to(THEO)
        app.open(JUNIPER.address)
        app.is_in_front(JUNIPER.name)
        app.send("From a link")
        friend.hears("From a link")
        friend.says("Found it")
        app.message(JUNIPER.name, "Found it")
        exported = subprocess.run([place.binary, "--profile", place.profile, "--export", "messages"], check=True,
                                  capture_output=True, text=True, timeout=20).stdout
        messages = [json.loads(line) for line in exported.splitlines()]
        assert [(message["conversation"], message["from"], message["body"]) for message in messages] == [
            (JUNIPER.address, ME.address, "From a link"), (JUNIPER.address, JUNIPER.address, "Found it")], exported
