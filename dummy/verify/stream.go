package verify

import "dummyload/server/frame"

// Stream is the receiving side of one connection. It owns no memory while echoes come back right
// and in order, whole or cut. A frame that is cut is compared as far as it came; the compared part
// need not be kept, as it can be made again.
//
//	              ┌────────── matches the next echo ─────────┐
//	              ▼                                          │
//	begin ──► in step ──differs──► held: collect ──judged──► in step
//	  │           ▲                    │     └─too long──► skipping ──► in step
//	  └ awaited ──┘                    └─Raw, nobody's──► astray ──found own echo──► in step
//	                                   └─illegal header──► broken
type Stream struct {
	next  uint64 // every sequence below it was echoed, or is in tail's gap, or is lost
	have  uint32 // bytes of the next echo's frame that came and agreed
	gone  uint32 // skipping: bytes to discard (Line: discarded so far); astray: bytes searched
	state streamState
	tail  *tail // nil while all is right
}

// streamState is a set of the following.
type streamState uint8

const (
	loginAwaited streamState = 1 << iota // nothing came yet, and a login packet should
	loginCame                            // the login packet was received
	held                                 // tail.buf holds the beginning of a frame
	early                                // … that began while nothing was outstanding
	skipping                             // the rest of a frame that is longer than any of ours
	astray                               // Raw: looking for the next message
	isBroken                             // see Outcome.Broken
	partAccused                          // the frame in tail.buf is nobody's, and that was told

	offPath = loginAwaited | held | skipping | astray | isBroken
)

// tail is what a connection needs only when something is wrong, or not in order.
type tail struct {
	buf  []byte // at most Verifier.limit bytes
	gap  spans  // skipped: still owed, although later ones came
	lost spans  // counted lost, and remembered in case they come: at most maxLostSpans
}

// maxLostSpans bounds what is remembered of lost echoes. If an older one comes after all, it counts
// as a duplicate: it had its (wrong) answer.
const maxLostSpans = 64

// Begin makes st ready for a new connection. Before it, Closing or Ended and then Settle must have
// ended the old one.
func (st *Stream) Begin(v *Verifier) {
	if st.tail != nil {
		st.drop(v)
		st.tail.gap, st.tail.lost = st.tail.gap[:0], st.tail.lost[:0]
		st.tidy(v)
	}
	*st = Stream{next: 1}
	if v.login {
		st.state = loginAwaited
	}
}

// Part is how many bytes of the next echo's frame have come, all right. It is also 0 where the
// stream does not go on as expected.
func (st *Stream) Part() uint32 { return st.have }

// Feed judges what was received. It only reads data, and does not keep it.
func (st *Stream) Feed(j Judgement, data []byte) {
	for len(data) > 0 && st.state&isBroken == 0 {
		first := st.next
		if st.state&offPath == 0 {
			data = st.inStep(j, data)
		}
		if n := st.next - first; n > 0 {
			j.out.Echoed(j.Ident, first, n)
		}
		if len(data) > 0 {
			data = st.offStep(j, data)
		}
	}
}

// inStep takes the echoes that come as expected, and returns the rest of data.
func (st *Stream) inStep(j Judgement, data []byte) []byte {
	for len(data) > 0 && st.next <= j.Sent {
		m := j.p.message(j.Ident, st.next)
		n, ok := j.p.match(m, data, int(st.have))
		if !ok {
			break
		}
		data = data[n:]
		st.have += uint32(n)
		if int(st.have) == j.p.frameSize(m) {
			st.have = 0
			st.next++
		}
	}
	return data
}

// offStep takes one frame that is not the expected one, or as much of it as there is. It returns
// the rest of data.
func (st *Stream) offStep(j Judgement, data []byte) []byte {
	if st.state&skipping != 0 {
		return st.skip(j, data)
	}
	st.hold(j)
	if j.p.format == frame.Raw {
		return st.collectRaw(j, data)
	}
	return st.collect(j, data)
}

// hold gives st a buffer. The bytes that were compared and not kept are made again and put into it.
func (st *Stream) hold(j Judgement) {
	if st.state&held != 0 {
		return
	}
	if st.tail == nil {
		st.tail = j.takeTail()
	}
	st.tail.buf = j.takeBuf()
	st.state |= held
	if st.have > 0 {
		st.tail.buf = j.p.Append(st.tail.buf, j.Ident, st.next)[:st.have]
		st.have = 0
	} else if st.Oldest(j.Sent) == 0 {
		st.state |= early
	}
}

// drop gives the buffer back.
func (st *Stream) drop(v *Verifier) {
	if st.state&held == 0 {
		return
	}
	v.giveBuf(st.tail.buf)
	st.tail.buf = nil
	st.state &^= held | early | partAccused
}

// tidy gives the tail back when there is nothing in it.
func (st *Stream) tidy(v *Verifier) {
	t := st.tail
	if t == nil || st.state&held != 0 || len(t.gap) > 0 || len(t.lost) > 0 {
		return
	}
	v.giveTail(t)
	st.tail = nil
}
