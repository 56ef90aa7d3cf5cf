package verify

import (
	"encoding/binary"
	"math"
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
// Words are 8 bytes little-endian, the last one cut off. Where a terminator ends a frame, a word is 48
// bits written as eight characters, and where these hold a byte of the terminator, they are replaced
// (alphabet). Every bit of a payload is compared, so nothing wrong is ever taken for right. Only the
// owner of a wrong payload is a matter of probability: see Judgement.owner. A pattern is read-only after
// NewPattern, and all workers share it.
type Pattern struct {
	tagger
	format  *frame.Format
	request *frame.Message // how an echo is asked
	answer  *frame.Message // how it comes back right
	text    bool
	short   bool // answers are compared where they lie: see frame.Message.Short
	remade  bool // an answer of which a part came can be made again: see frame.Message.Remade
	most    int  // bytes of a payload that come back, at most
	header  int  // bytes before an answer's payload
	trailer int  // bytes after it
	sizeMin int
	span    uint64 // sizeMax - sizeMin + 1
	keys    [3]uint64
	wordKey uint64 // odd

	headMask uint64    // of a short answer: the bytes before the payload in a word
	alphabet *alphabet // of text; nil for the usual one
	odds     string    // goes with owners where hardly more than the identity comes back; empty elsewhere
}

// MinSize is the length in bytes of the shortest payload: the identity alone.
const MinSize = 8

// wordStep separates the words of a payload: 2^64 divided by the golden ratio.
const wordStep = 0x9e3779b97f4a7c15

// NewPattern derives the keys from the seed. Sizes are payload bytes, MinSize <= sizeMin <=
// sizeMax <= f.MaxPayload(); it panics otherwise.
func NewPattern(seed uint64, f *frame.Format, sizeMin, sizeMax int) *Pattern {
	if sizeMin < MinSize || sizeMax < sizeMin || sizeMax > f.MaxPayload() {
		panic("verify: payload sizes out of range")
	}
	p := &Pattern{
		format: f, request: f.Request, answer: f.Answer, short: f.Answer.Short(),
		most: f.Answer.Carries(math.MaxInt), remade: f.Answer.Remade(),
		headMask: 1<<(8*f.Answer.HeadSize()) - 1, header: f.Answer.HeadSize(), trailer: f.Answer.TailSize(),
		sizeMin: sizeMin, span: uint64(sizeMax - sizeMin + 1),
	}
	l := binaryLayout
	if f.Text() {
		l, p.text, p.alphabet = textLayout, true, newAlphabet(f.Terminator())
	}
	if p.most < 2*MinSize {
		p.odds = l.oddsNote()
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
	first uint64 // word 0 as it lies in memory, but for what alphabet replaces
	base  uint64 // what the other words are made from
}

func (p *Pattern) message(id Ident, seq uint64) message {
	base := p.base(id, seq)
	extra, _ := bits.Mul64(base, p.span)
	first := p.seal(id, seq)
	if p.text {
		first = letters(first)
	}
	return message{size: p.sizeMin + int(extra), first: first, base: base}
}

// base is a keyed hash of the full identity.
func (p *Pattern) base(id Ident, seq uint64) uint64 {
	who := uint64(id.Client)<<32 | uint64(id.Conn)
	return fold(fold(who^p.keys[0], seq^p.keys[1])^p.keys[2], wordStep)
}

// size is the payload's length in bytes.
func (p *Pattern) size(id Ident, seq uint64) int { return p.message(id, seq).size }

// answered is how many bytes of a payload come back: all of them, or the first ones.
func (p *Pattern) answered(m message) int { return min(m.size, p.most) }

// AnswerSize is how many bytes of an echo's payload come back.
func (p *Pattern) AnswerSize(id Ident, seq uint64) int { return p.answered(p.message(id, seq)) }

// MaxFrame is the length in bytes of the longest request there is.
func (p *Pattern) MaxFrame() int { return p.request.Size(p.sizeMax()) }

// longest is the length in bytes of the longest frame that is collected as a whole. Of a longer one that
// the description allows, its fields are.
func (p *Pattern) longest() int {
	n := p.answer.Size(p.sizeMax())
	for _, s := range p.format.Session {
		n = max(n, s.Size(0))
	}
	for _, m := range p.format.Ignore {
		n = max(n, m.Size(0))
	}
	return n
}

// word is the payload's i-th word as it lies in memory. Those after the first are made from
// x = base + i·wordStep; put, putText and differs do the same without a call.
func (p *Pattern) word(m message, i int) uint64 {
	if i == 0 {
		return m.first
	}
	w := fold(m.base+uint64(i)*wordStep, p.wordKey)
	if p.text {
		w = letters(w)
	}
	return w
}

// appendPayload appends the payload's bytes from offset from, a multiple of 8, to offset to.
func (p *Pattern) appendPayload(dst []byte, m message, from, to int) []byte {
	at, end := len(dst), len(dst)+to-from
	dst = slices.Grow(dst, to-from)[:end]
	p.put(dst[at:], m, from)
	return dst
}

// put writes the payload's bytes from offset from on, a multiple of 8, until b is full.
func (p *Pattern) put(b []byte, m message, from int) {
	switch {
	case p.alphabet != nil:
		p.putReplaced(b, m, from)
		return
	case p.text:
		p.putText(b, m, from)
		return
	}
	w, x := m.first, m.base
	if from > 0 {
		x += uint64(from/8) * wordStep
		w = fold(x, p.wordKey)
	}
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, w)
		if len(b) == 8 {
			return
		}
		x += wordStep
		w = fold(x, p.wordKey)
	}
	for i := range b {
		b[i] = byte(w >> (8 * i))
	}
}

