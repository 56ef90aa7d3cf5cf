package hostile

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"time"

	"dummyload/dummy/conn"
	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// amounts are how many bytes hostile dummies send to find out whether a server has bounds. All is
// seen from outside, so it holds for any server on any system. Each conviction is a proof:
//
// limit_ignored, oversize. The dummy sends an illegal header, and more and more after it. The
// kernels alone may take up to `taken` bytes. If more are taken, the server has read beyond the
// header. It then has turnEvery for its close to arrive. If another chunk is taken after that, the
// server is convicted. A server that closes is right (it may still read, to let its answer arrive),
// and so is one that stops reading.
//
// limit_ignored, zero. The dummy sends frames of length 0, and turnEvery later a right frame. The
// echo of that shows that the server has read the illegal frames and gone on. A server that closes,
// or that never answers again, is right.
//
// memory_growth. The dummy sends requests of `asked` bytes and reads none of the answers. A server
// that waits until its answers are taken stops reading far below that; a server with a bound closes.
// When all was taken, the dummy stops sending and reads. If every answer comes back right, the requests
// or their answers lay somewhere at that moment, `kept` bytes at least: in the four buffers of the two
// kernels, or in the server's memory. The kernels have room for all but heldLeast of them. A server
// that discards what it reads, or makes up answers, is not convicted. A server whose bound for one
// session is above heldLeast counts as one without: the tester cannot send for ever. What the session
// or the description lets come between the answers is left out.
//
// Nothing is told of a server that never answered a right echo: it may speak other frames.
//
// One dummy of a kind fills at a time, at a pace, and none after a conviction. A server without
// bounds, and its machine, must not be brought down.
type amounts struct {
	taken   uint64 // bytes after an illegal header
	asked   uint64 // bytes of a mute dummy's requests
	back    uint64 // bytes of their answers
	kept    uint64 // bytes of the requests or of the answers, whichever are fewer
	kernel  uint64 // bytes of all four buffers
	zero    int    // bytes of the illegal frames
	oneZero int    // bytes of one of them
}

const (
	// takenLeast is how many bytes a server has read at least after an illegal header.
	takenLeast = 4 << 20
	// heldLeast is how many bytes a server keeps at least for a client that does not read.
	heldLeast = 64 << 20
	// windows is how many windows of a right dummy a server may keep besides.
	windows = 4
	// buffersLeast is the least for the two buffers of one machine, in bytes: a program may have
	// asked for more than its system gives by itself.
	buffersLeast = 32 << 20
	// buffersAfar is for the two buffers of a machine that cannot be asked, in bytes.
	buffersAfar = 256 << 20

	fillMost = 1 // dummies of a kind that fill at a time
)

// goal is how many bytes a dummy of a kind that pushes sends.
func (b *amounts) goal(k Kind) uint64 {
	switch k {
	case Mute:
		return b.asked
	case Oversize:
		return b.taken
	}
	return math.MaxUint64
}

// newAmounts has a mute dummy's requests end with a whole one, so that all of them are answered.
func newAmounts(c Config, m *maker) amounts {
	here := uint64(buffersAfar)
	if recv, send, ok := iocp.SocketBuffers(); ok {
		here = max(buffersLeast, uint64(recv+send))
	}
	there := here
	if !c.Target.Addr().Unmap().IsLoopback() {
		there = max(here, buffersAfar)
	}
	b := amounts{kernel: here + there}
	b.taken = b.kernel + takenLeast // the two buffers of one way would do; four are safe
	b.kept = b.kernel + heldLeast + windows*uint64(c.OverSend)*uint64(max(m.size, m.back))
	fewer, chunk := uint64(min(m.size, m.back)), uint64(max(1, feedChunk/m.size)) // of requests
	requests := b.kept/(fewer*chunk)*chunk + chunk
	b.asked, b.back = requests*uint64(m.size), requests*uint64(m.back)
	b.kept = requests * fewer
	if zero, ok := c.Frame.Zero(new(frame.Values)); ok {
		b.oneZero = len(zero)
		b.zero = len(zero) * zeros(len(zero))
	}
	return b
}

