package frame

import "encoding/binary"

// The ciphers. Both change the bytes from one field of the head to the end of the frame, in place.

// chainKeys are what netchain needs: the lecture's NetServer cipher. With D the plain bytes from the
// checksum on, counted from 1,
//
//	P(i) = D(i) xor (P(i-1) + random + i)    P(0) = 0
//	E(i) = P(i) xor (E(i-1) + key    + i)    E(0) = 0
//
// in bytes. random is the sender's choice, in each frame anew; key is fixed.
type chain struct {
	p, e byte // P and E of the byte before
}

// seal makes b unreadable; i is how many bytes are sealed already.
func (c *chain) seal(b []byte, i int, random, key byte) {
	p, e := uint64(c.p), uint64(c.e) // of which the lowest byte counts
	r, k := uint64(random)+uint64(i), uint64(key)+uint64(i)
	for ; len(b) >= 8; b = b[8:] { // the steps one by one: a loop takes twice as long
		d := binary.LittleEndian.Uint64(b)
		p = d ^ (p + (r + 1))
		e = p ^ (e + (k + 1))
		out := e & 0xff
		p = d>>8 ^ (p + (r + 2))
		e = p ^ (e + (k + 2))
		out |= e & 0xff << 8
		p = d>>16 ^ (p + (r + 3))
		e = p ^ (e + (k + 3))
		out |= e & 0xff << 16
		p = d>>24 ^ (p + (r + 4))
		e = p ^ (e + (k + 4))
		out |= e & 0xff << 24
		p = d>>32 ^ (p + (r + 5))
		e = p ^ (e + (k + 5))
		out |= e & 0xff << 32
		p = d>>40 ^ (p + (r + 6))
		e = p ^ (e + (k + 6))
		out |= e & 0xff << 40
		p = d>>48 ^ (p + (r + 7))
		e = p ^ (e + (k + 7))
		out |= e & 0xff << 48
		p = d>>56 ^ (p + (r + 8))
		e = p ^ (e + (k + 8))
		out |= e & 0xff << 56
		binary.LittleEndian.PutUint64(b, out)
		r += 8
		k += 8
	}
	for j, d := range b {
		r++
		k++
		p = uint64(d) ^ (p + r)
		e = p ^ (e + k)
		b[j] = byte(e)
	}
	c.p, c.e = byte(p), byte(e)
}

// open undoes seal, from src to dst, which may be the same. Unlike seal it can do eight bytes at once:
// E is known, and so are all P.
func (c *chain) open(dst, src []byte, i int, random, key byte) {
	const ones, count = 0x0101010101010101, 0x0807060504030201
	p, e := c.p, c.e
	r, k := random+byte(i), key+byte(i)
	dst = dst[:len(src)]
	for ; len(src) >= 8; src, dst = src[8:], dst[8:] {
		was := binary.LittleEndian.Uint64(src)
		plain := was ^ addBytes(was<<8|uint64(e), addBytes(uint64(k)*ones, count))
		binary.LittleEndian.PutUint64(dst, plain^addBytes(plain<<8|uint64(p), addBytes(uint64(r)*ones, count)))
		p, e = byte(plain>>56), byte(was>>56)
		r += 8
		k += 8
	}
	for j, was := range src {
		r++
		k++
		plain := was ^ (e + k) // P(i)
		dst[j] = plain ^ (p + r)
		p, e = plain, was
	}
	c.p, c.e = p, e
}

// addBytes adds the eight bytes of two words, each on its own.
func addBytes(a, b uint64) uint64 {
	const low = 0x7f7f7f7f7f7f7f7f
	return (a&low + b&low) ^ (a^b)&^low
}

// xorWith combines b with a key that repeats; at is where in the key b begins.
func xorWith(dst, src []byte, key []byte, at int) {
	k := at % len(key)
	for i, c := range src {
		dst[i] = c ^ key[k]
		if k++; k == len(key) {
			k = 0
		}
	}
}
