"""How packets travel, written by hand for each layout: nothing here reads a description.

A layout has both ends of the wire. The server cuts a request off a stream (cut), takes it apart
(request) and makes the answer (answer); what the request says beside its payload is passed on as `rest`.
The client (clients.py) makes requests (ask) and takes answers apart (told).
"""

import random
import struct
import zlib

from ciphers import crc16, repeated, seal, sum8, unseal, xor8

LOGIN = 0x7FFFFFFFFFFFFFFF
MOST = 1 << 20  # bytes of a body


class Bad(Exception):
    """The stream cannot be cut or read any further."""


class Layout:
    """Frames that are a body and nothing else inside: request and answer are the payload."""

    def begin(self, conn):
        """What the server says as soon as it has accepted."""
        return b""

    def request(self, conn, whole):
        return None, self.body(whole)

    def answer(self, conn, rest, payload):
        return self.wrap(payload)

    def ask(self, n, payload):
        return self.wrap(payload)

    def told(self, whole):
        return self.body(whole)

    def packet(self, body):
        """A body in its frame, for a login packet."""
        return self.wrap(body)


class Raw(Layout):
    def cut(self, b, i):
        return len(b)

    def body(self, whole):
        return whole

    def wrap(self, body):
        return body


class Prefix(Layout):
    """A binary length, counting the body."""

    def __init__(self, fmt):
        self.s = struct.Struct(fmt)

    def cut(self, b, i):
        if len(b) - i < self.s.size:
            return 0
        (n,) = self.s.unpack_from(b, i)
        if n == 0 or n > MOST:
            raise Bad("length %d" % n)
        end = i + self.s.size + n
        return end if end <= len(b) else 0

    def body(self, whole):
        return whole[self.s.size:]

    def wrap(self, body):
        return self.s.pack(len(body)) + body


class Until(Layout):
    """Text that ends with a delimiter."""

    def __init__(self, end):
        self.end = end

    def cut(self, b, i):
        at = b.find(self.end, i)
        if at == i:
            raise Bad("empty")
        return 0 if at < 0 else at + len(self.end)

    def body(self, whole):
        return whole[:-len(self.end)]

    def wrap(self, body):
        return body + self.end


class Net(Layout):
    """code, length, random, checksum, body; ciphered from the checksum on."""

    def __init__(self, code=0x77, key=0x32):
        self.code, self.key = code, key

    def cut(self, b, i):
        if len(b) - i < 5:
            return 0
        if b[i] != self.code:
            raise Bad("code %#x" % b[i])
        n = b[i + 1] | b[i + 2] << 8
        if n == 0:
            raise Bad("length 0")
        end = i + 5 + n
        return end if end <= len(b) else 0

    def body(self, whole):
        plain = unseal(whole[4:], whole[3], self.key)
        if plain[0] != sum8(plain[1:]):
            raise Bad("checksum %#x" % plain[0])
        return plain[1:]

    def wrap(self, body):
        rand = random.getrandbits(8)
        head = bytes((self.code, len(body) & 0xFF, len(body) >> 8, rand))
        return head + seal(bytes((sum8(body),)) + body, rand, self.key)


class Id16(Layout):
    def __init__(self, asked=1, answered=1):
        self.asked, self.answered = asked, answered

    def cut(self, b, i):
        if len(b) - i < 4:
            return 0
        n = b[i] | b[i + 1] << 8
        if n < 5:
            raise Bad("length %d" % n)
        return i + n if i + n <= len(b) else 0

    def one(self, kind, body):
        return struct.pack("<HH", len(body) + 4, kind) + body

    def other(self, kind, whole):
        if whole[2:4] != struct.pack("<H", kind):
            raise Bad("id %s" % whole[2:4].hex())
        return whole[4:]

    def request(self, conn, whole):
        return None, self.other(self.asked, whole)

    def answer(self, conn, rest, payload):
        return self.one(self.answered, payload)

    def ask(self, n, payload):
        return self.one(self.asked, payload)

    def told(self, whole):
        return self.other(self.answered, whole)

    def packet(self, body):
        return self.one(self.answered, body)


