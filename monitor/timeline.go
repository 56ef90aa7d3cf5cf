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

// timeline is what was read for one piece of evidence.
type timeline struct {
	of       Evidence
	first    time.Time
	subjects []*subject
	looks    int
	logs     map[string]*looked // by whose they are
	steps    []Step             // by time
	note     string
}

// looked is how far a log was read: at which look, up to when, and what it may have lost between
// two looks.
type looked struct {
	look       int
	upTo       time.Duration
	from, till time.Duration
}

// footprint is a record by its place.
type footprint struct {
	by    string
	index uint32
}

// subject is a connection that evidence is about.
type subject struct {
	name       string // in a sentence
	client     int
	connection uint32
	local      trace.PeerKey // the dummy's address; 0 while it is not known
	dialed     time.Time     // zero while it is not known
	ours       end
	theirs     end
}

// end is one end's side of it.
type end struct {
	by, of string // "dummy", "d"
	heard  bool   // something of it, or that it was overwritten
	lacks  string // what is missing of it and why; empty when nothing is
	seen   map[footprint]bool
	steps  []Step // around the fault, by time
}

// newTimeline is about the connection that the fault was found on, and about that of the owner of
// what came there, where it is another's.
func newTimeline(e Evidence) *timeline {
	victim := newSubject("this connection", e.Client, e.Connection)
	if local, err := netip.ParseAddrPort(e.Local); err == nil {
		victim.local = trace.KeyOf(local)
	}
	t := &timeline{of: e, first: time.Now(), subjects: []*subject{victim},
		logs: map[string]*looked{"dummy": {}, "server": {}}}
	if e.OwnerConnection != 0 && (e.OwnerClient != e.Client || e.OwnerConnection != e.Connection) {
		t.subjects = append(t.subjects,
			newSubject("the owner's connection", e.OwnerClient, e.OwnerConnection))
	}
	return t
}

func newSubject(name string, client int, connection uint32) *subject {
	return &subject{name: name, client: client, connection: connection,
		ours:   end{by: "dummy", of: "d", seen: map[footprint]bool{}},
		theirs: end{by: "server", of: "s", seen: map[footprint]bool{}}}
}

// hear reads the dummy's side, which the server's is found by.
func (p *subject) hear(dummies Dummies, at time.Time) trace.Excerpt {
	id := trace.ID(uint64(p.client), uint64(p.connection))
	x := dummies.Trace().Around([]uint64{id}, time.Time{}, at)
	if p.dialed.IsZero() && x.Began > 0 {
		p.dialed = x.Start.Add(x.Began)
	}
	if p.local == 0 {
		p.local = dummies.LocalOf(p.client, p.connection)
	}
	p.ours.hear("dummies'", p.name, x, 0)
	return x
}

// Why the server's side may be missing altogether.
const noWitness = "the server's side is missing: this server has no trace that can be asked"

var errNoAddress = errors.New("the dummy's address, by which it is found, is not known")

// ask reads the server's side, at a time since the fleet's start, if there is one that answers.
func (p *subject) ask(server Witness, start time.Time, at time.Duration) (x trace.Excerpt, ok bool) {
	err := errNoAddress
	switch {
	case server == nil:
		p.theirs.lacks = noWitness
		return x, false
	case p.local != 0:
		x, err = server.Steps(p.local, p.dialed, start.Add(at))
	}
	switch {
	case err == nil:
		p.theirs.hear("server's", p.name, x, x.Start.Sub(start))
	case !p.theirs.heard:
		p.theirs.lacks = fmt.Sprintf("the server's side of %s is missing: %v", p.name, err)
	}
	return x, err == nil
}

// next is when it is looked at again.
func (t *timeline) next() time.Time { return t.first.Add(secondLook << (t.looks - 1)) }

func byNext(a, b *timeline) int { return a.next().Compare(b.next()) }

// open reports whether it is looked at again.
func (t *timeline) open(server Witness) bool {
	return t.looks < 2 || t.looks < mostLooks && server != nil &&
		slices.ContainsFunc(t.subjects, func(p *subject) bool {
			return p.local != 0 && !p.theirs.heard
		})
}

// hear notes what a trace no longer had when something was read of it first. later is how much
// later than the fleet's its log began.
func (h *end) hear(whose, of string, x trace.Excerpt, later time.Duration) {
	if h.heard {
		return
	}
	// A whole trace that has nothing yet may have it later: the connection is still to be accepted.
	h.heard, h.lacks = len(x.Events) > 0 || !x.Whole(), ""
	reach := fmt.Sprintf("reaches back to %s only", Micros(micros(x.Reach+later)))
	switch {
	case x.Whole() && len(x.Events) == 0:
		h.lacks = fmt.Sprintf("the %s trace has lost nothing, and has nothing of %s", whose, of)
	case x.Whole():
	case len(x.Events) == 0:
		h.lacks = fmt.Sprintf("the %s trace has nothing of %s: it %s", whose, of, reach)
	default:
		h.lacks = fmt.Sprintf("the %s trace %s", whose, reach)
	}
}

// lacks says everything that is missing of the steps, once each.
func (t *timeline) lacks(steps []Step) string {
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
		if hole.till > 0 && slices.ContainsFunc(steps, func(s Step) bool {
			return strings.HasPrefix(s.By, whose) && time.Duration(s.At) > hole.from
		}) {
			add(fmt.Sprintf("what the %s did for %s after %s may be missing: overwritten", whose,
				Micros(micros(hole.till-hole.from)), Micros(micros(hole.from))))
		}
	}
	return strings.Join(all, "; ")
}

// take makes steps of the events that are new, and keeps those around the fault: of each end its
// own, so that a busy one leaves room for the others.
func (t *timeline) take(h *end, x trace.Excerpt, start time.Time) {
	later := x.Start.Sub(start)
	t.logs[h.by].at(t.looks, x.Reach+later, x.Read+later)
	for _, e := range x.Events {
		s := Step{At: Millis(e.At + later), By: h.by + " " + e.Writer, Of: h.of + e.Name(), What: e.What()}
		if e.Kind == trace.Fault && e.N < uint32(NumFaults) {
			s.What = fmt.Sprintf("%v %v", e.Kind, Fault(e.N))
		}
		place := footprint{s.By, e.Index}
		if !h.seen[place] {
			h.seen[place] = true
			h.steps = append(h.steps, s)
		}
	}
	slices.SortStableFunc(h.steps, byTime)
	h.steps = trace.Window(h.steps,
		func(s Step) time.Duration { return time.Duration(s.At) }, time.Duration(t.of.At))
}

func byTime(a, b Step) int { return cmp.Compare(a.At, b.At) }

// line is the steps of all halves, by time.
func (t *timeline) line() []Step {
	var steps []Step
	for _, p := range t.subjects {
		steps = slices.Concat(steps, p.ours.steps, p.theirs.steps)
	}
	slices.SortStableFunc(steps, byTime)
	return steps
}

// at notes a look, which may be at several connections. What a log lost since the one before is
// missing from the middle of what it tells.
func (l *looked) at(look int, reach, read time.Duration) {
	if look == l.look {
		return
	}
	if l.look > 0 && reach > l.upTo {
		l.from, l.till = l.upTo, reach
	}
	l.look, l.upTo = look, read
}
