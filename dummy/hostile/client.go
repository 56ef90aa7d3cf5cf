package hostile

import (
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/verify"
)

// client is one hostile dummy. On each connection it logs in, where the format has a session, and then
// may send the first `may` bytes of its kind's feed. Its turns raise `may`.
type client struct {
	conn.Conn
	at        time.Duration // when its turn is
	sentBytes uint64        // of its kind's feed, on this connection
	may       uint64        // bytes
	back      uint64        // Mute: bytes of right answers that came, on this connection
	login     []byte        // of the session, still to be sent
	own       []byte        // what is being sent, where that is no other dummy's (Crowd.next)
	inbox     inbox
	step      int // of the session: what is expected
	kind      Kind
	filling   bool // may send more than a right server takes (see wantFill)
	pushing   bool // is in its kind's queue of pushers
	waiting   bool // wants to fill, and another does
	loggingIn bool // the session is not over
	deaf      bool // what comes cannot be cut into frames
	proving   bool // Mute: has filled, and reads the answers now
}

// turnEvery is the time between two turns of a dummy, and the time that a server has to refuse.
const turnEvery = time.Second

// pushes reports whether a kind sends so much that a FIN may have to wait behind it.
func (k Kind) pushes() bool {
	return k == Oversize || k == Flood || k == Mute || k == RSTStorm
}

// begin makes the dummy ready for a new connection.
func (h *client) begin() {
	h.at = conn.Never
	h.sentBytes, h.may, h.back, h.step = 0, 0, 0, 0
	h.login, h.inbox = nil, inbox{}
	h.loggingIn, h.deaf, h.proving = true, false, false
}

// behave is what a dummy does as soon as it is logged in.
func (c *Crowd) behave(h *client) {
	feed := &c.feeds[h.kind]
	switch h.kind {
	case Oversize:
		h.may = uint64(len(feed.lead) + len(feed.loop))
		c.wantFill(h)
	case ZeroLength:
		h.may = uint64(c.amounts.zero)
		h.at = c.engine.Now() + turnEvery
	case HalfHeader, RSTStorm:
		h.may = uint64(len(feed.lead))
	case Flood:
		c.pushOn(h)
	case Mute:
		h.may = uint64(len(feed.loop))
		h.at = c.engine.Now() + turnEvery
		if !h.deaf { // otherwise nothing could be proved
			c.wantFill(h)
		}
	case Slow:
		h.at = c.engine.Now() + turnEvery
	}
	if h.reads() {
		c.receive(h)
	}
	c.pump(h)
}

// reads reports whether a dummy receives again as soon as something came.
func (h *client) reads() bool {
	switch h.kind {
	case Mute:
		return h.proving
	case Slow, RSTStorm:
		return false
	}
	return true
}

// turn is what a dummy does when its time has come.
func (c *Crowd) turn(h *client) {
	if h.loggingIn { // the time for a step is over: a right dummy goes on, too
		h.step = len(c.cfg.Frame.Session)
		c.goOn(h)
		return
	}
	feed := &c.feeds[h.kind]
	switch h.kind {
	case Oversize: // the time to refuse is over: a little more shows whether the server still takes it
		h.may = c.amounts.taken + uint64(len(feed.loop))
	case ZeroLength: // the time to refuse is over: a right frame shows whether the server goes on
		h.may = uint64(len(feed.lead))
	case Mute: // one that does not fill sends a byte, to find out whether it is still connected
		if h.filling {
			return
		}
		h.may = max(h.may, h.sentBytes+1)
		h.at = c.engine.Now() + turnEvery
	case Slow:
		h.may = max(h.sentBytes+1, verify.MinFirstSend) // it begins like a right dummy
		h.at = c.engine.Now() + turnEvery
		c.receive(h)
	}
	c.pump(h)
}

// pump posts one send of what the dummy may send, unless one is in flight.
func (c *Crowd) pump(h *client) {
	if h.State() != conn.Up || h.Sending() {
		return
	}
	buf := h.login
	if !h.loggingIn && h.sentBytes < h.may {
		buf = c.next(h)
	}
	if len(buf) == 0 {
		return
	}
	if err := c.engine.Send(&h.Conn, buf); err != nil {
		c.ended(h, err)
	}
}

// next is what a dummy sends next of what it may.
func (c *Crowd) next(h *client) []byte {
	feed := &c.feeds[h.kind]
	n := h.may - h.sentBytes
	if !c.maker.own || !feed.asks && h.sentBytes >= uint64(len(feed.lead)) {
		buf := feed.from(h.sentBytes)
		return buf[:min(uint64(len(buf)), n)]
	}
	var dst []byte
	if last := len(c.spare) - 1; last >= 0 {
		dst, c.spare = c.spare[last][:0], c.spare[:last]
	}
	n = min(n, uint64(max(piece, c.maker.size)))
	all, skip, n := c.maker.ownPiece(dst, h, feed, h.sentBytes, n)
	h.own = all // the port needs it until Sent
	return all[skip : skip+n]
}

// reuse takes back what next has made for a dummy.
func (c *Crowd) reuse(h *client) {
	if h.own != nil && len(c.spare) < spareMost && cap(h.own) <= 4*piece {
		c.spare = append(c.spare, h.own)
	}
	h.own = nil
}

// receive posts the next receive, unless one is in flight.
func (c *Crowd) receive(h *client) {
	if h.State() != conn.Up || h.Receiving() {
		return
	}
	if err := c.engine.Receive(&h.Conn); err != nil {
		c.ended(h, err)
	}
}
