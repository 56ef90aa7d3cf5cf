package verify

import (
	"bytes"
	"encoding/binary"
)

// The usual text alphabet is the digits, ':', ';' and the letters: 64 characters that no text protocol
// escapes. They stand in three rows of bytes, in this order. A word of 48 bits is spread over the low six bits
// of eight bytes, which are the characters' places in the alphabet.
const (
	eachByte = 0x0101010101010101
	sixBits  = 0x3f * eachByte

	digits, capitals = 12, 26 // how many: digits with ':' and ';'
	toCapitals       = 'A' - '0' - digits
	toSmall          = 'a' - 'A' - capitals
)

// fromOn marks the bytes of w, which are below 128, that are at least from: 1 in each of them.
func fromOn(w uint64, from byte) uint64 {
	return (w + eachByte*uint64(0x80-from)) >> 7 & eachByte
}

// letters writes the low 48 bits of w as eight characters, the lowest bits first in memory.
func letters(w uint64) uint64 {
	w = w&0xffffff | w&0xffffff000000<<8
	w = w&0x00000fff00000fff | w&0x00fff00000fff000<<4
	w = w&0x003f003f003f003f | w&0x0fc00fc00fc00fc0<<2
	return w + '0'*eachByte + fromOn(w, digits)*toCapitals + fromOn(w, digits+capitals)*toSmall
}

// unletters undoes letters. It reports false when one of the characters is not of the alphabet.
func unletters(c uint64) (uint64, bool) {
	w := c&^(0x80*eachByte) - '0'*eachByte
	w -= fromOn(c&^(0x80*eachByte), 'A')*toCapitals + fromOn(c&^(0x80*eachByte), 'a')*toSmall
	w &= sixBits
	w = w&0x003f003f003f003f | w&0x3f003f003f003f00>>2
	w = w&0x00000fff00000fff | w&0x0fff00000fff0000>>4
	w = w&0xffffff | w&0xffffff00000000>>8
	return w, letters(w) == c // whatever else c was, it is not what w is written as
}

// alphabet replaces the usual characters by 64 printable ones in which no byte of a terminator is.
type alphabet struct {
	own   [256]byte // of a usual character
	usual [256]byte // of one of these; 0, which is not usual, for all others
}

// spare are what the characters of a terminator are replaced by: twice as many as it may have.
const spare = "-_.,+*()"

// newAlphabet leaves out the characters of a terminator, which has 4 bytes at most. It is nil where the
// usual alphabet has none of them.
func newAlphabet(terminator []byte) *alphabet {
	a, needed, used := new(alphabet), false, 0
	for place := range uint64(64) {
		c := byte(letters(place))
		own := c
		for ; bytes.IndexByte(terminator, own) >= 0; used++ {
			needed, own = true, spare[used]
		}
		a.own[c], a.usual[own] = own, c
	}
	if !needed {
		return nil
	}
	return a
}

// putText is put with the usual alphabet.
func (p *Pattern) putText(b []byte, m message, from int) {
	w, x := p.word(m, from/8), m.base+uint64(from/8)*wordStep
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, w)
		if len(b) == 8 {
			return
		}
		x += wordStep
		w = letters(fold(x, p.wordKey))
	}
	for i := range b {
		b[i] = byte(w >> (8 * i))
	}
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
