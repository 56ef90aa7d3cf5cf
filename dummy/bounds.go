package dummy

import (
	"bytes"
	"fmt"
	"math"

	"dummyload/monitor"
	"dummyload/server/frame"
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
// One dummy of a manner fills at a time, at a pace, and none once a server is convicted: a server
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

// goal is how much a dummy of a manner that pushes sends.
func (b *bounds) goal(m Manner) uint64 {
	switch m {
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

// fills are the dummies of one manner that fill, and those that wait for it.
type fills struct {
	n    int
	next slotQueue
}

// wantFill lets a dummy fill, now or when another has ended.
func (m *mob) wantFill(h *hostile) {
	f := &m.fills[h.manner]
	switch {
	case h.waiting || m.count.ignored[h.manner].Load() > 0:
	case f.n < fillMost:
		m.fill(h)
	default:
		h.waiting = true
		f.next.push(h.slot)
	}
}

func (m *mob) fill(h *hostile) {
	m.fills[h.manner].n++
	h.filling, h.at = true, never
	m.pushOn(h)
}

// stopFilling gives the turn to the next in the queue that is still connected.
func (m *mob) stopFilling(h *hostile) {
	if !h.filling {
		return
	}
	h.filling = false
	f := &m.fills[h.manner]
	f.n--
	for f.next.n > 0 && f.n < fillMost {
		next := &m.all[f.next.pop()]
		next.waiting = false
		if next.state == up && m.count.ignored[h.manner].Load() == 0 {
			m.fill(next)
		}
	}
}

// filled is for a dummy that has sent all it may.
func (m *mob) filled(h *hostile) {
	switch {
	case h.manner == Mute && h.sentBytes >= m.bounds.kept:
		h.proving = true
		m.receive(h)
	case h.manner == Oversize && h.sentBytes == m.bounds.taken:
		h.at = m.now + turnEvery
	case h.manner == Oversize && h.sentBytes > m.bounds.taken:
		m.convict(h)
	}
}

// served looks for the right frame's echo behind the illegal one.
func (m *mob) served(h *hostile, data []byte) {
	payload := m.fleet.cfg.Frame.Payload(m.scripts[ZeroLength].lead[m.bounds.zero:])
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
			m.convict(h)
			return
		}
	}
}

// proved compares what comes back with what was sent.
func (m *mob) proved(h *hostile, data []byte) {
	if skip := m.bounds.login - int(h.gotBytes); h.gotBytes < uint64(m.bounds.login) {
		data = data[min(skip, len(data)):]
	}
	at := h.gotBytes - min(h.gotBytes, uint64(m.bounds.login))
	for len(data) > 0 {
		want := m.scripts[Mute].from(at)
		n := min(len(want), len(data))
		if !bytes.Equal(want[:n], data[:n]) {
			m.die(h, m.port.Abort, mobPause) // not an echo: no proof either way
			return
		}
		data, at = data[n:], at+uint64(n)
	}
	if at >= m.bounds.kept {
		m.convict(h)
	}
}

// convict notes that a server has no bound, and lets it go.
func (m *mob) convict(h *hostile) {
	m.count.ignored[h.manner].Add(1)
	m.die(h, m.port.Abort, turnEvery)
}

// signs are the diagnoses that hostile dummies have found.
func (m *mob) signs(dst []monitor.Diagnosis) []monitor.Diagnosis {
	if m == nil {
		return dst
	}
	why := ""
	oversize, zero := m.count.ignored[Oversize].Load(), m.count.ignored[ZeroLength].Load()
	if oversize > 0 {
		header := "a header that declares 4 GiB"
		if m.fleet.cfg.Frame == frame.Line {
			header = "a line that does not end"
		}
		why = fmt.Sprintf("%s was not refused: %v later the server still took what followed, "+
			"%s bytes and more", header, turnEvery, monitor.Count(m.bounds.taken))
	}
	if zero > 0 {
		if why != "" {
			why += "; "
		}
		why += fmt.Sprintf("a frame of length 0 was not refused: a right one, %v later on the "+
			"same connection, was answered", turnEvery)
	}
	if why != "" {
		dst = append(dst, monitor.Diagnosis{
			Name: monitor.LimitIgnored, Connections: int(oversize + zero), Why: why,
		})
	}
	if n := m.count.ignored[Mute].Load(); n > 0 {
		dst = append(dst, monitor.Diagnosis{
			Name: monitor.MemoryGrowth, Connections: int(n),
			Why: fmt.Sprintf("a client that read no answer could send %s bytes, and got every one "+
				"back when it began to read: both kernels hold %s at the most, the rest was kept "+
				"in the server's memory", monitor.Count(m.bounds.kept), monitor.Count(m.bounds.kernel)),
		})
	}
	return dst
}
