package dummy

import (
	"dummyload/dummy/diagnose"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"dummyload/dummy/verify"
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// worker is one thread of the fleet: a completion port of its own and the sole owner of its
// share of the dummies. Nothing but mail is shared with other goroutines.
type worker struct {
	index   int
	fleet   *Fleet // what is the same for all workers, and never written after New
	port    iocp.Port
	io      iocp.Worker
	trace   *trace.Ring
	entries [256]iocp.Entry
	now     time.Duration // of the fleet's clock, read once for each batch

	asleepAt time.Duration // when the last sleep began
	idle     time.Duration // slept, all told (see awake)
	held     holds

	slabs    []*slab
	roster   atomic.Pointer[[]*slab] // slabs, for other workers to look a dummy up
	wanted   int                     // its share of the clients: slots below it are kept connected
	open     int                     // dummies that are not down
	load     *Config                 // the settings in force
	mode     mode                    // what the dummies are to do
	fresh    bool                    // echoing, and nobody had a turn yet
	keepOwed bool                    // after a drain that failed (see writeOff)
	kept     kept
	list     owedList

	ready     slotQueue     // may send, each slot once
	roomSince time.Duration // since when ready was never empty; never when it is
	unwritten []uint32      // have something to write since this batch began
	dials     slotQueue     // to be dialed, each slot once
	dialing   int           // connects in flight
	knocking  chan<- error  // waits for the first connect, see Reach; nil when nobody does
	timers    timers
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

	mail mailbox
	over bool
	done chan struct{} // closed when the worker has ended; then last is the fleet's
	last *report
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

// run is the worker's thread. It ends when the fleet is closed and every dummy is down.
func (w *worker) run(started chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	io, err := w.port.Worker()
	started <- err
	if err != nil {
		return
	}
	w.io, w.now = io, w.fleet.clock()
	for !w.over {
		wait := w.patience()
		n, err := w.io.Get(w.entries[:], wait)
		if err != nil {
			panic(fmt.Sprintf("dummy: worker %d: its completion port is broken: %v", w.index, err))
		}
		before := w.now
		w.now = w.fleet.clock()
		w.trace.SetTime(w.now)
		w.awake(before, wait)
		for i := range w.entries[:n] {
			w.complete(&w.entries[i])
		}
		w.advance()
	}
	w.end()
}

// note leaves a footprint of a dummy's connection.
func (w *worker) note(k trace.Kind, d *dummy, n int) {
	w.trace.Record(k, trace.Nowhere, trace.ID(uint64(d.client), uint64(d.conn)),
		int(d.inFlight), n)
}

// noteDial leaves one of a connection that does not count yet.
func (w *worker) noteDial(k trace.Kind, d *dummy) {
	w.trace.Record(k, trace.Nowhere, trace.ID(uint64(d.client), uint64(d.conn)+1),
		int(d.inFlight), 0)
}

// complete handles one completion. The dummy's count of what is in flight is lowered at the
// bottom, after any post that followed; where that makes it 0 and the dummy is dying, this
// completion was the last, and releases it.
func (w *worker) complete(e *iocp.Entry) {
	if e.Overlapped == &w.mail.ov {
		w.mail.woken.Store(false) // what was mailed is read in advance
		return
	}
	d := w.at(int(e.Overlapped.Key))
	switch e.Overlapped.Op {
	case iocp.OpConnect:
		w.connected(d, e.Err)
	case iocp.OpRecv:
		w.received(d, e)
	case iocp.OpSend:
		w.sent(d, e)
	default:
		panic(fmt.Sprintf("dummy: worker %d: completion of operation %d", w.index, e.Overlapped.Op))
	}
	d.inFlight--
	if d.inFlight == 0 && d.state == dying {
		w.release(d)
	}
}

// advance does what time and the completions have made possible.
func (w *worker) advance() {
	if w.mail.full.Load() {
		w.mail.read(w)
	}
	w.fire()
	w.dialDue()
	w.churnDue()
	w.serve()
	w.writeAll()
	if w.now >= w.scanAt {
		w.scan()
	}
	w.publish()
	w.over = w.mode == leaving && w.open == 0
}

// patience is how long the worker may sleep for a completion.
func (w *worker) patience() time.Duration {
	at := min(w.scanAt, w.timers.next(), w.dialTime(), w.churnTime(), w.serveTime())
	if at <= w.now || w.mail.full.Load() {
		return 0
	}
	w.asleepAt = w.fleet.clock() // the batch may have taken long
	if w.mode == echoing {
		at = min(at, w.asleepAt+nap)
	}
	return max(0, at-w.asleepAt)
}

// nap is the longest sleep while Echo is on. Who is not woken from it in time is starved: the
// answers that would have woken it sooner may lie there just as long.
const nap = 2 * time.Millisecond

// end gives back the thread's part of the port and leaves the last report.
func (w *worker) end() {
	w.mail.close(w)
	for w.mail.woken.Load() { // the last wake-up is still the port's
		n, err := w.io.Get(w.entries[:], -1)
		if err != nil {
			panic(fmt.Sprintf("dummy: worker %d: its completion port is broken: %v", w.index, err))
		}
		for i := range w.entries[:n] {
			w.complete(&w.entries[i])
		}
	}
	if err := w.io.Close(); err != nil {
		panic(fmt.Sprintf("dummy: worker %d: closing with nothing in flight: %v", w.index, err))
	}
	w.countHeld(false) // what nobody has judged
	w.last = w.report(nil, wanted{fairness: true})
	close(w.done)
}

// at is the dummy in a slot, which exists.
func (w *worker) at(slot int) *dummy { return &w.slabs[slot/slabSize][slot%slabSize] }

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
			d.slot = uint32(w.slots() + i)
			d.client = d.slot*uint32(w.fleet.cfg.Workers) + uint32(w.index)
			d.sock = iocp.InvalidSocket
			d.flags = settled // nobody waits for it unless it is wanted
			d.recv.Key, d.send.Key = uint64(d.slot), uint64(d.slot)
		}
		w.slabs = append(w.slabs, s)
	}
	published := slices.Clone(w.slabs)
	w.roster.Store(&published)
}
