package frame

import (
	"bytes"
	"slices"
)

// What a description says may be well written and still not be possible. This is found here.

// MinPayload is the shortest payload, in bytes, that dummies send and that comes back.
const MinPayload = 8

// checked puts a message into its frame, and refuses one that cannot travel in it.
func (c *compiler) checked(m *message, payload bool) *Message {
	out := c.message(m, payload)
	if c.f.cut.end != nil {
		c.textOnly(m, out)
		return out
	}
	least := out.headSize + out.tailSize
	if out.hole {
		least += MinPayload
	}
	switch k := &c.f.cut; {
	case c.d.stream:
	case least < k.bias:
		m.at.fail("a packet whose length would be below 0: its frame has %d bytes", least)
	case least > k.most && !out.hole:
		m.at.fail("a packet that is too long: its frame has %d bytes; accepted: at most %d", least, k.most)
	}
	return out
}

// textOnly refuses a message that may hold the terminator before its end. The payload never does: it
// has no byte of the terminator.
func (c *compiler) textOnly(m *message, out *Message) {
	end := c.f.cut.end
	other := byte(1)
	for bytes.IndexByte(end, other) >= 0 {
		other++
	}
	for _, hole := range []int{0, 1} { // bytes in the hole
		whole := make([]byte, 0, out.headSize+hole+out.tailSize)
		for i, part := range [][]segment{out.head, out.tail} {
			for _, s := range part {
				switch b := s.alphabet(); {
				case s.kind == isConst:
					if bytes.Contains(s.bytes, end) && s.id != terminatorID {
						s.at.fail("a constant that holds the terminator")
					}
					whole = append(whole, s.bytes...)
				case b == "":
					s.at.fail("a binary field beside a terminator, which it may hold; accepted: type digits or hex")
				case bytes.ContainsAny(end, b):
					s.at.fail("a field that may hold a byte of the terminator")
				default:
					whole = append(whole, bytes.Repeat([]byte{other}, s.size)...)
				}
			}
			if i == 0 && (out.hole || out.rest) {
				whole = append(whole, bytes.Repeat([]byte{other}, hole)...)
			}
		}
		if bytes.Index(whole, end) != len(whole)-len(end) {
			m.at.fail("constants that hold the terminator when they stand together")
		}
	}
}

// alphabet is the bytes that a number's field may hold when it is sent; empty for all.
func (f *field) alphabet() string {
	switch {
	case f.kind == isAny:
		return "\x00"
	case f.num.how == digits:
		return "0123456789" + string(f.num.pad)
	case f.num.how == hexDigits:
		return "0123456789abcdef"
	}
	return ""
}

// checkAnswer refuses an answer with values that neither the request carries, nor a step of the dummy has
// told before. The sequence is the request's alone.
func (c *compiler) checkAnswer() {
	carries := map[kind]uint64{} // the largest
	tells := []*Message{c.f.Request}
	for _, s := range c.f.Session {
		if s.Send {
			tells = append(tells, s.Message)
		}
	}
	for i, m := range tells {
		for _, s := range slices.Concat(m.head, m.tail) {
			if i == 0 || s.kind != isSequence {
				carries[s.kind] = max(carries[s.kind], s.num.most(s.size))
			}
		}
	}
	for _, part := range [][]segment{c.f.Answer.head, c.f.Answer.tail} {
		for _, s := range part {
			if !s.kind.isDummys() {
				continue
			}
			switch most := carries[s.kind]; {
			case most == 0:
				s.at.fail("an answer with a value that neither the request nor a step of the dummy tells")
			case most < s.num.most(s.size):
				s.at.fail("an answer with a larger field than the dummy has for that value")
			}
		}
	}
	if c.f.Request.first > 0 {
		c.d.request.at.fail("first in a request; accepted: in answer")
	}
}

// mustSay refuses what is sent and leaves open how long it is.
func (c *compiler) mustSay(m *message, out *Message) {
	if out.rest {
		m.at.fail("rest: any in what a dummy sends; accepted: in expect and ignore")
	}
}

