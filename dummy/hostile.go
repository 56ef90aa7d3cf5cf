package dummy

import (
	"bytes"
	"strings"
	"time"

	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// hostile is one hostile dummy. Its states are those of a dummy, without greeting and closing.
// What it sends is its manner's script, of which it may send the first `may` bytes: a window of
// another kind, which its turns widen.
type hostile struct {
	recv, send iocp.Overlapped // Connect uses recv
	sock       iocp.Socket
	since      time.Duration // when dialing or up began
	at         time.Duration // when it is its turn
	pause      time.Duration // before it is dialed again
	sentBytes  uint64        // of the script, on this connection
	may        uint64
	gotBytes   uint64 // on this connection
	matched    int    // of the frame that is waited for (ZeroLength)
	slot       uint32
	conn       uint32
	manner     Manner
	state      state
	inFlight   uint8
	failures   uint8 // connects in a row that failed
	sending    bool
	receiving  bool
	filling    bool // has leave to send more than a right server takes
	pushing    bool // is in its manner's queue of pushers
	waiting    bool // for that leave
	proving    bool // Mute: reads now, what it has filled
}

// turnEvery is between two turns of those who are patient, and the time a server has to refuse.
const turnEvery = time.Second

// script is what the dummies of one manner send: the lead once, and then the loop for ever. Both
// are shared by all of them, and nobody writes to them.
type script struct{ lead, loop []byte }

// scriptChunk is about what one send takes.
const scriptChunk = 64 << 10

// newScript writes a manner's script. Its payloads say nothing of a run, so that one which comes
// back to somebody else is nobody's echo there.
func newScript(m Manner, c Config) script {
	// '!' comes once: where it is found, a payload begins.
	payload := []byte("!" + strings.Repeat("x", c.SizeMax-1))
	one := c.Frame.Append(nil, payload)
	loop := bytes.Repeat(one, max(1, scriptChunk/len(one)))
	filler := bytes.Repeat([]byte("x"), scriptChunk)
	header := c.Frame.Overhead()
	switch m {
	case Oversize:
		if c.Frame == frame.Line {
			return script{loop: filler}
		}
		return script{bytes.Repeat([]byte{0xff}, header), filler}
	case ZeroLength:
		if c.Frame == frame.Line {
			return script{lead: append(bytes.Repeat([]byte("\n"), zeros(header)), one...)}
		}
		return script{lead: append(make([]byte, zeros(header)), one...)}
	case HalfHeader:
		return script{lead: one[:header/2]}
	case RSTStorm:
		return script{lead: one}
	}
	return script{loop: loop}
}

// zeros is how many bytes of frames of length 0 are sent: whole ones, and no fewer bytes than the
// first send of a connection may have (firstLeast).
func zeros(header int) int { return (firstLeast + header - 1) / header * header }

// from is what comes at an offset of the script, as much as lies in one piece.
func (s *script) from(at uint64) []byte {
	if lead := uint64(len(s.lead)); at < lead {
		return s.lead[at:]
	} else if len(s.loop) > 0 {
		return s.loop[(at-lead)%uint64(len(s.loop)):]
	}
	return nil
}

// pushes reports whether a manner sends so much that the rest of it may stand before a FIN.
func (m Manner) pushes() bool {
	return m == Oversize || m == Flood || m == Mute || m == RSTStorm
}

// begin is a new connection.
func (h *hostile) begin(now time.Duration) {
	h.state, h.since, h.at = up, now, never
	h.conn++
	h.failures, h.sentBytes, h.gotBytes, h.may, h.matched = 0, 0, 0, 0, 0
	h.proving = false
}

// backoff is the pause after one more connect that failed.
func (h *hostile) backoff() time.Duration {
	pause := min(backoffFirst<<h.failures, backoffMost)
	if pause < backoffMost {
		h.failures++
	}
	return pause
}

// behave is what a dummy does on a connection at once.
func (m *mob) behave(h *hostile) {
	script := &m.scripts[h.manner]
	switch h.manner {
	case Oversize:
		h.may = uint64(len(script.lead) + len(script.loop))
		m.wantFill(h)
	case ZeroLength:
		h.may = uint64(m.bounds.zero)
		h.at = m.now + turnEvery
	case HalfHeader, RSTStorm:
		h.may = uint64(len(script.lead))
	case Flood:
		m.pushOn(h)
	case Mute:
		h.may = uint64(len(script.loop))
		h.at = m.now + turnEvery
		m.wantFill(h)
	case Slow:
		h.at = m.now + turnEvery
	}
	if h.manner != Mute && h.manner != Slow && h.manner != RSTStorm {
		m.receive(h)
	}
	m.pump(h)
}

// turn is what it does when its time has come.
func (m *mob) turn(h *hostile) {
	script := &m.scripts[h.manner]
	switch h.manner {
	case Oversize: // the time to refuse is over: a little more, to see that it is taken, too
		h.may = m.bounds.taken + uint64(len(script.loop))
	case ZeroLength: // as above: a right frame, to see whether it is served
		h.may = uint64(len(script.lead))
	case Mute: // one that does not fill says a word, to know whether it is still wanted
		if h.filling {
			return
		}
		h.may = max(h.may, h.sentBytes+1)
		h.at = m.now + turnEvery
	case Slow:
		h.may = max(h.sentBytes+1, firstLeast) // the first word as a right dummy would, see there
		h.at = m.now + turnEvery
		if !h.receiving {
			m.receive(h)
		}
	}
	m.pump(h)
}

// pump posts one send of what the dummy may send, unless one is in flight.
func (m *mob) pump(h *hostile) {
	if h.state != up || h.sending || h.sentBytes >= h.may {
		return
	}
	buf := m.scripts[h.manner].from(h.sentBytes)
	buf = buf[:min(uint64(len(buf)), h.may-h.sentBytes)]
	h.sending = true
	h.inFlight++
	if err := m.io.Send(h.sock, buf, &h.send); err != nil {
		h.inFlight--
		h.sending = false
		m.ended(h, err)
	}
}

// sent is the completion of a send.
func (m *mob) sent(h *hostile, e *iocp.Entry) {
	h.sending = false
	h.sentBytes += uint64(e.Transferred)
	m.count.sent.Add(uint64(e.Transferred))
	switch {
	case h.state != up:
	case e.Transferred == 0 || e.Err != nil:
		m.ended(h, e.Err)
	case h.sentBytes < h.may:
		m.pump(h)
	case h.manner == RSTStorm:
		m.die(h, m.port.Abort, 0)
	case h.filling:
		m.filled(h)
	}
}

// receive posts the next receive.
func (m *mob) receive(h *hostile) {
	if h.state != up {
		return
	}
	h.receiving = true
	h.inFlight++
	if err := m.io.Recv(h.sock, &h.recv); err != nil {
		h.inFlight--
		h.receiving = false
		m.ended(h, err)
	}
}

// received is the completion of a receive.
func (m *mob) received(h *hostile, e *iocp.Entry) {
	h.receiving = false
	if h.state != up {
		return
	}
	if e.Transferred == 0 {
		m.ended(h, e.Err)
		return
	}
	m.count.received.Add(uint64(e.Transferred))
	switch {
	case h.manner == ZeroLength:
		m.served(h, e.Data)
	case h.proving:
		m.proved(h, e.Data)
	}
	h.gotBytes += uint64(e.Transferred)
	if h.manner != Slow {
		m.receive(h)
	}
}
