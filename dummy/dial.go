package dummy

import (
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// Limits of dialing.
const (
	maxDialing   = 128 // connects in flight per worker: a storm must not overflow the backlog
	dialMost     = 4   // connects begun in one batch: one that completes at once is seen at once
	backoffFirst = 10 * time.Millisecond
	backoffMost  = time.Second
	steadyAfter  = time.Second // a connection that lived this long ends a row of failures
)

// redial has a dummy that is down dialed after a delay.
func (w *worker) redial(d *dummy, delay time.Duration) {
	if d.is(redialing) {
		return
	}
	d.set(redialing)
	if delay > 0 {
		w.timers.push(timer{at: w.now + delay, slot: d.slot, what: redialing})
		return
	}
	w.dials.push(d.slot)
}

// backoff is the pause after one more failure in a row: 10 ms, doubled up to 1 s.
func (d *dummy) backoff() time.Duration {
	pause := min(backoffFirst<<d.failures, backoffMost)
	if pause < backoffMost {
		d.failures++
	}
	return pause
}

// forgive ends a row of failures when the connection, about to be closed, was up for long.
func (d *dummy) forgive(now time.Duration) {
	if d.state == up && now-d.since > steadyAfter {
		d.failures = 0
	}
}

// dialTime is when the next dummy in the queue may be dialed.
func (w *worker) dialTime() time.Duration {
	if w.dials.n == 0 || w.dialing >= maxDialing {
		return never
	}
	if w.fleet.cfg.ConnectRate > 0 && w.knocking == nil {
		return w.connects.due()
	}
	return 0
}

// dialDue dials those whose turn has come.
func (w *worker) dialDue() {
	if w.dials.n == 0 {
		w.connects.skip(w.now) // a turn that nobody needed is not made up for
	}
	for most := dialMost; most > 0 && w.dialTime() <= w.now; most-- {
		d := w.at(int(w.dials.pop()))
		d.clear(redialing)
		if d.state == down && w.wants(d) {
			w.connects.take()
			w.dial(d)
		}
	}
}

// wants reports whether a dummy is to be kept connected.
func (w *worker) wants(d *dummy) bool { return int(d.slot) < w.wanted && w.mode != leaving }

func (w *worker) dial(d *dummy) {
	f := w.fleet
	s, err := w.port.NewSocket(f.sources.pick(d.client, d.conn, w.load.Clients, w.load.Churn), f.cfg.Target)
	if err != nil {
		w.undialed(d, err)
		return
	}
	if err := w.io.Connect(s, f.cfg.Target, &d.recv); err != nil {
		w.port.Close(s)
		w.undialed(d, err)
		return
	}
	d.sock = s
	d.inFlight++
	w.open++
	w.dialing++
	w.count.conns.Attempted++
	w.noteDial(trace.Dial, d)
	d.enter(dialing, w.fleet.clock())
}

// undialed deals with a connect that could not even begin.
func (w *worker) undialed(d *dummy, err error) {
	w.count.conns.Attempted++
	w.connectFailed(d, err)
	w.redial(d, d.backoff())
}

// connectFailed counts a failure, and whose it is: this machine's own limits are never blamed
// on the server, and such an attempt does not count as one.
func (w *worker) connectFailed(d *dummy, err error) {
	w.settle(d)
	w.noteDial(trace.ConnectFailed, d)
	if w.knocked(err) {
		return
	}
	class := iocp.Classify(err)
	if class.Local() {
		w.count.conns.Attempted--
		w.localLimit(class)
		return
	}
	w.news.held.refused = w.news.held.refused || class == iocp.ClassRefused
	w.count.conns.Failed++
	w.blame(d, monitor.ConnectFailed, monitor.Evidence{Connection: d.conn + 1, Note: note(err)})
}

// errItself is a connect to a port where nobody listens that succeeded all the same: the system
// chose that very port for the dummy, and TCP lets a socket connect to itself (simultaneous
// open, RFC 9293 3.5). Such a connection would echo whatever is sent on it.
var errItself = fmt.Errorf("connected to itself, nobody listens there: %w", syscall.ECONNREFUSED)

// connected is the completion of Connect.
func (w *worker) connected(d *dummy, err error) {
	w.dialing--
	if d.state == dying {
		return
	}
	var local netip.AddrPort
	if err == nil {
		if local = w.port.LocalAddr(d.sock); local == w.fleet.cfg.Target {
			err = errItself
		}
	}
	if err != nil {
		w.connectFailed(d, err)
		w.die(d, w.port.Cancel, d.backoff())
		return
	}
	w.knocked(nil)
	w.count.conns.Connected++
	w.count.conns.Now++
	w.count.conns.Peak = max(w.count.conns.Peak, w.count.conns.Now)
	w.hists.connect.Record(w.now - d.since - w.held.since(d.since))
	w.fleet.backlog.connected(d.since, w.now)
	d.conn++
	w.note(trace.Connected, d, 0)
	d.public.local.Store(uint64(d.conn), trace.KeyOf(local))
	d.public.sent.Store(0)
	d.public.conn.Store(d.conn)
	d.stream.Begin(w.verifier)
	if w.fleet.cfg.Login {
		d.enter(greeting, w.now)
	} else {
		w.isUp(d)
	}
	w.receive(d)
}

// isUp is where a connection may carry echoes.
func (w *worker) isUp(d *dummy) {
	d.enter(up, w.now)
	w.settle(d)
	w.calm(d)
	w.makeReady(d)
}

// settle notes that a wanted dummy has been up, or has failed, for the first time: that is
// what Connecting waits for.
func (w *worker) settle(d *dummy) {
	if !d.is(settled) {
		d.set(settled)
		w.tell.unsettled--
	}
}
