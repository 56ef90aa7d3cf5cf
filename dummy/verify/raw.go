package verify

import (
	"dummyload/monitor"
	"dummyload/server/frame"
)

// maxAstray is how many bytes of a raw stream are searched for the next message. Then the
// connection is given up.
const maxAstray = frame.MaxPayload

// collectRaw is collect for a stream without frames. The identity of a message says where it ends;
// where the identity is damaged, the size of the expected message does. What is nobody's is told
// once. Then the stream is astray, until a message of this connection begins at some byte. So one
// byte lost, or one too many, is one fault and not a row of them. collectRaw takes no more of data
// than the next decision needs.
func (st *Stream) collectRaw(j Judgement, data []byte) []byte {
	for {
		need := MinSize
		if len(st.tail.buf) > 0 {
			need = st.decideRaw(j, len(data))
		}
		if st.state&isBroken != 0 {
			return nil
		}
		if need == 0 {
			st.drop(j.Verifier)
			st.tidy(j.Verifier)
			return data
		}
		n := min(need-len(st.tail.buf), len(data))
		if n == 0 {
			return nil
		}
		st.tail.buf = append(st.tail.buf, data[:n]...)
		data = data[n:]
	}
}

// decideRaw judges what it can of the buffer and takes it out. It returns how many bytes the buffer
// must hold for the next decision; 0 when the stream is in step and nothing is left. more is how
// many bytes can be added at once.
func (st *Stream) decideRaw(j Judgement, more int) (need int) {
	b := st.tail.buf
	for need == 0 && (len(b) > 0 || st.state&astray != 0) && st.state&isBroken == 0 {
		var used int
		switch {
		case st.state&astray == 0:
			used, need = st.decideMessage(j, b, more)
		case len(b) < MinSize:
			need = MinSize
		default:
			used, need = st.seek(j, b)
		}
		b = b[used:]
	}
	if st.state&held != 0 {
		st.tail.buf = st.tail.buf[:copy(st.tail.buf, b)]
	}
	return need
}

// decideMessage judges the message that b begins with. It returns how many bytes are used up, or
// how many are needed. A message that is nobody's is told without waiting for its whole length: the
// server may have lost the bytes that are missing. The evidence shows what is there.
func (st *Stream) decideMessage(j Judgement, b []byte, more int) (used, need int) {
	if st.state&stepAwaited != 0 {
		if used, need = st.stepOf(j, b); used+need > 0 {
			return used, need
		}
	}
	if len(b) < MinSize {
		return 0, MinSize
	}
	if e := j.owner(b, false); e.Conn != 0 {
		st.instead(j, b[:MinSize])
		if e.size > len(b) {
			return 0, e.size
		}
		st.owned(j, e, b[:e.size])
		return e.size, 0
	}
	if used, need = st.stepOf(j, b); used+need > 0 {
		return used, need
	}
	if used, need = st.stepAgain(j, b); used+need > 0 {
		return used, need
	}
	return st.nobodysMessage(j, b, more)
}

// stepOf takes the step of the session that is expected next. It returns 0 for both where b is another.
func (st *Stream) stepOf(j Judgement, b []byte) (used, need int) {
	m := st.awaited(j.Verifier)
	if m == nil {
		return 0, 0
	}
	n := m.Size(0)
	switch {
	case !j.starts(m, b[:min(len(b), n)]):
		return 0, 0
	case n > len(b):
		return 0, n
	case st.greets(j, b[:n]):
		return n, 0
	}
	return 0, 0
}

// nobodysMessage is decideMessage for a message of which only that is known. The stream is astray then.
func (st *Stream) nobodysMessage(j Judgement, b []byte, more int) (used, need int) {
	n, seq, step := len(b), st.blamed(j, b), st.badly()
	switch {
	case step:
		n = st.awaited(j.Verifier).Size(0)
	case seq != 0:
		n = j.p.answered(j.p.message(j.Ident, seq))
	}
	if have := min(n, len(b)+more); have > len(b) {
		return 0, have
	}
	b = b[:min(n, len(b))]
	if step {
		st.badStep(j, b, "")
	} else {
		st.instead(j, b[:MinSize])
		st.wrong(j, monitor.Corrupt, b, echo{})
	}
	st.state |= astray
	st.gone = 1
	return 1, 0
}

// stepAgain takes a step of the session that came before. It returns 0 for both where b is none, and for
// steps of so few bytes that any message may begin with them.
func (st *Stream) stepAgain(j Judgement, b []byte) (used, need int) {
	for _, s := range j.p.format.Session[:st.step] {
		n := s.Size(0)
		if s.Send || n < alike || !j.starts(s.Message, b[:min(len(b), n)]) {
			continue
		}
		if n > len(b) {
			return 0, n
		}
		if st.greetsAgain(j, b[:n]) {
			return n, 0
		}
	}
	return 0, 0
}

// seek looks for a message of this connection at the beginning of b.
func (st *Stream) seek(j Judgement, b []byte) (used, need int) {
	if e := j.agrees(j.Ident, j.claimed(b), b, false); e.Conn != 0 {
		if e.size > len(b) {
			return 0, e.size
		}
		st.state &^= astray
		st.arrived(j, e.seq, b[:e.size])
		return e.size, 0
	}
	if st.gone++; st.gone > maxAstray {
		st.giveUp(j)
	}
	return 1, 0
}
