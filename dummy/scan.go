package dummy

import (
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// The scan finds what only a clock can find: it walks over all dummies every scanEvery, in
// steps of scanStep dummies.
const (
	scanEvery = diagnose.ScanEvery
	scanStep  = 4096

	// heldUp is how late a step of the scan may be. A later one was late because the worker stood still.
	heldUp = diagnose.HeldUp
)

// loginLeast is how long a login packet may take at least: a busy server first has to accept.
const loginLeast = 3 * time.Second

func (c *Config) loginWait() time.Duration { return max(loginLeast, c.DrainTimeout) }

// scan takes one step. A step that comes much too late is left out: what came meanwhile is not read
// yet, and an answer that came in time would look late. No two steps in a row are left out.
func (w *worker) scan() {
	w.verifier.Elapsed(w.now() - w.triedAt)
	w.triedAt = w.now()
	late := w.now()-w.scanAt > heldUp && !w.leftOut
	if w.leftOut = late; late {
		w.scanAt = w.now() + scanEvery
		return
	}
	end := min(w.scanSlot+scanStep, w.slots())
	for ; w.scanSlot < end; w.scanSlot++ {
		w.inspect(w.at(w.scanSlot))
	}
	if w.scanSlot == w.slots() {
		w.scanSlot = 0
		w.silence.Walked(w.now(), w.fleet.cfg.EchoTimeout, w.slowAnswer(), w.mode == leaving)
	}
	steps := (w.slots() + scanStep - 1) / scanStep
	w.scanAt = w.now() + scanEvery/time.Duration(max(1, steps))
}

func (w *worker) inspect(d *dummy) {
	age := w.now() - d.Since()
	switch d.State() {
	case conn.Down, conn.Dying:
		return
	case conn.Dialing:
		w.engine.Hangs(&d.Conn, w.fleet.cfg.ConnectTimeout)
		return
	case conn.Greeting:
		if age > w.fleet.cfg.loginWait() {
			d.stream.LoginExpired(w.judgement(d))
			w.greeted(d)
		}
	case conn.Closing:
		switch {
		case w.mode == leaving && w.fleet.hurried.Load():
			w.abandon(d)
			w.engine.Cancel(&d.Conn, 0)
			return
		case w.unanswered(d):
			if !d.is(shutDown) || !w.ignored(d) {
				w.abandon(d)
				w.engine.Abort(&d.Conn, d.Pause())
			}
			return
		}
	}
	d.check()
	if d.State() == conn.Up {
		w.sees(d)
	}
	w.lookForStuck(d)
	w.lookForLate(d)
}

// sees shows a connection that is up to the search for a silent server.
func (w *worker) sees(d *dummy) {
	if d.wait == 0 {
		w.silence.Sees()
		return
	}
	w.silence.SeesOwed(d.timeOf(d.stream.Oldest(d.assigned)))
}

// lookForStuck finds a server that takes nothing.
func (w *worker) lookForStuck(d *dummy) {
	if d.Sending() && !d.is(unread|poked) && w.now()-d.SentAt() > w.fleet.cfg.DrainTimeout {
		d.set(unread)
		w.blame(d, monitor.NotReading, monitor.Evidence{
			Seq: d.written, Age: monitor.Millis(w.now() - d.SentAt()),
		})
	}
}

// lookForLate counts the echoes that are older than the echo timeout, each once. They stay in
// Wait Echo Count. What the tester itself was held up does not count.
func (w *worker) lookForLate(d *dummy) {
	if d.wait == 0 {
		return
	}
	w.spans = d.stream.Owed(w.spans[:0], d.assigned)
	for _, s := range w.spans {
		for seq := max(s.First, d.lateUpTo+1); seq <= s.Last; seq++ {
			at := d.timeOf(seq)
			if w.now()-at-w.held.since(at) <= w.fleet.cfg.EchoTimeout {
				return
			}
			w.late(d, seq)
			d.lateUpTo = seq
		}
	}
}

func (w *worker) late(d *dummy, seq uint64) {
	w.blame(d, monitor.Late, monitor.Evidence{Seq: seq, Age: monitor.Millis(w.now() - d.timeOf(seq))})
}
