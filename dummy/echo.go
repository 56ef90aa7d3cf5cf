package dummy

import (
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/verify"
	"dummyload/monitor"
	"dummyload/server/iocp"
)

// Limits of the data path.
const (
	serveMost = 4096    // echoes begun in one batch, so that completions are not kept waiting
	spanMost  = 4       // what is outstanding spans at most this many Over Sends
	junkMost  = 1 << 20 // bytes nobody waited for, after which a connection is given up
)

// The outstanding echoes never span more sequences than payloads tell apart.
const _ = uint(verify.SeqSpan - spanMost*MaxOverSend)

// serve lets the ready dummies send, in turn. In a closed loop each fills its window at once;
// in an open loop each echo that is due goes to the next in turn, and when every window is
// full it stays due.
func (w *worker) serve() {
	w.fresh = false
	for most := serveMost; most > 0 && w.serveTime() <= w.now(); {
		most -= max(1, w.serveNext())
		if w.ready.Len() == 0 {
			w.roomSince = never
		}
	}
	if w.catchingUp(w.now()) {
		w.held.catchUp(w.now())
	}
}

// serveNext lets the next dummy in turn send, and says how many echoes it began.
func (w *worker) serveNext() int {
	d := w.at(int(w.ready.Pop()))
	d.clear(ready)
	k := w.room(d)
	switch {
	case k <= 0:
		return 0
	case w.load.Rate > 0:
		k = 1
		due, lag := w.takeDue(w.now())
		w.hists.Lag.Record(lag)
		w.assign(d, due)
		w.makeReady(d, w.now())
	case d.Sending():
		return 0 // it is made ready again when that is sent
	default:
		for range k {
			w.assign(d, w.now())
		}
	}
	w.writeLater(d)
	return k
}

// assign gives a dummy one more echo to send. at is when it is due: its RTT counts from then. The
// outstanding echoes span more than Over Send only where some were overtaken. Where the span gets too
// long, those are taken for missing.
func (w *worker) assign(d *dummy, at time.Duration) {
	d.assigned++
	oldest := d.assigned
	if d.wait > 0 {
		oldest = d.stream.Oldest(d.assigned)
		if d.assigned-oldest >= uint64(spanMost*w.load.OverSend) {
			d.stream.Settle(w.judgement(d))
			oldest = d.stream.Oldest(d.assigned)
		}
	}
	w.books.sent(d, at, oldest, w.load.OverSend)
}

// writeLater has a dummy written at the end of the batch: what is assigned until then goes out
// in one send.
func (w *worker) writeLater(d *dummy) {
	if !d.is(dirty) {
		d.set(dirty)
		w.unwritten = append(w.unwritten, d.Slot)
	}
}

func (w *worker) writeAll() {
	for _, slot := range w.unwritten {
		d := w.at(int(slot))
		d.clear(dirty)
		w.write(d)
	}
	w.unwritten = w.unwritten[:0]
}

// write posts one send of what is assigned, unless one is in flight already. Where the send is
// cut is the seed's choice: a server must not take one receive for one message.
func (w *worker) write(d *dummy) {
	if d.Sending() || d.is(sendFailed) || d.State() != conn.Up && d.State() != conn.Closing {
		return
	}
	if d.out == nil {
		if d.written == d.assigned {
			return
		}
		w.compose(d)
	}
	rest := d.out.rest()
	n := w.fleet.pattern.NextCut(d.ident(), d.sends, len(rest))
	d.sends++
	if err := w.engine.Send(&d.Conn, rest[:n]); err != nil {
		w.sendBroke(d, err)
	}
}

// compose fills a buffer with whole frames.
func (w *worker) compose(d *dummy) {
	p, id := w.fleet.pattern, d.ident()
	d.out = w.buffers.take()
	for d.written < d.assigned && len(d.out.bytes)+p.MaxFrame() <= cap(d.out.bytes) {
		d.written++
		d.out.bytes = p.Append(d.out.bytes, id, d.written)
	}
	d.public.sent.Store(d.written)
}

// Sent is the completion of a send (C5: perhaps a short one).
func (w *worker) Sent(c *conn.Conn, n int, err error) {
	d := w.of(c)
	d.out.from += n
	if !d.is(poked) { // its books are closed
		w.count.Bytes.Sent += uint64(n)
	}
	if len(d.out.rest()) == 0 {
		w.buffers.give(d.out)
		d.out = nil
	}
	if d.State() == conn.Dying {
		return
	}
	if n == 0 || err != nil {
		w.sendBroke(d, err)
		return
	}
	w.write(d)
	w.makeReady(d, w.now())
	if d.State() == conn.Closing {
		w.halfClose(d)
	}
}

