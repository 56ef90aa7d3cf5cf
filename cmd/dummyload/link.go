package main

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// What a parent may order of its child server.
const (
	orderStop    = "stop"    // and audit; the end of stdin means it, too
	orderSteps   = "steps"   // answer what the trace has of a peer around a time
	orderRecords = "records" // answer all that it has
)

// order is what a parent tells its child server, a JSON line on the child's stdin.
type order struct {
	What   string
	Peer   trace.PeerKey
	Dialed time.Time // by the child's clock, see childClock
	At     time.Time
}

// word is what the child says, a JSON line on its stdout.
type word struct {
	Server *monitor.Server `json:",omitempty"` // its figures, now and again; last its audit
	Answer *trace.Excerpt  `json:",omitempty"` // to the oldest order that wants one
}

// How long an answer may take: a child that is busy, and one that writes its whole trace.
const (
	stepsMost   = time.Second
	recordsMost = 5 * time.Second
)

var (
	errSilent    = errors.New("the server's process did not answer in time")
	errNoProcess = errors.New("the server's process has ended")
)

// link is a parent's end of the pipes to its child server. At most one question is out at a time,
// so that neither end ever waits for room in a pipe: who does not answer is asked no more until
// it has.
type link struct {
	in      io.Closer // the child's stdin
	orders  *json.Encoder
	ended   chan struct{}      // closed when the child's stdout has ended
	audited chan struct{}      // closed when the audit has come
	answers chan trace.Excerpt // closed with ended

	asking sync.Mutex // guards orders, clock and owed
	clock  childClock
	owed   bool // an answer is

	mu     sync.Mutex
	latest *monitor.Server
	dead   bool   // the child's stdout has ended
	how    string // it ended before its time or badly; empty when that is not known
}

// newLink takes over both pipes.
func newLink(in io.WriteCloser, out io.Reader) *link {
	l := &link{in: in, orders: json.NewEncoder(in), ended: make(chan struct{}),
		audited: make(chan struct{}), answers: make(chan trace.Excerpt, 1),
		clock: childClock{ref: time.Now()}}
	go l.follow(json.NewDecoder(out))
	return l
}

// follow takes what the child says, to its end.
func (l *link) follow(words *json.Decoder) {
	defer close(l.ended)
	defer close(l.answers)
	defer func() {
		l.mu.Lock()
		l.dead = true
		l.mu.Unlock()
	}()
	for {
		var w word
		if err := words.Decode(&w); err != nil {
			return
		}
		if w.Server != nil {
			l.mu.Lock()
			l.latest = w.Server
			l.mu.Unlock()
			if w.Server.Audited {
				close(l.audited)
			}
		}
		if w.Answer != nil {
			l.answers <- *w.Answer // there is room: one question at a time
		}
	}
}

// Collect adds the newest figures the child sent.
func (l *link) Collect(s *monitor.Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Bundled = true
	own := monitor.Server{} // others add to it
	if l.latest != nil {
		own = *l.latest
	}
	switch {
	case own.Audited && l.how != "":
		own.Failures = append(slices.Clone(own.Failures), l.how)
	case own.Audited:
	case l.how != "":
		own.Ended = l.how
	case l.dead:
		own.Ended = "its process ended"
	}
	if l.latest != nil || own.Ended != "" {
		s.Server = &own
	}
}

// end says how the child ended, which its audit does not. The first word stays.
func (l *link) end(how string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.how == "" {
		l.how = how
	}
}

// Steps implements monitor.Witness.
func (l *link) Steps(peer trace.PeerKey, dialed, at time.Time) (trace.Excerpt, error) {
	return l.ask(order{What: orderSteps, Peer: peer, Dialed: dialed, At: at}, stepsMost)
}

// compareClocks is a question whose answer tells nothing else.
func (l *link) compareClocks() { _, _ = l.ask(order{What: orderSteps}, stepsMost) }

// records asks for all that the child's trace holds.
func (l *link) records() (trace.Excerpt, error) {
	return l.ask(order{What: orderRecords}, recordsMost)
}

// ask waits for an answer, but not for ever, and for none while an earlier one is owed.
func (l *link) ask(o order, most time.Duration) (trace.Excerpt, error) {
	l.asking.Lock()
	defer l.asking.Unlock()
	if l.owed {
		select {
		case _, open := <-l.answers:
			l.owed = !open
		default:
			return trace.Excerpt{}, errSilent
		}
	}
	o.Dialed, o.At = l.clock.theirs(o.Dialed), l.clock.theirs(o.At)
	asked := l.clock.now()
	if l.owed || l.orders.Encode(o) != nil {
		return trace.Excerpt{}, errNoProcess
	}
	l.owed = true
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case x, open := <-l.answers:
		if l.owed = !open; l.owed {
			return trace.Excerpt{}, errNoProcess
		}
		l.clock.heard(&x, asked, l.clock.now())
		return x, nil
	case <-late.C:
		return trace.Excerpt{}, errSilent
	}
}

// stop has the server stop and waits for its audit, or for the child's end.
func (l *link) stop() {
	l.asking.Lock()
	_ = l.orders.Encode(order{What: orderStop}) // if nobody reads it any more, ended says so
	l.asking.Unlock()
	select {
	case <-l.audited:
	case <-l.ended:
	}
}

// close lets the child end and waits until its stdout has.
func (l *link) close() {
	_ = l.in.Close()
	<-l.ended
}
