package verify

import (
	"slices"
	"time"

	"dummyload/monitor"
)

// Outcome takes what a Verifier finds out. Every call says whose it is. Every echo sent goes
// through it exactly once as owed → echoed or owed → lost, and may go on lost → echoed.
// Sequences of one call lie side by side.
type Outcome interface {
	// Echoed: n echoes from sequence first on came back right; they were owed until now.
	Echoed(id Ident, first, n uint64)
	// Lost: n echoes from sequence first on will not come any more; they were owed until now.
	Lost(id Ident, first, n uint64)
	// Recovered: an echo that was counted lost came after all.
	Recovered(id Ident, seq uint64)
	// Fault: ev counts for max(1, ev.Count). Fault, Client, Connection, Seq, Count, Offset,
	// Want, Got, Owner* and Note are filled in; ev and its slices are only lent.
	Fault(id Ident, ev *monitor.Evidence)
	// Broken: the stream cannot be followed any further (illegal header, endless junk); the
	// fault was told before. The connection must be closed; what else it says is ignored.
	Broken(id Ident)
}

// Verifier is what one worker needs to judge its dummies' streams. Nothing of it is kept per
// connection, and the path of right echoes neither copies nor allocates. It is not safe for use
// by more than one goroutine at a time.
type Verifier struct {
	p      *Pattern
	login  bool // connections begin with a login packet
	roster Roster
	out    Outcome
	limit  int // bytes of the longest frame that may come
	tries  int // sequences that owners may be looked for among (Elapsed)
	ev     monitor.Evidence
	want   []byte   // scratch for ev
	bufs   [][]byte // buffers at rest
	tails  []*tail  // at rest
}

// How much a verifier keeps at rest: at most 4 MiB of buffers and 2 MiB of tails.
const (
	maxRestingBufs  = 64
	maxRestingBuf   = 64 << 10
	maxRestingTails = 1024
)

// New makes a verifier of p's echoes. With login, connections begin with the login packet.
func New(p *Pattern, login bool, r Roster, out Outcome) *Verifier {
	return &Verifier{
		p: p, login: login, roster: r, out: out, limit: p.MaxFrame(),
		want: make([]byte, 0, monitor.EvidenceBytes), tries: maxTries,
	}
}

// maxTries is how many sequences are tried for owners in a second. A text frame takes up to 4,096
// of them, at some 50 ns each. A server that sends thousands of wrong ones must not keep its tester
// busy: beyond that the owner of a wrong frame stays unknown, and it counts as corrupt.
const maxTries = 1 << 19

// Elapsed lets the owners of wrong frames be looked for again as time goes by: it is told how
// much, every now and then.
func (v *Verifier) Elapsed(d time.Duration) {
	more := int(min(d, time.Second)) * maxTries / int(time.Second)
	v.tries = min(v.tries+more, maxTries)
}

func (v *Verifier) takeBuf() []byte {
	n := len(v.bufs)
	if n == 0 {
		return nil
	}
	b := v.bufs[n-1]
	v.bufs = slices.Delete(v.bufs, n-1, n)
	return b
}

func (v *Verifier) giveBuf(b []byte) {
	if cap(b) > 0 && cap(b) <= maxRestingBuf && len(v.bufs) < maxRestingBufs {
		v.bufs = append(v.bufs, b[:0])
	}
}

func (v *Verifier) takeTail() *tail {
	n := len(v.tails)
	if n == 0 {
		return new(tail)
	}
	t := v.tails[n-1]
	v.tails = slices.Delete(v.tails, n-1, n)
	return t
}

// giveTail takes back a tail with nothing in it.
func (v *Verifier) giveTail(t *tail) {
	if len(v.tails) < maxRestingTails && cap(t.gap) <= maxLostSpans {
		v.tails = append(v.tails, t)
	}
}

// Judgement says of a stream who judges it, whose it is, and how far it was sent: what Stream's
// methods need and no Stream keeps.
type Judgement struct {
	*Verifier
	Ident
	Sent uint64 // the last sequence sent on the connection; it may be on its way still
}
