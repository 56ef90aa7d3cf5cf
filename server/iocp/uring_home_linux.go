package iocp

import (
	"sync"
	"sync/atomic"
)

// homes is one table for all ports. A descriptor belongs to the process, and to one port at a time: a
// table for each port would be as large as this one.
var homes slabs[home]

// home is what every thread may know of a socket: 12 bytes per handle value.
type home struct {
	// worker is the id of the worker in whose ring the socket's receives are. 0, or an id of another
	// port, means that there is none yet.
	worker atomic.Int32
	// number is the socket's receiver at that worker.
	number atomic.Uint32
	// word holds two values in one, so that a late change by an earlier connection changes nothing of
	// a later one's:
	//
	//	bits 31..1  life, the uses of the handle value so far
	//	bit  0      armed: the ring receives for it, and holds a reference
	word atomic.Uint32
}

// life is how often the handle value was closed.
func (h *home) life() uint32 { return h.word.Load() >> 1 }

// arm and disarm keep whether the ring receives for the connection of the given life. disarm reports
// whether it did, and the connection was not closed.
func (h *home) arm(life uint32)         { h.word.CompareAndSwap(life<<1, life<<1|1) }
func (h *home) disarm(life uint32) bool { return h.word.CompareAndSwap(life<<1|1, life<<1) }

// next begins another life. It reports whether the ring still receives for this one.
func (h *home) next() (armed bool) {
	old := h.word.Load()
	for !h.word.CompareAndSwap(old, old&^1+2) {
		old = h.word.Load()
	}
	return old&1 != 0
}

// receiver is what the home worker knows of a socket's receives. Nobody else touches it. It takes 64
// bytes, from the socket's first Recv to its Close.
type receiver struct {
	recv   *Overlapped // posted, and its Entry not yet out
	copied []byte      // kept, and older than chunks: it had to leave the buffers
	sock   Socket
	life   uint32    // as in home when its first Recv came
	next   uint32    // 1 + the number of the next free one; 0 is none
	chunks chunkList // kept, in the port's buffers
	err    uint16    // errno; 0 is the end of the stream
	kept   bool      // in the worker's kept
	doubt  bool      // in the worker's doubted
	armed  bool      // the ring receives for it
	more   bool      // the socket had more to read than the last chunk
	ended  bool      // with err; comes after what is kept
	quiet  bool      // since the last chunk nothing was sent, or a send failed
	over   bool      // closed, and the ring has let go of it
}

// keeps reports whether something waits for a Recv.
func (rc *receiver) keeps() bool { return rc.hasData() || rc.ended }

func (rc *receiver) hasData() bool { return len(rc.copied) > 0 || rc.chunks.first != 0 }

// receivers are those of one worker, by number. One is made when a socket's first Recv comes, and used
// again after the socket's Close. It does not move.
type receivers struct {
	slabs []*[receiverSlab]receiver
	made  uint32
	free  uint32 // 1 + the number of the first free one; 0 is none
}

const receiverSlab = 128

func (t *receivers) at(number uint32) *receiver {
	return &t.slabs[number/receiverSlab][number%receiverSlab]
}

// take gives out a receiver for a socket's present life.
func (t *receivers) take(s Socket, life uint32) (number uint32) {
	if t.free != 0 {
		number = t.free - 1
		t.free = t.at(number).next
	} else {
		if t.made%receiverSlab == 0 {
			t.slabs = append(t.slabs, new([receiverSlab]receiver))
		}
		number = t.made
		t.made++
	}
	*t.at(number) = receiver{sock: s, life: life}
	return number
}

// give takes a receiver back.
func (t *receivers) give(number uint32) {
	*t.at(number) = receiver{next: t.free}
	t.free = number + 1
}

// gone are the receivers of a worker whose sockets were closed while the ring did not receive for
// them. Any goroutine may close a socket. A mutex is enough: this is not the data path.
type gone struct {
	some           atomic.Bool // numbers is not empty
	mu             sync.Mutex
	numbers, taken []uint32
}

func (g *gone) add(number uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.numbers = append(g.numbers, number)
	g.some.Store(true)
}

// take returns them all; the result is valid until the next take.
func (g *gone) take() []uint32 {
	if !g.some.Load() {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.some.Store(false)
	g.taken, g.numbers = g.numbers, g.taken[:0]
	return g.taken
}

// homeOf is the inbox of the worker where a Recv of s has to start; nil when there is none yet or
// that worker is closed.
func (p *uringPort) homeOf(s Socket) *inbox {
	if h := homes.at(s); h != nil {
		if at, ok := p.ids.number(h.worker.Load()); ok && !p.inboxes[at].closed.Load() {
			return &p.inboxes[at]
		}
	}
	return nil
}

// leave ends the present life of a handle value; it comes before close(2). The ring's reference would
// keep the connection open beyond that. A shutdown makes the ring let go of it, and the last
// completion gives the receiver back.
func (p *uringPort) leave(s Socket) {
	h := homes.at(s)
	if h == nil || h.worker.Load() == 0 {
		return
	}
	at, mine := p.ids.number(h.worker.Load())
	number := h.number.Load()
	h.worker.Store(0)
	switch armed := h.next(); {
	case armed:
		cancelSocket(s)
	case mine:
		p.gone[at].add(number)
	}
}

// over ends a receiver whose socket is closed and that the ring has let go of.
func (w *uringWorker) over(number uint32, rc *receiver) {
	w.bufs.drop(&rc.chunks)
	rc.copied, rc.over = nil, true
	w.unlisted(number, rc)
}

// unlisted gives a receiver back that is over and in none of the worker's lists any more.
func (w *uringWorker) unlisted(number uint32, rc *receiver) {
	if rc.over && !rc.kept && !rc.doubt {
		w.receivers.give(number)
	}
}
