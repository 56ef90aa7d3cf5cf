package dummy

import (
	"slices"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/dummy/verify"
	"dummyload/monitor"
	"dummyload/server/frame"
)

// firstBytesMost is how much is kept of what came, and shown of what was sent.
const firstBytesMost = diagnose.ExchangeBytes

// firstBytes are how the exchange on a connection began: on the first connection that brought
// anything, or else on the first that the server closed.
type firstBytes struct {
	verify.Ident
	asked uint64 // echoes that were sent on it
	got   [firstBytesMost]byte
	n     int           // bytes in got
	at    time.Duration // when something came last
	ended bool          // by the server
}

// noteFirstBytes keeps what comes on the first connection that brings anything, until an echo is right.
func (w *worker) noteFirstBytes(d *dummy, data []byte) {
	m := &w.first
	if m.n == 0 {
		*m = firstBytes{Ident: d.ident()}
	}
	if m.Ident == d.ident() {
		m.n += copy(m.got[m.n:], data)
		m.asked, m.at = d.assigned, w.now()
	}
}

// noteFirstClose notes that the server has closed a connection before any echo was right.
func (w *worker) noteFirstClose(d *dummy) {
	m := &w.first
	if m.Conn == 0 {
		*m = firstBytes{Ident: d.ident(), asked: d.assigned}
	}
	if m.Ident == d.ident() {
		m.ended = true
	}
}

// better is the one of two that says more.
func (m firstBytes) better(o firstBytes) firstBytes {
	if m.Conn == 0 || m.n == 0 && o.n > 0 {
		return o
	}
	return m
}

// asked is the beginning of what a dummy sends on a connection, as far as n echoes go: first the steps of
// the session that are its own. Before the first echo it has sent those that it need not wait for.
func asked(p *verify.Pattern, steps []frame.Step, id verify.Ident, n uint64) []byte {
	var b []byte
	others := uint32(0)
	for _, s := range steps {
		if !s.Send && n == 0 {
			break
		}
		if s.Send {
			others++
			b = p.AppendOther(b, s.Message, id, 0, others)
		}
	}
	for seq := uint64(1); seq <= n && len(b) < firstBytesMost; seq++ {
		b = p.Append(b, id, seq, others)
	}
	return b[:min(len(b), firstBytesMost)]
}

// tellMismatch puts into the log, once, that the server may speak another frame.
func (f *Fleet) tellMismatch(run *monitor.Run) {
	i := slices.IndexFunc(run.Diagnoses, func(d monitor.Diagnosis) bool {
		return d.Name == monitor.FrameMismatch
	})
	if i < 0 || f.totals.strange {
		return
	}
	f.totals.strange = true
	f.mu.Lock()
	defer f.mu.Unlock()
	f.event("%s: %s", monitor.FrameMismatch, run.Diagnoses[i].Why)
	run.Events = slices.Clip(f.events)
}

// exchange is what a diagnosis compares: what was sent on that connection beside what came. sent is
// whether anything was ever sent: then one echo is shown, even if the bytes came before it.
func (f *Fleet) exchange(m firstBytes, sent bool, now time.Duration) *diagnose.Exchange {
	if sent {
		m.asked = max(m.asked, 1)
	}
	x := &diagnose.Exchange{Format: f.cfg.Frame, Sent: asked(f.pattern, f.cfg.Frame.Session, m.Ident, m.asked),
		Got: m.got[:m.n], Ended: m.ended, Quiet: now - m.at}
	x.Client, x.Connection = m.Client, m.Conn
	if m.asked > 0 {
		x.Values, x.Payload = f.pattern.Echo(m.Ident, 1)
	}
	return x
}
