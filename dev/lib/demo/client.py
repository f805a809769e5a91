"""The other side of the demonstration and of measurements: an XMPP client that can just do what they need.

It signs in by PLAIN without encryption, so only to a server on the loopback interface that was started for it.
"""

import asyncio
import base64
import hashlib
import uuid
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

CLIENT = "{jabber:client}"
RECEIPTS = "urn:xmpp:receipts"
STATES = "http://jabber.org/protocol/chatstates"


class Client:
    def __init__(self, address, password, port, on_message=None, on_presence=None):
        self.user, _, self.domain = address.partition("@")
        self.password, self.port = password, port
        self.on_message, self.on_presence = on_message, on_presence
        self.replies = {}
        self.task = None

    async def sign_in(self, resource="phone"):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        await self._open_stream()
        secret = base64.b64encode(f"\0{self.user}\0{self.password}".encode()).decode()
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")
        answer = await self._stanza()
        if not answer.tag.endswith("success"):
            raise ConnectionError(f"{self.user}@{self.domain}: {ET.tostring(answer, 'unicode')}")
        await self._open_stream()
        self.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  f"<resource>{resource}</resource></bind></iq>")
        await self._stanza()
        self.task = asyncio.create_task(self._read())

    async def sign_out(self):
        self.send("</stream:stream>")
        await self.writer.drain()
        self.task.cancel()
        self.writer.close()

    def send(self, xml):
        self.writer.write(xml.encode())

    async def request(self, xml):
        """Sends an IQ of type `set` and waits for the answer."""
        identity = uuid.uuid4().hex
        self.replies[identity] = asyncio.get_running_loop().create_future()
        self.send(f"<iq type='set' id='{identity}'>{xml}</iq>")
        answer = await asyncio.wait_for(self.replies[identity], 20)
        if answer.get("type") != "result":
            raise ConnectionError(ET.tostring(answer, "unicode"))

    def be(self, show=None, status=""):
        self.send("<presence>" + (f"<show>{show}</show>" if show else "")
                  + (f"<status>{escape(status)}</status>" if status else "") + "</presence>")

    def ask_to_see(self, address, text, nickname):
        self.send(f"<presence type='subscribe' to={quoteattr(address)}><status>{escape(text)}</status>"
                  f"<nick xmlns='http://jabber.org/protocol/nick'>{escape(nickname)}</nick></presence>")

    async def publish(self, node, item, xml):
        await self.request(f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{node}'>"
                           f"<item id='{item}'>{xml}</item></publish></pubsub>")

    async def set_avatar(self, png, side):
        """XEP-0084: the picture first, then the announcement."""
        identity = hashlib.sha1(png).hexdigest()
        await self.publish("urn:xmpp:avatar:data", identity,
                           f"<data xmlns='urn:xmpp:avatar:data'>{base64.b64encode(png).decode()}</data>")
        await self.publish("urn:xmpp:avatar:metadata", identity,
                           f"<metadata xmlns='urn:xmpp:avatar:metadata'><info id='{identity}' type='image/png' "
                           f"bytes='{len(png)}' width='{side}' height='{side}'/></metadata>")

    def tell_state(self, to, state):
        self.send(f"<message type='chat' to={quoteattr(to)}><{state} xmlns='{STATES}'/></message>")

    def say(self, to, body):
        identity = str(uuid.uuid4())
        self.send(f"<message type='chat' to={quoteattr(to)} id='{identity}'><body>{escape(body)}</body>"
                  f"<active xmlns='{STATES}'/><request xmlns='{RECEIPTS}'/>"
                  f"<origin-id xmlns='urn:xmpp:sid:0' id='{identity}'/></message>")

    async def _open_stream(self):
        self.parser = ET.XMLPullParser(("start", "end"))
        self.depth = 0
        self.send(f"<?xml version='1.0'?><stream:stream to='{self.domain}' version='1.0' xmlns='jabber:client' "
                  "xmlns:stream='http://etherx.jabber.org/streams'>")
        await self._stanza()

    async def _stanza(self):
        while True:
            for event, element in self.parser.read_events():
                if event == "start":
                    self.depth += 1
                    if self.depth == 1:
                        self.root = element
                else:
                    self.depth -= 1
                    if self.depth == 1:
                        self.root.remove(element)
                        return element
            data = await self.reader.read(65536)
            if not data:
                raise EOFError(f"{self.user}@{self.domain}: the server closed the stream")
            self.parser.feed(data)

    async def _read(self):
        try:
            while True:
                self._handle(await self._stanza())
        except (EOFError, ConnectionError):
            pass

    def _handle(self, stanza):
        sender, identity = stanza.get("from", ""), stanza.get("id", "")
        if stanza.tag == CLIENT + "iq":
            if stanza.get("type") in ("result", "error"):
                waiting = self.replies.pop(identity, None)
                if waiting and not waiting.done():
                    waiting.set_result(stanza)
            else:
                self.send(f"<iq type='error' id={quoteattr(identity)} to={quoteattr(sender)}><error type='cancel'>"
                          "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        elif stanza.tag == CLIENT + "presence":
            if self.on_presence:
                self.on_presence(sender, stanza.get("type"))
        elif stanza.tag == CLIENT + "message" and stanza.get("type") != "error":
            if stanza.find(f"{{{RECEIPTS}}}request") is not None and identity:
                self.send(f"<message to={quoteattr(sender)}><received xmlns='{RECEIPTS}' id={quoteattr(identity)}/></message>")
            body = stanza.findtext(CLIENT + "body")
            if body and self.on_message:
                self.on_message(self, sender, body)
