package hostile

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"dummyload/dummy/conn"
	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// Config is what hostile dummies need to know of the run.
type Config struct {
	Groups         []Group
	Clients        int // the run's right dummies
	Backend        string
	Target         netip.AddrPort
	Frame          *frame.Format
	SizeMax        int           // payload bytes of a right dummy, at most
	OverSend       int           // of a right dummy
	ConnectTimeout time.Duration // also of a step of the session
	Clock          func() time.Duration

	// Source is the address that a client's n-th connection comes from. There are `live` clients,
	// and all together they close `closes` connections a second.
	Source func(client, n uint32, live int, closes float64) netip.Addr
}

// Crowd is the hostile dummies of a run, on an engine of their own. They slow no right dummy's echo
// down, and nothing they do is in the ledger. They set out once and stay to the end.
type Crowd struct {
	cfg     Config
	engine  *conn.Engine
	all     []client // never moves: the port holds the Overlappeds
	maker   *maker
	feeds   [numKinds]feed
	spare   [][]byte // for what dummies send of their own
	plain   []byte   // for the frame that is being looked at
	longest int      // bytes of a frame that is looked at
	amounts amounts
	scanAt  time.Duration
	paceAt  time.Duration
	perSec  float64 // closes by the server a second, at most: each may keep a local port in use
	fills   [numKinds]fills
	pushers [numKinds]conn.Queue
	rota    int // who had the last turn, see oneTurn

	setOut  atomic.Bool // SetOut was called
	leaving bool
	count   counts
}

// counts are written by the crowd's thread alone. A reader may see one number a moment before
// another: they need not balance.
type counts struct {
	connected, closed, sent, received atomic.Uint64
	convicted                         [numKinds]atomic.Uint64 // connections, see amounts
}

// Limits of the crowd.
const (
	dialing    = 16                     // connects in flight: right dummies need the backlog, too
	closePause = 250 * time.Millisecond // after a close by the server
	scanEvery  = 50 * time.Millisecond
	perSecond  = float64(time.Second / closePause)
	spareMost  = 64 // buffers
)

// New makes the hostile dummies and their thread. The error is the completion port's. The caller
// must Close the Crowd.
func New(cfg Config) (*Crowd, error) {
	c := &Crowd{cfg: cfg, all: make([]client, Count(cfg.Groups, cfg.Clients))}
	c.maker = newMaker(cfg.Frame, cfg.SizeMax)
	c.longest = longest(cfg.Frame, c.maker.back)
	slot := 0
	for _, g := range cfg.Groups {
		n := g.of(cfg.Clients)
		c.feeds[g.Kind] = c.maker.feed(g.Kind)
		c.perSec += float64(n) * perSecond
		for i := range n {
			h := &c.all[slot+i]
			h.Init(uint32(slot+i), uint32(cfg.Clients+slot+i))
			h.kind, h.at = g.Kind, conn.Never
		}
		slot += n
	}
	c.amounts = newAmounts(cfg, c.maker)
	engine, err := conn.New(conn.Config{
		Open:   func() (iocp.Port, error) { return iocp.New(iocp.Config{Backend: cfg.Backend}) },
		Target: cfg.Target, Clock: cfg.Clock, Dialing: dialing,
	}, c)
	if err != nil {
		return nil, err
	}
	c.engine = engine
	if err := engine.Start(); err != nil {
		_ = engine.Close() // the error that counts is the thread's
		return nil, fmt.Errorf("worker of the hostile dummies: %w", err)
	}
	return c, nil
}

// Len is how many hostile dummies there are.
func (c *Crowd) Len() int { return len(c.all) }

// SetOut has them connect. It reports false if they have set out already.
func (c *Crowd) SetOut() bool {
	if !c.setOut.CompareAndSwap(false, true) {
		return false
	}
	c.engine.Mail(func() {
		for i := range c.all {
			c.engine.Dial(&c.all[i].Conn, 0)
		}
	})
	return true
}

// Close ends every connection and the thread, and frees the port. The error is the port's.
func (c *Crowd) Close() error {
	c.engine.Mail(c.leave)
	<-c.engine.Done()
	return c.engine.Close()
}

// Totals are the counters since the start. Any goroutine may ask.
func (c *Crowd) Totals() monitor.Hostile {
	return monitor.Hostile{
		Dummies:   uint64(len(c.all)),
		Connected: c.count.connected.Load(), ClosedByServer: c.count.closed.Load(),
		BytesSent: c.count.sent.Load(), BytesReceived: c.count.received.Load(),
	}
}

// leave ends every connection. It sends a FIN, or a RST if much data may stand before the FIN.
func (c *Crowd) leave() {
	c.leaving = true
	for i := range c.all {
		h := &c.all[i]
		switch {
		case h.State() == conn.Dialing || h.State() == conn.Up && h.kind.pushes():
			c.engine.Abort(&h.Conn, 0)
		case h.State() == conn.Up:
			c.engine.Cancel(&h.Conn, 0)
		}
	}
}

