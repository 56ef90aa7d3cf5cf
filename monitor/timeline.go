package monitor

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"dummyload/monitor/trace"
)

// timeline is what the Joiner has read for one piece of evidence.
type timeline struct {
	of         Evidence
	first      time.Time
	subjects   []*subject
	looks      int
	logs       map[string]*logRead // by whose log it is: dummy, server
	footprints []Footprint         // by time
	note       string
}

// logRead is how far a log has been read: at which look, and up to when. Between from and till it may
// have lost records, since they were overwritten before the next look.
type logRead struct {
	look       int
	upTo       time.Duration
	from, till time.Duration
}

// place is where a record stands. It tells records apart.
type place struct {
	by    string
	index uint32
}

// subject is a connection that evidence is about.
type subject struct {
	name       string // what a sentence calls it
	client     int
	connection uint32
	local      trace.PeerKey // the dummy's address; 0 while it is not known
	dialed     time.Time     // zero while it is not known
	ours       side
	theirs     side
}

// side is what one end did on the connection.
type side struct {
	by, of     string // "dummy", "d"
	answered   bool   // the trace has records of it, or had them and lost them
	lacks      string // what is missing of it and why; empty when nothing is
	seen       map[place]bool
	footprints []Footprint // around the fault, by time
}

// newTimeline is about the connection that the fault was found on. Where what came there belongs to
// another connection, it is about that one too.
func newTimeline(e Evidence) *timeline {
	victim := newSubject("this connection", e.Client, e.Connection)
	if local, err := netip.ParseAddrPort(e.Local); err == nil {
		victim.local = trace.KeyOf(local)
	}
	t := &timeline{of: e, first: time.Now(), subjects: []*subject{victim},
		logs: map[string]*logRead{"dummy": {}, "server": {}}}
	if e.OwnerConnection != 0 && (e.OwnerClient != e.Client || e.OwnerConnection != e.Connection) {
		t.subjects = append(t.subjects,
			newSubject("the owner's connection", e.OwnerClient, e.OwnerConnection))
	}
	return t
}

func newSubject(name string, client int, connection uint32) *subject {
	return &subject{name: name, client: client, connection: connection,
		ours:   side{by: "dummy", of: "d", seen: map[place]bool{}},
		theirs: side{by: "server", of: "s", seen: map[place]bool{}}}
}

// readDummy reads the dummy's side. It also learns what the server's side is found by: the address.
func (p *subject) readDummy(dummies Dummies, at time.Time) trace.Excerpt {
	id := trace.ID(uint64(p.client), uint64(p.connection))
	x := dummies.Trace().Around([]uint64{id}, time.Time{}, at)
	if p.dialed.IsZero() && x.Began > 0 {
		p.dialed = x.Start.Add(x.Began)
	}
	if p.local == 0 {
		p.local = dummies.LocalOf(p.client, p.connection)
	}
	p.ours.answer("dummies'", p.name, x, 0)
	return x
}

// Why there may be nothing of the server's side.
const noWitness = "the server's side is missing: this server has no trace that can be asked"

var errNoAddress = errors.New("the dummy's address, by which it is found, is not known")

// readServer reads the server's side, at a time since the fleet's start, if there is one that answers.
func (p *subject) readServer(server Witness, start time.Time, at time.Duration) (x trace.Excerpt, ok bool) {
	err := errNoAddress
	switch {
	case server == nil:
		p.theirs.lacks = noWitness
		return x, false
	case p.local != 0:
		x, err = server.Around(p.local, p.dialed, start.Add(at))
	}
	switch {
	case err == nil:
		p.theirs.answer("server's", p.name, x, x.Start.Sub(start))
	case !p.theirs.answered:
		p.theirs.lacks = fmt.Sprintf("the server's side of %s is missing: %v", p.name, err)
	}
	return x, err == nil
}

// next is the time of the next look.
func (t *timeline) next() time.Time { return t.first.Add(secondLook << (t.looks - 1)) }

