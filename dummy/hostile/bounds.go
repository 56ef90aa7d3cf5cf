package hostile

import (
	"bytes"
	"math"
	"time"

	"dummyload/dummy/conn"
	"dummyload/server/iocp"
)

// bounds are how much hostile dummies send to find out whether a server has any. All is seen
// from outside, so that it holds for any server on any system, and each accusation is a proof:
//
// limit_ignored, oversize. What the dummy sends after an illegal header is taken on and on. Up
// to `taken` bytes the kernels may have done that by themselves; with more, the server has
// read beyond the header. Then it has turnEvery for a close to arrive, and must take another
// chunk after that. One that closes (also while it still reads, to let its answer arrive) or
// that stops reading is right.
//
// limit_ignored, zero. Frames of length 0 are followed, turnEvery later, by a right frame. Its
// echo shows that the server has come past the illegal ones and gone on. One that closes, or
// that never answers again, is right.
//
// memory_growth. The dummy sends `kept` bytes and reads none of the answers. A server that waits
// until its answers are taken stops reading far below that; one with a bound closes. When all
// was taken, the dummy sends nothing more and reads: if `kept` bytes of its own come back,
// compared byte by byte, then they lay somewhere at that moment, in the four buffers of the two
// kernels or in the server's memory; and the kernels' are less by heldLeast. Somebody who
// discards what it read, or makes up answers, is not accused. A server whose bound for one
// session is beyond heldLeast is, for the tester, one without: it cannot send for ever.
//
// None of them is told of a server that never answered a right echo: it may speak other frames.
//
// One dummy of a kind fills at a time, at a pace, and none once a server is convicted: a server
// without bounds, and its machine, are to be found out and not killed.
type bounds struct {
	taken, kept uint64
	kernel      uint64 // all four buffers
	zero        int    // length of the illegal frames
	login       int    // bytes that come before any answer
}

const (
	// takenLeast is what a server has read, at the least, behind a header that is illegal.
	takenLeast = 4 << 20
	// heldLeast is what a server keeps, at the least, for a client that does not read.
	heldLeast = 64 << 20
	// windows is how many windows of a right dummy a server may keep besides.
	windows = 4
	// buffersLeast is the least that is taken for the two buffers of one machine: a program may
	// have asked for more than its system gives by itself.
	buffersLeast = 32 << 20
	// buffersAfar is for the two of a machine that cannot be asked.
	buffersAfar = 256 << 20

	fillMost = 1
)

// goal is how much a dummy of a kind that pushes sends.
func (b *bounds) goal(k Kind) uint64 {
	switch k {
	case Mute:
		return b.kept
	case Oversize:
		return b.taken
	}
	return math.MaxUint64
}

// newBounds takes the length of what a mute dummy sends over and over: what it sends is to end
// with a whole frame, so that all of it is answered.
func newBounds(c Config, loop int) bounds {
	here := uint64(buffersAfar)
	if recv, send, ok := iocp.SocketBuffers(); ok {
		here = max(buffersLeast, uint64(recv+send))
	}
	there := here
	if !c.Target.Addr().Unmap().IsLoopback() {
		there = max(here, buffersAfar)
	}
	b := bounds{kernel: here + there, zero: zeros(c.Frame.Overhead())}
	b.taken = b.kernel + takenLeast // more than the two buffers of one way, the others' too
	b.kept = b.kernel + heldLeast +
		windows*uint64(c.OverSend)*uint64(c.SizeMax+c.Frame.Overhead())
	if loop > 0 {
		b.kept += uint64(loop) - b.kept%uint64(loop)
	}
	if c.Login {
		b.login = 8 + c.Frame.Overhead()
	}
	return b
}

// fills are the dummies of one kind that fill, and those that wait for it.
type fills struct {
	n    int
	next conn.Queue
}

// wantFill lets a dummy fill, now or when another has ended.
func (c *Crowd) wantFill(h *client) {
	f := &c.fills[h.kind]
	switch {
	case h.waiting || c.count.ignored[h.kind].Load() > 0:
	case f.n < fillMost:
		c.fill(h)
	default:
		h.waiting = true
		f.next.Push(h.Slot)
	}
}

func (c *Crowd) fill(h *client) {
	c.fills[h.kind].n++
	h.filling, h.at = true, conn.Never
	c.pushOn(h)
}

// stopFilling gives the turn to the next in the queue that is still connected.
func (c *Crowd) stopFilling(h *client) {
	if !h.filling {
		return
	}
	h.filling = false
	f := &c.fills[h.kind]
	f.n--
	for f.next.Len() > 0 && f.n < fillMost {
		next := &c.all[f.next.Pop()]
		next.waiting = false
		if next.State() == conn.Up && c.count.ignored[h.kind].Load() == 0 {
			c.fill(next)
		}
	}
}

// filled is for a dummy that has sent all it may.
func (c *Crowd) filled(h *client) {
	switch {
	case h.kind == Mute && h.sentBytes >= c.bounds.kept:
		h.proving = true
		c.receive(h)
	case h.kind == Oversize && h.sentBytes == c.bounds.taken:
		h.at = c.engine.Now() + turnEvery
	case h.kind == Oversize && h.sentBytes > c.bounds.taken:
		c.convict(h)
	}
}

// served looks for the right frame's echo behind the illegal one.
func (c *Crowd) served(h *client, data []byte) {
	payload := c.cfg.Frame.Payload(c.feeds[ZeroLength].lead[c.bounds.zero:])
	for _, b := range data {
		switch {
		case b == payload[h.matched]:
			h.matched++
		case b == payload[0]:
			h.matched = 1
		default:
			h.matched = 0
		}
		if h.matched == len(payload) {
			c.convict(h)
			return
		}
	}
}

// proved compares what comes back with what was sent.
func (c *Crowd) proved(h *client, data []byte) {
	if skip := c.bounds.login - int(h.gotBytes); h.gotBytes < uint64(c.bounds.login) {
		data = data[min(skip, len(data)):]
	}
	at := h.gotBytes - min(h.gotBytes, uint64(c.bounds.login))
	for len(data) > 0 {
		want := c.feeds[Mute].from(at)
		n := min(len(want), len(data))
		if !bytes.Equal(want[:n], data[:n]) {
			c.engine.Abort(&h.Conn, closePause) // not an echo: no proof either way
			return
		}
		data, at = data[n:], at+uint64(n)
	}
	if at >= c.bounds.kept {
		c.convict(h)
	}
}

// convict notes that a server has no bound, and lets it go.
func (c *Crowd) convict(h *client) {
	c.count.ignored[h.kind].Add(1)
	c.engine.Abort(&h.Conn, turnEvery)
}

// Convictions are connections on which a server was found to have no bound, and what proves it.
type Convictions struct {
	Oversize, ZeroLength, Mute uint64

	After  time.Duration // the time that the server had to refuse
	Taken  uint64        // bytes that it took after an illegal header, at the least
	Kept   uint64        // bytes that it kept for a client that did not read
	Kernel uint64        // of them, what both kernels hold at the most
}

// Convictions are those so far. Any goroutine may ask.
func (c *Crowd) Convictions() Convictions {
	ignored := &c.count.ignored
	return Convictions{
		Oversize: ignored[Oversize].Load(), ZeroLength: ignored[ZeroLength].Load(),
		Mute:  ignored[Mute].Load(),
		After: turnEvery, Taken: c.bounds.taken, Kept: c.bounds.kept, Kernel: c.bounds.kernel,
	}
}
