package dummy

import (
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/verify"
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
	w.sender.later(d)
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
	w.scan.silence.Heard()
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
	if d.State() == conn.Greeting {
		w.goOn(d)
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

// judgement is what a dummy's stream is judged with.
func (w *worker) judgement(d *dummy) verify.Judgement {
	return verify.Judgement{Verifier: w.verifier, Ident: d.ident(), Sent: d.assigned}
}

// roundTrips measures n echoes that were due at a time. It returns how long they took, without the
// time in which the tester was held up.
func (w *worker) roundTrips(at time.Duration, n uint64) time.Duration {
	rtt, held := w.now()-at, w.held.since(at)
	w.measure(rtt, held, n)
	return rtt - held
}