class Echo64(Prefix):
    """The handler reads one number out of the packet and sends it back."""

    def __init__(self):
        super().__init__("<H")

    def begin(self, conn):
        return struct.pack("<Hq", 8, LOGIN)

    def answer(self, conn, rest, payload):
        (number,) = struct.unpack_from("<q", payload)
        return struct.pack("<Hq", 8, number)


class Magic(Layout):
    """0x89, one byte that counts what follows it, type, body, 0x79."""

    def cut(self, b, i):
        if len(b) - i < 2:
            return 0
        if b[i] != 0x89:
            raise Bad("magic %#x" % b[i])
        end = i + 2 + b[i + 1]
        if b[i + 1] < 3:
            raise Bad("length %d" % b[i + 1])
        return end if end <= len(b) else 0

    def one(self, kind, body):
        return bytes((0x89, len(body) + 2, kind)) + body + b"\x79"

    def other(self, kind, whole):
        if whole[2] != kind or whole[-1] != 0x79:
            raise Bad("type %d, end %#x" % (whole[2], whole[-1]))
        return whole[3:-1]

    def request(self, conn, whole):
        return None, self.other(1, whole)

    def answer(self, conn, rest, payload):
        return self.one(2, payload)

    def ask(self, n, payload):
        return self.one(1, payload)

    def told(self, whole):
        return self.other(2, whole)


class Three(Layout):
    """Three bytes, big-endian, that count themselves, too."""

    def cut(self, b, i):
        if len(b) - i < 3:
            return 0
        n = b[i] << 16 | b[i + 1] << 8 | b[i + 2]
        if n < 4 or n > MOST:
            raise Bad("length %d" % n)
        return i + n if i + n <= len(b) else 0

    def body(self, whole):
        return whole[3:]

    def wrap(self, body):
        return (len(body) + 3).to_bytes(3, "big") + body


class Digits(Layout):
    """ASCII digits that count the body and something more."""

    def __init__(self, size, pad, more):
        self.size, self.pad, self.more = size, pad, more

    def cut(self, b, i):
        if len(b) - i < self.size:
            return 0
        text = bytes(b[i:i + self.size])
        if not text.lstrip(b" ").isdigit():
            raise Bad("length %r" % text)
        n = int(text) - self.more
        if n < 1:
            raise Bad("length %r" % text)
        end = i + self.size + n
        return end if end <= len(b) else 0

    def body(self, whole):
        return whole[self.size:]

    def wrap(self, body):
        return str(len(body) + self.more).rjust(self.size, self.pad).encode() + body


class Counting(Layout):
    """u16 version, u16 that counts the frame plus or minus a constant, body, two bytes of end."""

    def __init__(self, plus):
        self.plus = plus

    def cut(self, b, i):
        if len(b) - i < 4:
            return 0
        version, n = struct.unpack_from("<HH", b, i)
        n -= self.plus
        if version != 0x0102 or n < 7:
            raise Bad("version %#x, length %d" % (version, n))
        return i + n if i + n <= len(b) else 0

    def body(self, whole):
        if whole[-2:] != b"\r\x00":
            raise Bad("end %s" % whole[-2:].hex())
        return whole[4:-2]

    def wrap(self, body):
        return struct.pack("<HH", 0x0102, len(body) + 6 + self.plus) + body + b"\r\x00"


