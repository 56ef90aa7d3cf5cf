"""Echo servers that stand in for those of our users, one port for each layout named.

    python3 standin.py [--login] [--split] [FAULT…] LAYOUT…

prints a line "LAYOUT HOST:PORT" for each and then "ready", serves until stdin ends, and then prints
as JSON how many answers and how many of which fault it has made. With --split no answer leaves in one
piece, which is right, too. Faults, each once in N answers:

    --flip N    a bit is another, anywhere in the frame
    --swap N    two connections get each other's payload
    --drop N    no answer
    --dup N     the answer twice
    --stale N   once in N connections: a connection that is gone left its last payload to this one
"""

import argparse
import asyncio
import json
import os
import random
import sys
import threading

sys.dont_write_bytecode = True

from layouts import Bad, LAYOUTS, LOGIN  # noqa: E402


class Server:
    """All of one layout's connections, and what is done wrong to them."""

    def __init__(self, name, flags):
        self.layout = LAYOUTS[name]()
        self.flags = flags
        self.answers = 0
        self.connections = 0
        self.kept = None  # of a swap that waits for a second one: connection, rest, payload
        self.left = []  # the last payloads of connections that are gone
        self.made = dict.fromkeys(("flip", "swap", "drop", "dup", "stale", "bad"), 0)

    def due(self, fault):
        n = getattr(self.flags, fault)
        return n and self.answers % n == 0

    def flipped(self, frame):
        self.made["flip"] += 1
        at = random.randrange(8 * len(frame))
        b = bytearray(frame)
        b[at // 8] ^= 1 << at % 8
        return bytes(b)

    def answer(self, conn, rest, payload):
        """The frames that one request earns."""
        self.answers += 1
        if self.kept and self.kept[0] is not conn:
            other, its, kept = self.kept
            self.kept = None
            if not other.transport.is_closing():
                self.made["swap"] += 1
                other.write(self.layout.answer(other, its, payload))
                return self.layout.answer(conn, rest, kept)
        if self.due("swap") and not self.kept:
            self.kept = conn, rest, payload
            return b""
        if self.due("drop"):
            self.made["drop"] += 1
            return b""
        frame = self.layout.answer(conn, rest, payload)
        if self.due("flip"):
            frame = self.flipped(frame)
        if self.due("dup"):
            self.made["dup"] += 1
            frame += frame
        return frame


class Connection(asyncio.Protocol):
    def __init__(self, server):
        self.server, self.layout = server, server.layout
        self.begun = b""
        self.serial = self.heard = 0  # packets sent, packets received
        self.line, self.logged_in = b"", False
        self.inherited = self.last = None
        self.later = b""  # of what is sent in pieces
        self.ended = False  # by the client

    def connection_made(self, transport):
        self.transport = transport
        s = self.server
        s.connections += 1
        hello = self.layout.begin(self)
        if s.flags.login:
            hello += self.layout.packet(LOGIN.to_bytes(8, "little"))
        if hello:
            self.write(hello)
        if s.flags.stale and s.left and s.connections % s.flags.stale == 0:
            self.inherited = s.left.pop()

    def data_received(self, data):
        try:
            out = self.answers(data)
        except Bad as e:
            self.server.made["bad"] += 1
            if self.server.flags.tell:
                print("bad:", e, file=sys.stderr)
            self.transport.close()
            return
        if out:
            self.write(out)

    def write(self, b):
        if not self.server.flags.split:
            self.transport.write(b)
        elif self.later:
            self.later += b
        else:
            self.later = b
            self.piece()

    def piece(self):
        if self.transport.is_closing():
            return
        n = random.randrange(1, min(len(self.later), 64) + 1)
        self.transport.write(self.later[:n])
        self.later = self.later[n:]
        if self.later:
            asyncio.get_running_loop().call_soon(self.piece)
        elif self.ended:
            self.transport.close()

    def eof_received(self):
        """What is owed is still sent to one that sends nothing more."""
        self.ended = True
        return bool(self.later)

    def answers(self, data):
        layout, server = self.layout, self.server
        out = []
        if hasattr(layout, "received"):
            data, first = layout.received(self, data)
            if first:
                out.append(first)
            if not data:
                return b"".join(out)
        b = self.begun + data if self.begun else data
        i = 0
        while i < len(b):
            end = layout.cut(b, i)
            if not end:
                break
            rest, payload = layout.request(self, b[i:end])
            i = end
            if self.inherited is not None:
                server.made["stale"] += 1
                out.append(layout.answer(self, rest, self.inherited))
                self.inherited = None
            self.last = payload
            out.append(server.answer(self, rest, payload))
        self.begun = b[i:]
        return b"".join(out)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()

    def connection_lost(self, error):
        if self.server.flags.stale and self.last is not None:
            self.server.left = [self.last]


async def serve(flags):
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), loop.call_soon_threadsafe(ended.set)),
                     daemon=True).start()
    servers = {}
    for name in flags.layout:
        servers[name] = s = Server(name, flags)
        listening = await loop.create_server(lambda s=s: Connection(s), "127.0.0.1", 0, backlog=1024)
        print(name, "127.0.0.1:%d" % listening.sockets[0].getsockname()[1], flush=True)
    print("ready", flush=True)
    await ended.wait()
    told = {name: dict(s.made, answers=s.answers, connections=s.connections) for name, s in servers.items()}
    try:
        print(json.dumps(told), flush=True)
    except OSError:
        pass  # nobody listens any more
    os._exit(0)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--login", action="store_true")
    p.add_argument("--split", action="store_true")
    p.add_argument("--tell", action="store_true", help="says on stderr what of a request was bad")
    for fault in ("flip", "swap", "drop", "dup", "stale"):
        p.add_argument("--" + fault, type=int, default=0, metavar="N")
    p.add_argument("layout", nargs="+", choices=list(LAYOUTS), metavar="LAYOUT")
    asyncio.run(serve(p.parse_args()))


main()
