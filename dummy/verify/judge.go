package verify

import (
	"bytes"
	"fmt"
	"slices"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// judgeFrame finds out what a whole frame is: the step that the session waits for, an answer, a packet to
// ignore, a step that comes late, once more or with wrong bytes, or a wrong answer, in this order.
func (st *Stream) judgeFrame(j Judgement, whole []byte) {
	if st.state&stepAwaited != 0 && st.greets(j, whole) {
		return
	}
	var c frame.Cursor
	answer := j.p.answer
	j.plain = answer.Open(j.plain[:0], &c, whole, 0)
	parts, fits := answer.Read(j.plain)
	if fits && parts.Wrong == nil {
		parts.Wrong = answer.CheckCiphered(whole)
	}
	if (!fits || parts.Wrong != nil || len(parts.Payload) < MinSize) && j.ignored(whole) {
		j.out.Ignored(j.Ident)
		return
	}
	if !fits {
		parts.Payload = j.plain[min(j.p.header, len(j.plain)):]
	}
	var e echo
	if len(parts.Payload) >= MinSize {
		e = j.owner(parts.Payload, true)
	}
	if e.Conn == 0 {
		if st.greets(j, whole) || st.greetsAgain(j, whole) {
			return
		}
		if st.badly() {
			st.badStep(j, whole, "")
			return
		}
		if st.foreign(j, whole, j.plain) {
			return
		}
	}
	st.instead(j, parts.Payload)
	if !fits {
		j.note = fmt.Sprintf("want a frame of at least %d bytes, got %d", answer.Size(MinSize), len(whole))
	}
	j.wrongField = parts.Wrong
	st.judge(j, e, parts, fits)
	j.wrongField, j.note = nil, ""
}

// foreign tells a packet that the description does not list, and reports whether a frame, as it travels and
// in plain, is one: nothing is wrong with the frame around it, a constant of its own says that it is no answer,
// and what stands in place of the payload is not what became of an echo. It costs no echo. Of a frame that is
// too long to be collected, whole is nil.
func (st *Stream) foreign(j Judgement, whole, plain []byte) bool {
	w, body := j.p.format.Foreign(plain, whole != nil)
	if w == nil {
		return false
	}
	payload := plain[min(j.p.header, len(plain)):]
	if whole != nil {
		payload = payload[:max(0, len(payload)-j.p.trailer)]
		j.other = slices.Grow(j.other[:0], j.p.format.Scratch(len(whole)))
		if _, wrong := j.p.format.Packet(j.other, whole); wrong != nil {
			return false
		}
	}
	if seq := st.blamed(j, payload); seq != 0 && len(payload) > 0 && j.resembles(seq, payload) {
		return false
	}
	j.note = w.String() + ": a packet that the description does not list; if the server may say it, list it " +
		"under ignore"
	j.accuse(monitor.Unsolicited, 0, body, echo{})
	return true
}

// judge finds out what the payload of a whole frame is. The payload alone says whose it is. fits says
// whether the frame has the size of an answer.
func (st *Stream) judge(j Judgement, e echo, parts frame.Parts, fits bool) {
	payload := parts.Payload
	switch {
	case e.Ident == j.Ident:
		if fits && parts.Wrong == nil {
			parts.Wrong = j.p.wrongValue(&parts, e)
			j.wrongField = parts.Wrong
		}
		switch {
		case !fits: // what should follow the payload is not there
			st.wrongAround(j, monitor.Truncated, e.seq, payload)
		case parts.Wrong != nil:
			st.wrongAround(j, monitor.Corrupt, e.seq, payload)
		default:
			st.arrived(j, e.seq, payload)
		}
		return
	case e.Conn != 0:
		st.owned(j, e, payload)
		return
	case len(j.p.format.Session) == 0 && isLogin(payload): // no echo's, although it has the length of one
		j.accuse(monitor.Unsolicited, 0, payload, echo{})
		return
	}
	f := monitor.Corrupt
	if seq := st.blamed(j, payload); seq != 0 && j.p.answered(j.p.message(j.Ident, seq)) != len(payload) {
		if !j.resembles(seq, payload) {
			j.accuse(monitor.Unsolicited, 0, payload, echo{})
			return
		}
		f = monitor.Truncated
	}
	st.wrong(j, f, payload, echo{})
}

// wrongAround takes the right payload of an echo of this connection that has something wrong beside it: f.
func (st *Stream) wrongAround(j Judgement, f monitor.Fault, seq uint64, payload []byte) {
	self := echo{Ident: j.Ident, seq: seq}
	switch {
	case st.owes(j, seq):
		st.wrong(j, f, payload, self)
	case st.tail.lost.has(seq): // it had a wrong answer before, and this is none better
		j.accuse(f, seq, payload, self)
	default:
		j.accuse(monitor.Duplicate, seq, payload, self)
	}
}

// alike is how many bytes at one end must agree, for a payload of the wrong length to be an answer.
const alike = 4

// resembles reports whether a payload of the wrong length is what became of an echo: it names the
// echo, or begins like it, or ends like it. Any other payload is no answer. It may be a heartbeat,
// which a server sends whether an echo is outstanding or not.
func (j Judgement) resembles(seq uint64, payload []byte) bool {
	m := j.p.message(j.Ident, seq)
	size := j.p.answered(m)
	n := min(len(payload), size, alike)
	if j.claimed(payload) == seq || j.p.differs(m, payload[:n], 0) < 0 {
		return true
	}
	whole := j.p.appendPayload(nil, m, 0, size)
	return bytes.Equal(whole[size-n:], payload[len(payload)-n:])
}

// owned takes a valid echo, of whatever dummy.
func (st *Stream) owned(j Judgement, e echo, payload []byte) {
	switch {
	case e.Ident == j.Ident:
		st.arrived(j, e.seq, payload)
	case e.Client == j.Client:
		j.accuse(monitor.Stale, st.expected(j.Sent), payload, e)
	default:
		j.accuse(monitor.Crossed, st.expected(j.Sent), payload, e)
	}
}

// arrived takes a valid echo of this connection. The echoes that it overtook are skipped: nothing
// is told of them until they come (reordered), or until the connection or the drain ends (missing).
func (st *Stream) arrived(j Judgement, seq uint64, payload []byte) {
	t := st.tail
	self := echo{Ident: j.Ident, seq: seq}
	switch {
	case seq >= st.next:
		if seq > st.next {
			t.gap.add(st.next, seq-1)
		}
		st.next = seq + 1
		j.out.Echoed(j.Ident, seq, 1)
	case t.gap.remove(seq):
		j.accuse(monitor.Reordered, seq, payload, self)
		j.out.Echoed(j.Ident, seq, 1)
	case t.lost.remove(seq):
		if seq != st.next-1 {
			j.accuse(monitor.Reordered, seq, payload, self)
		}
		j.out.Recovered(j.Ident, seq)
	default:
		j.accuse(monitor.Duplicate, seq, payload, self)
	}
}

// wrong takes a payload that is nobody's, or the right one of owner with something wrong beside it. The
// server has meant it as an answer all the same, and will not give that answer again. So one echo is lost
// (and recovered, should it come): the echo that the payload names, or else the oldest that is not skipped,
// or else the oldest. Otherwise Wait Echo Count would wait for ever for an echo that the server believes
// answered, and one mistake would be told twice. Where nothing was outstanding when the payload began,
// nobody waited for it: it is unsolicited.
func (st *Stream) wrong(j Judgement, f monitor.Fault, payload []byte, owner echo) {
	seq := st.blamed(j, payload)
	if seq == 0 {
		j.accuse(monitor.Unsolicited, 0, payload, echo{})
		return
	}
	j.accuse(f, seq, payload, owner)
	t := st.tail
	switch {
	case seq >= st.next:
		if seq > st.next {
			t.gap.add(st.next, seq-1)
		}
		st.next = seq + 1
	case !t.gap.remove(seq):
		panic("verify: a lost echo must have been owed")
	}
	st.lose(j, seq, seq)
}

// lose counts owed echoes as lost and remembers them.
func (st *Stream) lose(j Judgement, first, last uint64) {
	t := st.tail
	t.lost.add(first, last)
	if len(t.lost) > maxLostSpans {
		t.lost = t.lost[:copy(t.lost, t.lost[1:])]
	}
	j.out.Lost(j.Ident, first, last-first+1)
}

// blamed is the owed sequence that a wrong payload stands for (see wrong); 0 for none.
func (st *Stream) blamed(j Judgement, payload []byte) uint64 {
	if st.state&early != 0 {
		return 0
	}
	seq := j.claimed(payload)
	if seq != 0 && (seq >= st.next || st.tail.gap.has(seq)) {
		return seq
	}
	return st.expected(j.Sent)
}

// expected is the echo that should come next: the oldest that is not skipped, or else the oldest.
// It is 0 when nothing is outstanding.
func (st *Stream) expected(sent uint64) uint64 {
	if st.next <= sent {
		return st.next
	}
	return st.Oldest(sent)
}

// owes reports whether an echo of this connection is still outstanding.
func (st *Stream) owes(j Judgement, seq uint64) bool {
	return st.next <= seq && seq <= j.Sent || st.tail.gap.has(seq)
}

// wrongValue is the first field of an answer whose value is not that of the echo e; nil for none.
func (p *Pattern) wrongValue(got *frame.Parts, e echo) *frame.Wrong {
	v := values(e.Ident, e.seq, 0, message{})
	return p.answer.WrongValue(got, &v)
}