class Summed(Layout):
    """u16 length of the body, a checksum of the body before or behind it."""

    def __init__(self, fn, fmt, behind=False):
        self.fn, self.s, self.behind = fn, struct.Struct(fmt), behind

    def cut(self, b, i):
        if len(b) - i < 2:
            return 0
        n = b[i] | b[i + 1] << 8
        if n == 0:
            raise Bad("length 0")
        end = i + 2 + self.s.size + n
        return end if end <= len(b) else 0

    def body(self, whole):
        k = self.s.size
        body, got = (whole[2:-k], whole[-k:]) if self.behind else (whole[2 + k:], whole[2:2 + k])
        if got != self.s.pack(self.fn(body)):
            raise Bad("checksum %s" % got.hex())
        return body

    def wrap(self, body):
        total = self.s.pack(self.fn(body))
        head = struct.pack("<H", len(body))
        return head + body + total if self.behind else head + total + body


class Xor(Layout):
    """u32 length of all that follows; from the mark on all is combined with three bytes."""

    KEY = b"\x5a\x01\xc3"

    def cut(self, b, i):
        if len(b) - i < 4:
            return 0
        (n,) = struct.unpack_from("<I", b, i)
        if n < 3 or n > MOST:
            raise Bad("length %d" % n)
        return i + 4 + n if i + 4 + n <= len(b) else 0

    def body(self, whole):
        plain = repeated(whole[4:], self.KEY)
        if plain[:2] != b"mk":
            raise Bad("mark %r" % plain[:2])
        return plain[2:]

    def wrap(self, body):
        return struct.pack("<I", len(body) + 2) + repeated(b"mk" + body, self.KEY)


class SumOfSealed(Layout):
    """u16 length, random, crc32 of the body as it travels, body ciphered by the chain with key 9."""

    def cut(self, b, i):
        if len(b) - i < 7:
            return 0
        n = b[i] | b[i + 1] << 8
        if n == 0:
            raise Bad("length 0")
        return i + 7 + n if i + 7 + n <= len(b) else 0

    def body(self, whole):
        if whole[3:7] != struct.pack("<I", zlib.crc32(whole[7:])):
            raise Bad("crc %s" % whole[3:7].hex())
        return unseal(whole[7:], whole[2], 9)

    def wrap(self, body):
        rand = random.getrandbits(8)
        sealed = seal(body, rand, 9)
        return struct.pack("<HBI", len(body), rand, zlib.crc32(sealed)) + sealed


class Fields(Layout):
    """Who asks, by which connection, which echo: the answer says it again, in another order."""

    def cut(self, b, i):
        if len(b) - i < 2:
            return 0
        n = b[i] | b[i + 1] << 8
        if n < 15:
            raise Bad("length %d" % n)
        return i + n if i + n <= len(b) else 0

    def request(self, conn, whole):
        client, connection, sequence = struct.unpack_from("<IHI", whole, 2)
        conn.heard += 1
        if sequence != conn.heard or connection == 0:
            raise Bad("connection %d, echo %d as number %d" % (connection, conn.heard, sequence))
        return (client, connection, sequence), whole[12:]

    def answer(self, conn, rest, payload):
        client, connection, sequence = rest
        head = struct.pack(">IIH", sequence, client, connection)
        return struct.pack("<H", len(payload) + 12) + head + payload

    def ask(self, n, payload):
        return struct.pack("<HIHI", len(payload) + 12, 7, 3, n) + payload

    def told(self, whole):
        sequence, client, connection = struct.unpack_from(">IIH", whole, 2)
        assert (client, connection) == (7, 3), whole
        return whole[12:]


class Serial(Layout):
    """Each side numbers its own packets from 1, echo or not."""

    def cut(self, b, i):
        if len(b) - i < 8:
            return 0
        (n,) = struct.unpack_from(">I", b, i)
        if n == 0 or n > MOST:
            raise Bad("length %d" % n)
        return i + 8 + n if i + 8 + n <= len(b) else 0

    def request(self, conn, whole):
        conn.heard += 1
        if whole[4:8] != struct.pack(">I", conn.heard):
            raise Bad("packet %d as number %s" % (conn.heard, whole[4:8].hex()))
        return None, whole[8:]

    def answer(self, conn, rest, payload):
        conn.serial += 1
        return struct.pack(">II", len(payload), conn.serial) + payload

    def ask(self, n, payload):
        return struct.pack(">II", len(payload), n) + payload

    def told(self, whole):
        return whole[8:]


