package monitor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Server is what the bundled server says of itself. While it runs these are its figures. Once it has
// stopped they are its release audit: was every accepted session released exactly once, and did every
// worker end? `serve --json` and the summary of `run` write it as it is.
type Server struct {
	Backend        string            `json:"backend"`
	Workers        int               `json:"workers"`
	Accepted       uint64            `json:"accepted" metric:"Accept Total; sessions the bundled server accepted"`
	Released       uint64            `json:"released" metric:"Release Total; sessions the bundled server released"`
	Live           uint64            `json:"live" kind:"gauge" metric:"Sessions; of the bundled server, not released"`
	ReleasedTwice  uint64            `json:"released_twice" metric:"Released twice; sessions released more than once"`
	TraceFile      string            `json:"trace"`           // the file that its trace was written to
	Refused        uint64            `json:"refused"`         // closed at accept: session limit
	AcceptFailures uint64            `json:"accept_failures"` // EMFILE and the like
	Reasons        map[string]uint64 `json:"reasons"`         // of the released sessions, by name
	AcceptsPending int64             `json:"accepts_pending"` // did not complete after Cancel
	Unreleased     []Unreleased      `json:"unreleased"`      // the first MaxUnreleased
	WorkersStuck   int               `json:"workers_stuck"`   // did not obey the order to stop
	Stuck          []Stuck           `json:"stuck"`           // which they are
	Failures       []string          `json:"failures"`        // of the port, or of its process
	IOCount        uint64            `json:"io_count"`        // of all sessions; an estimate
	SendQBytes     uint64            `json:"sendq_bytes"`
	MemoryHeld     uint64            `json:"memory_held"` // bytes, by all sessions
	RecvPackets    uint64            `json:"recv_packets"`
	SendPackets    uint64            `json:"send_packets"`
	Audited        bool              `json:"audited" merge:"and"` // it has stopped: this is the audit
	Ended          string            `json:"ended,omitempty"`     // how it ended without one
}

// MarshalJSON writes what is safe to show. Its lists are never null.
func (srv Server) MarshalJSON() ([]byte, error) {
	type plain Server
	p := plain(srv)
	p.Failures, p.Ended = cleanAll(srv.Failures), Clean(srv.Ended)
	p.Unreleased = append([]Unreleased{}, srv.Unreleased...)
	p.Stuck = append([]Stuck{}, srv.Stuck...)
	if p.Reasons == nil {
		p.Reasons = map[string]uint64{}
	}
	return marshal(p)
}

func cleanAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = Clean(text)
	}
	return out
}

// MaxUnreleased is how many unreleased sessions an audit names.
const MaxUnreleased = 100

// Unreleased is a session that was not released although it was cancelled.
type Unreleased struct {
	ID         string   `json:"id"` // "s17.3": index and generation, as in the trace
	IOCount    int      `json:"io_count"`
	SendFlag   bool     `json:"send_flag"`
	SendQ      int      `json:"sendq_bytes"`
	Reason     string   `json:"reason"`
	Footprints []string `json:"trace"` // the last ones
}

// Stuck is a worker that did not end: its thread hangs in the Handler, or the order to stop did not
// reach it.
type Stuck struct {
	Worker     string   `json:"worker"` // "w1": as in the trace
	Footprints []string `json:"trace"`  // the last ones
}

// OK reports whether the audit finds nothing wrong. `serve`, `run` and the screen all go by it.
func (srv *Server) OK() bool { return len(srv.wrongs(false)) == 0 }

