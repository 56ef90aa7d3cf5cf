package server

import (
	"fmt"
	"slices"
	"strings"

	"dummyload/monitor/trace"
)

// Audit is what Stop found: every accepted session released exactly once, every worker ended.
// Its JSON form is what `serve --json` writes.
type Audit struct {
	Backend        string            `json:"backend"`
	Workers        int               `json:"workers"`
	Accepted       uint64            `json:"accepted"`
	Released       uint64            `json:"released"`
	Live           uint64            `json:"live"`
	ReleasedTwice  uint64            `json:"released_twice"`
	Refused        uint64            `json:"refused"`
	AcceptFailures uint64            `json:"accept_failures"`
	AcceptsPending int64             `json:"accepts_pending"` // that did not complete after Cancel
	Reasons        map[string]uint64 `json:"reasons"`         // of the released sessions, by name
	Unreleased     []Unreleased      `json:"unreleased"`      // the first MaxUnreleased
	WorkersStuck   int               `json:"workers_stuck"`   // did not obey the order to stop
	Stuck          []Stuck           `json:"stuck"`           // which they are
	Failures       []string          `json:"failures"`        // of the port itself
}

// MaxUnreleased is how many sessions an Audit names.
const MaxUnreleased = 100

// Unreleased is a session that was not released although it was cancelled.
type Unreleased struct {
	ID       string   `json:"id"` // "s17.3": index and generation, as in the trace
	IOCount  int      `json:"io_count"`
	SendFlag bool     `json:"send_flag"`
	SendQ    int      `json:"sendq_bytes"`
	Reason   string   `json:"reason"`
	Trace    []string `json:"trace"` // its last footprints
}

// Stuck is a worker that did not end: its thread hangs in the Handler, or the order to stop did not
// reach it (R7).
type Stuck struct {
	Worker string   `json:"worker"` // "w1": as in the trace
	Trace  []string `json:"trace"`  // its last footprints
}

// lastFootprints is how many of them an Unreleased or a Stuck carries.
const lastFootprints = 16

// String is the id as the trace prints it: index and generation.
func (id SessionID) String() string {
	return fmt.Sprintf("s%d.%d", id.index(), id.generation())
}

// OK reports whether nothing was left behind.
func (a Audit) OK() bool {
	return a.Accepted == a.Released && a.ReleasedTwice == 0 && a.AcceptsPending == 0 &&
		a.WorkersStuck == 0 && len(a.Failures) == 0
}

// String is the audit in words, one fact a line.
func (a Audit) String() string {
	var b strings.Builder
	verdict := "every accepted session was released exactly once"
	if !a.OK() {
		verdict = "NOT every session was released exactly once, or a worker did not end"
	}
	fmt.Fprintf(&b, "release audit: %s\n", verdict)
	fmt.Fprintf(&b, "  backend %s, workers %d, stuck %d\n", a.Backend, a.Workers, a.WorkersStuck)
	fmt.Fprintf(&b, "  accepted %d, released %d, live %d, released twice %d\n",
		a.Accepted, a.Released, a.Live, a.ReleasedTwice)
	fmt.Fprintf(&b, "  refused %d, accept failures %d, accepts pending %d\n",
		a.Refused, a.AcceptFailures, a.AcceptsPending)
	for r := NoReason + 1; r < numReasons; r++ {
		if n := a.Reasons[r.String()]; n > 0 {
			fmt.Fprintf(&b, "  ended by %s: %d\n", r, n)
		}
	}
	for _, u := range a.Unreleased {
		fmt.Fprintf(&b, "  not released: %s IOCount %d, SendFlag %v, SendQ %d bytes, reason %q\n",
			u.ID, u.IOCount, u.SendFlag, u.SendQ, u.Reason)
		for _, line := range u.Trace {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	for _, w := range a.Stuck {
		fmt.Fprintf(&b, "  did not end: worker %s\n", w.Worker)
		for _, line := range w.Trace {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	for _, f := range a.Failures {
		fmt.Fprintf(&b, "  port: %s\n", f)
	}
	return b.String()
}

// audit counts, and names the sessions that are still there.
func (srv *Server) audit() Audit {
	m := srv.figures()
	a := Audit{
		Backend:        m.Backend,
		Workers:        m.Workers,
		Accepted:       m.Accepted,
		Released:       m.Released,
		Live:           m.Live,
		ReleasedTwice:  m.ReleasedTwice,
		Refused:        m.Refused,
		AcceptFailures: m.AcceptFailures,
		AcceptsPending: srv.accepts.Load(),
		Reasons:        m.Reasons,
		Unreleased:     []Unreleased{},
		Stuck:          []Stuck{},
		Failures:       []string{},
	}
	for s := range srv.sessions() {
		if len(a.Unreleased) < MaxUnreleased {
			a.Unreleased = append(a.Unreleased, srv.describe(s))
		}
	}
	return a
}

func (srv *Server) describe(s *session) Unreleased {
	id := s.id.load()
	u := Unreleased{ID: id.String(), IOCount: s.io.load().count(), SendFlag: s.flag.isSet(),
		SendQ: s.sendq.Size(), Reason: s.end.why().String()}
	u.Trace = lines(srv.log.Events(uint64(id)))
	return u
}

// lines are the last of some events, as the trace prints them.
func lines(events []trace.Event) []string {
	var all []string
	for _, e := range events[max(0, len(events)-lastFootprints):] {
		all = append(all, e.String())
	}
	return all
}

// nameStuck adds the workers that did not end.
func (a *Audit) nameStuck(srv *Server, stuck []*worker) {
	a.WorkersStuck = len(stuck)
	for _, w := range stuck {
		name := fmt.Sprintf("w%d", slices.Index(srv.workers, w))
		own := slices.DeleteFunc(srv.log.Events(0), func(e trace.Event) bool {
			return e.Writer != name
		})
		a.Stuck = append(a.Stuck, Stuck{name, lines(own)})
	}
}
