package monitor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"dummyload/monitor/trace"
)

// Step is one event of a connection's life, as the dummy or the bundled server noted it. Events
// of one batch of a worker have one time.
type Step struct {
	At   time.Duration // since the fleet began
	By   string        // "dummy w0", "server w1"
	Of   string        // "d17.2": dummy and connection; "s3.5": session
	What string        // "RecvDone io=2 transferred=34"
}

// Witness is a server whose trace can be asked about a connection.
type Witness interface {
	Trace() *trace.Log
	SessionsOf(peer netip.AddrPort) []uint64
}

// Limits of joining.
const (
	// JoinedEvidence is how many faults of each kind are joined with what both ends did.
	JoinedEvidence = 16

	stepsBefore = 48 // the fault, at most, and it
	stepsAfter  = 16

	// secondLook is when what came after the fault is read as well: the server's release, say.
	secondLook = 20 * time.Millisecond

	// forgetAfter is when evidence that no snapshot has is forgotten: it was reset, or never
	// counted.
	forgetAfter = 10 * time.Second
)

// Joiner joins evidence with what the dummy's and the server's trace have of the connection. The
// traces are rings that a full load overwrites within milliseconds: so they are read when the
// fault is found, and by a goroutine that has nothing else to do. The key is the dummy's
// address, which is the session's peer.
type Joiner struct {
	found   chan Evidence
	dummies *trace.Log
	server  Witness // nil: the dummies' side alone
	quit    chan struct{}
	ended   chan struct{}

	mu     sync.Mutex
	joined map[evidenceKey]*joint
	kept   [NumFaults]int
	missed [NumFaults]int // found faster than they were read
}

// evidenceKey tells evidence apart.
type evidenceKey struct {
	fault      Fault
	client     int
	connection uint32
	seq        uint64
	at         time.Duration
}

func keyOf(e *Evidence) evidenceKey {
	return evidenceKey{e.Fault, e.Client, e.Connection, e.Seq, e.At}
}

// joint is what was read for one piece of evidence.
type joint struct {
	of     Evidence
	first  time.Time
	looks  int
	dialed time.Duration // when the connection was; 0 when that is overwritten
	seen   map[footprint]bool
	steps  []Step // by time
	note   string
}

// footprint is a record by its place.
type footprint struct {
	by    string
	index uint32
}

// NewJoiner makes a joiner that takes evidence; Start has it read the traces.
func NewJoiner() *Joiner {
	return &Joiner{
		found: make(chan Evidence, 4*JoinedEvidence), joined: map[evidenceKey]*joint{},
		quit: make(chan struct{}), ended: make(chan struct{}),
	}
}

// Found takes evidence, and never blocks.
func (j *Joiner) Found(e Evidence) {
	select {
	case j.found <- e:
	default:
		j.mu.Lock()
		j.missed[e.Fault]++
		j.mu.Unlock()
	}
}

// Start begins to read. server is nil when there is none that can be asked.
func (j *Joiner) Start(dummies *trace.Log, server Witness) {
	j.dummies, j.server = dummies, server
	go j.run()
}

// Close reads what is still to be read and ends.
func (j *Joiner) Close() {
	close(j.quit)
	<-j.ended
}

// run reads at once what is found, and once more a little later.
func (j *Joiner) run() {
	defer close(j.ended)
	var again []*joint // in the order of their times
	for {
		var due <-chan time.Time
		if len(again) > 0 {
			due = time.After(time.Until(again[0].first.Add(secondLook)))
		}
		select {
		case e := <-j.found:
			if t := j.begin(e); t != nil {
				j.read(t)
				again = append(again, t)
			}
		case <-due:
			j.read(again[0])
			again = again[1:]
		case <-j.quit:
			j.readRest(again)
			return
		}
	}
}

// readRest is for when no more is found.
func (j *Joiner) readRest(again []*joint) {
	for len(j.found) > 0 {
		if t := j.begin(<-j.found); t != nil {
			again = append(again, t)
		}
	}
	for _, t := range again {
		j.read(t)
	}
}

// begin makes room for evidence, nil when there was enough of its kind.
func (j *Joiner) begin(e Evidence) *joint {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.kept[e.Fault] == JoinedEvidence || j.joined[keyOf(&e)] != nil {
		return nil
	}
	j.kept[e.Fault]++
	t := &joint{of: e, first: time.Now(), seen: map[footprint]bool{}}
	j.joined[keyOf(&e)] = t
	return t
}

