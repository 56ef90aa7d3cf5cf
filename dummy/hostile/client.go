package hostile

import (
	"bytes"
	"strings"
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/verify"
	"dummyload/server/frame"
)

// client is one hostile dummy. It may send the first `may` bytes of its kind's feed on each
// connection. Its turns raise `may`.
type client struct {
	conn.Conn
	at        time.Duration // when its turn is
	sentBytes uint64        // of its kind's feed, on this connection
	may       uint64        // bytes
	gotBytes  uint64        // on this connection
	matched   int           // bytes of the frame that it waits for (ZeroLength)
	kind      Kind
	filling   bool // may send more than a right server takes (see wantFill)
	pushing   bool // is in its kind's queue of pushers
	waiting   bool // wants to fill, and another does
	proving   bool // Mute: has filled, and reads the answers now
}

// turnEvery is the time between two turns of a dummy, and the time that a server has to refuse.
const turnEvery = time.Second

// feed is what the dummies of one kind send: the lead once, and then the loop again and again. All
// of them share both; nobody changes them.
type feed struct{ lead, loop []byte }

// feedChunk is about how many bytes one send takes.
const feedChunk = 64 << 10

// newFeed makes a kind's feed. Its payloads have no identity: if one comes back to another dummy, it
// is nobody's echo there.
func newFeed(k Kind, c Config) feed {
	// '!' comes once in a payload: where it is found, a payload begins.
	payload := []byte("!" + strings.Repeat("x", c.SizeMax-1))
	one := c.Frame.Append(nil, payload)
	loop := bytes.Repeat(one, max(1, feedChunk/len(one)))
	filler := bytes.Repeat([]byte("x"), feedChunk)
	header := c.Frame.Overhead()
	switch k {
	case Oversize:
		if c.Frame == frame.Line {
			return feed{loop: filler}
		}
		return feed{bytes.Repeat([]byte{0xff}, header), filler}
	case ZeroLength:
		if c.Frame == frame.Line {
			return feed{lead: append(bytes.Repeat([]byte("\n"), zeros(header)), one...)}
		}
		return feed{lead: append(make([]byte, zeros(header)), one...)}
	case HalfHeader:
		return feed{lead: one[:header/2]}
	case RSTStorm:
		return feed{lead: one}
	}
	return feed{loop: loop}
}

// zeros is how many bytes of frames of length 0 are sent: whole frames, and at least the bytes that
// the first send of a connection must have (verify.MinFirstSend).
func zeros(header int) int { return (verify.MinFirstSend + header - 1) / header * header }

// from is the feed from an offset on, as far as it lies in one piece.
func (s *feed) from(at uint64) []byte {
	if lead := uint64(len(s.lead)); at < lead {
		return s.lead[at:]
	} else if len(s.loop) > 0 {
		return s.loop[(at-lead)%uint64(len(s.loop)):]
	}
	return nil
}

// pushes reports whether a kind sends so much that a FIN may have to wait behind it.
func (k Kind) pushes() bool {
	return k == Oversize || k == Flood || k == Mute || k == RSTStorm
}

// begin makes the dummy ready for a new connection.
func (h *client) begin() {
	h.at = conn.Never
	h.sentBytes, h.gotBytes, h.may, h.matched = 0, 0, 0, 0
	h.proving = false
}

// behave is what a dummy does at once on a new connection.
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
		c.wantFill(h)
	case Slow:
		h.at = c.engine.Now() + turnEvery
	}
	if h.kind != Mute && h.kind != Slow && h.kind != RSTStorm {
		c.receive(h)
	}
	c.pump(h)
}

// turn is what a dummy does when its time has come.
func (c *Crowd) turn(h *client) {
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
		if !h.Receiving() {
			c.receive(h)
		}
	}
	c.pump(h)
}

// pump posts one send of what the dummy may send, unless one is in flight.
func (c *Crowd) pump(h *client) {
	if h.State() != conn.Up || h.Sending() || h.sentBytes >= h.may {
		return
	}
	buf := c.feeds[h.kind].from(h.sentBytes)
	buf = buf[:min(uint64(len(buf)), h.may-h.sentBytes)]
	if err := c.engine.Send(&h.Conn, buf); err != nil {
		c.ended(h, err)
	}
}

// receive posts the next receive.
func (c *Crowd) receive(h *client) {
	if h.State() != conn.Up {
		return
	}
	if err := c.engine.Receive(&h.Conn); err != nil {
		c.ended(h, err)
	}
}