// scan gives up the connects that hang, and gives their turn to the dummies whose time has come.
func (c *Crowd) scan() {
	now := c.engine.Now()
	for i := range c.all {
		h := &c.all[i]
		if c.engine.Hangs(&h.Conn, c.cfg.ConnectTimeout) {
			continue
		}
		if h.State() == conn.Up && now >= h.at && !c.leaving {
			h.at = conn.Never
			c.turn(h)
		}
	}
	c.scanAt = now + scanEvery
}

// ended takes the end of a connection, by the server or by a limit of this machine.
func (c *Crowd) ended(h *client, err error) {
	if iocp.Classify(err).Local() {
		c.engine.Abort(&h.Conn, h.Backoff())
		return
	}
	c.count.closed.Add(1)
	c.engine.Cancel(&h.Conn, closePause)
}

var _ conn.Owner = (*Crowd)(nil)

// At is the dummy in a slot.
func (c *Crowd) At(slot uint32) *conn.Conn { return &c.all[slot].Conn }

func (c *Crowd) of(to *conn.Conn) *client { return &c.all[to.Slot] }

// Wants has every dummy dialed until they leave.
func (c *Crowd) Wants(*conn.Conn) bool { return !c.leaving }

// Source is the address that a dummy's next connection comes from.
func (c *Crowd) Source(to *conn.Conn) netip.Addr {
	return c.cfg.Source(to.Client, to.Number, len(c.all), c.perSec)
}

// DialAt is never: the crowd dials by itself (oneTurn).
func (c *Crowd) DialAt() time.Duration { return conn.Never }

// Dialed has nothing to do.
func (c *Crowd) Dialed(*conn.Conn) {}

// Failed has nothing to do: the fleet's own dummies tell whether the server can be reached.
func (c *Crowd) Failed(*conn.Conn, error) {}

// Missed counts a connection that the server may have accepted.
func (c *Crowd) Missed(*conn.Conn) { c.count.connected.Add(1) }

// Opened has a dummy log in, and then misbehave.
func (c *Crowd) Opened(to *conn.Conn, _ netip.AddrPort, _ time.Duration) {
	c.count.connected.Add(1)
	h := c.of(to)
	h.Steady()
	h.begin()
	c.goOn(h)
}

// Received is the completion of a receive.
func (c *Crowd) Received(from *conn.Conn, data []byte, err error) {
	h := c.of(from)
	if len(data) == 0 {
		c.ended(h, err)
		return
	}
	c.count.received.Add(uint64(len(data)))
	c.hear(h, data)
	if h.loggingIn && h.step < len(c.cfg.Frame.Session) || !h.loggingIn && h.reads() {
		c.receive(h)
	}
}

// Sent is the completion of a send.
func (c *Crowd) Sent(by *conn.Conn, n int, err error) {
	h := c.of(by)
	c.count.sent.Add(uint64(n))
	c.reuse(h)
	if h.loggingIn {
		h.login = h.login[n:]
	} else {
		h.sentBytes += uint64(n)
	}
	switch {
	case h.State() != conn.Up:
	case n == 0 || err != nil:
		c.ended(h, err)
	case h.loggingIn:
		c.goOn(h)
	case h.sentBytes < h.may:
		c.pump(h)
	case h.kind == RSTStorm:
		c.engine.Abort(&h.Conn, 0)
	case h.filling:
		c.filled(h)
	}
}

// Dead lets another dummy fill, if this one did.
func (c *Crowd) Dead(d *conn.Conn) {
	h := c.of(d)
	h.at = conn.Never
	c.stopFilling(h)
}

// Released has nothing to do: the engine dials the dummy again.
func (c *Crowd) Released(*conn.Conn) {}

// Fired is never called: hostile dummies have turns, and no timers.
func (c *Crowd) Fired(*conn.Conn, uint8, time.Duration) {}

// Next is when there is something to do even if nothing completes.
func (c *Crowd) Next() (at, longest time.Duration) {
	if c.isPaced() {
		return min(c.scanAt, c.paceAt), conn.Never
	}
	return c.scanAt, conn.Never
}

// Woke has nothing to do: nothing is measured here.
func (c *Crowd) Woke(_, _, _ time.Duration) {}

// Advance does what time has made possible.
func (c *Crowd) Advance() (over bool) {
	if c.engine.Now() >= c.scanAt {
		c.scan()
	}
	if !c.leaving {
		c.pace()
	}
	return c.leaving
}

// Ended has nothing to do: the counters can be read without the thread.
func (c *Crowd) Ended() {}
