package hostile

import (
	"errors"

	"dummyload/dummy/conn"
	"dummyload/server/frame"
)

// headMost is at least what stands before a body (package frame).
const headMost = 512

// longest is how many bytes of a frame are looked at: those of an answer, or of a step of the session.
// Longer frames are others.
func longest(f *frame.Format, answer int) int {
	n := max(headMost, answer)
	for _, s := range f.Session {
		n = max(n, s.Size(0))
	}
	return n + cutRoom
}

// goOn does what comes next in the session: a dummy sends what is its turn to send, and waits for what
// the server is to say. Where nothing is left, and all was sent, the dummy begins to misbehave. It
// never sends a heartbeat: a server may end it for that.
func (c *Crowd) goOn(h *client) {
	steps := c.cfg.Frame.Session
	for ; h.step < len(steps) && steps[h.step].Send; h.step++ {
		v := c.maker.values(h, 0)
		v.Sequence, v.Packet = 0, 1
		for _, s := range steps[:h.step] {
			if s.Send {
				v.Packet++
			}
		}
		from := len(h.login)
		h.login = steps[h.step].End(steps[h.step].Begin(h.login, &v, 0), from, &v)
	}
	switch {
	case h.step < len(steps):
		h.at = c.engine.Now() + c.cfg.ConnectTimeout
		c.receive(h)
		c.pump(h)
	case len(h.login) > 0:
		c.pump(h)
	default:
		h.loggingIn, h.at = false, conn.Never
		c.behave(h)
	}
}

// hear takes what came: what the session expects, and then what a kind waits for.
func (c *Crowd) hear(h *client, data []byte) {
	f := c.cfg.Frame
	if f.Stream {
		c.hearStream(h, data)
		return
	}
	for len(data) > 0 && h.listens() {
		one, rest, whole, err := h.inbox.next(f, c.longest, data)
		switch {
		case errors.Is(err, frame.ErrZeroLength) && h.kind == ZeroLength && !h.loggingIn:
			h.inbox.zero(c.amounts.oneZero) // the server has sent back what it was sent
		case err != nil:
			c.lost(h)
			return
		case one != nil:
			c.take(h, one, whole)
		}
		if err == nil {
			data = rest
		}
	}
}

// listens reports whether it matters to a dummy what comes.
func (h *client) listens() bool {
	return h.State() == conn.Up && !h.deaf && (h.loggingIn || h.kind == ZeroLength || h.kind == Mute)
}

// lost is for a stream that cannot be cut any further: nothing in it is understood from now on.
func (c *Crowd) lost(h *client) {
	h.deaf, h.inbox = true, inbox{}
	if h.kind == Mute && !h.loggingIn {
		c.engine.Abort(&h.Conn, closePause) // no proof either way
	}
}

// take looks at one frame; whole is false where it is only the beginning of a long one.
func (c *Crowd) take(h *client, one []byte, whole bool) {
	steps := c.cfg.Frame.Session
	switch {
	case h.loggingIn && h.step < len(steps):
		if c.is(steps[h.step].Message, one, whole) {
			h.step++
			c.goOn(h)
		}
	case h.kind == ZeroLength:
		c.served(h, one, whole)
	case h.kind == Mute:
		c.proved(h, one, whole)
	}
}

// is reports whether a frame is a message, as far as it was kept.
func (c *Crowd) is(m *frame.Message, one []byte, whole bool) bool {
	c.plain = m.Open(c.plain[:0], new(frame.Cursor), one, 0)
	if !whole {
		return m.OpenEnded() && m.MayBegin(c.plain)
	}
	p, ok := m.Read(c.plain)
	return ok && p.Wrong == nil && m.CheckCiphered(one) == nil
}

// isAnswer reports whether a frame is the right answer to a dummy's k-th request.
func (c *Crowd) isAnswer(h *client, k uint64, one []byte, whole bool) bool {
	m := c.cfg.Frame.Answer
	if !whole || len(one) != c.maker.back {
		return false
	}
	c.plain = m.Open(c.plain[:0], new(frame.Cursor), one, 0)
	p, ok := m.Read(c.plain)
	if !ok || p.Wrong != nil || string(p.Payload) != string(c.maker.payload) || m.CheckCiphered(one) != nil {
		return false
	}
	v := c.maker.values(h, k)
	return m.WrongValue(&p, &v) == nil
}

// mayCome reports whether a frame is one that may come between answers: it is ignored, or it belongs
// to the session and is late.
func (c *Crowd) mayCome(one []byte, whole bool) bool {
	for _, m := range c.cfg.Frame.Ignore {
		if c.is(m, one, whole) {
			return true
		}
	}
	for _, s := range c.cfg.Frame.Session {
		if !s.Send && c.is(s.Message, one, whole) {
			return true
		}
	}
	return false
}

// hearStream is hear without frames: a step of the session is as many bytes as it says.
func (c *Crowd) hearStream(h *client, data []byte) {
	steps := c.cfg.Frame.Session
	for len(data) > 0 && h.loggingIn && h.step < len(steps) {
		size := steps[h.step].Size(0) - len(h.inbox.part)
		n := min(size, len(data))
		h.inbox.part = append(h.inbox.part, data[:n]...)
		data = data[n:]
		if n == size {
			h.inbox.part = nil
			h.step++
			c.goOn(h)
		}
	}
	if h.kind == Mute && h.State() == conn.Up {
		c.provedBytes(h, data)
	}
}