// sendBroke deals with a send that failed. After a RST the pending receive still hands out what
// arrived before it, and then ends: that is awaited.
func (w *worker) sendBroke(d *dummy, err error) {
	d.set(sendFailed)
	class := iocp.Classify(err)
	switch {
	case class.Local():
		w.limited(d, class, err)
	case class != iocp.ClassReset:
		w.ended(d, err)
	}
}

// receive posts the next receive.
func (w *worker) receive(d *dummy) {
	if err := w.engine.Receive(&d.Conn); err != nil {
		w.ended(d, err)
	}
}

// Received is the completion of a receive. No bytes are the end of the stream or a failure.
func (w *worker) Received(c *conn.Conn, data []byte, err error) {
	d := w.of(c)
	if len(data) == 0 {
		w.ended(d, err)
		return
	}
	d.set(heard)
	d.heardAt = w.now()
	if !d.is(poked) {
		w.count.Bytes.Received += uint64(len(data))
	}
	w.silence.Heard()
	if w.count.Ledger.Echoed == 0 {
		w.noteFirstBytes(d, data)
	}
	if d.wait == 0 && d.State() != conn.Greeting {
		d.junk += uint32(len(data))
	}
	d.stream.Feed(w.judgement(d), data)
	if d.is(hopeless) || d.junk > junkMost {
		w.giveUp(d)
		return
	}
	if d.State() == conn.Greeting && d.stream.LoggedIn() {
		w.greeted(d)
	}
	w.answeredSome(d)
	w.receive(d)
}

// answeredSome lets a dummy go on whose window may have room again.
func (w *worker) answeredSome(d *dummy) {
	if w.room(d) <= 0 {
		return
	}
	if pause := w.load.LoopDelay; pause > 0 {
		d.set(pausing)
		w.engine.After(pause, &d.Conn, pauseOver)
		return
	}
	w.makeReady(d, w.now())
}

// giveUp closes a connection whose stream makes no sense any more, or never ends. The fault
// has been counted.
func (w *worker) giveUp(d *dummy) {
	w.countOwnClose(d)
	w.abandon(d)
	w.engine.Abort(&d.Conn, d.Backoff())
}

var _ verify.Outcome = (*worker)(nil)

// judgement is what a dummy's stream is judged with.
func (w *worker) judgement(d *dummy) verify.Judgement {
	return verify.Judgement{Verifier: w.verifier, Ident: d.ident(), Sent: d.assigned}
}

// judged is the dummy that an outcome is about.
func (w *worker) judged(id verify.Ident) *dummy {
	return w.at(int(id.Client / uint32(w.fleet.cfg.Workers)))
}

// Echoed takes n right echoes.
func (w *worker) Echoed(id verify.Ident, first, n uint64) {
	d := w.judged(id)
	if d.is(poked) {
		w.cameAfterPoke(d, first, n)
		return
	}
	for seq := first; seq < first+n; seq++ {
		took := w.roundTrip(d.timeOf(seq))
		if took > w.fleet.cfg.EchoTimeout && seq > d.lateUpTo {
			w.late(d, seq)
		}
	}
	if d.State() == conn.Closing {
		w.count.signs.FINs.Answered += n
	}
	w.books.echoed(d, n)
	w.maybeEmptied(d)
}

// roundTrip measures an echo that was due at a time. It returns how long the echo took, without the
// time in which the tester was held up.
func (w *worker) roundTrip(at time.Duration) time.Duration {
	rtt, held := w.now()-at, w.held.since(at)
	w.measure(rtt, held)
	return rtt - held
}

// Lost takes n echoes that will not come any more.
func (w *worker) Lost(id verify.Ident, _, n uint64) {
	d := w.judged(id)
	if d.is(poked) {
		return
	}
	w.books.missed(d, n)
	w.maybeEmptied(d)
}

// Recovered takes an echo that was counted lost and came after all.
func (w *worker) Recovered(id verify.Ident, _ uint64) {
	if d := w.judged(id); !d.is(poked) {
		w.recovered(d)
	}
}

// Fault takes a fault that the verifier has found in a stream.
func (w *worker) Fault(id verify.Ident, ev *monitor.Evidence) {
	d := w.judged(id)
	if d.is(poked) {
		return // its books are closed: what is owed was counted, and the poke is not of the run
	}
	if d.is(lost) && ev.Fault == monitor.Truncated {
		w.noteLostFault(d, ev.Fault, *ev) // a server that is gone may have been in mid-frame
		return
	}
	w.blame(d, ev.Fault, *ev)
}

// Broken notes that the connection must be closed; that is done when Feed has returned.
func (w *worker) Broken(id verify.Ident) { w.judged(id).set(hopeless) }
