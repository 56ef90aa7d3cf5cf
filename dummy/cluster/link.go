package cluster

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

var (
	errSilent    = errors.New("the server's process did not answer in time")
	errNoProcess = errors.New("the server's process has ended")
)

// link is a parent's end of the pipes. Its methods may be called by any goroutine.
type link struct {
	in      io.Closer // the child's stdin
	orders  *json.Encoder
	over    chan struct{}      // closed when no more words come
	ended   chan struct{}      // closed when the child's stdout has ended
	audited chan struct{}      // closed when the audit has come
	answers chan trace.Excerpt // closed with over

	asking sync.Mutex // guards orders, clock and owed
	clock  clock
	owed   bool          // an answer is
	asked  atomic.Uint64 // questions

	mu     sync.Mutex
	latest *monitor.Server
	silent bool   // no more words come
	how    string // it ended before its time or badly; empty when that is not known
}

// newLink takes over both pipes.
func newLink(in io.WriteCloser, out io.Reader) *link {
	l := &link{in: in, orders: json.NewEncoder(in), over: make(chan struct{}),
		ended: make(chan struct{}), audited: make(chan struct{}),
		answers: make(chan trace.Excerpt, 1), clock: clock{ref: time.Now()}}
	go l.follow(out)
	return l
}

// follow takes what the child says, to its end. After a word that is wrong it takes no more: it
// reads on, so that the child does not wait for room in the pipe.
func (l *link) follow(out io.Reader) {
	defer close(l.ended)
	if wrong := l.take(json.NewDecoder(out)); wrong != nil {
		l.end("its process broke the protocol: " + wrong.Error())
	}
	l.mu.Lock()
	l.silent = true
	l.mu.Unlock()
	close(l.over)
	close(l.answers)
	_, _ = io.Copy(io.Discard, out)
}

// take takes words until there are no more, and then returns nil, or until one is wrong.
func (l *link) take(words *json.Decoder) (wrong error) {
	audited, answered := false, uint64(0)
	for {
		var w word
		switch err := words.Decode(&w); {
		case isWrong(err):
			return err
		case err != nil: // its end, or that of its process
			return nil
		case w.Server == nil && w.Answer == nil:
			return errors.New("a word that says nothing")
		case w.Server != nil && audited:
			return errors.New("figures after the audit")
		case w.Answer != nil && answered == l.asked.Load():
			return errors.New("an answer to no question")
		}
		if w.Server != nil {
			l.mu.Lock()
			l.latest = w.Server
			l.mu.Unlock()
			if audited = w.Server.Audited; audited {
				close(l.audited)
			}
		}
		if w.Answer != nil {
			answered++
			l.answers <- *w.Answer // there is room: one question at a time
		}
	}
}

// isWrong tells a word that cannot be read from the end of the words.
func isWrong(err error) bool {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &kind)
}

// Collect adds the newest figures that the child has said, and how it ended if it did.
func (l *link) Collect(run *monitor.Run, t *monitor.Tally) {
	l.mu.Lock()
	defer l.mu.Unlock()
	run.Bundled = true
	own := monitor.Server{}
	if l.latest != nil {
		own = *l.latest
	}
	switch {
	case own.Audited && l.how != "":
		own.Failures = append(slices.Clone(own.Failures), l.how)
	case own.Audited:
	case l.how != "":
		own.Ended = l.how
	case l.silent:
		own.Ended = "its process ended"
	}
	if l.latest != nil || own.Ended != "" {
		t.Merge(&monitor.Tally{Server: &own})
	}
}

// end says how the child ended, which its audit does not. What was said first stays.
func (l *link) end(how string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.how == "" {
		l.how = how
	}
}

// Steps implements monitor.Witness. It waits up to a second.
func (l *link) Steps(peer trace.PeerKey, dialed, at time.Time) (trace.Excerpt, error) {
	return l.ask(order{What: orderSteps, Peer: peer, Dialed: dialed, At: at}, stepsMost)
}

// compareClocks is a question whose answer tells nothing else.
func (l *link) compareClocks() { _, _ = l.ask(order{What: orderSteps}, stepsMost) }

// Records asks for all that the child's trace holds. It waits up to RecordsMost.
func (l *link) Records() (trace.Excerpt, error) {
	return l.ask(order{What: orderRecords}, RecordsMost)
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
	l.asked.Add(1)
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
		l.clock.learn(&x, asked, l.clock.now())
		return x, nil
	case <-late.C:
		return trace.Excerpt{}, errSilent
	}
}

// stop has the server stop and waits for its audit, or until none can come.
func (l *link) stop() {
	l.asking.Lock()
	_ = l.orders.Encode(order{What: orderStop}) // if nobody reads it any more, over says so
	l.asking.Unlock()
	select {
	case <-l.audited:
	case <-l.over:
	}
}

// close lets the child end and waits until its stdout has.
func (l *link) close() {
	_ = l.in.Close()
	<-l.ended
}
