package dummy

import (
	"slices"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// outcome takes what a verifier found out. One worker owns it, as it owns the verifier. Every
// echo sent goes through it exactly once as owed → echoed or owed → lost, and may go on
// lost → echoed. Sequences of one call lie side by side.
type outcome interface {
	// echoed: n echoes from sequence first on came back right; they were owed until now.
	echoed(id ident, first, n uint64)
	// lost: n echoes from sequence first on will not come any more; they were owed until now.
	lost(id ident, first, n uint64)
	// recovered: an echo that was counted lost came after all.
	recovered(id ident, seq uint64)
	// fault: ev counts for max(1, ev.Count). Fault, Client, Connection, Seq, Count, Offset,
	// Want, Got, Owner* and Note are filled in; ev and its slices are only lent.
	fault(ev *monitor.Evidence)
	// broken: the stream cannot be followed any further (illegal header, endless junk); the
	// fault was told before. The connection must be closed; what else it says is ignored.
	broken(id ident)
}

// verifier is what one worker needs to judge its dummies' streams. Nothing of it is kept per
// connection, and the path of right echoes neither copies nor allocates.
type verifier struct {
	p      *pattern
	login  bool // connections begin with a login packet
	roster roster
	sink   outcome
	limit  int // bytes of the longest frame that may come
	tries  int // sequences that owners may be looked for among (mayTry)
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

func newVerifier(p *pattern, login bool, r roster, sink outcome) *verifier {
	return &verifier{
		p: p, login: login, roster: r, sink: sink, limit: p.maxFrame(),
		want: make([]byte, 0, monitor.EvidenceBytes), tries: maxTries,
	}
}

// stream is the receiving side of one connection. It owns no memory while echoes come back
// right, in order and whole or cut: a frame cut in two is compared as far as it came, and the
// compared part can be made again.
//
//	              ┌────────── matches the next echo ─────────┐
//	              ▼                                          │
//	begin ──► in step ──differs──► held: collect ──judged──► in step
//	  │           ▲                    │     └─too long──► skipping ──► in step
//	  └ awaited ──┘                    └─Raw, nobody's──► astray ──found own echo──► in step
//	                                   └─illegal header──► broken
type stream struct {
	next  uint64 // all sequences below were echoed, or are in tail's gap or lost
	have  uint32 // bytes of the next echo's frame that came and agreed
	gone  uint32 // skipping: bytes to discard (Line: discarded); astray: bytes discarded
	state streamState
	tail  *tail // nil on a right connection
}

// streamState is a set of the following.
type streamState uint8

const (
	loginAwaited streamState = 1 << iota // nothing came yet, and a login packet should
	loginCame                            // the login packet was received
	held                                 // tail.buf holds the beginning of a frame
	early                                // … that began while nothing was outstanding
	skipping                             // the rest of a frame longer than any of ours
	astray                               // Raw: looking for the next message
	isBroken
	partTold // what tail.buf holds is no echo's beginning, and that was told

	offPath = loginAwaited | held | skipping | astray | isBroken
)

// tail is what only a connection with something wrong (or not in order) needs.
type tail struct {
	buf  []byte // at most verifier.limit bytes
	gap  spans  // skipped: owed still, while later ones came
	lost spans  // counted lost, and remembered in case they come: at most maxLostSpans
}

// maxLostSpans bounds what is remembered of lost echoes; an older one that comes after all
// counts as a duplicate: it was answered, wrongly.
const maxLostSpans = 64

// begin makes st ready for a new connection. The old one was closed by closing or ended, and
// settle.
func (st *stream) begin(v *verifier) {
	if st.tail != nil {
		st.drop(v)
		st.tail.gap, st.tail.lost = st.tail.gap[:0], st.tail.lost[:0]
		st.tidy(v)
	}
	*st = stream{next: 1}
	if v.login {
		st.state = loginAwaited
	}
}

// feed judges what was received. sent is the last sequence sent on the connection (it may be on
// its way still). data is only read, and not kept.
func (st *stream) feed(v *verifier, id ident, sent uint64, data []byte) {
	for len(data) > 0 && st.state&isBroken == 0 {
		first := st.next
		if st.state&offPath == 0 {
			data = st.inStep(v, id, sent, data)
		}
		if n := st.next - first; n > 0 {
			v.sink.echoed(id, first, n)
		}
		if len(data) > 0 {
			data = st.offStep(v, id, sent, data)
		}
	}
}

// inStep takes the echoes that come as expected, and returns what does not.
func (st *stream) inStep(v *verifier, id ident, sent uint64, data []byte) []byte {
	for len(data) > 0 && st.next <= sent {
		m := v.p.message(id, st.next)
		n, ok := v.p.match(m, data, int(st.have))
		if !ok {
			break
		}
		data = data[n:]
		st.have += uint32(n)
		if int(st.have) == v.p.frameSize(m) {
			st.have = 0
			st.next++
		}
	}
	return data
}

// offStep takes one frame that is not the one expected, or as much of it as there is, and
// returns the rest of data.
func (st *stream) offStep(v *verifier, id ident, sent uint64, data []byte) []byte {
	if st.state&skipping != 0 {
		return st.skip(v, id, data)
	}
	st.hold(v, id, sent)
	if v.p.format == frame.Raw {
		return st.collectRaw(v, id, sent, data)
	}
	return st.collect(v, id, sent, data)
}

// hold gives st a buffer, with the bytes in it that were compared and not kept.
func (st *stream) hold(v *verifier, id ident, sent uint64) {
	if st.state&held != 0 {
		return
	}
	if st.tail == nil {
		st.tail = v.takeTail()
	}
	st.tail.buf = v.takeBuf()
	st.state |= held
	if st.have > 0 {
		st.tail.buf = v.p.append(st.tail.buf, id, st.next)[:st.have]
		st.have = 0
	} else if st.oldest(sent) == 0 {
		st.state |= early
	}
}

// drop gives the buffer back.
func (st *stream) drop(v *verifier) {
	if st.state&held == 0 {
		return
	}
	b := st.tail.buf
	if cap(b) > 0 && cap(b) <= maxRestingBuf && len(v.bufs) < maxRestingBufs {
		v.bufs = append(v.bufs, b[:0])
	}
	st.tail.buf = nil
	st.state &^= held | early | partTold
}

// tidy gives the tail back when there is nothing in it.
func (st *stream) tidy(v *verifier) {
	t := st.tail
	if t == nil || st.state&held != 0 || len(t.gap) > 0 || len(t.lost) > 0 {
		return
	}
	if len(v.tails) < maxRestingTails && cap(t.gap) <= maxLostSpans {
		v.tails = append(v.tails, t)
	}
	st.tail = nil
}

func (v *verifier) takeBuf() []byte {
	n := len(v.bufs)
	if n == 0 {
		return nil
	}
	b := v.bufs[n-1]
	v.bufs = slices.Delete(v.bufs, n-1, n)
	return b
}

func (v *verifier) takeTail() *tail {
	n := len(v.tails)
	if n == 0 {
		return new(tail)
	}
	t := v.tails[n-1]
	v.tails = slices.Delete(v.tails, n-1, n)
	return t
}
