package verify

import (
	"slices"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// Outcome is told what a Verifier finds out. Every call says whose stream it is about. Every echo
// that is answered or lost goes once from owed to echoed, or once from owed to lost; from lost it
// may go on to echoed. first and n name n sequences in a row, from first on.
type Outcome interface {
	// Echoed: n echoes came back right. They were owed until now.
	Echoed(id Ident, first, n uint64)
	// Lost: n echoes will not come any more. They were owed until now.
	Lost(id Ident, first, n uint64)
	// Recovered: an echo that was counted lost came after all.
	Recovered(id Ident, seq uint64)
	// Fault: a fault was found; it counts max(1, ev.Count) times. Fault, Client, Connection, Seq,
	// Count, Offset, Want, Got, Owner* and Note are filled in. ev and its slices are valid during
	// the call only.
	Fault(id Ident, ev *monitor.Evidence)
	// Ignored: a packet came that the description of the frame has ignored.
	Ignored(id Ident)
	// Broken: the stream cannot be followed any further (illegal header, endless junk). The fault
	// was told before. The caller must close the connection; what else comes on it is ignored.
	Broken(id Ident)
}

// Verifier is what one worker needs to judge its dummies' streams. It keeps nothing for each
// connection, and right echoes cost no copy and no allocation. It is for one goroutine at a time.
type Verifier struct {
	p      *Pattern
	roster Roster
	out    Outcome
	limit  int // bytes of the longest frame that may come
	tries  int // sequences that may still be tried for owners (Elapsed)
	ev     monitor.Evidence
	want   []byte   // scratch for ev
	bufs   [][]byte // buffers at rest
	tails  []*tail  // at rest

	note       string       // goes with the next fault
	wrongField *frame.Wrong // of the frame that is judged

	plain   []byte // scratch: a frame in plain, as an answer
	other   []byte // … and as another message
	right   []byte // the last right answer that was made, in plain; whose it is
	rightOf echo
}

// How much a verifier keeps at rest: at most 4 MiB of buffers and 2 MiB of tails.
const (
	maxRestingBufs  = 64
	maxRestingBuf   = 64 << 10
	maxRestingTails = 1024
)

// New makes a verifier of p's echoes.
func New(p *Pattern, r Roster, out Outcome) *Verifier {
	return &Verifier{
		p: p, roster: r, out: out, limit: p.longest(),
		want: make([]byte, 0, monitor.EvidenceBytes), tries: maxTries,
	}
}

// maxTries is how many sequences are tried for owners in a second. One text frame takes up to 4,096
// tries, at some 50 ns each. A server that sends thousands of wrong frames must not keep its tester
// busy. When the tries are used up, the owner of a wrong frame stays unknown, and the frame counts
// as corrupt.
const maxTries = 1 << 19

// Elapsed refills the tries for the time d that has gone by. The caller calls it now and then.
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

// Judgement is what Stream's methods need and no Stream keeps: who judges it, whose it is, and how
// many echoes were sent on it.
type Judgement struct {
	*Verifier
	Ident
	Sent uint64 // the last sequence sent on the connection; it may still be on its way
}
