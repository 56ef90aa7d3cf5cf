package verify

import "bytes"

// The usual text alphabet is '0' to 'o': 64 printable characters in a row. A word of 48 bits is spread
// over the low six bits of eight bytes, and '0' is added to each.
const (
	eightZeros = 0x3030303030303030
	sixBits    = 0x3f3f3f3f3f3f3f3f
)

// letters writes the low 48 bits of w as eight characters, the lowest bits first in memory.
func letters(w uint64) uint64 {
	w = w&0xffffff | w&0xffffff000000<<8
	w = w&0x00000fff00000fff | w&0x00fff00000fff000<<4
	w = w&0x003f003f003f003f | w&0x0fc00fc00fc00fc0<<2
	return w + eightZeros
}

// unletters undoes letters. It reports false when one of the characters is not of the alphabet:
// then, and only then, a byte of the difference is above 63.
func unletters(c uint64) (uint64, bool) {
	w := c - eightZeros
	if w&^sixBits != 0 {
		return 0, false
	}
	w = w&0x003f003f003f003f | w&0x3f003f003f003f00>>2
	w = w&0x00000fff00000fff | w&0x0fff00000fff0000>>4
	return w&0xffffff | w&0xffffff00000000>>8, true
}

// alphabet replaces the usual characters by 64 printable ones in which no byte of a terminator is.
type alphabet struct {
	own   [256]byte // of a usual character
	usual [256]byte // of one of these; 0, which is not usual, for all others
}

// newAlphabet leaves out the characters of a terminator, which has 4 bytes at most. It is nil where the
// usual alphabet has none of them.
func newAlphabet(terminator []byte) *alphabet {
	const first, last = '0', 'o'
	a, needed := new(alphabet), false
	spare := byte(last)
	for c := byte(first); c <= last; c++ {
		own := c
		for bytes.IndexByte(terminator, own) >= 0 {
			if needed, spare = true, spare+1; spare > '~' {
				spare = '!'
			}
			own = spare
		}
		a.own[c], a.usual[own] = own, c
	}
	if !needed {
		return nil
	}
	return a
}

// putReplaced is put with another alphabet.
func (p *Pattern) putReplaced(b []byte, m message, from int) {
	var w uint64
	for i := range b {
		if i%8 == 0 {
			w = p.word(m, (from+i)/8)
		}
		b[i], w = p.alphabet.own[byte(w)], w>>8
	}
}

// differsReplaced is differs with another alphabet.
func (p *Pattern) differsReplaced(m message, b []byte, at int) int {
	var w uint64
	for i, c := range b {
		if k := at + i; i == 0 || k%8 == 0 {
			w = p.word(m, k/8) >> (8 * (k % 8))
		}
		if c != p.alphabet.own[byte(w)] {
			return i
		}
		w >>= 8
	}
	return -1
}

// unreplaced are eight characters in the usual alphabet. What is none of ours becomes none of it.
func (a *alphabet) unreplaced(w uint64) (usual uint64) {
	for i := 0; i < 64; i += 8 {
		usual |= uint64(a.usual[byte(w>>i)]) << i
	}
	return usual
}
