package conn

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"dummyload/monitor/trace"
)

// The pause after a connect that failed, or a connection that was lost: 10 ms, twice as long after
// each failure in a row, at most 1 s.
const (
	backoffFirst = 10 * time.Millisecond
	backoffMost  = time.Second
	steadyAfter  = time.Second // a connection that lived this long ends a row of failures
)

// errItself is of a connect that succeeded although nobody listens on the port. The system chose
// that very port for the client, and TCP lets a socket connect to itself (simultaneous open, RFC
// 9293 3.5). Such a connection would echo whatever is sent on it.
var errItself = fmt.Errorf("connected to itself, nobody listens there: %w", syscall.ECONNREFUSED)

// errHangs is of a connect that nobody answers.
var errHangs = errors.New("not answered within the connect timeout")

// Dial has a connection dialed that is down: after the delay, when its turn comes. A connection that
// already waits is not put in the queue again.
func (e *Engine) Dial(c *Conn, delay time.Duration) {
	if c.flags&queued != 0 {
		return
	}
	c.flags |= queued
	if delay > 0 {
		e.After(delay, c, redial)
		return
	}
	e.dials.Push(c.Slot)
}

// Backoff counts one more failure in a row, and is the pause after it.
func (c *Conn) Backoff() time.Duration {
	pause := min(backoffFirst<<c.failures, backoffMost)
	if pause < backoffMost {
		c.failures++
	}
	return pause
}

// Steady ends a row of failures.
func (c *Conn) Steady() { c.failures = 0 }

// Forgive ends a row of failures if the connection, which is about to be closed, was up for more
// than steadyAfter.
func (e *Engine) Forgive(c *Conn) {
	if c.state == Up && e.now-c.since > steadyAfter {
		c.failures = 0
	}
}

// Waiting is how many connections wait to be dialed.
func (e *Engine) Waiting() int { return e.dials.n }

// MayDial reports whether a connection waits to be dialed, and one more connect may be in flight.
func (e *Engine) MayDial() bool { return e.dials.n > 0 && e.dialing < e.cfg.Dialing }

// dialTime is when the engine dials the next connection by itself.
func (e *Engine) dialTime() time.Duration {
	if !e.MayDial() || e.cfg.DialMost == 0 {
		return Never
	}
	return e.owner.DialAt()
}

// dialDue dials the connections whose turn has come.
func (e *Engine) dialDue() {
	for most := e.cfg.DialMost; most > 0 && e.dialTime() <= e.now; most-- {
		e.DialNext()
	}
}

// DialNext dials the first connection that waits; there must be one (MayDial).
func (e *Engine) DialNext() {
	c := e.owner.At(e.dials.Pop())
	c.flags &^= queued
	if c.state == Down && e.owner.Wants(c) {
		e.owner.Dialed(c)
		e.dial(c)
	}
}

func (e *Engine) dial(c *Conn) {
	s, err := e.port.NewSocket(e.owner.Source(c), e.cfg.Target)
	if err == nil {
		if err = e.io.Connect(s, e.cfg.Target, &c.recv); err != nil {
			e.port.Close(s)
		}
	}
	if err != nil {
		e.failed(c, err)
		e.Dial(c, c.Backoff())
		return
	}
	c.sock = s
	c.inFlight++
	e.open++
	e.dialing++
	e.noteNext(trace.Dial, c)
	c.enter(Dialing, e.cfg.Clock())
}

// failed tells the owner of a connect that failed.
func (e *Engine) failed(c *Conn, err error) {
	e.noteNext(trace.ConnectFailed, c)
	e.owner.Failed(c, err)
}

// noteNext leaves a footprint of the next connection, which Number does not count yet.
func (e *Engine) noteNext(k trace.Kind, c *Conn) {
	if e.cfg.Trace != nil {
		e.cfg.Trace.Record(k, trace.Nowhere, trace.ID(uint64(c.Client), uint64(c.Number)+1),
			int(c.inFlight), 0)
	}
}

// connected is the completion of Connect.
func (e *Engine) connected(c *Conn, err error) {
	e.dialing--
	if c.state == Dying {
		if err == nil {
			e.owner.Missed(c)
		}
		return
	}
	var local netip.AddrPort
	if err == nil {
		if local = e.port.LocalAddr(c.sock); local == e.cfg.Target {
			err = errItself
		}
	}
	if err != nil {
		e.failed(c, err)
		e.Cancel(c, c.Backoff())
		return
	}
	began := c.since
	c.Number++
	e.Note(trace.Connected, c, 0)
	if e.cfg.Greeting {
		c.enter(Greeting, e.now)
	} else {
		c.enter(Up, e.now)
	}
	e.owner.Opened(c, local, began)
}

// Greeted ends Greeting: what the session awaits has come, or nobody waits for it any longer.
func (e *Engine) Greeted(c *Conn) { c.enter(Up, e.now) }

// Hangs gives up a connect that was not answered within the timeout. It reports whether it did.
func (e *Engine) Hangs(c *Conn, timeout time.Duration) bool {
	if c.state != Dialing || e.now-c.since <= timeout {
		return false
	}
	e.failed(c, errHangs)
	e.Abort(c, c.Backoff())
	return true
}
