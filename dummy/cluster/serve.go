package cluster

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// Server is what a child serves.
type Server interface {
	monitor.Source
	monitor.Witness
	// Records is all that its trace holds.
	Records() trace.Excerpt
	// Stop stops it and makes its audit. grace is how long sessions may take to leave.
	Stop(grace time.Duration) *monitor.Server
}

// parent is whoever started this process as its child: the child's end of the pipes.
type parent struct {
	srv  Server
	stop chan struct{} // closed when it wants the server to stop
	gone chan struct{} // closed when it orders nothing any more

	mu    sync.Mutex
	words *json.Encoder
}

// Serve serves a parent, whose orders come on in: it says the server's figures until it is told to
// stop, or ctx is done, then its audit, and answers until the parent has no more questions. It
// returns the audit. A parent that dies has ended in, so that no child outlives it.
func Serve(ctx context.Context, srv Server, grace time.Duration, in io.Reader,
	out io.Writer) *monitor.Server {
	p := &parent{srv: srv, words: json.NewEncoder(out), stop: make(chan struct{}),
		gone: make(chan struct{})}
	go p.obey(json.NewDecoder(in))
	p.report(ctx)
	audit := srv.Stop(grace)
	p.say(word{Server: p.figures()})
	<-p.gone
	return audit
}

// obey takes orders until there are no more.
func (p *parent) obey(orders *json.Decoder) {
	stop := sync.OnceFunc(func() { close(p.stop) })
	defer close(p.gone)
	defer stop()
	for {
		var o order
		if err := orders.Decode(&o); err != nil {
			return
		}
		switch o.What {
		case orderStop:
			stop()
		case orderSteps:
			x, _ := p.srv.Steps(o.Peer, o.Dialed, o.At) // one in this process never fails
			p.say(word{Answer: &x})
		case orderRecords:
			x := p.srv.Records()
			p.say(word{Answer: &x})
		default:
			return
		}
	}
}

// report says the server's figures until it is to stop.
func (p *parent) report(ctx context.Context) {
	tick := time.NewTicker(figuresEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			p.say(word{Server: p.figures()})
		}
	}
}

func (p *parent) figures() *monitor.Server {
	return monitor.Collect(p.srv).Server
}

// say is for either of the two that speak.
func (p *parent) say(w word) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.words.Encode(w) // a parent that does not listen is gone
}
