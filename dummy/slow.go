package dummy

import (
	"time"

	"dummyload/dummy/diagnose"
)

// slowAnswer is how long an answer may take that is on its way still, after the slowest that any
// worker has seen.
func (w *worker) slowAnswer() time.Duration {
	return diagnose.SlowAnswer(max(w.slowestYet(), time.Duration(w.fleet.slowest.Load())))
}

// tellSlowest lets the other workers know how slow the server is.
func (w *worker) tellSlowest() {
	slowest := int64(w.slowestYet())
	for {
		known := w.fleet.slowest.Load()
		if slowest <= known || w.fleet.slowest.CompareAndSwap(known, slowest) {
			return
		}
	}
}

// trickles reports whether a connection still brings something.
func (w *worker) trickles(d *dummy) bool {
	return diagnose.Trickles(d.heardAt, w.now(), w.slowAnswer(), w.fleet.cfg.DrainTimeout)
}

// maybeSlow reports whether what a connection is owed may be on its way still.
func (w *worker) maybeSlow(d *dummy) bool {
	return diagnose.MayCome(w.now()-d.timeOf(d.stream.Oldest(d.assigned)), w.slowAnswer())
}