// match compares data with the answer of m, which is short, from the answer's have-th byte on. n is how
// many bytes of data belong to that answer: all of them, or those up to its end, which makes it whole.
func (p *Pattern) match(m message, data []byte, have int) (n int, whole, ok bool) {
	size := p.answered(m)
	n = p.header + size + p.trailer - have
	if have == 0 && n <= len(data) && p.trailer == 0 { // mostly
		b := data[:n]
		ok = binary.LittleEndian.Uint64(b)&p.headMask == p.answer.Head(size) && p.differs(m, b[p.header:], 0) < 0
		return n, true, ok
	}
	whole = n <= len(data)
	n = min(n, len(data))
	return n, whole, p.matchPart(m, data[:n], have)
}

// matchPart is match for some bytes of an answer.
func (p *Pattern) matchPart(m message, b []byte, have int) bool {
	size := p.answered(m)
	if have < p.header {
		head := p.answer.Head(size) >> (8 * have)
		for have < p.header && len(b) > 0 {
			if b[0] != byte(head) {
				return false
			}
			b, have, head = b[1:], have+1, head>>8
		}
	}
	payload := b[:max(0, min(len(b), p.header+size-have))]
	if p.differs(m, payload, have-p.header) >= 0 {
		return false
	}
	if len(payload) < len(b) {
		tail := p.answer.Tail() >> (8 * (have + len(payload) - p.header - size))
		for _, c := range b[len(payload):] {
			if c != byte(tail) {
				return false
			}
			tail >>= 8
		}
	}
	return true
}

// differs is the index in b of the first byte that is wrong; -1 when there is none. b begins at the
// payload's at-th byte and does not go beyond its end.
func (p *Pattern) differs(m message, b []byte, at int) int {
	if p.alphabet != nil {
		return p.differsReplaced(m, b, at)
	}
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
		w = p.word(m, at/8+1)
	}
	for ; len(b) >= 8; b = b[8:] {
		if diff := binary.LittleEndian.Uint64(b) ^ w; diff != 0 {
			return all - len(b) + bits.TrailingZeros64(diff)/8
		}
		if len(b) == 8 {
			return -1
		}
		x += wordStep
		if w = fold(x, p.wordKey); p.text {
			w = letters(w)
		}
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
