package dummy

import (
	"dummyload/dummy/diagnose"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/verify"
	"dummyload/monitor/trace"
)

// worker is one thread of the fleet: an engine, and the sole owner of its share of the dummies.
// Nothing but mail is shared with other goroutines.
type worker struct {
	index  int
	fleet  *Fleet // what is the same for all workers, and never written after New
	engine *conn.Engine
	trace  *trace.Ring

	idle time.Duration // slept, all told (see Woke)
	held holds

	slabs    []*slab
	roster   atomic.Pointer[[]*slab] // slabs, for other workers to look a dummy up
	wanted   int                     // its share of the clients: slots below it are kept connected
	load     *Config                 // the settings in force
	mode     mode                    // what the dummies are to do
	fresh    bool                    // echoing, and nobody had a turn yet
	keepOwed bool                    // after a drain that failed (see writeOff)
	kept     kept
	list     owedList

	ready     conn.Queue    // may send, each slot once
	roomSince time.Duration // since when ready was never empty; never when it is
	unwritten []uint32      // have something to write since this batch began
	knocking  chan<- error  // waits for the first connect, see Reach; nil when nobody does
	echoes    pacer
	churns    pacer
	connects  pacer
	rng       *rand.Rand
	scanAt    time.Duration // when the scan takes its next step
	leftOut   bool          // its last one was
	triedAt   time.Duration // when the verifier's tries were refilled
	scanSlot  int

	verifier *verify.Verifier
	spans    []verify.Span // scratch
	buffers  sendBuffers
	rings    timeRings

	behind    time.Duration // at STOP: see behindNow
	count     counters
	hists     *histograms
	slowest   time.Duration // round trip of all that is not in hists.rtt
	news      news
	past      past // before the last Reset
	meeting   meeting
	hunger    diagnose.Hunger
	offFrom   uint64 // ledger.Echoed as far as countOff has seen it
	answers   diagnose.FINsAnswered
	emptiedAt time.Duration // when Wait Echo Count was last 0
	tell      tidings       // for the conductor
	told      tidings       // what it has been told
	notice    notice

	pokes  map[uint32]*climb // by slot, while leaving; nil until one is stuck
	queues receiveQueues

	last *report // the fleet's once the engine is done
}

// slab is what dummies are allocated in: a dummy never moves.
type slab [slabSize]dummy

// slabSize is how many dummies are allocated at a time.
const slabSize = 256

// mode is what a worker has been told to do.
type mode uint8

const (
	idle     mode = iota // hold connections
	echoing              // and send echoes
	draining             // and wait for the answers
	leaving              // close everything and end
)

// note leaves a footprint of a dummy's connection.
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
	w.writeAll()
	if w.now() >= w.scanAt {
		w.scan()
	}
	w.publish()
	return w.mode == leaving
}

// Next is when there is something to do although nothing completes. While Echo is on no sleep is
// longer than a nap.
func (w *worker) Next() (at, longest time.Duration) {
	at = min(w.scanAt, w.churnTime(), w.serveTime())
	if w.mode == echoing {
		return at, nap
	}
	return at, never
}

// nap is the longest sleep while Echo is on. Who is not woken from it in time is starved: the
// answers that would have woken it sooner may lie there just as long.
const nap = 2 * time.Millisecond

// Fired does what was put off until now.
func (w *worker) Fired(c *conn.Conn, what uint8, at time.Duration) {
	d := w.of(c)
	switch what {
	case pauseOver:
		d.clear(pausing)
		w.makeReady(d)
	case pokeTimeOver:
		w.pokeOver(d, at)
	}
}

// The timers of a dummy.
const (
	pauseOver    uint8 = iota // LoopDelay
	pokeTimeOver              // see pokeOver
)

// Ended leaves the last report.
func (w *worker) Ended() {
	w.countHeld(false) // what nobody has judged
	w.last = w.report(nil, wanted{fairness: true})
}

// order has the worker do something at the end of its present batch. It reports false when it has
// ended.
func (w *worker) order(f func(*worker)) bool { return w.engine.Mail(func() { f(w) }) }

// at is the dummy in a slot, which exists.
func (w *worker) at(slot int) *dummy { return &w.slabs[slot/slabSize][slot%slabSize] }

// of is the dummy whose connection it is.
func (w *worker) of(c *conn.Conn) *dummy { return w.at(int(c.Slot)) }

// slots is how many dummies there are, wanted or not.
func (w *worker) slots() int { return len(w.slabs) * slabSize }

// share is how many of n clients are worker k's of W: those with client ≡ k mod W.
func share(n, k, workers int) int { return (n - k + workers - 1) / workers }

// grow makes slots for n dummies.
func (w *worker) grow(n int) {
	for w.slots() < n {
		s := new(slab)
		for i := range s {
			d := &s[i]
			slot := uint32(w.slots() + i)
			d.Init(slot, slot*uint32(w.fleet.cfg.Workers)+uint32(w.index))
			d.flags = settled // nobody waits for it unless it is wanted
		}
		w.slabs = append(w.slabs, s)
	}
	published := slices.Clone(w.slabs)
	w.roster.Store(&published)
}
