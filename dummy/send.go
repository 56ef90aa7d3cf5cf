package dummy

import (
	"dummyload/dummy/conn"
	"dummyload/server/iocp"
)

// sender sends what is assigned to a worker's dummies: many frames in one send where it can.
type sender struct {
	w         *worker
	unwritten []uint32 // slots of dummies that have something to write since this batch began
	buffers   sendBuffers
}

// later has a dummy written at the end of the batch: what is assigned until then goes out in one
// send.
func (s *sender) later(d *dummy) {
	if !d.is(dirty) {
		d.set(dirty)
		s.unwritten = append(s.unwritten, d.Slot)
	}
}

// flush writes what was put off in this batch.
func (s *sender) flush() {
	w := s.w
	for _, slot := range s.unwritten {
		d := w.at(int(slot))
		d.clear(dirty)
		s.write(d)
	}
	s.unwritten = s.unwritten[:0]
}

// write posts one send of what is assigned, unless one is in flight already. Where the send is
// cut is the seed's choice: a server must not take one receive for one message.
func (s *sender) write(d *dummy) {
	w := s.w
	if d.Sending() || d.is(sendFailed|shutDown) || !mayCarry(d.State()) {
		return
	}
	if d.out == nil {
		if d.written == d.assigned && !w.anythingBesides(d) {
			return
		}
		s.compose(d)
	}
	rest := d.out.rest()
	n := w.fleet.pattern.NextCut(d.ident(), d.sends, len(rest))
	d.sends++
	if err := w.engine.Send(&d.Conn, rest[:n]); err != nil {
		s.broke(d, err)
	}
}

// mayCarry reports whether something may be sent on a connection in a state.
func mayCarry(s conn.State) bool { return s == conn.Greeting || s == conn.Up || s == conn.Closing }

// compose fills a buffer with whole frames.
func (s *sender) compose(d *dummy) {
	w := s.w
	p, id := w.fleet.pattern, d.ident()
	d.out = s.buffers.take()
	s.composeOthers(d)
	for d.written < d.assigned && len(d.out.bytes)+p.MaxFrame() <= cap(d.out.bytes) {
		d.written++
		d.out.bytes = p.Append(d.out.bytes, id, d.written, d.others)
	}
	d.public.sent.Store(d.written)
}

// sent is the completion of a send (C5: perhaps a short one).
func (s *sender) sent(d *dummy, n int, err error) {
	w := s.w
	d.out.from += n
	if !d.is(poked) { // its books are closed
		w.count.Bytes.Sent += uint64(n)
	}
	if len(d.out.rest()) == 0 {
		s.release(d)
	}
	if d.State() == conn.Dying {
		return
	}
	if n == 0 || err != nil {
		s.broke(d, err)
		return
	}
	s.write(d)
	w.makeReady(d, w.now())
	if d.State() == conn.Closing {
		w.halfClose(d)
	}
}

// broke deals with a send that failed. After a RST the pending receive still hands out what
// arrived before it, and then ends: that is awaited.
func (s *sender) broke(d *dummy, err error) {
	w := s.w
	d.set(sendFailed)
	class := iocp.Classify(err)
	switch {
	case class.Local():
		w.limited(d, class, err)
	case class != iocp.ClassReset:
		w.ended(d, err)
	}
}

// release gives a dummy's buffer back.
func (s *sender) release(d *dummy) {
	if d.out != nil {
		s.buffers.give(d.out)
		d.out = nil
	}
}