class Typed(Summed):
    """Packet types: 5000 asks, 5001 answers, each with the client's number."""

    def __init__(self):
        super().__init__(xor8, "B")

    def request(self, conn, whole):
        body = self.body(whole)
        kind, client = struct.unpack_from("<HQ", body)
        if kind != 5000:
            raise Bad("type %d" % kind)
        return client, body[10:]

    def answer(self, conn, rest, payload):
        return self.wrap(struct.pack("<HQ", 5001, rest) + payload)

    def ask(self, n, payload):
        return self.wrap(struct.pack("<HQ", 5000, 7) + payload)

    def told(self, whole):
        body = self.body(whole)
        assert body[:10] == struct.pack("<HQ", 5001, 7), body
        return body[10:]


class HexLine(Until):
    """ECHO payload crc32-in-hex, and OK payload crc32-in-hex: text."""

    def __init__(self):
        super().__init__(b"\r\n")

    def one(self, word, payload):
        return b"%s %s %08x\r\n" % (word, payload, zlib.crc32(payload))

    def other(self, word, whole):
        if not whole.startswith(word + b" "):
            raise Bad("word %r" % whole)
        payload = whole[len(word) + 1:-11]
        if whole != self.one(word, payload):
            raise Bad("line %r" % whole)
        return payload

    def request(self, conn, whole):
        return None, self.other(b"ECHO", whole)

    def answer(self, conn, rest, payload):
        return self.one(b"OK", payload)

    def ask(self, n, payload):
        return self.one(b"ECHO", payload)

    def told(self, whole):
        return self.other(b"OK", whole)


class RawLogin(Raw):
    """A line says who comes, a line says welcome; from then on the stream comes back."""

    HELLO, WELCOME = b"HELLO dummy\n", b"WELCOME\n"

    def cut(self, b, i):
        return len(b)

    def received(self, conn, b):
        """What the server sends for b, once the login is through."""
        if conn.logged_in:
            return b, None
        conn.line += b
        if len(conn.line) < len(self.HELLO):
            if not self.HELLO.startswith(conn.line):
                raise Bad("login %r" % conn.line)
            return b"", None
        if not conn.line.startswith(self.HELLO):
            raise Bad("login %r" % conn.line)
        conn.logged_in = True
        return conn.line[len(self.HELLO):], self.WELCOME


LAYOUTS = {
    "raw": Raw,
    "len16": lambda: Prefix("<H"),
    "len32": lambda: Prefix("<I"),
    "len16be": lambda: Prefix(">H"),
    "len32be": lambda: Prefix(">I"),
    "line": lambda: Until(b"\n"),
    "crlf": lambda: Until(b"\r\n"),
    "net": Net,
    "net-0xa9": lambda: Net(0x77, 0xA9),
    "id16": Id16,
    "echo64": Echo64,
    "nul": lambda: Until(b"\0"),
    "four": lambda: Until(b"<*/>"),
    "len64be": lambda: Prefix(">Q"),
    "magic": Magic,
    "three": Three,
    "zeros": lambda: Digits(4, "0", 0),
    "spaces": lambda: Digits(6, " ", 6),
    "minus": lambda: Counting(-4),
    "plus": lambda: Counting(100),
    "crc32": lambda: Summed(zlib.crc32, "<I"),
    "xor8": lambda: Summed(xor8, "B", behind=True),
    "sum8": lambda: Summed(sum8, "B"),
    "adler32": lambda: Summed(zlib.adler32, ">I", behind=True),
    "crc16": lambda: Summed(crc16, "<H"),
    "sealed": SumOfSealed,
    "xor": Xor,
    "fields": Fields,
    "serial": Serial,
    "typed": Typed,
    "hexline": HexLine,
    "rawlogin": RawLogin,
}
