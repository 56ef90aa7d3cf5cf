"""A game server that stands in for those of our users: login, echo, heartbeat, notices, ciphered.

    python3 game.py [--kick S] [--notice S]

prints "game HOST:PORT" and then "ready", serves until stdin ends, and then prints as JSON what it has
seen. It closes a connection that is wrong, and one from which no heartbeat came for --kick seconds:
an echo is no sign of life here.

    1001 login: u64 client, 64 bytes, u32 version      1002 answer: u8 status
    5000 echo: u64 client, payload                     5001 answer: u64 client, payload
    5002 heartbeat                                     6000, 6001 notices that nobody asked for
"""

import argparse
import asyncio
import json
import os
import random
import struct
import sys
import threading

sys.dont_write_bytecode = True

from layouts import Bad, Net  # noqa: E402

TICKS = 20  # of the clock, in the time after which a silent client is kicked


class Game:
    def __init__(self, flags):
        self.flags = flags
        self.net = Net()
        self.clients = set()
        self.seen = dict.fromkeys(("logins", "echoes", "heartbeats", "kicks", "notices", "bad", "wrong_client",
                                   "echo_before_login", "login_again"), 0)

    async def watch(self):
        """Counts ticks in place of time: where this machine stands still, nobody grows silent."""
        while True:
            await asyncio.sleep(self.flags.kick / TICKS)
            for c in list(self.clients):
                c.silent += 1
                if c.silent > TICKS:
                    self.seen["kicks"] += 1
                    self.clients.discard(c)
                    c.transport.close()

    async def notices(self):
        while True:
            await asyncio.sleep(self.flags.notice)
            for c in list(self.clients):
                if not c.logged_in or c.transport.is_closing():
                    continue
                self.seen["notices"] += 1
                if random.random() < 0.5:
                    c.say(6000, os.urandom(random.randrange(40)))
                else:
                    c.say(6001, struct.pack("<I", random.getrandbits(32)))


class Client(asyncio.Protocol):
    def __init__(self, game):
        self.game = game
        self.begun = b""
        self.silent = 0
        self.number = None
        self.logged_in = False

    def connection_made(self, transport):
        self.transport = transport
        self.game.clients.add(self)

    def connection_lost(self, error):
        self.game.clients.discard(self)

    def say(self, kind, body):
        self.transport.write(self.game.net.wrap(struct.pack("<H", kind) + body))

    def data_received(self, data):
        b = self.begun + data
        i = 0
        try:
            while i < len(b):
                end = self.game.net.cut(b, i)
                if not end:
                    break
                self.packet(self.game.net.body(b[i:end]))
                i = end
        except (Bad, struct.error) as e:
            self.game.seen["bad"] += 1
            print("bad:", e, file=sys.stderr)
            self.transport.close()
            return
        self.begun = b[i:]

    def packet(self, p):
        (kind,) = struct.unpack_from("<H", p)
        seen = self.game.seen
        if kind == 1001:
            self.login(p)
        elif kind == 5000:
            if not self.logged_in:
                seen["echo_before_login"] += 1
                raise Bad("an echo before the login")
            (number,) = struct.unpack_from("<Q", p, 2)
            if number != self.number:
                seen["wrong_client"] += 1
                raise Bad("client %d on the connection of %d" % (number, self.number))
            seen["echoes"] += 1
            self.say(5001, p[2:])
        elif kind == 5002:
            if len(p) != 2:
                raise Bad("a heartbeat of %d bytes" % len(p))
            seen["heartbeats"] += 1
            self.silent = 0
        else:
            raise Bad("type %d" % kind)

    def login(self, p):
        if len(p) != 2 + 8 + 64 + 4:
            raise Bad("a login of %d bytes" % len(p))
        _, self.number, _, version = struct.unpack("<HQ64sI", p)
        if version != 1 or self.logged_in:
            self.game.seen["login_again"] += self.logged_in
            raise Bad("a login, version %d, again: %s" % (version, self.logged_in))
        self.game.seen["logins"] += 1
        self.logged_in = True
        self.silent = 0
        self.say(1002, b"\1")


async def serve(flags):
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), loop.call_soon_threadsafe(ended.set)),
                     daemon=True).start()
    game = Game(flags)
    listening = await loop.create_server(lambda: Client(game), "127.0.0.1", 0, backlog=1024)
    print("game 127.0.0.1:%d\nready" % listening.sockets[0].getsockname()[1], flush=True)
    tasks = [loop.create_task(game.watch()), loop.create_task(game.notices())]
    await ended.wait()
    try:
        print(json.dumps({"game": game.seen}), flush=True)
    except OSError:
        pass  # nobody listens any more
    del tasks
    os._exit(0)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--kick", type=float, default=4, help="seconds without a heartbeat")
    p.add_argument("--notice", type=float, default=0.5, help="seconds between two notices to each")
    asyncio.run(serve(p.parse_args()))


main()
