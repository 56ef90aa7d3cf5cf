package dummy

import (
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// closeWait is how long a dummy that has sent its FIN waits for the server's.
func (w *worker) closeWait() time.Duration {
	return diagnose.CloseWait(w.fleet.cfg.DrainTimeout, w.slowAnswer())
}

// unanswered reports whether the server has had its time to answer a dummy's FIN.
func (w *worker) unanswered(d *dummy) bool {
	return w.answers.Over(w.now, d.since, w.closeWait(), d.is(taken))
}

// closeOwn closes a connection that is up, by the dummy's own will, and dials it again after
// a delay. With a FIN what is assigned is still sent and answers are still verified; with a
// RST what is unanswered is abandoned at once.
func (w *worker) closeOwn(d *dummy, how CloseKind, delay time.Duration) {
	if how == CloseMixed {
		how = CloseKind(w.rng.IntN(int(CloseMixed)))
	}
	w.countOwnClose(d)
	d.forgive(w.now)
	if how == CloseRST {
		w.abandon(d)
		w.die(d, w.port.Abort, delay)
		return
	}
	d.pause = delay
	d.enter(closing, w.now)
	w.halfClose(d)
}

// countOwnClose counts a close once: a closing dummy has been counted.
func (w *worker) countOwnClose(d *dummy) {
	if d.state != closing {
		w.count.conns.ClosedByDummy++
	}
}

// halfClose sends the FIN once everything that was assigned is sent.
func (w *worker) halfClose(d *dummy) {
	if !d.is(sending|shutDown) && d.out == nil && d.written == d.assigned {
		d.set(shutDown)
		w.note(trace.FIN, d, 0)
		w.port.Shutdown(d.sock)
	}
}

// ignored looks at a FIN that the server has not answered in time. It reports true where the server
// has its time once more.
func (w *worker) ignored(d *dummy) (more bool) {
	fin := diagnose.FIN{
		Trickles: w.trickles(d), Mute: d.heardAt == 0, Asked: d.assigned > 0, Twice: d.is(taken),
		Answers: w.fleet.slowest.Load() > 0,
	}
	if !fin.Trickles { // the system's list is long
		fin.Accepted = w.accepted(d)
	}
	switch fin.Read() {
	case diagnose.Ignored:
		w.count.signs.FINsIgnored++
	case diagnose.Backlogged:
		w.inBacklog(d, uint64(d.wait))
	case diagnose.MoreTime:
		d.set(taken)
		return true
	}
	return false
}

// ended is the end of the received stream, whoever brought it about.
func (w *worker) ended(d *dummy, err error) {
	class := iocp.Classify(err)
	if err == nil && d.is(sendFailed) {
		class = iocp.ClassReset // the send met it first
	}
	w.note(trace.Ended, d, 0)
	switch {
	case d.state == closing:
		w.answers.Note(w.now, d.since)
		if d.is(poked) && err == nil {
			w.finAnswered(d)
		}
		if d.wait > 0 && d.heardAt > 0 {
			w.count.signs.FINs.Connections++
			w.count.signs.FINs.Dropped += uint64(d.wait)
		}
		w.abandon(d)
		w.die(d, w.port.Cancel, d.pause)
	case class.Local():
		w.limited(d, class, err)
	case d.is(poked): // its books are closed: whatever ends it is told nowhere
		w.countOwnClose(d)
		w.abandon(d)
		w.die(d, w.port.Cancel, 0)
	case w.neverAccepted(d, class):
		w.dialAnew(d)
	case class == iocp.ClassNone:
		w.lose(d, monitor.ClosedByServer, nil)
	default:
		w.lose(d, monitor.ResetByServer, err)
	}
}

// limited closes a connection that this machine's own limits have broken.
func (w *worker) limited(d *dummy, class iocp.Class, err error) {
	w.localLimit(class)
	w.countOwnClose(d)
	w.abandon(d)
	w.die(d, w.port.Abort, d.backoff())
}

// lose ends a connection that the server has closed or reset without being asked.
func (w *worker) lose(d *dummy, f monitor.Fault, err error) {
	w.count.conns.ClosedByServer++
	if w.count.ledger.Echoed == 0 {
		w.parts(d)
	}
	if w.noteEnd(d) {
		w.tell.idled++
	} else {
		w.hold(d, f, note(err))
	}
	d.set(lost)
	w.loseUnanswered(d)
	d.forgive(w.now)
	w.die(d, w.port.Cancel, d.backoff())
}

// die gives a connection up: cancel (Cancel or Abort) completes what is in flight, and with
// the last completion the dummy is released. Nobody waits for it to be up any longer, whatever
// brought its connection to an end before it was.
func (w *worker) die(d *dummy, cancel func(iocp.Socket), delay time.Duration) {
	w.settle(d)
	if d.state != dialing {
		w.count.conns.Now--
		w.trace.RecordPeer(trace.ID(uint64(d.client), uint64(d.conn)),
			d.public.local.Of(uint64(d.conn)))
		w.note(trace.Dying, d, 0)
	}
	d.check()
	d.pause = delay
	d.enter(dying, w.now)
	cancel(d.sock)
	if d.inFlight == 0 {
		w.release(d)
	}
}

// release closes the handle and forgets the connection. Nothing of it is in flight.
func (w *worker) release(d *dummy) {
	if d.inFlight != 0 || d.wait != 0 {
		panic("dummy: released with operations in flight or echoes outstanding")
	}
	w.port.Close(d.sock)
	if d.out != nil {
		w.buffers.give(d.out)
		d.out = nil
	}
	w.giveTimes(d)
	d.sock = iocp.InvalidSocket
	d.clear(ofConnection)
	d.assigned, d.written, d.sends, d.echoed, d.gone = 0, 0, 0, 0, 0
	d.lateUpTo, d.junk, d.heardAt = 0, 0, 0
	d.enter(down, w.now)
	w.open--
	if w.wants(d) {
		w.redial(d, d.pause)
	}
}
