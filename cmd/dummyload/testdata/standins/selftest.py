"""Two implementations of each cipher and checksum, and both ends of each layout, agree: python3 selftest.py."""

import os
import random
import sys
import zlib

sys.dont_write_bytecode = True

from ciphers import crc16, repeated, seal, unseal  # noqa: E402
from layouts import LAYOUTS, Raw  # noqa: E402


def crc32_again(b):
    x = 0xFFFFFFFF
    for c in b:
        x ^= c
        for _ in range(8):
            x = (x >> 1) ^ 0xEDB88320 if x & 1 else x >> 1
    return x ^ 0xFFFFFFFF


def crc16_again(b):
    x = 0xFFFF
    for c in b:
        x ^= c
        for _ in range(8):
            x = (x >> 1) ^ 0xA001 if x & 1 else x >> 1
    return x


def adler32_again(b):
    lo, hi = 1, 0
    for c in b:
        lo = (lo + c) % 65521
        hi = (hi + lo) % 65521
    return hi << 16 | lo


def seal_again(plain, rand, key):
    """The formula with all P and E at hand."""
    D = [0] + list(plain)
    P = [0] * len(D)
    E = [0] * len(D)
    for i in range(1, len(D)):
        P[i] = D[i] ^ ((P[i - 1] + rand + i) % 256)
        E[i] = P[i] ^ ((E[i - 1] + key + i) % 256)
    return bytes(E[1:])


class Nobody:
    serial = heard = 0


def self_test():
    check = b"123456789"
    assert (crc16(check), zlib.crc32(check), zlib.adler32(check)) == (0x4B37, 0xCBF43926, 0x091E01DE)
    for n in (1, 8, 64, 300, 4000):
        b = os.urandom(n)
        assert zlib.crc32(b) == crc32_again(b) and zlib.adler32(b) == adler32_again(b)
        assert crc16(b) == crc16_again(b)
        for rand, key in ((0, 0), (255, 255), (0x31, 0xA9), (200, 0x32)):
            assert seal(b, rand, key) == seal_again(b, rand, key)
            assert unseal(seal(b, rand, key), rand, key) == b
        assert repeated(b, b"\1\2\3") == bytes(c ^ (i % 3 + 1) for i, c in enumerate(b))
    count = 0
    for name, make in LAYOUTS.items():
        layout, conn = make(), Nobody()
        for n in (8, 9, 64, 252, 253, 255, 256, 4000):
            if name == "magic" and n > 253:
                continue
            payload = bytes(random.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(n))
            asked = layout.ask(n, payload)
            if not isinstance(layout, Raw):
                for at in range(len(asked)):
                    assert layout.cut(asked[:at], 0) == 0, (name, n, at)
                assert layout.cut(b"x" + asked + b"more", 1) == 1 + len(asked), (name, n)
            conn.heard = n - 1
            rest, got = layout.request(conn, asked)
            assert got == payload, (name, n, got)
            answer = layout.answer(conn, rest, got)
            assert layout.cut(answer, 0) == len(answer), (name, n)
            want = payload[:8] if name == "echo64" else payload
            assert layout.told(answer) == want, (name, n, answer)
            count += 1
    print("self-test: %d frames of %d layouts" % (count, len(LAYOUTS)))


self_test()
