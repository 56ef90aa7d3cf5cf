"""Clients of an echo server, written by hand for each layout as its stand-in is.

    python3 clients.py LAYOUT=HOST:PORT…

asks each server for echoes of every size that matters, in pieces, checks what comes back byte by byte, and
prints "right: N echoes".
"""

import random
import socket
import struct
import sys

sys.dont_write_bytecode = True

from layouts import Bad, LAYOUTS, LOGIN, Net, Raw, RawLogin  # noqa: E402

PLAIN = b"abcdefghijklmnopqrstuvwxyz0123456789"


class Client:
    def __init__(self, name, addr):
        host, port = addr.rsplit(":", 1)
        self.name, self.layout = name, LAYOUTS[name]()
        self.sock = socket.create_connection((host, int(port)), timeout=30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""

    def send(self, b):
        """Sends b in two pieces or three."""
        cuts = sorted(random.choices(range(len(b) + 1), k=2))
        for piece in (b[:cuts[0]], b[cuts[0]:cuts[1]], b[cuts[1]:]):
            if piece:
                self.sock.sendall(piece)

    def more(self):
        b = self.sock.recv(65536)
        if not b:
            raise Bad("%s: the server closed, after %r" % (self.name, self.got[:80]))
        self.got += b

    def bytes(self, n):
        while len(self.got) < n:
            self.more()
        b, self.got = self.got[:n], self.got[n:]
        return b

    def frame(self):
        while True:
            end = self.layout.cut(self.got, 0) if self.got else 0
            if end:
                return self.bytes(end)
            self.more()

    def begin(self):
        if self.name == "echo64":
            if self.frame() != struct.pack("<Hq", 8, LOGIN):
                raise Bad("echo64: no login packet")
        if self.name == "rawlogin":
            self.send(RawLogin.HELLO)
            if self.bytes(len(RawLogin.WELCOME)) != RawLogin.WELCOME:
                raise Bad("rawlogin: no welcome")

    def echoes(self, payloads, first):
        """Asks for some at once, and then looks at the answers."""
        for n, p in enumerate(payloads, first):
            self.send(self.layout.ask(n, p))
        for p in payloads:
            if isinstance(self.layout, Raw):
                back = self.bytes(len(p))
            else:
                back = self.layout.told(self.frame())
            want = p[:8] if self.name == "echo64" else p
            if back != want:
                raise Bad("%s: %r came back, not %r" % (self.name, back[:80], want[:80]))


def play(name, addr):
    c = Client(name, addr)
    c.begin()
    most = 253 if name == "magic" else 4000
    sizes = list(range(8, 80)) + [200, 249, 250, 251, 252, 253, 254, 255, 256, 257, 1023, 1024, 4000]
    sizes = [n for n in sizes if n <= most]
    random.shuffle(sizes)
    done = 0
    while sizes:
        n = random.randint(1, 5)
        some, sizes = sizes[:n], sizes[n:]
        payloads = [bytes(random.choices(PLAIN, k=n)) for n in some]
        c.echoes(payloads, done + 1)
        done += len(payloads)
    c.sock.close()
    return done


def game(addr):
    """A player of the game: logs in, plays, and sends heartbeats between."""
    net = Net()
    c = Client("net", addr)
    c.send(net.wrap(struct.pack("<HQ64sI", 1001, 7, b"", 1)))
    if net.body(c.frame()) != struct.pack("<HB", 1002, 1):
        raise Bad("game: no answer to the login")
    for n in range(50):
        payload = bytes(random.choices(PLAIN, k=random.randint(8, 300)))
        c.send(net.wrap(struct.pack("<H", 5002)) + net.wrap(struct.pack("<HQ", 5000, 7) + payload))
        if net.body(c.frame()) != struct.pack("<HQ", 5001, 7) + payload:
            raise Bad("game: another answer to echo %d" % n)
    c.sock.close()
    return 50


def main():
    done = 0
    for arg in sys.argv[1:]:
        name, addr = arg.split("=")
        done += game(addr) if name.startswith("game") else play(name, addr)
    print("right: %d echoes" % done)


main()