// fills are the dummies of one kind that fill, and those that wait to fill.
type fills struct {
	n    int
	next conn.Queue
}

// wantFill lets a dummy fill, now or when another has ended.
func (c *Crowd) wantFill(h *client) {
	f := &c.fills[h.kind]
	switch {
	case h.waiting || c.count.convicted[h.kind].Load() > 0:
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

// stopFilling ends a dummy's filling, and lets the next in the queue fill that is still connected.
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
		if next.State() == conn.Up && c.count.convicted[h.kind].Load() == 0 {
			c.fill(next)
		}
	}
}

// filled is for a dummy that has sent all that it may.
func (c *Crowd) filled(h *client) {
	switch {
	case h.kind == Mute && h.sentBytes >= c.amounts.asked:
		h.proving = true
		c.receive(h)
	case h.kind == Oversize && h.sentBytes == c.amounts.taken:
		h.at = c.engine.Now() + turnEvery
	case h.kind == Oversize && h.sentBytes > c.amounts.taken:
		c.convict(h)
	}
}

// served looks for the echo of the right request after the illegal frames.
func (c *Crowd) served(h *client, one []byte, whole bool) {
	if c.isAnswer(h, 0, one, whole) {
		c.convict(h)
	}
}

// proved looks whether what comes back is the answers, in their order.
func (c *Crowd) proved(h *client, one []byte, whole bool) {
	switch {
	case c.isAnswer(h, h.back/uint64(c.maker.back), one, whole):
		c.cameBack(h, len(one))
	case !c.mayCome(one, whole):
		c.engine.Abort(&h.Conn, closePause) // not an echo: no proof either way
	}
}

// provedBytes is proved in a stream.
func (c *Crowd) provedBytes(h *client, data []byte) {
	size := uint64(c.maker.back)
	for len(data) > 0 && h.State() == conn.Up {
		v := c.maker.values(h, h.back/size)
		c.plain = c.maker.answer(c.plain[:0], &v)
		at := int(h.back % size)
		n := min(len(c.plain)-at, len(data))
		if !c.cfg.Frame.Answer.Same(c.plain, data[:n], at) {
			c.engine.Abort(&h.Conn, closePause)
			return
		}
		data = data[n:]
		c.cameBack(h, n)
	}
}

// cameBack counts bytes of right answers.
func (c *Crowd) cameBack(h *client, n int) {
	if h.back += uint64(n); h.proving && h.back >= c.amounts.back {
		c.convict(h)
	}
}

// convict counts a server without a bound, and ends the connection.
func (c *Crowd) convict(h *client) {
	c.count.convicted[h.kind].Add(1)
	c.engine.Abort(&h.Conn, turnEvery)
}

// Convictions are how many connections have proved that a server has no bound, and the proof.
type Convictions struct {
	Oversize, ZeroLength, Mute uint64

	Illegal string        // what was not refused by a server that Oversize convicted
	After   time.Duration // the time that the server had to refuse
	Taken   uint64        // bytes that it took after an illegal header, at least
	Kept    uint64        // bytes that were kept for a client that did not read
	Kernel  uint64        // of them, what both kernels hold at most
}

// Convictions are those so far. Any goroutine may ask.
func (c *Crowd) Convictions() Convictions {
	convicted := &c.count.convicted
	return Convictions{
		Oversize: convicted[Oversize].Load(), ZeroLength: convicted[ZeroLength].Load(),
		Mute:    convicted[Mute].Load(),
		Illegal: illegal(c.cfg.Frame),
		After:   turnEvery, Taken: c.amounts.taken, Kept: c.amounts.kept, Kernel: c.amounts.kernel,
	}
}

// illegal says what an oversize dummy sends.
func illegal(f *frame.Format) string {
	most := f.Declares()
	switch {
	case f.Text() && bytes.HasSuffix(f.Terminator(), []byte("\n")):
		return "a line that does not end"
	case f.Text():
		return "text that does not end"
	case most&(most+1) != 0: // digits
		return "a header that declares " + monitor.Count(most) + " bytes"
	}
	bits := bits.Len64(most)
	return fmt.Sprintf("a header that declares %d %s", 1<<(bits%10),
		[...]string{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}[bits/10])
}
