package dummy

import (
	"time"

	"dummyload/dummy/conn"
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
	return w.answers.Over(w.now(), d.Since(), w.closeWait(), d.is(taken))
}

// closeOwn closes a connection that is up, by the dummy's own will, and dials it again after
// a delay. With a FIN what is assigned is still sent and answers are still verified; with a
// RST what is unanswered is abandoned at once.
func (w *worker) closeOwn(d *dummy, how CloseKind, delay time.Duration) {
	if how == CloseMixed {
		how = CloseKind(w.rng.IntN(int(CloseMixed)))
	}
	w.countOwnClose(d)
	w.engine.Forgive(&d.Conn)
	if how == CloseRST {
		w.abandon(d)
		w.engine.Abort(&d.Conn, delay)
		return
	}
	w.engine.BeginClose(&d.Conn, delay)
	w.halfClose(d)
}

// countOwnClose counts a close once: a dummy that is closing has been counted. dummiesClose is about
// closes while others stay: those of a fleet that leaves are not meant.
func (w *worker) countOwnClose(d *dummy) {
	if d.State() == conn.Closing {
		return
	}
	w.count.Connections.ClosedByDummy++
	if closes := &w.fleet.dummiesClose; w.mode != leaving && !closes.Load() {
		closes.Store(true)
	}
}

// halfClose sends the FIN once everything that was assigned is sent.
func (w *worker) halfClose(d *dummy) {
	if !d.Sending() && !d.is(shutDown) && d.out == nil && d.written == d.assigned {
		d.set(shutDown)
		w.engine.Shutdown(&d.Conn)
	}
}

// ignored looks at a FIN that the server has not answered in time. It reports whether the server
// gets that time once more.
func (w *worker) ignored(d *dummy) (more bool) {
	fin := diagnose.FIN{
		Trickles: w.trickles(d), Mute: d.heardAt == 0, Asked: d.assigned > 0, Twice: d.is(taken),
		Answers: w.fleet.slowest.Load() > 0,
	}
	if !fin.Trickles { // the system's list is long
		fin.Accepted = w.ladder.accepted(d)
	}
	switch fin.Read() {
	case diagnose.Ignored:
		w.count.signs.FINsIgnored++
	case diagnose.Backlogged:
		w.ladder.inBacklog(d, uint64(d.wait))
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
	case d.State() == conn.Closing:
		w.answers.Note(w.now(), d.Since())
		if d.is(poked) && err == nil {
			w.ladder.finAnswered(d)
		}
		if d.wait > 0 && d.heardAt > 0 {
			w.count.signs.FINs.Connections++
			w.count.signs.FINs.Dropped += uint64(d.wait)
		}
		w.abandon(d)
		w.engine.Cancel(&d.Conn, d.Pause())
	case class.Local():
		w.limited(d, class, err)
	case d.is(poked): // its books are closed: whatever ends it is told nowhere
		w.countOwnClose(d)
		w.abandon(d)
		w.engine.Cancel(&d.Conn, 0)
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
	w.engine.Abort(&d.Conn, d.Backoff())
}

// lose ends a connection that the server has closed or reset without being asked.
func (w *worker) lose(d *dummy, f monitor.Fault, err error) {
	w.count.Connections.ClosedByServer++
	if w.count.Ledger.Echoed == 0 {
		w.noteFirstClose(d)
	}
	if w.noteEnd(d) {
		w.status.idled++
	} else {
		w.noteLoss(d, f, note(err))
	}
	d.set(lost)
	w.loseUnanswered(d)
	w.engine.Forgive(&d.Conn)
	w.engine.Cancel(&d.Conn, d.Backoff())
}

// noteEnd takes note of a connection that the server has just closed. It reports whether that is
// forgiven, which means that it is no fault.
func (w *worker) noteEnd(d *dummy) (forgiven bool) {
	end := diagnose.End{
		Now: w.now(), Since: d.Since(), HeardAt: d.heardAt, SentAt: d.SentAt(), Owed: d.wait > 0,
		Astray:   d.stream.StepFailed(w.verifier),
		Answered: d.answered > 0, Asked: w.everAsked(),
		Others: w.count.Connections.Now - 1,
	}
	if end.Owed {
		end.Oldest = d.timeOf(d.stream.Oldest(d.assigned))
	}
	return w.count.signs.Ends.Note(end)
}

// tellIdled puts into the log how many connections were closed before anything was asked. f.mu is held.
func (f *Fleet) tellIdled(all []status) {
	var n uint64
	for i := range all {
		n += all[i].idled
	}
	if n > f.idled {
		f.event("closed by the server while nothing was asked of it, and dialed again: %s connections",
			monitor.Count(n-f.idled))
		f.idled = n
	}
}

// Dead takes a connection that is given up out of the counts. Nobody waits for it to be up any
// longer, whatever brought it to an end before it was.
func (w *worker) Dead(c *conn.Conn) {
	d := w.of(c)
	w.settle(d)
	if d.State() != conn.Dialing {
		w.count.Connections.Now--
		w.trace.RecordPeer(d.ID(), d.public.local.Of(uint64(d.Number)))
	}
	d.check()
}

// Released forgets a connection that is no more.
func (w *worker) Released(c *conn.Conn) {
	d := w.of(c)
	if d.wait != 0 {
		panic("dummy: released with echoes outstanding")
	}
	w.sender.release(d)
	w.giveTimes(d)
	d.clear(ofConnection)
	d.assigned, d.written, d.sends, d.echoed, d.gone = 0, 0, 0, 0, 0
	d.lateUpTo, d.junk, d.heardAt = 0, 0, 0
	d.others = 0
}

// abandon closes the books of a connection that the dummy itself ends: what is unanswered is
// abandoned, but for what was overtaken, which is proved missing.
func (w *worker) abandon(d *dummy) {
	j := w.judgement(d)
	d.stream.Closing(j)
	d.stream.Settle(j)
	w.count.Ledger.Abandoned += w.writeOff(d)
}

// loseUnanswered closes the books of a connection that the server ended.
func (w *worker) loseUnanswered(d *dummy) {
	j := w.judgement(d)
	d.stream.Ended(j)
	d.stream.Settle(j)
	w.count.Ledger.Lost += w.writeOff(d)
}

// writeOff takes what is still owed on a connection out of its books.
func (w *worker) writeOff(d *dummy) uint64 {
	n := w.books.writeOff(d, func() []monitor.Owed {
		lines := w.linesOf(nil, d, w.now())
		for i := range lines {
			lines[i].Local = w.local(d)
		}
		return lines
	})
	w.maybeEmptied(d)
	return n
}

// maybeEmptied gives the ring of times back when nothing is outstanding that needs it, and
// notes when the whole worker has nothing left to wait for.
func (w *worker) maybeEmptied(d *dummy) {
	if d.wait == 0 && d.times != nil && (w.mode != echoing || w.load.OverSend == 1) {
		w.giveTimes(d)
	}
	w.empty(w.now())
}
