package dummy

import (
	"bytes"
	"encoding/binary"

	"dummyload/monitor"
)

// loggedIn reports whether the login packet came.
func (st *stream) loggedIn() bool { return st.state&loginCame != 0 }

// greeted reports whether a payload that is not whole may be the login packet's beginning, where
// that has not come: nothing is outstanding then, and yet it was not sent unasked.
func (st *stream) greeted(v *verifier, payload []byte) bool {
	var login [8]byte
	binary.LittleEndian.PutUint64(login[:], loginValue)
	return v.login && !st.loggedIn() && bytes.HasPrefix(login[:], payload)
}

// loginExpired is the clock's part: no message came in the time a login packet may take.
func (st *stream) loginExpired(v *verifier, id ident) {
	if st.state&loginAwaited != 0 {
		st.state &^= loginAwaited
		v.accuse(monitor.LoginMissing, id, 0, nil, echo{})
	}
}

// owed appends the sequences that are not answered, the oldest first; sent as in feed.
func (st *stream) owed(dst []span, sent uint64) []span {
	if st.tail != nil {
		dst = append(dst, st.tail.gap...)
	}
	if st.next <= sent {
		dst = append(dst, span{st.next, sent})
	}
	return dst
}

// oldest is the oldest unanswered sequence, 0 when there is none.
func (st *stream) oldest(sent uint64) uint64 {
	switch {
	case st.tail != nil && len(st.tail.gap) > 0:
		return st.tail.gap[0].first
	case st.next <= sent:
		return st.next
	}
	return 0
}

// settle is for the end of a connection and of a drain: echoes overtaken by later ones that
// never came are proved missing, and lost. Those above the last that came are not: nothing is
// known of them.
func (st *stream) settle(v *verifier, id ident) {
	if st.tail == nil {
		return
	}
	for _, gap := range st.tail.gap {
		v.ev = monitor.Evidence{
			Fault: monitor.Missing, Client: int(id.client), Connection: id.conn,
			Seq: gap.first, Count: gap.last - gap.first + 1,
		}
		v.sink.fault(&v.ev)
		st.lose(v, id, gap.first, gap.last)
	}
	st.tail.gap = st.tail.gap[:0]
}

// ended is for a stream that the server ended, by FIN or RST: within a frame, that is
// truncated (while nothing was outstanding, unsolicited). What remains owed is the caller's.
func (st *stream) ended(v *verifier, id ident, sent uint64) {
	if st.have > 0 {
		st.hold(v, id, sent)
	}
	if st.state&held == 0 || st.state&(astray|partTold) != 0 {
		return
	}
	st.interrupted(v, id, sent, monitor.Truncated)
}

// closing is for a stream that the dummy ends itself, and for the end of the quiet period: an
// echo or the login packet on its way is no fault then, but bytes nobody waits for are, and such
// as no echo has.
func (st *stream) closing(v *verifier, id ident, sent uint64) {
	if st.nobodys(v, id, sent) {
		st.interrupted(v, id, sent, st.partFault(v, id, sent))
	}
}

// partFault is what a part is that is nobody's: truncated where its header says another length than
// the expected echo has.
func (st *stream) partFault(v *verifier, id ident, sent uint64) monitor.Fault {
	if b, seq := st.tail.buf, st.expected(sent); v.p.header > 0 && len(b) >= v.p.header && seq != 0 {
		if _, ok := v.p.match(v.p.message(id, seq), b[:v.p.header], 0); !ok {
			return monitor.Truncated
		}
	}
	return monitor.Corrupt
}

// drainOver is for the end of a drain that failed: what is owed may still come, and a frame that is
// not whole may become so. That it is none of ours is told now, and once: nothing more may come.
func (st *stream) drainOver(v *verifier, id ident, sent uint64) {
	if !st.nobodys(v, id, sent) {
		return
	}
	st.accusePart(v, id, sent, st.partFault(v, id, sent))
	st.state |= partTold
}

// nobodys reports whether a frame that is not whole is the beginning of no echo that may be on its
// way, and of no login packet, and was not told yet.
func (st *stream) nobodys(v *verifier, id ident, sent uint64) bool {
	if st.state&held == 0 || st.state&(astray|partTold) != 0 {
		return false
	}
	payload := st.tail.buf[min(v.p.header, len(st.tail.buf)):]
	switch {
	case st.greeted(v, payload):
		return false
	case st.state&early != 0:
		return true
	case len(payload) >= MinSize:
		return st.oldest(sent) == 0 || v.owner(id, sent, payload, false).conn == 0
	}
	for _, s := range st.owed(nil, sent) {
		for seq := s.first; seq <= s.last; seq++ {
			if _, ok := v.p.match(v.p.message(id, seq), st.tail.buf, 0); ok {
				return false
			}
		}
	}
	return true
}

// interrupted tells a frame that will never be whole. It consumes nothing.
func (st *stream) interrupted(v *verifier, id ident, sent uint64, f monitor.Fault) {
	st.accusePart(v, id, sent, f)
	st.drop(v)
	st.tidy(v)
}

func (st *stream) accusePart(v *verifier, id ident, sent uint64, f monitor.Fault) {
	payload := st.tail.buf[min(v.p.header, len(st.tail.buf)):]
	seq := st.blamed(v, id, sent, payload)
	if seq == 0 && !st.greeted(v, payload) {
		f = monitor.Unsolicited
	}
	v.accuse(f, id, seq, payload, echo{})
}
