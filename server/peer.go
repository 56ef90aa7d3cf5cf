package server

import (
	"slices"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

var _ monitor.Witness = (*Server)(nil)

// Records is all that the server's trace holds (R10).
func (srv *Server) Records() trace.Excerpt { return srv.log.All() }

// Around implements monitor.Witness; it never fails, and costs the workers nothing. It finds the peer's
// sessions in the table (those that live, and the last one of each free slot) and in the trace (those
// whose release it still holds).
func (srv *Server) Around(peer trace.PeerKey, dialed, at time.Time) (trace.Excerpt, error) {
	return srv.log.Around(srv.sessionsOf(peer), dialed, at), nil
}

func (srv *Server) sessionsOf(peer trace.PeerKey) []uint64 {
	if peer == 0 {
		return nil
	}
	ids := srv.log.ByPeer(peer)
	for index := range srv.table.used() {
		s := srv.table.at(index)
		if s == nil {
			continue
		}
		id := s.id.load()
		if s.peer.Of(id.generation()) == peer && !slices.Contains(ids, uint64(id)) {
			ids = append(ids, uint64(id))
		}
	}
	return ids
}