// mayNotMatch refuses to ignore what may be an answer.
func (c *compiler) mayNotMatch(m *message, ignored *Message) {
	if same, _ := ignored.alike(c.f.Answer); same {
		m.at.fail("a packet to ignore that an answer may look like; " +
			"accepted: one that a constant or the size tells apart")
	}
}

// mayNotBeat refuses a heartbeat that may look like what else a dummy sends: no server could tell them
// apart. Four constant bytes where the other has any are enough: such an echo is one in 2^32.
func (c *compiler) mayNotBeat(m *message, beat *Message) {
	const enough = 4
	others := []*Message{c.f.Request}
	for _, s := range c.f.Session {
		if s.Send {
			others = append(others, s.Message)
		}
	}
	for i, o := range others {
		if same, chance := beat.alike(o); same && chance < enough {
			m.at.fail("a heartbeat that %s may look like; accepted: one that a constant or the size tells apart",
				[]string{"an echo", "a packet of the session"}[min(i, 1)])
		}
	}
}

// limits finds the sizes of payloads and packets.
func (c *compiler) limits() {
	f := c.f
	f.packetLeast = 1
	for _, m := range f.messages() {
		n := m.headSize + m.tailSize - c.outer.headSize - c.outer.tailSize
		if m.hole {
			n++
		}
		f.packetLeast = min(f.packetLeast, n)
	}
	f.maxPayload = MaxPayload
	if c.d.stream {
		return
	}
	most := f.cut.most
	if f.cut.end != nil {
		most = MaxPayload + c.outer.headSize + c.outer.tailSize
	}
	f.maxPayload = min(MaxPayload, most-max(f.Request.Size(0), f.Answer.Size(0)))
	if f.maxPayload < MinPayload {
		c.d.request.at.fail("a frame that carries %d bytes of payload at most; accepted: at least %d",
			f.maxPayload, MinPayload)
	}
}

// sizes are how many bytes such a frame has, at least and at most.
func (m *Message) sizes() (least, most int) {
	fixed := m.headSize + m.tailSize
	switch {
	case m.rest:
		return fixed, 1 << 30
	case m.hole && m.first > 0:
		return fixed + MinPayload, fixed + m.first
	case m.hole:
		return fixed + MinPayload, 1 << 30
	}
	return fixed, fixed
}

// alike reports whether a frame may be both: neither the sizes nor a constant tell them apart. chance is
// how many constant bytes of m stand where o may have any: so improbable it is that an o is an m.
func (m *Message) alike(o *Message) (same bool, chance int) {
	least, most := m.sizes()
	if l, u := o.sizes(); most < l || u < least {
		return false, 0
	}
	fixed := least == most
	for _, part := range []struct {
		segs []segment
		tail bool
	}{{m.head, false}, {m.tail, true}} {
		for _, s := range part.segs {
			if s.kind != isConst {
				continue
			}
			for i := range s.bytes {
				b, known := o.constant(m.byteAt(&s, i, part.tail))
				if !known && fixed && !part.tail { // seen from the end
					b, known = o.constant(where{least - s.off - i, true})
				}
				if known && b != s.bytes[i] {
					return false, 0
				}
				if !known {
					chance++
				}
			}
		}
	}
	return true, chance
}

// byteAt is where the i-th byte of a segment stands.
func (m *Message) byteAt(s *segment, i int, tail bool) where {
	w := m.place(s, tail).from
	if tail {
		return where{w.off - i, true}
	}
	return where{w.off + i, false}
}

// constant is what always stands at a place.
func (m *Message) constant(w where) (b byte, known bool) {
	part, at := m.head, w.off
	if w.fromEnd {
		part, at = m.tail, m.tailSize-w.off
		if !m.hole && !m.rest {
			part, at = m.head, m.headSize-w.off
		}
	}
	for _, s := range part {
		if s.kind == isConst && s.off <= at && at < s.off+s.size {
			return s.bytes[at-s.off], true
		}
	}
	return 0, false
}
