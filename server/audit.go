package server

import (
	"fmt"
	"slices"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// lastFootprints is how many footprints an audit shows of a session or worker that is left.
const lastFootprints = 16

// String is the id as the trace prints it: index and generation.
func (id SessionID) String() string {
	return fmt.Sprintf("s%d.%d", id.index(), id.generation())
}

// audit counts, and names the sessions that are still there.
func (srv *Server) audit() *monitor.Server {
	a := srv.figures()
	a.Audited, a.AcceptsPending = true, srv.accepts.Load()
	for s := range srv.sessions() {
		if len(a.Unreleased) < monitor.MaxUnreleased {
			a.Unreleased = append(a.Unreleased, srv.describe(s))
		}
	}
	return a
}

func (srv *Server) describe(s *session) monitor.Unreleased {
	id := s.id.load()
	u := monitor.Unreleased{ID: id.String(), IOCount: s.io.load().count(),
		SendFlag: s.flag.isSet(), SendQ: s.sendq.Size(), Reason: s.end.why().String()}
	u.Footprints = lines(srv.log.Events(uint64(id)))
	return u
}

// lines are the last of the events, as the trace prints them.
func lines(events []trace.Event) []string {
	var all []string
	for _, e := range events[max(0, len(events)-lastFootprints):] {
		all = append(all, e.String())
	}
	return all
}

// nameStuck adds the workers that did not end to an audit.
func (srv *Server) nameStuck(a *monitor.Server, stuck []*worker) {
	a.WorkersStuck = len(stuck)
	for _, w := range stuck {
		name := fmt.Sprintf("w%d", slices.Index(srv.workers, w))
		own := slices.DeleteFunc(srv.log.Events(0), func(e trace.Event) bool {
			return e.Writer != name
		})
		a.Stuck = append(a.Stuck, monitor.Stuck{Worker: name, Footprints: lines(own)})
	}
}
