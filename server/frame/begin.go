package frame

import (
	"bytes"
	"fmt"
)

// What can be said of a frame of which only the beginning came, and of one that cannot be cut.

// OpenEnded reports whether such a frame may have more bytes than it must, of any value.
func (m *Message) OpenEnded() bool { return m.rest }

// MayBegin reports whether b, in plain, may be the beginning of such a frame, or all of it: as far as they
// came, the constants before the payload are right, and so is the length.
func (m *Message) MayBegin(b []byte) bool {
	open := m.hole || m.rest // its length varies
	if !open && len(b) > m.headSize || m.WrongSoFar(b) != nil {
		return false
	}
	for i := range m.lengths {
		s := &m.lengths[i]
		if len(b) < s.off+s.size {
			continue
		}
		x, ok := s.num.get(b[s.off : s.off+s.size])
		total, least := int64(x)-s.plus, int64(m.headSize+m.tailSize)
		if !ok || total < least || !open && total > least || total < int64(len(b)) {
			return false
		}
	}
	return true
}

// WrongSoFar is the first constant before the payload that b, the beginning of a frame in plain, has
// wrong as far as it goes; nil for none.
func (m *Message) WrongSoFar(b []byte) *Wrong {
	for i := range m.head {
		s := &m.head[i]
		if s.kind != isConst || s.off >= len(b) {
			continue
		}
		if got := b[s.off:min(len(b), s.off+s.size)]; !bytes.HasPrefix(s.bytes, got) {
			return s.wrong(s.bytes, got, s.off)
		}
	}
	return nil
}

// ToldFrom reports whether such a frame is told from a wrong answer: it is always the same, or the size or
// a constant tells, or no answer has its constants by chance.
func (m *Message) ToldFrom(answer *Message) bool {
	same, chance := m.alike(answer)
	return m.Fixed() || !same || chance >= 4
}

// Remade reports whether Again makes the very bytes that came. It does not where bytes may have any
// value, but for the cipher's random byte, which a Cursor keeps.
func (m *Message) Remade() bool {
	for _, l := range m.loose {
		k := m.cipher
		if k == nil || !k.chain || l.from.fromEnd || l.from.off != k.random || l.to.off != k.random+1 {
			return false
		}
	}
	return m.Predictable()
}

// Uncut says in words why Join refused the frame that b begins, with which error: the field, what may
// stand there, and what does.
func (f *Format) Uncut(b []byte, err error) string {
	c := &f.cut
	if c.end != nil {
		return fmt.Sprintf("terminator: want %x after 1 to %d bytes; %v", c.end, MaxPayload, err)
	}
	if w := f.wire.WrongSoFar(b[:min(len(b), c.off)]); w != nil { // it is no length at all
		return w.String()
	}
	name := "length"
	for i := range f.wire.lengths {
		name = f.wire.lengths[i].called()
	}
	least := c.least
	if f.packetLeast > 0 {
		least++
	}
	got := b[min(len(b), c.off):min(len(b), c.off+c.size)]
	return fmt.Sprintf("field %s: want a frame of %d to %d bytes, got %s; %v", name, least, c.most,
		c.num.tell(got), err)
}

// Foreign is the first constant before the payload by which a frame is no answer, although what every frame
// has there is right; nil where no constant tells. plain is the frame in plain, whole or as far as it came.
// body is what came from the first field on that packets differ in.
func (f *Format) Foreign(plain []byte, whole bool) (w *Wrong, body []byte) {
	if whole {
		plain = plain[:max(0, len(plain)-f.wire.tailSize)]
	}
	if f.wire.WrongSoFar(plain) != nil {
		return nil, nil
	}
	at := f.wire.headSize
	if f.wire.inTail < len(f.wire.varying) {
		at = f.wire.varying[0].off
	}
	return f.Answer.WrongSoFar(plain), plain[min(at, len(plain)):]
}

// String is one line for a note. Binary numbers are told as numbers, and in brackets as the bytes that they
// travel as, in hex. Digits are told as text, all else in hex.
func (w *Wrong) String() string {
	if w.Want == nil {
		return fmt.Sprintf("field %s: got %s", w.Field, w.num.tell(w.Got))
	}
	return fmt.Sprintf("field %s: want %s, got %s", w.Field, w.num.tell(w.Want), w.num.tell(w.Got))
}

// tell is the bytes of a field in words.
func (u numeral) tell(b []byte) string {
	if binary := u.how == littleEndian || u.how == bigEndian; binary && len(b) <= 8 {
		if x, ok := u.get(b); ok {
			return fmt.Sprintf("%d (%x)", x, b)
		}
	}
	if u.how == digits || u.how == hexDigits {
		return fmt.Sprintf("%q", b)
	}
	return fmt.Sprintf("%x", b)
}
