package server

import (
	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server/iocp/sim"
)

// atRest is what must hold when everybody waits: nothing is owed, and nobody is kept.
func (s *simulation) atRest() {
	if s.ended > 0 {
		s.world.Fail("worker ended: %d of %d without an order", s.ended, s.shape.workers)
	}
	open := uint64(0)
	for i, c := range s.port.Conns() {
		if c.Open() {
			open++
		}
		s.connectionAtRest(s.clients[i])
	}
	if live := s.srv.live(); live != open {
		s.world.Fail("%d sessions live, %d connections open", live, open)
	}
	for session := range s.srv.sessions() {
		s.countAtRest(session)
	}
}

// connectionAtRest looks at one connection.
func (s *simulation) connectionAtRest(c *simClient) {
	conn := c.conn
	if !conn.Accepted {
		s.world.Fail("never accepted: c%d", conn.Number)
	}
	refused := conn.Owner == 0 && conn.Closed // or a limit ended it before the handler heard of it
	if refused && !s.limited() {
		s.world.Fail("refused: c%d, with room in the table", conn.Number)
	}
	if refused {
		return
	}
	if c.excused() || s.limited() && conn.Ended() {
		if !conn.Closed {
			s.world.Fail("not released: c%d, whose connection ended", conn.Number)
		}
		return
	}
	if conn.Cancelled || conn.Closed {
		s.world.Fail("ended without cause: c%d", conn.Number)
	}
	if !conn.RecvPending() {
		s.world.Fail("no receive armed: c%d", conn.Number)
	}
	if !conn.Mute {
		s.owedAtRest(c)
	}
}

// excused reports whether the environment gave a reason to end the connection.
func (c *simClient) excused() bool {
	if c.conn.Fin || c.conn.Reset || c.conn.PostFault || c.garbage {
		return true
	}
	for i := range c.s.sessions {
		if c.s.sessions[i].asked && uint64(c.s.sessions[i].id) == c.conn.Owner {
			return true
		}
	}
	return false
}

// owedAtRest is Wait Echo Count, and the same for pushes.
func (s *simulation) owedAtRest(c *simClient) {
	if c.echoed != c.sent || len(c.buf) > 0 {
		s.world.Fail("Wait Echo Count %d at rest: c%d", c.sent-c.echoed, c.conn.Number)
	}
	if s.shape.login && c.logins == 0 {
		s.world.Fail("no login packet: c%d", c.conn.Number)
	}
	for i := range s.sessions {
		session := &s.sessions[i]
		if uint64(session.id) == c.conn.Owner && session.accepted != c.pushed {
			s.world.Fail("a push was lost: %v took %v, c%d got %v", session.id, session.accepted,
				c.conn.Number, c.pushed)
		}
	}
}

// countAtRest compares IOCount with what is in flight.
func (s *simulation) countAtRest(session *session) {
	pending := 0
	for _, c := range s.port.Conns() {
		if c.Owner != uint64(session.id.load()) {
			continue
		}
		if c.RecvPending() {
			pending++
		}
		if c.SendPending() {
			pending++
		}
	}
	if count := session.io.load().count(); count != pending {
		s.world.Fail("IOCount %d of %v with %d in flight", count, session.id.load(), pending)
	}
}

// afterStop looks at what Stop left behind.
func (s *simulation) afterStop(audit *monitor.Server) {
	if audit.WorkersStuck > 0 {
		s.world.Fail("a worker did not obey the order to stop")
	}
	if !audit.OK() {
		s.world.Fail("release audit: accepted %d, released %d, twice %d, accepts pending %d",
			audit.Accepted, audit.Released, audit.ReleasedTwice, audit.AcceptsPending)
	}
	for _, c := range s.port.Conns() {
		if c.Open() {
			s.world.Fail("a handle was left open: c%d", c.Number)
		}
	}
	if s.ended != s.shape.workers {
		s.world.Fail("%d of %d workers ended", s.ended, s.shape.workers)
	}
}

// Noted is the hook of actor.note. It looks at what the server leaves in its trace: whoever
// posts holds a reference of its own beside the one that the post takes.
func (s *simulation) Noted(k trace.Kind, io ioState) {
	if (k == trace.RecvPost || k == trace.SendPost) && (io.released() || io.count() < 2) {
		s.world.Fail("%v by somebody who holds no reference", k)
	}
}

// Released is the hook of actor.release. A post that failed never is the last reference: its
// poster's own is given up later (R2).
func (s *simulation) Released(where trace.Where, why Reason) {
	switch where {
	case trace.Receive:
		sim.Met(sim.ReleasedByReceive)
	case trace.Send:
		sim.Met(sim.ReleasedBySend)
	case trace.Accepting:
		sim.Met(sim.ReleasedByAccept)
	case trace.Packet, trace.Disconnecting:
		sim.Met(sim.ReleasedByPacket)
	default:
		s.world.Fail("released by a failed post, whose poster holds no reference")
	}
	switch why {
	case PostFailed:
		sim.Met(sim.ReleasedByPost)
	case MemoryFull:
		sim.Met(sim.EndedForMemory)
	case IdleTimeout, FrameTimeout:
		sim.Met(sim.EndedForTime)
	}
}

// drawShape makes up the shape of the run of a given seed.
func drawShape(seed uint64) shape {
	var r sim.Rand
	r.Seed(^seed)
	one := func(in int) bool { return r.Intn(in) == 0 }
	sh := shape{
		workers: 2 + r.Intn(2), clients: 1 + r.Intn(2), rounds: 1 + r.Intn(2),
		frames: 1 + r.Intn(2), apps: r.Intn(3), calls: 1 + r.Intn(2), login: one(4),
		chat: one(4), tight: one(8), early: one(4), last: one(2),
		ends: []simEnd{staysOpen, sendsFin, sendsReset},
	}
	if one(4) {
		sh.ends = []simEnd{staysOpen, sendsFin, sendsReset, sendsGarbage, stopsReading}
	}
	if one(6) {
		sh.raw, sh.login, sh.chat = true, false, false
		sh.ends = []simEnd{staysOpen, sendsFin, sendsReset}
		sh.apps /= 2
	}
	sh.poor, sh.clock = one(8), one(6) // drawn last: the shapes of the other seeds stay
	return sh
}
