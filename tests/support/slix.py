"""Somebody with another program: slixmpp does what a test says, and says what its own plug-ins make of what comes.

    slix.py ADDRESS PASSWORD PORT

Reads a list `[what, argument …]` in JSON from each line of its input, where `what` is a method of `Slix`, and answers with
a line `{"done": result}`, in their order. What it hears stands in other lines: `{"heard": name, …}`. Which authorities are
trusted says SSL_CERT_FILE, for the stream as for files. Ends with its input.
"""

import asyncio
import base64
import hashlib
import json
import logging
import pathlib
import sys

import aiohttp
from slixmpp import ClientXMPP

PLUGINS = (30, 60, 66, 84, 85, 115, 163, 184, 191, 280, 308, 333, 334, 359, 363, 372, 424, 428, 444, 447, 461)
REPLY, FILE = "urn:xmpp:reply:0", "urn:xmpp:sfs:0"


def tell(**line):
    print(json.dumps(line), flush=True)


class Slix(ClientXMPP):
    def __init__(self, address, password):
        super().__init__(address + "/slix", password)
        self.enable_direct_tls = False
        self.enable_plaintext = False
        for number in PLUGINS:
            self.register_plugin(f"xep_{number:04}")
        self.is_up = asyncio.Event()
        for event, handler in {
            "session_start": self._begin,
            "message": lambda m: self._hear("message", m, **self._content(m)),
            "message_correction": lambda m: self._hear("correction", m, replaces=m["replace"]["id"], **self._content(m)),
            "message_reply": lambda m: self._hear("reply", m, **self._content(m), **self._reply(m)),
            "reactions": lambda m: self._hear("reactions", m, of=m["reactions"]["id"], emoji=sorted(m["reactions"]["values"])),
            "message_retract": lambda m: self._hear("retraction", m, of=m["retract"]["id"]),
            "receipt_received": lambda m: self._hear("receipt", m, of=m["receipt"]),
            "marker_displayed": lambda m: self._hear("displayed", m, of=m["displayed"]["id"]),
            "chatstate": lambda m: self._hear("chat state", m, state=m["chat_state"]),
            "blocked": lambda iq: tell(heard="blocked", who=sorted(map(str, iq["block"]["items"]))),
            "unblocked": lambda iq: tell(heard="unblocked", who=sorted(map(str, iq["unblock"]["items"]))),
            "avatar_metadata_publish": self._hear_avatar,
        }.items():
            self.add_event_handler(event, handler)

    async def _begin(self, _event):
        await self.get_roster()
        self.send_presence()
        self.is_up.set()

    def _hear(self, name, message, **more):
        tell(heard=name, id=message["id"], type=message["type"], **{"from": message["from"].bare}, **more)

    def _content(self, message):
        return {
            "body": message["body"], "origin": message["origin_id"]["id"], "state": message["chat_state"],
            "wants_receipt": message["request_receipt"], "is_markable": bool(message.get_plugin("markable", check=True)),
            "file": self._file(message), "mentions": self._mentions(message),
        }

    def _mentions(self, message):
        """Whom the body mentions, and with which of its letters."""
        kind = self["xep_0372"].stanza.Reference
        all_of_them = [kind(xml=part) for part in message.xml.findall(f"{{{kind.namespace}}}{kind.name}")]
        return [[message["body"][int(it["begin"]):int(it["end"])], it["uri"]] for it in all_of_them if it["type"] == "mention"]

    def _reply(self, message):
        reply = message["reply"]
        return {"of": reply["id"], "to": reply["to"], "quote": reply.get_fallback_body(), "rest": reply.strip_fallback_content()}

    def _file(self, message):
        if not message.get_plugin("sfs", check=True):
            return None
        sharing, file = message["sfs"], message["sfs"]["file"]
        return {
            "oob": message["oob"]["url"], "sources": [source["target"] for source in sharing["sources"]],
            "disposition": sharing["disposition"], "name": file["name"], "media_type": file["media-type"],
            "size": file["size"], "width": file["width"], "height": file["height"], "length": file["length"],
            "hash": [file["hash"]["algo"], file["hash"]["value"]],
            "rest": message["fallback"].get_stripped_body(FILE) if message.get_plugin("fallback", check=True) else message["body"],
        }

    def _hear_avatar(self, message):
        item = message["pubsub_event"]["items"]["item"]["avatar_metadata"]
        infos = [{key: info[key] for key in ("id", "type", "bytes", "width", "height")} for info in item["items"]]
        tell(heard="avatar", infos=infos, **{"from": message["from"].bare})

    # What a test may ask for.

    def say(self, to, body, receipt=False, markable=False, origin=False):
        """The id of what was said."""
        self.use_origin_id = origin
        message = self.make_message(mto=to, mbody=body, mtype="chat")
        if receipt:
            message["request_receipt"] = True
        if markable:
            message.enable("markable")
        message["chat_state"] = "active"
        message.send()
        return message["id"]

    def say_as(self, to, body, identity):
        """Under an id that the test chose."""
        message = self.make_message(mto=to, mbody=body, mtype="chat")
        message["id"] = identity
        message.send()

    def mention(self, to, body, places):
        """The id of what was said; of each place [begin, end, uri], which may be anything."""
        message = self.make_message(mto=to, mbody=body, mtype="chat")
        for begin, end, uri in places:
            reference = self["xep_0372"].stanza.Reference()
            reference["type"] = "mention"
            for name, value in (("begin", begin), ("end", end), ("uri", uri)):
                reference.xml.set(name, str(value))
            message.append(reference)
        message.send()
        return message["id"]

    def correct(self, to, of, body):
        message = self["xep_0308"].build_correction(id_to_replace=of, mto=to, mtype="chat", mbody=body)
        message.send()
        return message["id"]

    def reply(self, to, of, body, quote=None, name=None):
        message = self["xep_0461"].make_reply(to, of, quote, name, mto=to, mbody=body, mtype="chat")
        message.send()
        return message["id"]

    def react(self, to, of, emoji):
        self["xep_0444"].send_reactions(to, of, emoji)

    def retract(self, to, of):
        self["xep_0424"].send_retraction(to, of)

    def mark(self, to, of, marker):
        self["xep_0333"].send_marker(to, of, marker)

    def state(self, to, state):
        message = self.make_message(mto=to, mtype="chat")
        message["chat_state"] = state
        message.send()

    async def upload(self, path, kind):
        return await self["xep_0363"].upload_file(pathlib.Path(path), content_type=kind)

    async def download(self, url):
        """What lies there, in base64."""
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            answer.raise_for_status()
            return base64.b64encode(await answer.read()).decode()

    def share_out_of_band(self, to, url, of=None, quote=None):
        """With `of`, in answer to that message."""
        message = self.make_message(mto=to, mbody=url, mtype="chat") if of is None else \
            self["xep_0461"].make_reply(to, of, quote, mto=to, mbody=url, mtype="chat")
        message["oob"]["url"] = url
        message.send()

    def share(self, to, path, url, kind, caption=""):
        message = self.make_message(mto=to, mbody=caption + url, mtype="chat")
        message.append(self["xep_0447"].get_sfs(pathlib.Path(path), [url], kind, "A file"))
        if caption:
            message["fallback"]["for"] = FILE
            message["fallback"]["body"]["start"] = len(caption)
            message["fallback"]["body"]["end"] = len(caption + url)
        message.send()

    async def block_list(self):
        return sorted(map(str, (await self["xep_0191"].get_blocked())["blocklist"]["items"]))

    async def block(self, who):
        await self["xep_0191"].block(who)

    async def unblock(self, who):
        await self["xep_0191"].unblock(who)

    async def set_avatar(self, png, side):
        data = base64.b64decode(png)
        identity = hashlib.sha1(data).hexdigest()
        await self["xep_0084"].publish_avatar(data)
        await self["xep_0084"].publish_avatar_metadata(
            {"id": identity, "type": "image/png", "bytes": len(data), "width": str(side), "height": str(side)})
        return identity

    async def avatar(self, of, identity):
        """The picture, in base64."""
        answer = await self["xep_0084"].retrieve_avatar(of, identity)
        return base64.b64encode(answer["pubsub"]["items"]["item"]["avatar_data"]["value"]).decode()

    async def no_avatar(self):
        await self["xep_0084"].stop()


async def main():
    logging.basicConfig(level=logging.WARNING)
    address, password, port = sys.argv[1:]
    slix = Slix(address, password)
    slix.connect("127.0.0.1", int(port))
    await asyncio.wait_for(slix.is_up.wait(), 25)
    tell(done=None)
    while line := await asyncio.to_thread(sys.stdin.readline):
        what, *arguments = json.loads(line)
        done = getattr(slix, what)(*arguments)
        tell(done=await done if asyncio.iscoroutine(done) else done)


if __name__ == "__main__":
    asyncio.run(main())
