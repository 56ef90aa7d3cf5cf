package verify

import (
	"dummyload/monitor"
	"dummyload/server/frame"
)

// Owed appends the sequences that are not answered, the oldest first. sent is as in Judgement.
func (st *Stream) Owed(dst []Span, sent uint64) []Span {
	if st.tail != nil {
		dst = append(dst, st.tail.gap...)
	}
	if st.next <= sent {
		dst = append(dst, Span{st.next, sent})
	}
	return dst
}

// Oldest is the oldest unanswered sequence, 0 when there is none.
func (st *Stream) Oldest(sent uint64) uint64 {
	switch {
	case st.tail != nil && len(st.tail.gap) > 0:
		return st.tail.gap[0].First
	case st.next <= sent:
		return st.next
	}
	return 0
}

// Settle is for the end of a connection and of a drain. Echoes that later ones overtook, and that
// never came, are proved missing, and lost. Echoes above the last that came are not: nothing is
// known of them.
func (st *Stream) Settle(j Judgement) {
	if st.tail == nil {
		return
	}
	for _, gap := range st.tail.gap {
		j.ev = monitor.Evidence{
			Fault: monitor.Missing, Client: int(j.Client), Connection: j.Conn,
			Seq: gap.First, Count: gap.Last - gap.First + 1,
		}
		j.out.Fault(j.Ident, &j.ev)
		st.lose(j, gap.First, gap.Last)
	}
	st.tail.gap = st.tail.gap[:0]
}

// Ended is for a stream that the server ended, by FIN or RST. A frame that is not whole is a fault
// then, mostly truncated (see accusePart). The caller counts what is still owed.
func (st *Stream) Ended(j Judgement) {
	if st.have > 0 {
		st.hold(j)
	}
	if st.state&held == 0 || st.state&(astray|partAccused) != 0 {
		return
	}
	st.interrupted(j, monitor.Truncated)
}

// Closing is for a stream that the dummy ends itself, and for the end of the quiet period. An echo
// or a step of the session that is not whole is no fault then: its rest is on its way. Bytes that nobody
// waits for are a fault, and so are bytes that are no echo's.
func (st *Stream) Closing(j Judgement) {
	if st.nobodys(j) {
		st.interrupted(j, st.partFault(j))
	}
}

// partFault names the fault of a part that is nobody's. It is truncated if what stands before the
// payload is right but for the length, which is not that of the expected echo, and otherwise corrupt.
func (st *Stream) partFault(j Judgement) monitor.Fault {
	if b, seq := st.tail.buf, st.expected(j.Sent); j.p.header > 0 && len(b) >= j.p.header && seq != 0 {
		if !j.begins(seq, b[:j.p.header]) && j.starts(j.p.answer, b) {
			return monitor.Truncated
		}
	}
	return monitor.Corrupt
}

// DrainOver is for the end of a drain that failed. What is owed may still come, and a frame that is
// not whole may become whole. A frame that is nobody's is told now, as nothing more may come, and
// it is told once.
func (st *Stream) DrainOver(j Judgement) {
	if !st.nobodys(j) {
		return
	}
	st.accusePart(j, st.partFault(j))
	st.state |= partAccused
}

// nobodys reports whether a frame that is not whole is nobody's: neither the beginning of an echo
// that may be on its way, nor that of a step or of a packet to ignore. It is false if this was told
// already.
func (st *Stream) nobodys(j Judgement) bool {
	if st.state&held == 0 || st.state&(astray|partAccused) != 0 {
		return false
	}
	payload := j.partOf(st.tail.buf)
	switch {
	case st.greeting(j, st.tail.buf) || j.mayBeIgnored(st.tail.buf):
		return false
	case st.state&early != 0:
		return true
	case len(payload) >= MinSize:
		return st.Oldest(j.Sent) == 0 || j.owner(payload, false).Conn == 0 || !j.starts(j.p.answer, st.tail.buf)
	}
	for _, s := range st.Owed(nil, j.Sent) {
		for seq := s.First; seq <= s.Last; seq++ {
			if j.begins(seq, st.tail.buf) {
				return false
			}
		}
	}
	return true
}

// interrupted accuses a frame that will never be whole, and drops it. No echo is lost by it.
func (st *Stream) interrupted(j Judgement, f monitor.Fault) {
	st.accusePart(j, f)
	st.drop(j.Verifier)
	st.tidy(j.Verifier)
}

// accusePart tells the fault of a frame that is not whole: f, but crossed or stale if the part names
// another connection's echo, unsolicited if nobody waited for it, and what the session says of it.
func (st *Stream) accusePart(j Judgement, f monitor.Fault) {
	part := st.tail.buf
	payload := j.partOf(part)
	seq := st.blamed(j, payload)
	var owner echo
	if len(payload) >= MinSize {
		owner = j.owner(payload, false)
	}
	switch {
	case owner.Conn != 0 && owner.Client != j.Client:
		f = monitor.Crossed
	case owner.Conn != 0 && owner.Conn != j.Conn:
		f = monitor.Stale
	case st.greeting(j, part):
		owner, j.note = echo{}, j.stepNote(int(st.step))
	case j.mayBeIgnored(part):
		owner = echo{}
		if !j.starts(j.p.answer, part) {
			seq = 0
		}
	case j.p.format.Stream && st.greetsAgain(j, part):
		return
	case st.badly():
		st.badStep(j, part, j.startNote(st.awaited(j.Verifier), part))
		return
	default:
		owner, j.note = echo{}, j.startNote(j.p.answer, part)
		if seq == 0 {
			f = monitor.Unsolicited
		}
	}
	j.accuse(f, seq, payload, owner)
}

// partOf is what came of the payload of an answer that is not whole. It is valid until something else is
// deciphered.
func (j Judgement) partOf(part []byte) []byte {
	plain := j.plainPart(part)
	return plain[min(j.p.header, len(plain)):]
}

// plainPart is what came of a frame, in plain. It is valid until something else is deciphered.
func (j Judgement) plainPart(part []byte) []byte {
	var c frame.Cursor
	j.plain = j.p.answer.Open(j.plain[:0], &c, part, 0)
	return j.plain
}
