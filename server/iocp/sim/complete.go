package sim

import (
	"fmt"

	"dummyload/server/iocp"
)

// What can be dequeued is numbered for Pick: the order to stop, each accept, and of each
// connection its receive and its send.
const (
	stopReady = -1 - iota
	acceptReady
)

// completable reports whether anything can be dequeued.
func (p *Port) completable() bool {
	if p.stops > 0 || len(p.accepts) > 0 && (len(p.queue) > 0 || p.accepts[0].cancelled) {
		return true
	}
	for _, c := range p.conns {
		if c.recvReady() || c.sendReady() {
			return true
		}
	}
	return false
}

// take dequeues one of the completions there are; which, and how it ended, is chosen.
func (wk *worker) take() iocp.Entry {
	p := wk.Port
	p.ready = p.ready[:0]
	for i, c := range p.conns {
		if c.recvReady() {
			p.ready = append(p.ready, 2*i)
		}
		if c.sendReady() {
			p.ready = append(p.ready, 2*i+1)
		}
	}
	if len(p.accepts) > 0 && (len(p.queue) > 0 || p.accepts[0].cancelled) {
		p.ready = append(p.ready, acceptReady)
	}
	if p.stops > 0 {
		p.ready = append(p.ready, stopReady)
	}
	switch which := p.ready[p.world.Pick(len(p.ready))]; {
	case which == stopReady:
		p.stops--
		p.world.say("dequeues the order to stop")
		return iocp.Entry{Socket: iocp.InvalidSocket}
	case which == acceptReady:
		return p.takeAccept()
	case which%2 == 0:
		return wk.takeRecv(p.conns[which/2])
	default:
		return wk.takeSend(p.conns[which/2])
	}
}

// takeAccept completes the oldest accept with the oldest connection.
func (p *Port) takeAccept() iocp.Entry {
	a := p.accepts[0]
	p.accepts = append(p.accepts[:0], p.accepts[1:]...)
	if a.inside {
		Met(EarlyCompletion)
	}
	e := iocp.Entry{Overlapped: a.ov, Socket: iocp.InvalidSocket}
	switch {
	case a.cancelled:
		e.Err = errCanceled
	case !p.Sound && p.world.Rare():
		e.Err = errNoFiles
	default:
		c := p.queue[0]
		p.queue = append(p.queue[:0], p.queue[1:]...)
		e.Socket = p.open(c)
		p.saySocket("dequeues a new connection", c)
	}
	return e
}

// takeRecv completes a receive: with data, in part or in full, or with none.
func (wk *worker) takeRecv(c *Conn) iocp.Entry {
	o := c.recv
	c.recv = c.next(iocp.OpRecv)
	if o.inside {
		Met(EarlyCompletion)
	}
	e := iocp.Entry{Overlapped: o.ov, Socket: iocp.InvalidSocket}
	n := len(c.in)
	if n > 0 && c.broken() && !wk.world.Rare() {
		n = 0
	}
	switch {
	case n > 0:
		if n > 1 && wk.world.Rare() {
			n = 1 + wk.world.Pick(n-1)
		}
		from := len(wk.data)
		wk.data = append(wk.data, c.in[:n]...)
		e.Data, e.Transferred = wk.data[from:len(wk.data):len(wk.data)], n
		c.in = append(c.in[:0], c.in[n:]...)
	case c.Cancelled || c.Closed:
		e.Err = errCanceled
	case c.Reset:
		e.Err = errReset
	}
	c.handler = wk
	wk.sayDone("receive", c, n)
	return e
}

// takeSend completes a send: in full, short, or failed. The buffer is read now (C3).
func (wk *worker) takeSend(c *Conn) iocp.Entry {
	o := c.send
	c.send = c.next(iocp.OpSend)
	if o.inside {
		Met(EarlyCompletion)
	}
	if c.handler != nil && c.handler != wk {
		Met(SendBeforeReceive)
	}
	e := iocp.Entry{Overlapped: o.ov, Socket: iocp.InvalidSocket}
	n := len(o.buf)
	switch {
	case c.broken() && !wk.world.Rare():
		n, e.Err = 0, errReset
		if c.Cancelled || c.Closed {
			e.Err = errCanceled
		}
	case c.Mute && c.window < n:
		n = c.window
	case n > 1 && wk.world.Rare():
		n = 1 + wk.world.Pick(n-1)
	}
	if 0 < n && n < len(o.buf) {
		Met(ShortSend)
	}
	if c.Mute {
		c.window = max(0, c.window-n)
	}
	e.Transferred = n
	wk.sayDone("send", c, n)
	if n > 0 && !c.Reset {
		c.Got(o.buf[:n])
	}
	return e
}

// next takes the operation of a kind that was posted while the present one was in flight.
func (c *Conn) next(kind iocp.Op) (o op) {
	for i := range c.later {
		if c.later[i].ov.Op == kind {
			o = c.later[i]
			c.later = append(c.later[:i], c.later[i+1:]...)
			break
		}
	}
	return o
}

func (p *Port) sayDone(which string, c *Conn, n int) {
	if p.world.Showing() {
		p.world.say(fmt.Sprintf("dequeues a %s of c%d, transferred %d", which, c.Number, n))
	}
}
