"""Brings the people of the world online, and has one of them answer."""

import asyncio
import itertools

import portrait
import world
from client import Client


class People:
    def __init__(self, port):
        self.port = port
        self.clients = []
        self.answers = itertools.cycle(world.ANSWERS)
        self.tasks = set()

    async def arrive(self):
        """Everybody publishes a picture; who is there stays, the others leave again."""
        await asyncio.gather(self._prepare(world.ME), *(self._live(person) for person in world.CONTACTS), self._ask())

    async def leave(self):
        for client in self.clients:
            await client.sign_out()

    async def _prepare(self, person):
        client = await self._introduce(person)
        await client.publish("http://jabber.org/protocol/nick", "current",
                             f"<nick xmlns='http://jabber.org/protocol/nick'>{person.name}</nick>")
        await client.sign_out()

    async def _live(self, person):
        client = await self._introduce(person)
        if person.show == "offline":
            await client.sign_out()
            return
        client.be(person.show, person.status)
        self.clients.append(client)

    async def _ask(self):
        client = await self._introduce(world.STRANGER)
        client.ask_to_see(world.ME.address, world.REQUEST, world.STRANGER.name)
        await client.writer.drain()
        client.be()
        self.clients.append(client)

    async def _introduce(self, person):
        client = Client(person.address, world.PASSWORD, self.port,
                        self._hear if person.address == world.ANSWERING else None)
        await client.sign_in()
        if person.portrait:
            await client.set_avatar(portrait.png(person.portrait), portrait.SIZE)
        return client

    def _hear(self, client, sender, body):
        task = asyncio.create_task(self._answer(client, sender.partition("/")[0], body))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, client, to, body):
        await asyncio.sleep(0.8)
        client.tell_state(to, "composing")
        answer = next(self.answers)
        await asyncio.sleep(1.2 + 0.04 * len(answer))
        client.say(to, answer)
