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
	in       io.Closer // the child's stdin
	requests *json.Encoder
	over     chan struct{}      // closed when no more messages come
	ended    chan struct{}      // closed when the child's stdout has ended
	audited  chan struct{}      // closed when the audit has come
	answers  chan trace.Excerpt // closed with over

	asking sync.Mutex // guards requests, clock and owed
	clock  clock
	owed   bool          // whether an answer is owed
	asked  atomic.Uint64 // requests that want an answer

	mu     sync.Mutex
	latest *monitor.Server
	silent bool   // no more messages come
	how    string // how the child ended too early or badly; empty where it did not
}

// newLink takes over both pipes.
func newLink(in io.WriteCloser, out io.Reader) *link {
	l := &link{in: in, requests: json.NewEncoder(in), over: make(chan struct{}),
		ended: make(chan struct{}), audited: make(chan struct{}),
		answers: make(chan trace.Excerpt, 1), clock: clock{ref: time.Now()}}
	go l.follow(out)
	return l
}

// follow takes the child's messages until its stdout ends. After a wrong message it takes no more, but
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

// take takes messages until one is wrong, or until there are no more: then it returns nil.
func (l *link) take(messages *json.Decoder) (wrong error) {
	audited, answered := false, uint64(0)
	for {
		var m message
		switch err := messages.Decode(&m); {
		case isWrong(err):
			return err
		case err != nil: // the end of the pipe
			return nil
		case m.Server == nil && m.Answer == nil:
			return errors.New("an empty message")
		case m.Server != nil && audited:
			return errors.New("figures after the audit")
		case m.Answer != nil && answered == l.asked.Load():
			return errors.New("an answer to no request")
		}
		if m.Server != nil {
			l.mu.Lock()
			l.latest = m.Server
			l.mu.Unlock()
			if audited = m.Server.Audited; audited {
				close(l.audited)
			}
		}
		if m.Answer != nil {
			answered++
			l.answers <- *m.Answer // there is room: one answer is owed at a time
		}
	}
}

// isWrong reports whether an error is a message that is not of the protocol, and not the end.
func isWrong(err error) bool {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &kind)
}

// Collect adds the newest figures of the child, and how it ended if it has.
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

// end notes how the child ended, because its audit does not say it. The first note stays.
func (l *link) end(how string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.how == "" {
		l.how = how
	}
}

// Around implements monitor.Witness. It waits up to a second.
func (l *link) Around(peer trace.PeerKey, dialed, at time.Time) (trace.Excerpt, error) {
	return l.ask(request{What: requestSteps, Peer: peer, Dialed: dialed, At: at}, stepsMost)
}

// compareClocks asks for an answer that has nothing but the child's clock.
func (l *link) compareClocks() { _, _ = l.ask(request{What: requestSteps}, stepsMost) }

// Records asks for all that the child's trace holds. It waits up to RecordsMost.
func (l *link) Records() (trace.Excerpt, error) {
	return l.ask(request{What: requestRecords}, RecordsMost)
}

// ask asks and waits for the answer, for at most the given time. While an earlier answer is owed it
// does not ask.
func (l *link) ask(r request, most time.Duration) (trace.Excerpt, error) {
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
	r.Dialed, r.At = l.clock.theirs(r.Dialed), l.clock.theirs(r.At)
	asked := l.clock.now()
	l.asked.Add(1)
	if l.owed || l.requests.Encode(r) != nil {
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

// stop stops the server and waits for its audit, or until none can come.
func (l *link) stop() {
	l.asking.Lock()
	_ = l.requests.Encode(request{What: requestStop}) // where the child has ended, over is closed
	l.asking.Unlock()
	select {
	case <-l.audited:
	case <-l.over:
	}
}

// close lets the child end, and waits for the end of its stdout.
func (l *link) close() {
	_ = l.in.Close()
	<-l.ended
}
