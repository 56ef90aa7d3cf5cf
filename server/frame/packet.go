package frame

import (
	"bytes"
	"slices"
)

// A packet is what a frame carries: the fields of the frame that differ from packet to packet, in the
// order of the wire, and then the body. With most formats it is the body alone.

// wire is how packets travel.
type wire struct {
	*Message           // the frame around a packet; its hole is the body
	varying  []segment // of head, and then of tail
	inTail   int       // how many of varying are in tail
	size     int       // bytes of the varying fields
	bare     bool      // nothing but the packet and a length, or a terminator: nothing to check
	common   bool      // bare, and the length is the common one: see cut
	before   int       // bytes before a bare packet, and after it
	after    int
	moves    bool  // the packet does not lie in the frame
	adjacent bool  // the varying fields stand next to the body: the packet is in one piece
	light    light // a quick way for short headers
}

// varies reports whether a packet says a field's value.
func (k kind) varies() bool {
	return k == isGiven || k == isClient || k == isConnection || k == isSequence || k == isAny
}

// AppendPacket appends a packet in its frame. random is what random fields are made from.
func (f *Format) AppendPacket(dst, packet []byte, random uint64) []byte {
	w := &f.wire
	switch {
	case w.common: // as in Next
		return append(append(dst, byte(len(packet)), byte(len(packet)>>8)), packet...)
	case f.Stream:
		return append(dst, packet...)
	case w.light.is:
		return w.appendLight(dst, packet)
	}
	from := len(dst)
	v := Values{Random: random}
	dst = w.Begin(dst, &v, len(packet)-w.size)
	dst = append(dst, packet[w.size:]...)
	dst = w.close(dst, &v)
	given := packet[:w.size]
	for i := range w.varying {
		s := &w.varying[i]
		b := dst[from:]
		if i >= len(w.varying)-w.inTail {
			b = dst[len(dst)-w.tailSize:]
		}
		given = given[copy(b[s.off:s.off+s.size], given):]
	}
	w.putSums(dst[from:], false)
	w.seal(dst[from:])
	return dst
}

// Packet takes a whole frame apart: the packet lies in whole, or in scratch where it is ciphered or not
// in one piece; see Scratch. wrong is the first field of the frame that is not as described.
func (f *Format) Packet(scratch, whole []byte) (packet []byte, wrong *Wrong) {
	if f.wire.bare {
		return f.Within(whole), nil
	}
	return f.wire.open(scratch, whole)
}

// open is Packet where there is more to it than where the packet begins and ends.
func (w *wire) open(scratch, whole []byte) (packet []byte, wrong *Wrong) {
	if w.light.is {
		if packet, ok := w.packetLight(scratch, whole); ok {
			return packet, nil
		}
	}
	if wrong = w.CheckCiphered(whole); wrong != nil {
		return nil, wrong
	}
	plain, pad := whole, w.pad()
	if w.moves {
		var c Cursor
		scratch = w.Open(append(scratch[:0], w.template[:pad]...), &c, whole, 0)
		plain = scratch[pad:]
	}
	if parts, _ := w.Read(plain); parts.Wrong != nil {
		return nil, parts.Wrong
	}
	if end := len(plain) - w.tailSize; w.adjacent {
		return plain[w.headSize-w.size : end], nil
	}
	return w.gather(scratch, plain), nil
}

// gather moves the fields that vary next to the body of a plain frame, which ends scratch.
func (w *wire) gather(scratch, plain []byte) (packet []byte) {
	end, pad := len(plain)-w.tailSize, w.pad()
	var varying [2 * maxHead]byte // their places are where the packet begins
	n := 0
	for i := range w.varying {
		s := &w.varying[i]
		b := plain
		if i >= len(w.varying)-w.inTail {
			b = plain[end:]
		}
		n += copy(varying[n:], b[s.off:s.off+s.size])
	}
	packet = scratch[pad+w.headSize-n : pad+end]
	copy(packet, varying[:n])
	return packet
}

// pad is how much longer than the head the varying fields are.
func (w *wire) pad() int { return max(0, w.size-w.headSize) }

// What a packet of a dummy is.
type What uint8

// The kinds of packets that a server gets.
const (
	Unknown What = iota
	AnEcho
	AStep      // of the session
	AHeartbeat // nothing is answered
)

// Server is the protocol as a server needs it: packets without their frames.
type Server struct {
	request, answer *Message
	steps           []Step
	heartbeat       *Message
	identical       bool // an answer is the request
}

// Identical reports whether each packet is sent back as it came.
func (s *Server) Identical() bool { return s.identical }

// Awaits is the first step of the session, from the given one on, that the dummy sends. Where there is
// none it is a number that no step has: the session is complete, and echoes may come.
func (s *Server) Awaits(from int) (step int) {
	for step = from; step < len(s.steps) && !s.steps[step].Send; step++ {
	}
	return step
}

// Recalls reports whether the server says what a step of the client told before the packet that it
// answers: in a later step, or in the answer to an echo.
func (s *Server) Recalls() bool {
	for _, a := range slices.Concat(s.answer.head, s.answer.tail) {
		if a.kind.isDummys() && !slices.ContainsFunc(slices.Concat(s.request.head, s.request.tail),
			func(r segment) bool { return r.kind == a.kind }) {
			return true
		}
	}
	tellers := 0
	for _, st := range s.steps {
		switch {
		case st.Send:
			tellers++
		case tellers > 1 && st.says():
			return true
		}
	}
	return false
}

// StepSize is the bytes of a step of a stream's session.
func (s *Server) StepSize(step int) int { return s.steps[step].Size(0) }

// Look says what a packet is, and what it carries, where awaits is what Awaits said last: before the
// session is complete only that step is right, and afterwards only an echo. A heartbeat always is.
func (s *Server) Look(packet []byte, awaits int) (what What, p Parts) {
	if s.heartbeat != nil && s.heartbeat.may(packet) { // no echo is, see mayNotBeat
		if p, ok := s.heartbeat.Read(packet); ok && p.Wrong == nil {
			return AHeartbeat, p
		}
	}
	m, what := s.request, AnEcho
	if awaits < len(s.steps) {
		m, what = s.steps[awaits].Message, AStep
	}
	if p, ok := m.Read(packet); ok && p.Wrong == nil && (len(p.Payload) > 0 || what == AStep) {
		return what, p
	}
	return Unknown, Parts{}
}

// may reports whether a plain frame has the size and the leading constants of such a message. It is
// quicker than Read, and allocates nothing.
func (m *Message) may(plain []byte) bool {
	if n := len(plain) - m.headSize - m.tailSize; n < 0 || n > 0 && !m.hole && !m.rest {
		return false
	}
	for i := range m.head {
		s := &m.head[i]
		if s.kind == isConst && !bytes.Equal(plain[s.off:s.off+s.size], s.bytes) {
			return false
		}
	}
	return true
}

// AppendAnswer appends the packet that answers an echo.
func (s *Server) AppendAnswer(dst []byte, p *Parts) []byte {
	from := len(dst)
	n := s.answer.Carries(len(p.Payload))
	dst = s.answer.Begin(dst, &p.Values, n)
	dst = append(dst, p.Payload[:n]...)
	return s.answer.End(dst, from, &p.Values)
}

// Greetings are the packets that the server says after a step, and with -1 those it begins with.
func (s *Server) Greetings(step int, v *Values) (packets [][]byte) {
	for _, st := range s.steps[step+1:] {
		if st.Send {
			break
		}
		packets = append(packets, st.End(st.Begin(nil, v, 0), 0, v))
	}
	return packets
}
