package sim

import "dummyload/server/iocp"

// Conn is one connection, seen from its client. Methods are for the client's coroutine.
type Conn struct {
	Number int // from 0, in the order of connecting
	// Got is called with each part of the stream that arrives at the client.
	Got func(data []byte)
	// Ending, when not nil, is called once when the server ends the stream.
	Ending func()
	// Torn, when not nil, is called once when the connection is reset, but by the client.
	Torn func()

	// What was done to the connection, for oracles.
	Fin       bool // the client sent a FIN
	Reset     bool // the client sent a RST
	Mute      bool // the client does not read
	PostFault bool // a post of the server was made to fail
	Cancelled bool // the server ended it
	Closed    bool // the server closed the handle
	Accepted  bool // the server has, or had, a handle
	Owner     uint64

	port       *Port
	sock       iocp.Socket
	in         []byte // sent by the client, not yet received by the server
	window     int    // bytes that still fit towards a mute client
	recv, send op
	later      []op    // posted while another of their kind is in flight (Port.Loose)
	handler    *worker // which handles a receive of it, until its next Get
}

// op is one operation in flight; ov is nil when there is none.
type op struct {
	ov     *iocp.Overlapped
	buf    []byte
	serial int  // of the post
	inside bool // the call that posted it has not returned
}

// Dial puts a connection into the listener's queue. The caller sets its Got before the next
// yield point.
func (p *Port) Dial() *Conn {
	p.world.point("client connects")
	c := p.newConn()
	p.queue = append(p.queue, c)
	p.world.say("connects")
	return c
}

// end tells the client, once, that the server has ended the stream.
func (c *Conn) end() {
	if heard := c.Ending; heard != nil {
		c.Ending = nil
		heard()
	}
}

// newConn makes a connection, in the memory of an earlier run's.
func (p *Port) newConn() *Conn {
	if len(p.conns) == cap(p.conns) {
		p.conns = append(p.conns, &Conn{})
	} else {
		p.conns = p.conns[:len(p.conns)+1]
		if p.conns[len(p.conns)-1] == nil {
			p.conns[len(p.conns)-1] = &Conn{}
		}
	}
	c := p.conns[len(p.conns)-1]
	*c = Conn{Number: len(p.conns) - 1, port: p, sock: iocp.InvalidSocket, in: c.in[:0],
		window: muteWindow}
	return c
}

// muteWindow is how many bytes the system takes for a client that does not read.
const muteWindow = 4

// Send sends bytes to the server.
func (c *Conn) Send(data []byte) {
	c.port.world.point("client sends")
	if !c.Reset && !c.Fin {
		c.in = append(c.in, data...)
	}
}

// SendFin ends the client's side of the stream.
func (c *Conn) SendFin() {
	c.port.world.point("client FIN")
	c.Fin = true
	c.port.world.say("FIN")
}

// SendReset tears the connection down.
func (c *Conn) SendReset() {
	c.port.world.point("client RST")
	c.Reset = true
	if c.recv.ov != nil && c.send.ov != nil {
		Met(ResetBothPending)
	}
	c.port.world.say("RST")
}

// reset tears the connection down for both ends.
func (c *Conn) reset() {
	if torn := c.Torn; torn != nil && !c.Reset {
		c.Torn, c.Ending = nil, nil
		torn()
	}
	c.Reset = true
}

// SetMute makes the client stop, or go on, reading.
func (c *Conn) SetMute(mute bool) {
	c.port.world.point("client reads or not")
	c.Mute = mute
}

// Ended reports whether the client sees the end of the stream.
func (c *Conn) Ended() bool { return c.Cancelled || c.Closed || c.Reset }

// RecvPending and SendPending report what the server has in flight.
func (c *Conn) RecvPending() bool { return c.recv.ov != nil }

// SendPending is RecvPending's twin.
func (c *Conn) SendPending() bool { return c.send.ov != nil }

// Open reports whether the server holds a handle to it.
func (c *Conn) Open() bool { return c.Accepted && !c.Closed }

// broken reports whether nothing can be transferred any more.
func (c *Conn) broken() bool { return c.Cancelled || c.Closed || c.Reset }

func (c *Conn) recvReady() bool {
	return c.recv.ov != nil && (c.broken() || c.Fin || len(c.in) > 0)
}

func (c *Conn) sendReady() bool {
	return c.send.ov != nil && (c.broken() || !c.Mute || c.window > 0)
}
