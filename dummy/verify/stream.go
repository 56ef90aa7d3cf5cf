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
//	  └ awaited ──┘                    └─stream, nobody's──► astray ──found own echo──► in step
//	                                   └─illegal length──► broken
type Stream struct {
	next  uint64 // every sequence below it was echoed, or is in tail's gap, or is lost
	have  uint32 // bytes of the next echo's frame that came and agreed
	gone  uint32 // skipping: bytes to discard (text: discarded so far); astray: bytes searched
	state streamState
	step  uint8        // of the session: the one that is expected next, or their number
	said  uint8        // of the session: the dummy has sent its steps before this one
	part  frame.Cursor // of the frame of which have bytes came
	tail  *tail        // nil while all is right
}

// streamState is a set of the following.
type streamState uint8

const (
	stepAwaited streamState = 1 << iota // the session expects something
	held                                // tail.buf holds the beginning of a frame
	early                               // … that began while nothing was outstanding
	skipping                            // the rest of a frame that is longer than any of ours
	astray                              // without frames: looking for the next message
	isBroken                            // see Outcome.Broken
	partAccused                         // the frame in tail.buf is nobody's, and that was told

	offPath = stepAwaited | held | skipping | astray | isBroken
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
	*st = Stream{next: 1, state: stepAwaited}
	st.expectFrom(v, 0)
}

// Part is how many bytes of the next echo's frame have come, all right. It is also 0 where the
// stream does not go on as expected, and where what came cannot be made again (frame.Message.Remade).
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
	if !j.p.short {
		return st.inStepPlain(j, data)
	}
	for len(data) > 0 && st.next <= j.Sent {
		m := j.p.message(j.Ident, st.next)
		n, whole, ok := j.p.match(m, data, int(st.have))
		if !ok {
			break
		}
		data = data[n:]
		st.have += uint32(n)
		if whole {
			st.have = 0
			st.next++
		}
	}
	return data
}

// inStepPlain is inStep where the right answer is made as a whole, and what came is deciphered.
func (st *Stream) inStepPlain(j Judgement, data []byte) []byte {
	for len(data) > 0 && st.next <= j.Sent && j.p.answer.Predictable() {
		want, part := j.rightAnswer(j.Ident, st.next), st.part
		n, ok := j.matchPlain(want, data, int(st.have), &part)
		if !ok || !j.p.remade && n < len(want) { // such a frame is collected when it is cut
			break
		}
		data = data[n:]
		st.have += uint32(n)
		st.part = part
		if int(st.have) == len(want) {
			st.have, st.part = 0, frame.Cursor{}
			st.next++
		}
	}
	return data
}

// rightAnswer is an echo's right answer in plain. It is valid until the next call.
func (v *Verifier) rightAnswer(id Ident, seq uint64) []byte {
	if of := (echo{Ident: id, seq: seq}); v.rightOf != of || len(v.right) == 0 {
		v.right, v.rightOf = v.p.appendPlain(v.right[:0], id, seq), of
	}
	return v.right
}

// matchPlain compares data with a right answer, from its have-th byte on, and moves part on.
func (v *Verifier) matchPlain(want, data []byte, have int, part *frame.Cursor) (n int, ok bool) {
	n = min(len(data), len(want)-have)
	v.plain = v.p.answer.Open(v.plain[:0], part, data[:n], have)
	return n, v.p.answer.Same(want, v.plain, have)
}

// begins compares data with the beginning of an echo's right answer.
func (j Judgement) begins(seq uint64, data []byte) bool {
	if j.p.short {
		_, _, ok := j.p.match(j.p.message(j.Ident, seq), data, 0)
		return ok
	}
	_, ok := j.matchPlain(j.rightAnswer(j.Ident, seq), data, 0, new(frame.Cursor))
	return ok
}

// offStep takes one frame that is not the expected one, or as much of it as there is. It returns
// the rest of data.
func (st *Stream) offStep(j Judgement, data []byte) []byte {
	if st.state&skipping != 0 {
		return st.skip(j, data)
	}
	st.hold(j)
	if j.p.format.Stream {
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
		st.tail.buf = j.soFar(st.tail.buf, st.next, &st.part)[:st.have]
		st.have, st.part = 0, frame.Cursor{}
	} else if st.Oldest(j.Sent) == 0 {
		st.state |= early
	}
}

// soFar makes the bytes of an answer again that came and agreed.
func (j Judgement) soFar(dst []byte, seq uint64, part *frame.Cursor) []byte {
	if j.p.short {
		return j.p.appendAs(j.p.answer, dst, j.Ident, seq, 0)
	}
	return j.p.answer.Again(dst, j.rightAnswer(j.Ident, seq), part)
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
