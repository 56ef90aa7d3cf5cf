package verify

import (
	"encoding/binary"
	"fmt"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// isLogin reports whether a payload is the lecture's login packet.
func isLogin(payload []byte) bool {
	return len(payload) == 8 && binary.LittleEndian.Uint64(payload) == frame.LoginValue
}

// accuse tells a fault. seq is the echo that was expected, 0 for none. got is what came in its
// place. owner says whose that is, if this is known. The evidence shows what was expected and what
// came, around the first byte that is wrong: at most monitor.EvidenceBytes of each. Where the payload is
// right, and a field beside it is not, these are the field's, and the place is that in the frame.
func (j Judgement) accuse(f monitor.Fault, seq uint64, got []byte, owner echo) {
	ev := &j.ev
	*ev = monitor.Evidence{
		Fault: f, Client: int(j.Client), Connection: j.Conn, Seq: seq,
		OwnerClient: int(owner.Client), OwnerConnection: owner.Conn, OwnerSeq: owner.seq,
	}
	from, want := 0, j.want[:0]
	if seq != 0 {
		m := j.p.message(j.Ident, seq)
		size := j.p.answered(m)
		both := min(len(got), size)
		off := j.p.differs(m, got[:both], 0)
		if off < 0 {
			off = both
		}
		// The damage is in the middle of what is shown, which begins with a whole word.
		from = max(0, off-monitor.EvidenceBytes/2) &^ 7
		want = j.p.appendPayload(want, m, from, min(size, from+monitor.EvidenceBytes))
		ev.Offset, ev.Want = off, want
		if f == monitor.Truncated && len(got) == MinSize && off == MinSize && size > MinSize {
			ev.Note = "these are its first 8 bytes: if the server never answers more, give --size 8, or a " +
				"frame that says so (echo64 does)"
		}
	}
	if len(j.p.format.Session) == 0 && isLogin(got) {
		ev.Note = "that is the login packet: give --login"
	}
	from = min(from, len(got))
	ev.Got = got[from:min(len(got), from+monitor.EvidenceBytes)]
	if w := j.wrongField; w != nil {
		ev.Note = w.String()
		if owner.Ident == j.Ident && seq != 0 {
			j.showField(w)
		}
	}
	if j.note != "" {
		ev.Note, j.note = also(j.note, ev.Note), ""
	}
	if owner.Conn != 0 {
		ev.Note = also(ev.Note, j.p.odds)
	}
	j.out.Fault(j.Ident, ev)
}

// showField has the evidence show a wrong field beside a right payload.
func (j Judgement) showField(w *frame.Wrong) {
	n := 0
	for n < min(len(w.Want), len(w.Got)) && w.Want[n] == w.Got[n] {
		n++
	}
	from := max(0, n-monitor.EvidenceBytes/2)
	upTo := func(b []byte) []byte { return b[min(from, len(b)):min(len(b), from+monitor.EvidenceBytes)] }
	j.ev.Offset, j.ev.Want, j.ev.Got = w.At+n, upTo(w.Want), upTo(w.Got)
}

// also joins two notes.
func also(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// oddsNote is for owners that the identity word alone names, since hardly more of a payload comes back.
// The odds are those of Judgement.owner.
func (l layout) oddsNote() string {
	oneIn := float64(uint64(1)<<(l.runBits+ownConnBits+clientBits)) / 1000
	return fmt.Sprintf("owner by the identity word alone: among 1,000 dummies, "+
		"one damaged word in %.1g names a wrong one", oneIn)
}
