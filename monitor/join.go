package monitor

import (
	"slices"
	"sync"
	"time"

	"dummyload/monitor/trace"
)

// Step is one event of a connection's life, as the dummy or the bundled server noted it. Events
// of one batch of a worker have one time.
type Step struct {
	At   Millis `json:"at_ms"` // since the fleet began
	By   string `json:"by"`    // "dummy w0", "server w1"
	Of   string `json:"of"`    // "d17.2": dummy and connection; "s3.5": session
	What string `json:"what"`  // "RecvDone io=2 transferred=34"
}

// MarshalJSON writes what is safe to show.
func (s Step) MarshalJSON() ([]byte, error) {
	s.By, s.Of, s.What = Clean(s.By), Clean(s.Of), Clean(s.What)
	type plain Step
	return marshal(plain(s))
}

// Witness is a server whose trace can be asked about a connection, wherever it runs. An error says
// why it did not answer; later it may.
type Witness interface {
	// Steps is trace.Log.Around of a peer's sessions.
	Steps(peer trace.PeerKey, dialed, at time.Time) (trace.Excerpt, error)
}

// Dummies is the fleet, as far as it is asked about its connections.
type Dummies interface {
	Trace() *trace.Log
	// LocalOf is a dummy's address on one of its connections, 0 when it is not known.
	LocalOf(client int, connection uint32) trace.PeerKey
}

// Limits of joining.
const (
	// JoinedEvidence is how many faults of each kind are joined with what both ends did.
	JoinedEvidence = 16

	// secondLook is when what came after the fault is read as well: the server's release, say.
	secondLook = 20 * time.Millisecond

	// mostLooks bounds how often a server is asked that has nothing of the connection yet, or
	// does not answer: each time twice as late, the last about 10 s after the fault.
	mostLooks = 11

	// forgetAfter is when evidence that no snapshot has is forgotten: it was reset, or never
	// counted.
	forgetAfter = 10 * time.Second
)

// Joiner joins evidence with what the dummy's and the server's trace have of the connection, and of
// the one that a wrong echo belongs to. The traces are rings that a full load overwrites within
// milliseconds: so they are read when the fault is found, and by a goroutine that has nothing
// else to do. The key is the dummy's address, which is the session's peer.
type Joiner struct {
	found   chan Evidence
	dummies Dummies
	server  Witness // nil: the dummies' side alone
	quit    chan struct{}
	ended   chan struct{}

	mu     sync.Mutex
	joined map[evidenceKey]*timeline
	kept   [NumFaults]int
	missed [NumFaults]int // found faster than they were read
}

// evidenceKey tells evidence apart.
type evidenceKey struct {
	fault      Fault
	client     int
	connection uint32
	seq        uint64
	at         Millis
}

func keyOf(e *Evidence) evidenceKey {
	return evidenceKey{e.Fault, e.Client, e.Connection, e.Seq, e.At}
}

// NewJoiner makes a joiner that takes evidence; Start has it read the traces.
func NewJoiner() *Joiner {
	return &Joiner{
		found: make(chan Evidence, 4*JoinedEvidence), joined: map[evidenceKey]*timeline{},
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
func (j *Joiner) Start(dummies Dummies, server Witness) {
	j.dummies, j.server = dummies, server
	go j.run()
}

// Close reads what is still to be read and ends.
func (j *Joiner) Close() {
	close(j.quit)
	<-j.ended
}

// run reads at once what is found, once more a little later, and then for as long as the server
// may have more to say.
func (j *Joiner) run() {
	defer close(j.ended)
	var open []*timeline
	for {
		var due <-chan time.Time
		if len(open) > 0 {
			due = time.After(time.Until(slices.MinFunc(open, byNext).next()))
		}
		var now []*timeline
		select {
		case e := <-j.found:
			now = j.beginAll(e)
			open = append(open, now...)
		case <-due:
			now = []*timeline{slices.MinFunc(open, byNext)}
		case <-j.quit:
			j.read(append(open, j.beginAll()...))
			return
		}
		j.read(now)
		open = slices.DeleteFunc(open, func(t *timeline) bool { return !t.open(j.server) })
	}
}

// beginAll makes room for what was just found, and for what else was by now.
func (j *Joiner) beginAll(found ...Evidence) []*timeline {
	for len(j.found) > 0 {
		found = append(found, <-j.found)
	}
	var all []*timeline
	for _, e := range found {
		if t := j.begin(e); t != nil {
			all = append(all, t)
		}
	}
	return all
}

// begin makes room for evidence, nil when there was enough of its kind.
func (j *Joiner) begin(e Evidence) *timeline {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.kept[e.Fault] == JoinedEvidence || j.joined[keyOf(&e)] != nil {
		return nil
	}
	j.kept[e.Fault]++
	t := newTimeline(e)
	j.joined[keyOf(&e)] = t
	return t
}

// read takes what both traces have now and did not have before: of the dummies' at once, since the
// server may take its time to answer.
func (j *Joiner) read(all []*timeline) {
	start := j.dummies.Trace().Start()
	for _, t := range all {
		t.looks++
		for _, p := range t.subjects {
			t.take(&p.ours, p.hear(j.dummies, start.Add(time.Duration(t.of.At))), start)
		}
	}
	for _, t := range all {
		for _, p := range t.subjects {
			if x, ok := p.ask(j.server, start, time.Duration(t.of.At)); ok {
				t.take(&p.theirs, x, start)
			}
		}
		j.publish(t)
	}
}

// publish shows what was read.
func (j *Joiner) publish(t *timeline) {
	steps := t.line() // a new one: snapshots share the old
	j.mu.Lock()
	defer j.mu.Unlock()
	t.steps, t.note = steps, t.lacks(steps)
}

// Collect adds to the evidence of a tally what was joined with it. The fleet comes first.
func (j *Joiner) Collect(_ *Run, t *Tally) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.joined) > 0 {
		t.Evidence = slices.Clone(t.Evidence) // the fleet's own is shared by all snapshots
	}
	has := map[evidenceKey]bool{}
	for i := range t.Evidence {
		e := &t.Evidence[i]
		found := j.joined[keyOf(e)]
		switch {
		case found != nil:
			has[keyOf(e)] = true
			e.Steps, e.StepsNote = found.steps, found.note
		case j.missed[e.Fault] > 0 && j.kept[e.Fault] < JoinedEvidence:
			e.StepsNote = "not joined with the traces: faults came faster than these were read"
		}
	}
	for key, found := range j.joined {
		if !has[key] && time.Since(found.first) > forgetAfter {
			delete(j.joined, key)
			j.kept[key.fault]--
		}
	}
}
