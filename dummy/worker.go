package dummy

import (
	"math/rand/v2"
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/diagnose"
	"dummyload/dummy/verify"
	"dummyload/monitor/trace"
)

// worker is one thread of the fleet, and the sole owner of its share of the dummies. It is three
// things, which know nothing of each other: the engine has the connections, the schedule says who
// sends when, and the books count what came of it. The worker brings them together, echo by echo.
// What takes more than a step has a type of its own beside it: the sends, the verifier's outcomes, the
// scan by the clock, and the poke ladder. Nothing but mail is shared with other goroutines.
type worker struct {
	fleet  *Fleet // what is the same for all workers, and never written after New
	engine *conn.Engine
	trace  *trace.Ring
	schedule

	dummies
	wanted int // its share of the clients: slots below it are kept connected

	knocking chan<- error // waits for the first connect (see Reach); nil when nobody does
	rng      *rand.Rand

	sender sender
	scan   scan
	ladder ladder

	verifier *verify.Verifier

	books
	first   firstBytes
	lengths diagnose.Lengths
	answers diagnose.FINsAnswered
	status  status // for the conductor
	shown   status // what the conductor was told last
	board   board

	last *report // made as the engine ends; the fleet's from then on
}

// note puts an event of a dummy's connection into the trace.
func (w *worker) note(k trace.Kind, d *dummy, n int) { w.engine.Note(k, &d.Conn, n) }

// now is the time of the present batch, by the fleet's clock.
func (w *worker) now() time.Duration { return w.engine.Now() }

var _ conn.Owner = (*worker)(nil)

// At is the connection in a slot.
func (w *worker) At(slot uint32) *conn.Conn { return &w.at(int(slot)).Conn }

// Advance does what time and the completions have made possible.
func (w *worker) Advance() (over bool) {
	if w.engine.Waiting() == 0 {
		w.connects.skip(w.now()) // a turn that nobody needs is not made up for
	}
	w.churnDue()
	w.serve()
	w.sender.flush()
	if w.now() >= w.scan.at {
		w.scan.step()
	}
	w.publish()
	return w.mode == leaving
}

// Next is when there is something to do although nothing completes. While Echo is on no sleep is
// longer than a nap.
func (w *worker) Next() (at, longest time.Duration) {
	at = min(w.scan.at, w.churnTime(w.wanted), w.serveTime())
	if w.mode == echoing {
		return at, nap
	}
	return at, never
}

// nap is the longest sleep while Echo is on. A worker that wakes from it too late got no processor.
// Answers that came meanwhile may have waited just as long.
const nap = 2 * time.Millisecond

// Fired does what was put off until now.
func (w *worker) Fired(c *conn.Conn, what uint8, at time.Duration) {
	d := w.of(c)
	switch what {
	case pauseOver:
		d.clear(pausing)
		w.makeReady(d, w.now())
	case pokeTimeOver:
		w.ladder.over(d, at)
	case beatTime:
		w.beat(d)
	}
}

// The timers of a dummy.
const (
	pauseOver    uint8 = iota // a dummy has waited LoopDelay
	pokeTimeOver              // a poke had its time, see ladder.over
	beatTime                  // a heartbeat is due, see worker.beat
)

// Woke takes note of the time between two batches.
func (w *worker) Woke(before, asleep, wait time.Duration) { w.woke(w.now(), before, asleep, wait) }

// Sent is the completion of a send.
func (w *worker) Sent(c *conn.Conn, n int, err error) { w.sender.sent(w.of(c), n, err) }

// Ended leaves the last report.
func (w *worker) Ended() {
	w.countLosses(false) // what nobody has judged
	w.last = w.report(nil, request{fairness: true})
}

// order has the worker do something at the end of its present batch. It reports false when it has
// ended.
func (w *worker) order(f func(*worker)) bool { return w.engine.Mail(func() { f(w) }) }

// of is the dummy whose connection it is.
func (w *worker) of(c *conn.Conn) *dummy { return w.at(int(c.Slot)) }
