package dummy

import (
	"net/netip"
	"time"

	"dummyload/dummy/conn"
	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// Limits of dialing.
const (
	maxDialing = 128 // connects in flight per worker: a storm must not overflow the backlog
	dialMost   = 4   // connects begun in one batch: one that completes at once is seen at once
)

// DialAt is when the next dummy in the queue may be dialed.
func (w *worker) DialAt() time.Duration {
	if w.fleet.cfg.ConnectRate == 0 || w.knocking != nil {
		return 0
	}
	return w.connects.due()
}

// Wants reports whether a dummy is to be kept connected.
func (w *worker) Wants(c *conn.Conn) bool { return int(c.Slot) < w.wanted && w.mode != leaving }

// Source is the address that a dummy's next connection comes from.
func (w *worker) Source(c *conn.Conn) netip.Addr {
	return w.fleet.sources.pick(c.Client, c.Number, w.load.Clients, w.load.Churn)
}

// Dialed counts an attempt and takes its turn.
func (w *worker) Dialed(*conn.Conn) {
	w.connects.take()
	w.count.Connections.Attempted++
}

// Failed counts a connect that failed. This machine's own limits are never blamed on the server: an
// attempt that meets one does not count.
func (w *worker) Failed(c *conn.Conn, err error) {
	d := w.of(c)
	w.settle(d)
	if w.knocked(err) {
		return
	}
	class := iocp.Classify(err)
	if class.Local() {
		w.count.Connections.Attempted--
		w.localLimit(class)
		return
	}
	w.findings.losses.refused = w.findings.losses.refused || class == iocp.ClassRefused
	w.count.Connections.Failed++
	w.blame(d, monitor.ConnectFailed, monitor.Evidence{Connection: d.Number + 1, Note: note(err)})
}

// Missed is of no interest: it was counted as failed.
func (w *worker) Missed(*conn.Conn) {}

// Opened takes a new connection.
func (w *worker) Opened(c *conn.Conn, local netip.AddrPort, began time.Duration) {
	d := w.of(c)
	w.knocked(nil)
	w.count.Connections.Connected++
	w.count.Connections.Now++
	w.count.Connections.Peak = max(w.count.Connections.Peak, w.count.Connections.Now)
	w.hists.Connect.Record(w.now() - began - w.held.since(began))
	w.fleet.backlog.connected(began, w.now())
	d.public.local.Store(uint64(d.Number), trace.KeyOf(local))
	d.public.sent.Store(0)
	d.public.conn.Store(d.Number)
	d.stream.Begin(w.verifier)
	if d.State() == conn.Up {
		w.isUp(d)
	} else {
		w.goOn(d)
	}
	w.receive(d)
}

// goOn goes on with a session as far as it can: the steps that are the dummy's are sent, and when
// nothing more is awaited, the connection is up.
func (w *worker) goOn(d *dummy) {
	if d.stream.SessionDone(w.verifier) {
		w.greeted(d)
	}
	if d.stream.Says(w.verifier) != nil {
		w.sender.later(d)
	}
}

// greeted ends the wait for what a session begins with.
func (w *worker) greeted(d *dummy) {
	w.engine.Greeted(&d.Conn)
	w.isUp(d)
}

// isUp is where a connection may carry echoes.
func (w *worker) isUp(d *dummy) {
	w.settle(d)
	w.stormOver(d)
	w.beats(d)
	w.makeReady(d, w.now())
}

// settle notes that a wanted dummy has been up, or has failed, for the first time: that is
// what Connecting waits for.
func (w *worker) settle(d *dummy) {
	if !d.is(settled) {
		d.set(settled)
		w.status.unsettled--
	}
}
