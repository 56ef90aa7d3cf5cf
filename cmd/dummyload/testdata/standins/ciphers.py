"""Checksums and ciphers, plainly."""

# --- checksums ---


def sum8(b):
    return sum(b) & 0xFF


def xor8(b):
    x = 0
    for c in b:
        x ^= c
    return x


CRC16 = []
for _c in range(256):
    for _ in range(8):
        _c = (_c >> 1) ^ 0xA001 if _c & 1 else _c >> 1
    CRC16.append(_c)


def crc16(b):
    """CRC-16/MODBUS."""
    x = 0xFFFF
    for c in b:
        x = x >> 8 ^ CRC16[(x ^ c) & 0xFF]
    return x


# --- ciphers ---


def seal(plain, rand, key):
    """The lecture's NetServer: P(i) = D(i) xor (P(i-1)+rand+i), E(i) = P(i) xor (E(i-1)+key+i)."""
    out = bytearray(len(plain))
    p = e = 0
    for i, d in enumerate(plain, 1):
        p = d ^ (p + rand + i) & 0xFF
        e = p ^ (e + key + i) & 0xFF
        out[i - 1] = e
    return bytes(out)


def unseal(sealed, rand, key):
    out = bytearray(len(sealed))
    p = e = 0
    for i, c in enumerate(sealed, 1):
        q = c ^ (e + key + i) & 0xFF
        out[i - 1] = q ^ (p + rand + i) & 0xFF
        p, e = q, c
    return bytes(out)


def repeated(b, key):
    times = len(b) // len(key) + 1
    n = len(b)
    x = int.from_bytes(b, "big") ^ int.from_bytes((key * times)[:n], "big")
    return x.to_bytes(n, "big")
