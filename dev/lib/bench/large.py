"""A large account, and Stonechat run with it: 1,001 contacts, of whom 200 are online, and 20,000 messages."""

import asyncio
import os
import pathlib
import random
import subprocess
import time

from client import Client

DOMAIN = "chat.example"
ME = f"alice@{DOMAIN}"
PASSWORD = "secret"
CONTACTS, ONLINE, MESSAGES = 1_001, 200, 20_000
WORDS = ("the quick brown fox jumps over lazy dog while seven wizards brew potent coffee near frozen lakes under pale "
         "moonlight deploy server build failed again merge tomorrow lunch meeting moved thanks great photo").split()
TICK = os.sysconf("SC_CLK_TCK")
# Between two messages.
STEP = 25


def contact(number):
    return f"c{number:04}@{DOMAIN}"


def past():
    """All messages, oldest first: with whom, whether it is Alice's, when, and the text. Half of them are with one contact, the
    other half with fifty."""
    chance, now = random.Random(7), int(time.time())
    for number in range(MESSAGES):
        peer = contact(0 if number % 2 else 1 + number // 2 % 50)
        body = " ".join(chance.choice(WORDS) for _ in range(chance.randint(3, 40)))
        yield peer, chance.random() < 0.5, now - (MESSAGES - number) * STEP, body


def add_accounts(server):
    numbers = range(CONTACTS)
    server.add_account(ME, PASSWORD, [(contact(n), f"Contact {n:04}", [f"Group {1 + n % 20}"]) for n in numbers])
    for n in numbers:
        server.add_account(contact(n), PASSWORD, [(ME, "Alice", [])])


async def bring_online(port, on_presence=None):
    """Signs in as the contacts that are online; the first of them is the one with whom most was written."""
    clients = [Client(contact(0), PASSWORD, port, on_presence=on_presence)]
    clients += [Client(contact(1 + number), PASSWORD, port) for number in range(ONLINE - 1)]
    for begin in range(0, len(clients), 20):
        await asyncio.gather(*(client.sign_in() for client in clients[begin:begin + 20]))
    for client in clients:
        client.be()
    return clients


class Run:
    """One start, watched from outside."""

    def __init__(self, target, profile, server):
        reader, writer = os.pipe()
        os.write(writer, PASSWORD.encode() + b"\n")
        os.close(writer)
        self.binary, self.profile = target / "stonechat", profile
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [self.binary, "--profile", profile, "--account", ME, "--password-fd", str(reader),
             "--ca", server.ca_file, "--host", "127.0.0.1", "--port", str(server.port)], pass_fds=(reader,))
        os.close(reader)

    def elapsed(self):
        return time.monotonic() - self.started

    def open(self, address):
        """Brings a conversation to the front."""
        subprocess.run([self.binary, "--profile", self.profile, f"xmpp:{address}?message"], check=True, timeout=20)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def pss(self):
        return self._kilobytes("smaps_rollup", "Pss:") / 1024

    def rss(self):
        return self._kilobytes("status", "VmRSS:") / 1024

    def peak_rss(self):
        return self._kilobytes("status", "VmHWM:") / 1024

    def wake_ups(self):
        """How often each thread has gone to sleep by itself, by its number and name."""
        found = {}
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                lines = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines() if ":" in line)
            except OSError:
                continue
            found[task.name, lines["Name"].strip()] = int(lines["voluntary_ctxt_switches"])
        return found

    async def settle(self):
        """Until a second passes with less than 5 % of one processor's time; the time at which that second began."""
        called = self.elapsed()
        while self.process.poll() is None:
            before, begun = self.cpu(), self.elapsed()
            await asyncio.sleep(1)
            if self.cpu() - before < 0.05:
                return begun
            if begun - called > 60:
                raise SystemExit("it does not come to rest")
        raise SystemExit("Stonechat has ended by itself")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _kilobytes(self, file, name):
        lines = pathlib.Path(f"/proc/{self.process.pid}/{file}").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name))
