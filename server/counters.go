package server

import (
	"iter"
	"sync/atomic"

	"dummyload/monitor"
)

// counters belong to one actor. Each worker has its own: no two threads write the same cache line.
type counters struct {
	accepted, released, releasedTwice atomic.Uint64
	refused, acceptFailures           atomic.Uint64
	recvPackets, sendPackets          atomic.Uint64
	reasons                           [numReasons]atomic.Uint64
	_                                 [64]byte
}

// sum adds up one counter of all actors.
func (srv *Server) sum(counter func(*counters) *atomic.Uint64) uint64 {
	n := counter(srv.others.count).Load()
	for _, w := range srv.workers {
		n += counter(w.count).Load()
	}
	return n
}

// acceptedReleased reads both, released first: the difference is never negative.
func (srv *Server) acceptedReleased() (accepted, released uint64) {
	released = srv.sum(func(c *counters) *atomic.Uint64 { return &c.released })
	accepted = srv.sum(func(c *counters) *atomic.Uint64 { return &c.accepted })
	return accepted, released
}

// live is how many sessions there are.
func (srv *Server) live() uint64 {
	accepted, released := srv.acceptedReleased()
	return accepted - released
}

// reasonCounts is how many released sessions ended for each reason, by name.
func (srv *Server) reasonCounts() map[string]uint64 {
	counts := make(map[string]uint64)
	for r := NoReason + 1; r < numReasons; r++ {
		if n := srv.sum(func(c *counters) *atomic.Uint64 { return &c.reasons[r] }); n > 0 {
			counts[r.String()] = n
		}
	}
	return counts
}

// Collect implements monitor.Source. Once Stop has returned it adds the audit.
func (srv *Server) Collect(_ *monitor.Run, t *monitor.Tally) {
	figures := srv.audited.Load()
	if figures == nil {
		figures = srv.figures()
	}
	t.Merge(&monitor.Tally{Server: figures})
}

// figures is what the counters and the table say now. IOCount and SendQBytes are added up from the
// sessions: the workers keep no second count, which could become wrong.
func (srv *Server) figures() *monitor.Server {
	accepted, released := srv.acceptedReleased()
	m := &monitor.Server{
		Backend:        srv.Backend(),
		Workers:        srv.Workers(),
		Accepted:       accepted,
		Released:       released,
		Live:           accepted - released,
		ReleasedTwice:  srv.sum(func(c *counters) *atomic.Uint64 { return &c.releasedTwice }),
		Refused:        srv.sum(func(c *counters) *atomic.Uint64 { return &c.refused }),
		AcceptFailures: srv.sum(func(c *counters) *atomic.Uint64 { return &c.acceptFailures }),
		RecvPackets:    srv.sum(func(c *counters) *atomic.Uint64 { return &c.recvPackets }),
		SendPackets:    srv.sum(func(c *counters) *atomic.Uint64 { return &c.sendPackets }),
		MemoryHeld:     uint64(max(0, srv.budget.Used())),
		Reasons:        srv.reasonCounts(),
		Unreleased:     []monitor.Unreleased{},
		Stuck:          []monitor.Stuck{},
		Failures:       []string{},
	}
	for s := range srv.sessions() {
		m.IOCount += uint64(s.io.load().count())
		m.SendQBytes += uint64(s.sendq.Size())
	}
	return m
}

// sessions yields the sessions that are not released. Each may be released the next moment: the
// caller reads its atomic fields only, or takes a reference by id (hold).
func (srv *Server) sessions() iter.Seq[*session] {
	return func(yield func(*session) bool) {
		for index := range srv.table.used() {
			s := srv.table.at(index)
			if s != nil && !s.io.load().released() && !yield(s) {
				return
			}
		}
	}
}
