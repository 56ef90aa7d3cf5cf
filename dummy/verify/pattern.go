package verify

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"dummyload/server/frame"
)

// Pattern makes payloads, and checks them by making them again; it keeps none. A payload is a pure
// function of the seed and of {client, connection, sequence}, and so is its size:
//
//	word 0        the identity, packed and scrambled (layout, tagger)
//	word 1, 2, …  a keyed hash of the full identity and of the word's number
//
// Words are 8 bytes little-endian, the last one cut off. With frame.Line a word is 48 bits
// written as eight characters. Every bit of a payload is compared, so nothing wrong is ever taken
// for right. Only the owner of a wrong payload is a matter of probability: see Judgement.owner. A
// pattern is read-only after NewPattern, and all workers share it.
type Pattern struct {
	tagger
	format          frame.Format
	text            bool
	header, trailer int // of format, in bytes
	sizeMin         int
	span            uint64 // sizeMax - sizeMin + 1
	keys            [3]uint64
	wordKey         uint64 // odd
}

// MinSize is the length in bytes of the shortest payload: the identity alone.
const MinSize = 8

// wordStep separates the words of a payload: 2^64 divided by the golden ratio.
const wordStep = 0x9e3779b97f4a7c15

// NewPattern derives the keys from the seed. Sizes are payload bytes, MinSize <= sizeMin <=
// sizeMax <= f.MaxPayload(); it panics otherwise.
func NewPattern(seed uint64, f frame.Format, sizeMin, sizeMax int) *Pattern {
	if sizeMin < MinSize || sizeMax < sizeMin || sizeMax > f.MaxPayload() {
		panic("verify: payload sizes out of range")
	}
	p := &Pattern{format: f, sizeMin: sizeMin, span: uint64(sizeMax - sizeMin + 1)}
	l := binaryLayout
	switch f {
	case frame.Line:
		l, p.text, p.trailer = textLayout, true, f.Overhead()
	default:
		p.header = f.Overhead()
	}
	next := func() uint64 {
		seed += wordStep
		z := seed
		z = (z ^ z>>30) * mulA
		z = (z ^ z>>27) * mulB
		return z ^ z>>31
	}
	p.tagger = newTagger(l, next(), next(), next())
	p.keys = [3]uint64{next(), next(), next()}
	p.wordKey = next() | 1
	return p
}

// sizeMax is the longest payload in bytes.
func (p *Pattern) sizeMax() int { return p.sizeMin + int(p.span) - 1 }

// message is one echo's payload before it is written out.
type message struct {
	size  int
	first uint64 // word 0 as it lies in memory
	base  uint64 // what the other words are made from
}

func (p *Pattern) message(id Ident, seq uint64) message {
	who := uint64(id.Client)<<32 | uint64(id.Conn)
	base := fold(fold(who^p.keys[0], seq^p.keys[1])^p.keys[2], wordStep)
	extra, _ := bits.Mul64(base, p.span)
	first := p.seal(id, seq)
	if p.text {
		first = letters(first)
	}
	return message{size: p.sizeMin + int(extra), first: first, base: base}
}

// size is the payload's length in bytes.
func (p *Pattern) size(id Ident, seq uint64) int { return p.message(id, seq).size }

// frameSize is the length in bytes of the whole frame.
func (p *Pattern) frameSize(m message) int { return p.header + m.size + p.trailer }

// MaxFrame is the length in bytes of the longest frame there is.
func (p *Pattern) MaxFrame() int { return p.header + p.sizeMax() + p.trailer }

// word is the payload's i-th word as it lies in memory.
func (p *Pattern) word(m message, i int) uint64 {
	if i == 0 {
		return m.first
	}
	return p.later(m.base + uint64(i)*wordStep)
}

// later is a word after the first, from x = base + i·wordStep.
func (p *Pattern) later(x uint64) uint64 {
	w := fold(x, p.wordKey)
	if p.text {
		return letters(w)
	}
	return w
}

// Append appends the whole frame of one echo: header, payload, trailer.
func (p *Pattern) Append(dst []byte, id Ident, seq uint64) []byte {
	m := p.message(id, seq)
	switch p.header {
	case 2:
		dst = binary.LittleEndian.AppendUint16(dst, uint16(m.size))
	case 4:
		dst = binary.LittleEndian.AppendUint32(dst, uint32(m.size))
	}
	dst = p.appendPayload(dst, m, 0, m.size)
	if p.trailer != 0 {
		dst = append(dst, '\n')
	}
	return dst
}

// appendPayload appends the payload's bytes from offset from, a multiple of 8, to offset to.
func (p *Pattern) appendPayload(dst []byte, m message, from, to int) []byte {
	dst = slices.Grow(dst, to-from)
	b := dst[len(dst) : len(dst)+to-from]
	dst = dst[:len(dst)+to-from]
	w, x := p.word(m, from/8), m.base+uint64(from/8)*wordStep
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, w)
		if len(b) == 8 {
			return dst
		}
		x += wordStep
		w = p.later(x)
	}
	for i := range b {
		b[i] = byte(w >> (8 * i))
	}
	return dst
}

// match compares data with the frame of m, from the frame's have-th byte on. n is how many bytes of
// data belong to that frame: all of them, or those up to the frame's end.
func (p *Pattern) match(m message, data []byte, have int) (n int, ok bool) {
	b := data[:min(len(data), p.frameSize(m)-have)]
	n = len(b)
	for have < p.header && len(b) > 0 {
		if b[0] != byte(m.size>>(8*have)) {
			return n, false
		}
		b, have = b[1:], have+1
	}
	payload := b[:min(len(b), p.header+m.size-have)]
	if p.differs(m, payload, have-p.header) >= 0 {
		return n, false
	}
	return n, len(payload) == len(b) || b[len(payload)] == '\n'
}

// differs is the index in b of the first byte that is wrong; -1 when there is none. b begins at the
// payload's at-th byte and does not go beyond its end.
func (p *Pattern) differs(m message, b []byte, at int) int {
	if len(b) == 0 {
		return -1
	}
	all := len(b)
	w, x := p.word(m, at/8), m.base+uint64(at/8)*wordStep
	if odd := at % 8; odd != 0 {
		w >>= 8 * odd
		n := min(len(b), 8-odd)
		if i := differsWithin(w, b[:n]); i >= 0 {
			return i
		}
		b, x = b[n:], x+wordStep
		w = p.later(x)
	}
	for ; len(b) >= 8; b = b[8:] {
		if diff := binary.LittleEndian.Uint64(b) ^ w; diff != 0 {
			return all - len(b) + bits.TrailingZeros64(diff)/8
		}
		if len(b) == 8 {
			return -1
		}
		x += wordStep
		w = p.later(x)
	}
	if i := differsWithin(w, b); i >= 0 {
		return all - len(b) + i
	}
	return -1
}

// differsWithin is differs for part of a word, at most 8 bytes.
func differsWithin(w uint64, b []byte) int {
	for i := range b {
		if b[i] != byte(w>>(8*i)) {
			return i
		}
	}
	return -1
}
