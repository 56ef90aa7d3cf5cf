package dummy

import (
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// scan finds what only a clock can find. It walks over all dummies of a worker every scanEvery, in
// steps of scanStep dummies.
type scan struct {
	w       *worker
	at      time.Duration // when the next step is due
	leftOut bool          // the last step was left out
	slot    int           // where the next step begins
	triedAt time.Duration // when the verifier's tries were refilled
	silence diagnose.Silence
}

// The pace of a scan.
const (
	scanEvery = diagnose.ScanEvery
	scanStep  = 4096

	// heldUp is how late a step of the scan may be. A later one was late because the worker stood still.
	heldUp = diagnose.HeldUp
)

// step looks at the next dummies. A step that comes much too late is left out: what came meanwhile is
// not read yet, and an answer that came in time would look late. No two steps in a row are left out.
func (s *scan) step() {
	w := s.w
	w.verifier.Elapsed(w.now() - s.triedAt)
	s.triedAt = w.now()
	late := w.now()-s.at > heldUp && !s.leftOut
	if s.leftOut = late; late {
		s.at = w.now() + scanEvery
		return
	}
	end := min(s.slot+scanStep, w.slots())
	for ; s.slot < end; s.slot++ {
		s.inspect(w.at(s.slot))
	}
	if s.slot == w.slots() {
		s.slot = 0
		s.silence.Walked(w.now(), w.fleet.cfg.EchoTimeout, w.slowAnswer(), w.mode == leaving)
	}
	steps := (w.slots() + scanStep - 1) / scanStep
	s.at = w.now() + scanEvery/time.Duration(max(1, steps))
}

func (s *scan) inspect(d *dummy) {
	w := s.w
	age := w.now() - d.Since()
	switch d.State() {
	case conn.Down, conn.Dying:
		return
	case conn.Dialing:
		w.engine.Hangs(&d.Conn, w.fleet.cfg.ConnectTimeout)
		return
	case conn.Greeting:
		if age > w.fleet.cfg.greetWait(d.stream.Step()) {
			d.stream.StepExpired(w.judgement(d))
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
		s.sees(d)
	}
	s.lookForStuck(d)
	s.lookForLate(d)
}

// sees shows a connection that is up to the search for a silent server.
func (s *scan) sees(d *dummy) {
	if d.wait == 0 {
		s.silence.Sees()
		return
	}
	s.silence.SeesOwed(d.timeOf(d.stream.Oldest(d.assigned)))
}

// lookForStuck finds a server that takes nothing.
func (s *scan) lookForStuck(d *dummy) {
	w := s.w
	if d.Sending() && !d.is(unread|poked) && w.now()-d.SentAt() > w.fleet.cfg.DrainTimeout {
		d.set(unread)
		w.blame(d, monitor.NotReading, monitor.Evidence{
			Seq: d.written, Age: monitor.Millis(w.now() - d.SentAt()),
		})
	}
}

// lookForLate counts the echoes that are older than the echo timeout, each once. They stay in
// Wait Echo Count. What the tester itself was held up does not count.
func (s *scan) lookForLate(d *dummy) {
	w := s.w
	if d.wait == 0 {
		return
	}
	w.spans = d.stream.Owed(w.spans[:0], d.assigned)
	for _, owed := range w.spans {
		for seq := max(owed.First, d.lateUpTo+1); seq <= owed.Last; seq++ {
			at := d.timeOf(seq)
			if w.now()-at-w.held.since(at) <= w.fleet.cfg.EchoTimeout {
				return
			}
			w.late(d, seq)
			d.lateUpTo = seq
		}
	}
}

// late counts an echo that is older than the echo timeout.
func (w *worker) late(d *dummy, seq uint64) {
	w.blame(d, monitor.Late, monitor.Evidence{Seq: seq, Age: monitor.Millis(w.now() - d.timeOf(seq))})
}
