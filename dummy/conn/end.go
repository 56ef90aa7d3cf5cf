package conn

import (
	"time"

	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// BeginClose is the client's own will to close: what is outstanding may still be sent and received.
// The FIN is Shutdown's. pause is how long the client stays away once the connection has ended.
func (e *Engine) BeginClose(c *Conn, pause time.Duration) {
	c.pause = pause
	c.enter(Closing, e.now)
}

// Shutdown sends the FIN. Nothing may be sent after it.
func (e *Engine) Shutdown(c *Conn) {
	e.note(trace.FIN, c, 0)
	e.port.Shutdown(c.sock)
}

// Pause is how long the client stays away once the connection has ended.
func (c *Conn) Pause() time.Duration { return c.pause }

// Cancel gives a connection up, by FIN where none was sent: what is in flight completes, and with
// the last completion the handle is closed. The client is dialed again after the pause, if it is
// wanted then.
func (e *Engine) Cancel(c *Conn, pause time.Duration) { e.die(c, e.port.Cancel, pause) }

// Abort is Cancel by RST.
func (e *Engine) Abort(c *Conn, pause time.Duration) { e.die(c, e.port.Abort, pause) }

func (e *Engine) die(c *Conn, cancel func(iocp.Socket), pause time.Duration) {
	e.owner.Dead(c)
	if c.state != Dialing {
		e.note(trace.Dying, c, 0)
	}
	c.pause = pause
	c.enter(Dying, e.now)
	cancel(c.sock)
	if c.inFlight == 0 {
		e.release(c)
	}
}

// release closes the handle. Nothing of the connection is in flight.
func (e *Engine) release(c *Conn) {
	e.port.Close(c.sock)
	c.sock = iocp.InvalidSocket
	c.enter(Down, e.now)
	e.open--
	e.owner.Released(c)
	if e.owner.Wants(c) {
		e.Dial(c, c.pause)
	}
}
