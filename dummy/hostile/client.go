package hostile

import (
	"bytes"
	"strings"
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/verify"
	"dummyload/server/frame"
)

// client is one hostile dummy. Of what its kind sends it may send the first `may` bytes: a window of
// another kind, which its turns widen.
type client struct {
	conn.Conn
	at        time.Duration // when it is its turn
	sentBytes uint64        // of its kind's feed, on this connection
	may       uint64
	gotBytes  uint64 // on this connection
	matched   int    // of the frame that is waited for (ZeroLength)
	kind      Kind
	filling   bool // has leave to send more than a right server takes
	pushing   bool // is in its kind's queue of pushers
	waiting   bool // for that leave
	proving   bool // Mute: reads now, what it has filled
}

// turnEvery is between two turns of those who are patient, and the time a server has to refuse.
const turnEvery = time.Second

// feed is what the dummies of one kind send: the lead once, and then the loop for ever. Both are
// shared by all of them, and nobody writes to them.
type feed struct{ lead, loop []byte }

// feedChunk is about what one send takes.
const feedChunk = 64 << 10

// newFeed makes a kind's feed. Its payloads say nothing of a run, so that one which comes back to
// somebody else is nobody's echo there.
func newFeed(k Kind, c Config) feed {
	// '!' comes once: where it is found, a payload begins.
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

// zeros is how many bytes of frames of length 0 are sent: whole ones, and no fewer bytes than the
// first send of a connection may have (verify.MinFirstSend).
func zeros(header int) int { return (verify.MinFirstSend + header - 1) / header * header }

// from is what comes at an offset of the feed, as much as lies in one piece.
func (s *feed) from(at uint64) []byte {
	if lead := uint64(len(s.lead)); at < lead {
		return s.lead[at:]
	} else if len(s.loop) > 0 {
		return s.loop[(at-lead)%uint64(len(s.loop)):]
	}
	return nil
}

// pushes reports whether a kind sends so much that the rest of it may stand before a FIN.
func (k Kind) pushes() bool {
	return k == Oversize || k == Flood || k == Mute || k == RSTStorm
}

// begin is a new connection.
func (h *client) begin() {
	h.at = conn.Never
	h.sentBytes, h.gotBytes, h.may, h.matched = 0, 0, 0, 0
	h.proving = false
}

// behave is what a dummy does on a connection at once.
func (c *Crowd) behave(h *client) {
	feed := &c.feeds[h.kind]
	switch h.kind {
	case Oversize:
		h.may = uint64(len(feed.lead) + len(feed.loop))
		c.wantFill(h)
	case ZeroLength:
		h.may = uint64(c.bounds.zero)
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

// turn is what it does when its time has come.
func (c *Crowd) turn(h *client) {
	feed := &c.feeds[h.kind]
	switch h.kind {
	case Oversize: // the time to refuse is over: a little more, to see that it is taken, too
		h.may = c.bounds.taken + uint64(len(feed.loop))
	case ZeroLength: // as above: a right frame, to see whether it is served
		h.may = uint64(len(feed.lead))
	case Mute: // one that does not fill says a word, to know whether it is still wanted
		if h.filling {
			return
		}
		h.may = max(h.may, h.sentBytes+1)
		h.at = c.engine.Now() + turnEvery
	case Slow:
		h.may = max(h.sentBytes+1, verify.MinFirstSend) // the first word as a right dummy would
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
