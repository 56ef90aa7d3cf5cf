package dummy

import (
	"encoding/binary"
	"time"

	"dummyload/dummy/diagnose"
)

// meetingBytes is how much is kept of what came, and shown of what was sent.
const meetingBytes = diagnose.ExchangeBytes

// meeting is how a connection began: the first that anything came on, or else the first that the
// server closed.
type meeting struct {
	ident
	asked uint64 // echoes that were sent on it
	got   [meetingBytes]byte
	n     int           // bytes in got
	at    time.Duration // when something came last
	ended bool          // by the server
}

// meets keeps what comes on the first connection that anything comes on, until an echo was right.
func (w *worker) meets(d *dummy, data []byte) {
	m := &w.meeting
	if m.n == 0 {
		*m = meeting{ident: d.ident()}
	}
	if m.ident == d.ident() {
		m.n += copy(m.got[m.n:], data)
		m.asked, m.at = d.assigned, w.now
	}
}

// parts notes that the server has closed a connection, before any echo was right.
func (w *worker) parts(d *dummy) {
	m := &w.meeting
	if m.conn == 0 {
		*m = meeting{ident: d.ident(), asked: d.assigned}
	}
	if m.ident == d.ident() {
		m.ended = true
	}
}

// better is the one of two meetings that says more.
func (m meeting) better(o meeting) meeting {
	if m.conn == 0 || m.n == 0 && o.n > 0 {
		return o
	}
	return m
}

// asked is the beginning of what a dummy sends on a connection, as far as n echoes go.
func (p *pattern) asked(id ident, n uint64) []byte {
	var b []byte
	for seq := uint64(1); seq <= n && len(b) < meetingBytes; seq++ {
		b = p.append(b, id, seq)
	}
	return b[:min(len(b), meetingBytes)]
}

func loginPayload() []byte { return binary.LittleEndian.AppendUint64(nil, loginValue) }

// exchange is a meeting as it is judged, at a time: what was sent on it stands beside what came. What
// came first may have come before anything was sent there.
func (f *Fleet) exchange(m meeting, sent bool, now time.Duration) *diagnose.Exchange {
	if sent {
		m.asked = max(m.asked, 1)
	}
	return &diagnose.Exchange{
		Format: f.cfg.Frame, Login: loginPayload(), Greets: f.cfg.Login,
		Sent: f.pattern.asked(m.ident, m.asked), Got: m.got[:m.n], Ended: m.ended, Quiet: now - m.at,
	}
}