// wrongs checks the bundled server's own counters: every session that it accepted is released, none
// twice, and all that it started has ended. It is empty when nothing is wrong. While the run goes on
// (live) counters need not agree, since they are read one after the other, and what has not ended may
// still end.
func (srv *Server) wrongs(live bool) []Diagnosis {
	var ds []Diagnosis
	add := func(name string, n uint64, format string, args ...any) {
		ds = append(ds, Diagnosis{name, int(n), "the bundled server " + fmt.Sprintf(format, args...)})
	}
	if srv.Ended != "" {
		add(AuditMissing, srv.Live, "ended without its release audit: %s", srv.Ended)
	}
	if srv.ReleasedTwice > 0 {
		add(ReleasedTwice, srv.ReleasedTwice, "released %s more than once",
			plural(srv.ReleasedTwice, "session"))
	}
	switch {
	case live || srv.Ended != "": // the sessions that it held at its end are no leak
		return ds
	case !srv.Audited:
		add(AuditMissing, srv.Live, "made no release audit")
		return ds
	}
	// A session that was released twice was accepted once. So Released may be above Accepted by as many,
	// and that is no leak.
	most := srv.Released + srv.Live
	if least := most - min(most, srv.ReleasedTwice); srv.Live != 0 || srv.Accepted < least || srv.Accepted > most {
		left := max(srv.Accepted, srv.Released) - min(srv.Accepted, srv.Released)
		add(SessionLeak, left, "accepted %s, released %s and still holds %s",
			plural(srv.Accepted, "session"), Count(srv.Released), Count(srv.Live))
	}
	if srv.WorkersStuck > 0 {
		add(WorkersStuck, 0, "ordered all of its %s to stop, %d did not end%s",
			plural(uint64(max(srv.Workers, 0)), "worker"), srv.WorkersStuck, srv.whereStuck())
	}
	if srv.AcceptsPending > 0 {
		add(AcceptsPending, 0, "cancelled its listener, and %s did not complete",
			plural(uint64(srv.AcceptsPending), "accept"))
	}
	if len(srv.Failures) > 0 {
		add(ServerFailed, 0, "failed: %s", strings.Join(srv.Failures, "; "))
	}
	return ds
}

// whereStuck names the workers that did not end, and what each did last.
func (srv *Server) whereStuck() string {
	var b strings.Builder
	for i, w := range srv.Stuck {
		last := "nothing that its trace still holds"
		if len(w.Footprints) > 0 {
			last = w.Footprints[len(w.Footprints)-1]
		}
		fmt.Fprintf(&b, "%s %s, whose last footprint is %s", ":;"[min(i, 1):min(i, 1)+1], w.Worker, last)
	}
	return b.String()
}

// String is the audit in words, one fact on each line.
func (srv *Server) String() string {
	var b strings.Builder
	wrongs := srv.wrongs(false)
	if len(wrongs) == 0 {
		b.WriteString("release audit: every accepted session was released exactly once\n")
	} else {
		b.WriteString("release audit: NOT every session was released exactly once, or a worker " +
			"did not end\n")
	}
	for _, d := range wrongs {
		fmt.Fprintf(&b, "  %s: %s\n", d.Name, Clean(d.Why))
	}
	fmt.Fprintf(&b, "  backend %s, workers %d, stuck %d\n", srv.Backend, srv.Workers,
		srv.WorkersStuck)
	fmt.Fprintf(&b, "  accepted %d, released %d, live %d, released twice %d\n",
		srv.Accepted, srv.Released, srv.Live, srv.ReleasedTwice)
	fmt.Fprintf(&b, "  refused %d, accept failures %d, accepts pending %d\n",
		srv.Refused, srv.AcceptFailures, srv.AcceptsPending)
	for _, reason := range slices.Sorted(maps.Keys(srv.Reasons)) {
		fmt.Fprintf(&b, "  ended by %s: %d\n", Clean(reason), srv.Reasons[reason])
	}
	for _, u := range srv.Unreleased {
		fmt.Fprintf(&b, "  not released: %s IOCount %d, SendFlag %v, SendQ %d bytes, reason %q\n",
			u.ID, u.IOCount, u.SendFlag, u.SendQ, u.Reason)
		writeIndented(&b, u.Footprints)
	}
	for _, w := range srv.Stuck {
		fmt.Fprintf(&b, "  did not end: worker %s\n", w.Worker)
		writeIndented(&b, w.Footprints)
	}
	for _, f := range srv.Failures {
		fmt.Fprintf(&b, "  port: %s\n", Clean(f))
	}
	return b.String()
}

func writeIndented(b *strings.Builder, lines []string) {
	for _, line := range lines {
		fmt.Fprintf(b, "    %s\n", line)
	}
}
