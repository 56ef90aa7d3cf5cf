package dummy

import (
	"time"

	"dummyload/dummy/conn"
	"dummyload/server/frame"
)

// What a dummy says besides echoes: the steps of a session that are its own, and heartbeats. None of it
// is in the ledger. It goes out with the echoes, in the same sends.

// hasSession reports whether a connection begins with something else than echoes.
func (c *Config) hasSession() bool { return len(c.Frame.Session) > 0 }

// greetWait is how long the server may take to say the step of the session that is awaited, counted
// from when the connection was made: each of its steps up to this one has the connect timeout.
func (c *Config) greetWait(step int) time.Duration {
	steps := c.Frame.Session
	turns := 0
	for _, s := range steps[:min(step+1, len(steps))] {
		if !s.Send {
			turns++
		}
	}
	return time.Duration(turns) * c.ConnectTimeout
}

// composeOthers fills a buffer with what is due besides echoes.
func (s *sender) composeOthers(d *dummy) {
	w := s.w
	for m := d.stream.Says(w.verifier); m != nil; m = d.stream.Says(w.verifier) {
		d.stream.Said()
		s.composeOther(d, m)
		w.count.Packets.Session++
	}
	if d.is(beatDue) {
		d.clear(beatDue)
		s.composeOther(d, w.fleet.cfg.Frame.Heartbeat.Message)
		w.count.Packets.Heartbeats++
	}
}

func (s *sender) composeOther(d *dummy, m *frame.Message) {
	d.others++
	d.out.bytes = s.w.fleet.pattern.AppendOther(d.out.bytes, m, d.ident(), d.written, d.others)
}

// anythingBesides reports whether composeOthers has something to do.
func (w *worker) anythingBesides(d *dummy) bool {
	return d.stream.Says(w.verifier) != nil || d.is(beatDue)
}

// beats begins the heartbeats of a connection, if there are any. A dummy has one timer for all its
// connections: the first heartbeat of a later one may be due sooner.
func (w *worker) beats(d *dummy) {
	if h := w.fleet.cfg.Frame.Heartbeat; h != nil && !d.is(beating) {
		d.set(beating)
		w.engine.After(h.Every, &d.Conn, beatTime)
	}
}

// beat sends a heartbeat, whatever the fleet does, as long as the connection may carry one.
func (w *worker) beat(d *dummy) {
	d.clear(beating)
	if d.State() != conn.Up && d.State() != conn.Closing {
		return
	}
	w.beats(d)
	if !d.is(shutDown) {
		d.set(beatDue)
		w.sender.write(d)
	}
}
