package verify

import (
	"bytes"

	"dummyload/monitor"
)

// judge finds out what a whole frame is.
func (st *Stream) judge(j Judgement, payload []byte) {
	if st.greets(j, payload) {
		return
	}
	if !j.login && isLogin(payload) { // no echo's payload, although it has the length of one
		j.accuse(monitor.Unsolicited, 0, payload, echo{})
		return
	}
	if len(payload) >= MinSize {
		if e := j.owner(payload, true); e.Conn != 0 {
			st.owned(j, e, payload)
			return
		}
	}
	f := monitor.Corrupt
	if seq := st.blamed(j, payload); seq != 0 && j.p.size(j.Ident, seq) != len(payload) {
		if !j.resembles(seq, payload) {
			j.accuse(monitor.Unsolicited, 0, payload, echo{})
			return
		}
		f = monitor.Truncated
	}
	st.wrong(j, f, payload)
}

// alike is how many bytes at one end must agree, for a payload of the wrong length to be an answer.
const alike = 4

// resembles reports whether a payload of the wrong length is what became of an echo: it names the
// echo, or begins like it, or ends like it. Any other payload is no answer. It may be a heartbeat,
// which a server sends whether an echo is outstanding or not.
func (j Judgement) resembles(seq uint64, payload []byte) bool {
	m := j.p.message(j.Ident, seq)
	n := min(len(payload), m.size, alike)
	if j.claimed(payload) == seq || j.p.differs(m, payload[:n], 0) < 0 {
		return true
	}
	whole := j.p.appendPayload(nil, m, 0, m.size)
	return bytes.Equal(whole[m.size-n:], payload[len(payload)-n:])
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

// wrong takes a payload that is nobody's. The server has meant it as an answer all the same, and
// will not give that answer again. So one echo is lost (and recovered, should it come): the echo
// that the payload names, or else the oldest that is not skipped, or else the oldest. Otherwise
// Wait Echo Count would wait for ever for an echo that the server believes answered, and one
// mistake would be told twice. Where nothing was outstanding when the payload began, nobody waited
// for it: it is unsolicited.
func (st *Stream) wrong(j Judgement, f monitor.Fault, payload []byte) {
	seq := st.blamed(j, payload)
	if seq == 0 {
		j.accuse(monitor.Unsolicited, 0, payload, echo{})
		return
	}
	j.accuse(f, seq, payload, echo{})
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
