package dummy

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"dummyload/server/iocp"
)

// worker is one thread of the fleet: a completion port of its own and the sole owner of its
// share of the dummies. Nothing but mail is shared with other goroutines.
type worker struct {
	index   int
	fleet   *Fleet // what is the same for all workers, and never written after New
	port    iocp.Port
	io      iocp.Worker
	entries [256]iocp.Entry
	now     time.Duration // of the fleet's clock, read once for each batch

	slabs  []*[slabSize]dummy
	wanted int   // its share of the clients: slots below it are kept connected
	load   load  // the settings in force
	mode   phase // what the dummies are to do

	ready   slotQueue // may send, each slot once
	dials   slotQueue // to be dialed, each slot once
	dirty   []uint32  // have something to write since the last batch
	timers  timers
	echoes  pacer
	churns  pacer
	connect pacer
	dialing int // connects in flight
	rng     *rand.Rand
	churnAt int // where the churn goes on to look

	scanAt   time.Duration // when the scan takes its next step
	scanSlot int

	buffers sendBuffers
	rings   timeRings
	count   counters
	news    news

	mail   mailbox
	notify notice
	ended  bool
}

// slabSize is how many dummies are allocated at a time.
const slabSize = 256

// phase is what a worker has been told to do.
type phase uint8

const (
	idle     phase = iota // hold connections
	echoing               // and send echoes
	draining              // and wait for the answers
	leaving               // close everything and end
)

// load is what Control.Tune changes.
type load struct {
	clients  int // of the whole fleet
	overSend int
	rate     float64
	churn    float64
}

// run is the worker's thread. It ends when the fleet is closed and every dummy is down.
func (w *worker) run(started chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	io, err := w.port.Worker()
	started <- err
	if err != nil {
		return
	}
	w.io = io
	for !w.ended {
		n, err := w.io.Get(w.entries[:], w.patience())
		if err != nil {
			panic(fmt.Sprintf("dummy: worker %d: its completion port is broken: %v", w.index, err))
		}
		w.now = w.fleet.clock()
		for i := range w.entries[:n] {
			w.complete(&w.entries[i])
		}
		w.advance()
	}
	w.leave()
}

// complete handles one completion. The dummy's in-flight count is lowered at the bottom, after
// any post that followed, and whoever makes it 0 while the dummy is dying releases it.
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
	w.writeDirty()
	if w.now >= w.scanAt {
		w.scan()
	}
	w.publish()
}

// patience is how long the worker may sleep for a completion.
func (w *worker) patience() time.Duration {
	if w.mail.full.Load() || w.serveAgain() || w.dialAgain() {
		return 0
	}
	at := min(w.scanAt, w.timers.next(), w.dialAt(), w.churnAtTime(), w.serveAt())
	return max(0, at-w.fleet.clock())
}

// at is the dummy in a slot, which exists.
func (w *worker) at(slot int) *dummy { return &w.slabs[slot/slabSize][slot%slabSize] }

// slots is how many dummies there are, wanted or not.
func (w *worker) slots() int { return len(w.slabs) * slabSize }

// client is the fleet's number of the dummy in a slot.
func (w *worker) client(slot uint32) int { return int(slot)*w.fleet.cfg.Workers + w.index }

// share is how many of n clients are worker k's of W: those with client ≡ k mod W.
func share(n, k, workers int) int { return (n - k + workers - 1) / workers }

// grow makes slots for n dummies.
func (w *worker) grow(n int) {
	for w.slots() < n {
		s := new([slabSize]dummy)
		for i := range s {
			d := &s[i]
			d.slot = uint32(w.slots() + i)
			d.sock = iocp.InvalidSocket
			d.recv.Key, d.send.Key = uint64(d.slot), uint64(d.slot)
		}
		w.slabs = append(w.slabs, s)
	}
}