// read takes what both traces have now and did not have before.
func (j *Joiner) read(t *joint) {
	id := trace.ID(uint64(t.of.Client), uint64(t.of.Connection))
	steps := t.take("dummy", "d", j.dummies.Events(id), 0)
	gaps := t.gap("dummies'", j.dummies, steps, "Dial", 0)
	if t.looks == 0 && len(steps) > 0 && strings.HasPrefix(steps[0].What, trace.Dial.String()) {
		t.dialed = steps[0].At
	}
	if peer, err := netip.ParseAddrPort(t.of.Local); err == nil && j.server != nil {
		log := j.server.Trace()
		later := log.Start().Sub(j.dummies.Start())
		var theirs []Step
		for _, id := range j.server.SessionsOf(peer) {
			if events := log.Events(id); t.concerns(events, later) {
				theirs = append(theirs, t.take("server", "s", events, later)...)
			}
		}
		gaps = append(gaps, t.gap("server's", log, theirs, "Accept", later)...)
		steps = append(steps, theirs...)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if t.looks++; t.looks == 1 {
		t.note = strings.Join(gaps, "; ")
	}
	t.steps = slices.Concat(t.steps, steps) // snapshots share the old ones
	slices.SortStableFunc(t.steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	at, _ := slices.BinarySearchFunc(t.steps, t.of.At+1, func(s Step, at time.Duration) int {
		return cmp.Compare(s.At, at)
	})
	t.steps = slices.Clone(t.steps[max(0, at-stepsBefore):min(len(t.steps), at+stepsAfter)])
}

// concerns reports whether a session of the dummy's address may be the connection's: an address
// is used again, at once on some systems. It may not where it began after the fault, or had ended
// before the connection was dialed.
func (t *joint) concerns(events []trace.Event, later time.Duration) bool {
	if len(events) == 0 {
		return false
	}
	first, last := events[0], events[len(events)-1]
	if first.Kind == trace.Accept && first.At+later > t.of.At {
		return false
	}
	return last.Kind != trace.Release || last.At+later >= t.dialed
}

// take makes steps of events that are new. later is how much later than the fleet's their log
// began.
func (t *joint) take(by, of string, events []trace.Event, later time.Duration) []Step {
	var steps []Step
	for _, e := range events {
		s := Step{At: e.At + later, By: by + " " + e.Writer, Of: of + e.Name(), What: e.What()}
		if e.Kind == trace.Fault && e.N < uint32(NumFaults) {
			s.What = fmt.Sprintf("%v %v", e.Kind, Fault(e.N))
		}
		place := footprint{s.By, e.Index}
		if !t.seen[place] {
			t.seen[place] = true
			steps = append(steps, s)
		}
	}
	return steps
}

// gap says what a trace no longer had when it was read first: nothing where the life's beginning
// was there and no ring had lost anything since.
func (t *joint) gap(whose string, log *trace.Log, steps []Step, begins string,
	later time.Duration) []string {
	reach := log.Reach()
	if len(steps) == 0 {
		return []string{fmt.Sprintf("the %s trace has nothing of this connection", whose)}
	}
	begun := steps[0].At >= reach+later && strings.HasPrefix(steps[0].What, begins)
	if reach == 0 || begun {
		return nil
	}
	return []string{fmt.Sprintf("the %s trace reaches back to %s only", whose,
		Micros(micros(reach+later)))}
}

// Collect adds to the evidence of a snapshot what was joined with it. The fleet comes first.
func (j *Joiner) Collect(s *Snapshot) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.joined) > 0 {
		s.Evidence = slices.Clone(s.Evidence) // the fleet's own is shared by all snapshots
	}
	has := map[evidenceKey]bool{}
	for i := range s.Evidence {
		e := &s.Evidence[i]
		t := j.joined[keyOf(e)]
		switch {
		case t != nil:
			has[keyOf(e)] = true
			e.Steps, e.StepsNote = t.steps, t.note
		case j.missed[e.Fault] > 0 && j.kept[e.Fault] < JoinedEvidence:
			e.StepsNote = "not joined with the traces: faults came faster than these were read"
		}
	}
	for key, t := range j.joined {
		if !has[key] && time.Since(t.first) > forgetAfter {
			delete(j.joined, key)
			j.kept[key.fault]--
		}
	}
}