func byNext(a, b *timeline) int { return a.next().Compare(b.next()) }

// open reports whether there is a next look.
func (t *timeline) open(server Witness) bool {
	return t.looks < 2 || t.looks < mostLooks && server != nil &&
		slices.ContainsFunc(t.subjects, func(p *subject) bool {
			return p.local != 0 && !p.theirs.answered
		})
}

// answer notes what a trace no longer had when it first told something. later is how much later its
// log began than the fleet's.
func (s *side) answer(whose, of string, x trace.Excerpt, later time.Duration) {
	if s.answered {
		return
	}
	// A trace that has lost nothing and has nothing may have it later: the server is still to accept.
	s.answered, s.lacks = len(x.Events) > 0 || !x.Whole(), ""
	reach := fmt.Sprintf("reaches back to %s only", Micros(micros(x.Reach+later)))
	switch {
	case x.Whole() && len(x.Events) == 0:
		s.lacks = fmt.Sprintf("the %s trace has lost nothing, and has nothing of %s", whose, of)
	case x.Whole():
	case len(x.Events) == 0:
		s.lacks = fmt.Sprintf("the %s trace has nothing of %s: it %s", whose, of, reach)
	default:
		s.lacks = fmt.Sprintf("the %s trace %s", whose, reach)
	}
}

// lacks says what is missing from the footprints, each thing once.
func (t *timeline) lacks(footprints []Footprint) string {
	var all []string
	add := func(what string) {
		if what != "" && !slices.Contains(all, what) {
			all = append(all, what)
		}
	}
	for _, p := range t.subjects {
		add(p.ours.lacks)
		add(p.theirs.lacks)
	}
	for _, whose := range []string{"dummy", "server"} {
		hole := t.logs[whose]
		if hole.till > 0 && slices.ContainsFunc(footprints, func(f Footprint) bool {
			return strings.HasPrefix(f.By, whose) && time.Duration(f.At) > hole.from
		}) {
			add(fmt.Sprintf("what the %s did for %s after %s may be missing: overwritten", whose,
				Micros(micros(hole.till-hole.from)), Micros(micros(hole.from))))
		}
	}
	return strings.Join(all, "; ")
}

// take makes footprints of the new events, and keeps those around the fault. Each side keeps its own
// number of them, so that a busy side leaves room for the others.
func (t *timeline) take(of *side, x trace.Excerpt, start time.Time) {
	later := x.Start.Sub(start)
	t.logs[of.by].note(t.looks, x.Reach+later, x.Read+later)
	for _, e := range x.Events {
		f := Footprint{At: Millis(e.At + later), By: of.by + " " + e.Writer, Of: of.of + e.Name(), What: e.What()}
		if e.Kind == trace.Fault && e.N < uint32(NumFaults) {
			f.What = fmt.Sprintf("%v %v", e.Kind, Fault(e.N))
		}
		at := place{f.By, e.Index}
		if !of.seen[at] {
			of.seen[at] = true
			of.footprints = append(of.footprints, f)
		}
	}
	slices.SortStableFunc(of.footprints, byTime)
	of.footprints = trace.Window(of.footprints,
		func(f Footprint) time.Duration { return time.Duration(f.At) }, time.Duration(t.of.At))
}

func byTime(a, b Footprint) int { return cmp.Compare(a.At, b.At) }

// merged is the footprints of all sides, by time.
func (t *timeline) merged() []Footprint {
	var footprints []Footprint
	for _, p := range t.subjects {
		footprints = slices.Concat(footprints, p.ours.footprints, p.theirs.footprints)
	}
	slices.SortStableFunc(footprints, byTime)
	return footprints
}

// note keeps how far a look has read. One look may be at several connections. What the log has lost
// since the look before is missing from the middle of the timeline.
func (l *logRead) note(look int, reach, read time.Duration) {
	if look == l.look {
		return
	}
	if l.look > 0 && reach > l.upTo {
		l.from, l.till = l.upTo, reach
	}
	l.look, l.upTo = look, read
}
