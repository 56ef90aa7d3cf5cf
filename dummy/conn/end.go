package conn

import (
	"time"

	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// BeginClose begins a close that the client itself wants: what is outstanding may still be sent and
// received. It does not send the FIN, Shutdown does. pause is the time between the end of the
// connection and the next dial.
func (e *Engine) BeginClose(c *Conn, pause time.Duration) {
	c.pause = pause
	c.enter(Closing, e.now)
}

// Shutdown sends the FIN. Nothing may be sent after it.
func (e *Engine) Shutdown(c *Conn) {
	e.Note(trace.FIN, c, 0)
	e.port.Shutdown(c.sock)
}

// Pause is the time between the end of the connection and the next dial.
func (c *Conn) Pause() time.Duration { return c.pause }

// Cancel gives a connection up, and sends a FIN if none was sent. What is in flight completes, and
// the last completion closes the handle. The client is dialed again after the pause, if the owner
// wants it then.
func (e *Engine) Cancel(c *Conn, pause time.Duration) { e.die(c, e.port.Cancel, pause) }

// Abort is Cancel with a RST in place of the FIN.
func (e *Engine) Abort(c *Conn, pause time.Duration) { e.die(c, e.port.Abort, pause) }

func (e *Engine) die(c *Conn, cancel func(iocp.Socket), pause time.Duration) {
	e.owner.Dead(c)
	if c.state != Dialing {
		e.Note(trace.Dying, c, 0)
	}
	c.pause = pause
	c.enter(Dying, e.now)
	cancel(c.sock)
	if c.inFlight == 0 {
		e.release(c)
	}
}

// release closes the handle. Nothing of the connection may be in flight.
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
