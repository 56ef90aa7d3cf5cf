package verify

import "dummyload/monitor"

// accuse tells a fault. seq is the echo that was expected, 0 for none. got is what came in its
// place. owner says whose that is, if this is known. The evidence shows what was expected and what
// came, around the first byte that is wrong: at most monitor.EvidenceBytes of each.
func (j Judgement) accuse(f monitor.Fault, seq uint64, got []byte, owner echo) {
	ev := &j.ev
	*ev = monitor.Evidence{
		Fault: f, Client: int(j.Client), Connection: j.Conn, Seq: seq,
		OwnerClient: int(owner.Client), OwnerConnection: owner.Conn, OwnerSeq: owner.seq,
	}
	from, want := 0, j.want[:0]
	if seq != 0 {
		m := j.p.message(j.Ident, seq)
		both := min(len(got), m.size)
		off := j.p.differs(m, got[:both], 0)
		if off < 0 {
			off = both
		}
		// The damage is in the middle of what is shown, which begins with a whole word.
		from = max(0, off-monitor.EvidenceBytes/2) &^ 7
		want = j.p.appendPayload(want, m, from, min(m.size, from+monitor.EvidenceBytes))
		ev.Offset, ev.Want = off, want
		if f == monitor.Truncated && len(got) == MinSize && off == MinSize {
			ev.Note = "these are its first 8 bytes: if the server never answers more, give --size 8"
		}
	}
	if !j.login && isLogin(got) {
		ev.Note = "that is the login packet: give --login"
	}
	ev.Got = got[min(from, len(got)):min(len(got), from+monitor.EvidenceBytes)]
	j.out.Fault(j.Ident, ev)
}
