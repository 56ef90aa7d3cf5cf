package monitor

import (
	"slices"
	"sync"
	"time"

	"dummyload/monitor/trace"
)

// Footprint is one event of a connection's life, as the dummy or the bundled server noted it in its
// trace. Events of one batch of a worker have the same time.
type Footprint struct {
	At   Millis `json:"at_ms"` // since the fleet began
	By   string `json:"by"`    // "dummy w0", "server w1"
	Of   string `json:"of"`    // "d17.2": dummy and connection; "s3.5": session
	What string `json:"what"`  // "RecvDone io=2 transferred=34"
}

// MarshalJSON writes what is safe to show.
func (s Footprint) MarshalJSON() ([]byte, error) {
	s.By, s.Of, s.What = Clean(s.By), Clean(s.Of), Clean(s.What)
	type plain Footprint
	return marshal(plain(s))
}

// Witness is a server whose trace can be asked about a connection, wherever the server runs. An error
// says why it did not answer. It may answer later.
type Witness interface {
	// Around is what the trace has of a peer's sessions around a time: see trace.Log.Around.
	Around(peer trace.PeerKey, dialed, at time.Time) (trace.Excerpt, error)
}

// Dummies is what the Joiner asks the fleet.
type Dummies interface {
	Trace() *trace.Log
	// LocalOf is a dummy's address on one of its connections, 0 when it is not known.
	LocalOf(client int, connection uint32) trace.PeerKey
}

// Limits of the Joiner.
const (
	// JoinedEvidence is how many faults of each kind are joined with what both ends did.
	JoinedEvidence = 16

	// secondLook is how long after the fault the traces are read again, for what came after it: the
	// server's release, say.
	secondLook = 20 * time.Millisecond

	// mostLooks is how often a server is asked at most, while it has nothing of the connection or
	// does not answer. Each look is twice as late as the one before, the last about 10 s after the
	// fault.
	mostLooks = 11

	// forgetAfter is when the Joiner forgets evidence that no tally has: it was reset, or never
	// counted.
	forgetAfter = 10 * time.Second
)

// Joiner joins evidence with its timeline: what the dummy's and the server's traces have of the
// connection, and of the connection that a wrong echo belongs to. The traces are rings, and a full
// load overwrites them within milliseconds. So they are read as soon as the fault is found, by a
// goroutine that does nothing else. The server finds the session by the dummy's address.
type Joiner struct {
	found   chan Evidence
	dummies Dummies
	server  Witness // nil: only the dummies' side is read
	quit    chan struct{}
	ended   chan struct{}

	mu     sync.Mutex
	joined map[evidenceKey]*timeline
	kept   [NumFaults]int
	missed [NumFaults]int // came while the queue was full
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

// NewJoiner makes a joiner. It takes evidence at once, and reads the traces from Start on.
func NewJoiner() *Joiner {
	return &Joiner{
		found: make(chan Evidence, 4*JoinedEvidence), joined: map[evidenceKey]*timeline{},
		quit: make(chan struct{}), ended: make(chan struct{}),
	}
}

// Found hands over evidence. It never blocks.
func (j *Joiner) Found(e Evidence) {
	select {
	case j.found <- e:
	default:
		j.mu.Lock()
		j.missed[e.Fault]++
		j.mu.Unlock()
	}
}

// Start begins to read. server is nil when no server can be asked.
func (j *Joiner) Start(dummies Dummies, server Witness) {
	j.dummies, j.server = dummies, server
	go j.run()
}

// Close reads once more what is still open, and waits for the goroutine to end.
func (j *Joiner) Close() {
	close(j.quit)
	<-j.ended
}

// run reads the traces as soon as evidence is found, and again a little later. Then it asks the server
// for as long as the server may have more to say.
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

// beginAll begins a timeline for each piece of evidence just found, and for all that wait in the queue.
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

// begin makes a timeline for evidence. It is nil when there are enough of that fault.
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

// read takes what is new in both traces. The dummies' side of all timelines comes first, since the
// server may take its time to answer.
func (j *Joiner) read(all []*timeline) {
	start := j.dummies.Trace().Start()
	for _, t := range all {
		t.looks++
		for _, p := range t.subjects {
			t.take(&p.ours, p.readDummy(j.dummies, start.Add(time.Duration(t.of.At))), start)
		}
	}
	for _, t := range all {
		for _, p := range t.subjects {
			if x, ok := p.readServer(j.server, start, time.Duration(t.of.At)); ok {
				t.take(&p.theirs, x, start)
			}
		}
		j.publish(t)
	}
}

// publish makes what was read visible to Collect.
func (j *Joiner) publish(t *timeline) {
	footprints := t.merged() // a new list: views share the old one
	j.mu.Lock()
	defer j.mu.Unlock()
	t.footprints, t.note = footprints, t.lacks(footprints)
}

// Collect adds the timelines to a tally's evidence. It must come after the fleet's Collect.
func (j *Joiner) Collect(_ *Run, t *Tally) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.joined) > 0 {
		t.Evidence = slices.Clone(t.Evidence) // the fleet's own list is shared by all views
	}
	has := map[evidenceKey]bool{}
	for i := range t.Evidence {
		e := &t.Evidence[i]
		found := j.joined[keyOf(e)]
		switch {
		case found != nil:
			has[keyOf(e)] = true
			e.Timeline, e.TimelineNote = found.footprints, found.note
		case j.missed[e.Fault] > 0 && j.kept[e.Fault] < JoinedEvidence:
			e.TimelineNote = "not joined with the traces: faults came faster than these were read"
		}
	}
	for key, found := range j.joined {
		if !has[key] && time.Since(found.first) > forgetAfter {
			delete(j.joined, key)
			j.kept[key.fault]--
		}
	}
}
