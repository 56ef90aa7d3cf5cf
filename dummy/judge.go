package dummy

import (
	"bytes"
	"encoding/binary"

	"dummyload/monitor"
)

// loginValue is the login packet's payload, 8 bytes little-endian.
const loginValue uint64 = 0x7fffffffffffffff

// judge says what a whole frame is.
func (st *stream) judge(v *verifier, id ident, sent uint64, payload []byte) {
	if st.greets(v, id, payload) {
		return
	}
	if !v.login && isLogin(payload) { // no echo's, as long as an echo's that may be
		v.accuse(monitor.Unsolicited, id, 0, payload, echo{})
		return
	}
	if len(payload) >= MinSize {
		if e := v.owner(id, sent, payload, true); e.conn != 0 {
			st.owned(v, id, sent, e, payload)
			return
		}
	}
	f := monitor.Corrupt
	if seq := st.blamed(v, id, sent, payload); seq != 0 && v.p.size(id, seq) != len(payload) {
		if !v.resembles(id, seq, payload) {
			v.accuse(monitor.Unsolicited, id, 0, payload, echo{})
			return
		}
		f = monitor.Truncated
	}
	st.wrong(v, id, sent, f, payload)
}

// alike is how many bytes at either end make a payload of the wrong length somebody's answer.
const alike = 4

// resembles reports whether a payload of the wrong length is what became of an echo: it names it,
// or begins or ends as it does. Any other is no answer: a heartbeat, say, which a server sends whether
// an echo is outstanding or not.
func (v *verifier) resembles(id ident, seq uint64, payload []byte) bool {
	m := v.p.message(id, seq)
	n := min(len(payload), m.size, alike)
	if v.claimed(id, seq, payload) == seq || v.p.differs(m, payload[:n], 0) < 0 {
		return true
	}
	whole := v.p.appendPayload(nil, m, 0, m.size)
	return bytes.Equal(whole[m.size-n:], payload[len(payload)-n:])
}

func isLogin(payload []byte) bool {
	return len(payload) == 8 && binary.LittleEndian.Uint64(payload) == loginValue
}

// greets takes the login packet. The first message of a connection should be it; when it is
// not, that is told once, and a login packet that comes later is taken without a word.
func (st *stream) greets(v *verifier, id ident, payload []byte) bool {
	if !v.login {
		return false
	}
	is := isLogin(payload)
	switch {
	case is && st.state&loginCame != 0:
		v.accuse(monitor.LoginDuplicate, id, 0, payload, echo{})
	case is:
		st.state |= loginCame
	case st.state&loginAwaited != 0:
		v.accuse(monitor.LoginMissing, id, 0, payload, echo{})
	}
	st.state &^= loginAwaited
	return is
}

// owned takes a valid echo, whoever's it is.
func (st *stream) owned(v *verifier, id ident, sent uint64, e echo, payload []byte) {
	switch {
	case e.ident == id:
		st.arrived(v, id, e.seq, payload)
	case e.client == id.client:
		v.accuse(monitor.Stale, id, st.expected(sent), payload, e)
	default:
		v.accuse(monitor.Crossed, id, st.expected(sent), payload, e)
	}
}

// arrived takes a valid echo of this connection. Those it overtook are skipped: nothing is
// said of them until they come (reordered) or the connection or the drain ends (missing).
func (st *stream) arrived(v *verifier, id ident, seq uint64, payload []byte) {
	t := st.tail
	self := echo{ident: id, seq: seq}
	switch {
	case seq >= st.next:
		if seq > st.next {
			t.gap.add(st.next, seq-1)
		}
		st.next = seq + 1
		v.sink.echoed(id, seq, 1)
	case t.gap.remove(seq):
		v.accuse(monitor.Reordered, id, seq, payload, self)
		v.sink.echoed(id, seq, 1)
	case t.lost.remove(seq):
		if seq != st.next-1 {
			v.accuse(monitor.Reordered, id, seq, payload, self)
		}
		v.sink.recovered(id, seq)
	default:
		v.accuse(monitor.Duplicate, id, seq, payload, self)
	}
}

// wrong takes a payload that is nobody's. It is somebody's answer all the same, which will not
// be given a second time: the echo it names, or else the oldest not skipped, or else the oldest,
// is lost (and recovered should it come). Otherwise Wait Echo Count would hang on an echo that
// the server believes to have answered, and the reason for it would be told twice. When nothing
// was outstanding as the payload began, nobody waited for it: unsolicited.
func (st *stream) wrong(v *verifier, id ident, sent uint64, f monitor.Fault, payload []byte) {
	seq := st.blamed(v, id, sent, payload)
	if seq == 0 {
		v.accuse(monitor.Unsolicited, id, 0, payload, echo{})
		return
	}
	v.accuse(f, id, seq, payload, echo{})
	t := st.tail
	switch {
	case seq >= st.next:
		if seq > st.next {
			t.gap.add(st.next, seq-1)
		}
		st.next = seq + 1
	case !t.gap.remove(seq):
		panic("dummy: a lost echo must have been owed")
	}
	st.lose(v, id, seq, seq)
}

// lose counts owed echoes as lost and remembers them.
func (st *stream) lose(v *verifier, id ident, first, last uint64) {
	t := st.tail
	t.lost.add(first, last)
	if len(t.lost) > maxLostSpans {
		t.lost = t.lost[:copy(t.lost, t.lost[1:])]
	}
	v.sink.lost(id, first, last-first+1)
}

// blamed is the owed sequence that a wrong payload stands for (see wrong), 0 for none.
func (st *stream) blamed(v *verifier, id ident, sent uint64, payload []byte) uint64 {
	if st.state&early != 0 {
		return 0
	}
	seq := v.claimed(id, sent, payload)
	if seq != 0 && (seq >= st.next || st.tail.gap.has(seq)) {
		return seq
	}
	return st.expected(sent)
}

// expected is the echo that should come next: the oldest not skipped, or else the oldest; 0
// when nothing is outstanding.
func (st *stream) expected(sent uint64) uint64 {
	if st.next <= sent {
		return st.next
	}
	return st.oldest(sent)
}

// accuse tells a fault. seq is the echo expected, 0 for none; got what came in its place.
func (v *verifier) accuse(f monitor.Fault, id ident, seq uint64, got []byte, owner echo) {
	v.ev = monitor.Evidence{
		Fault: f, Client: int(id.client), Connection: id.conn, Seq: seq,
		OwnerClient: int(owner.client), OwnerConnection: owner.conn, OwnerSeq: owner.seq,
	}
	from, want := 0, v.want[:0]
	if seq != 0 {
		m := v.p.message(id, seq)
		both := min(len(got), m.size)
		off := v.p.differs(m, got[:both], 0)
		if off < 0 {
			off = both
		}
		// The damage in the middle, from a word's beginning on.
		from = max(0, off-monitor.EvidenceBytes/2) &^ 7
		want = v.p.appendPayload(want, m, from, min(m.size, from+monitor.EvidenceBytes))
		v.ev.Offset, v.ev.Want = off, want
		if f == monitor.Truncated && len(got) == MinSize && off == MinSize {
			v.ev.Note = "these are its first 8 bytes: where the server answers no more, give --size 8"
		}
	}
	if !v.login && isLogin(got) {
		v.ev.Note = "that is the login packet: give --login"
	}
	v.ev.Got = got[min(from, len(got)):min(len(got), from+monitor.EvidenceBytes)]
	v.sink.fault(&v.ev)
}
