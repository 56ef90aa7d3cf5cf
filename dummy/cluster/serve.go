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

// parent is the process that started this one as its child: the child's end of the pipes.
type parent struct {
	srv  Server
	stop chan struct{} // closed when the server must stop
	gone chan struct{} // closed when no more requests come

	mu       sync.Mutex
	messages *json.Encoder
}

// Serve serves a parent, whose requests come on in. It sends the server's figures until the parent
// wants a stop or ctx is done, then the audit, and it answers until in ends. It returns the audit.
// When the parent dies, in ends, so that no child outlives it.
func Serve(ctx context.Context, srv Server, grace time.Duration, in io.Reader,
	out io.Writer) *monitor.Server {
	p := &parent{srv: srv, messages: json.NewEncoder(out), stop: make(chan struct{}),
		gone: make(chan struct{})}
	go p.answer(json.NewDecoder(in))
	p.sendFigures(ctx)
	audit := srv.Stop(grace)
	p.send(message{Server: p.figures()})
	<-p.gone
	return audit
}

// answer answers requests until there are no more.
func (p *parent) answer(requests *json.Decoder) {
	stop := sync.OnceFunc(func() { close(p.stop) })
	defer close(p.gone)
	defer stop()
	for {
		var r request
		if err := requests.Decode(&r); err != nil {
			return
		}
		switch r.What {
		case requestStop:
			stop()
		case requestSteps:
			x, _ := p.srv.Around(r.Peer, r.Dialed, r.At) // a server in this process never fails
			p.send(message{Answer: &x})
		case requestRecords:
			x := p.srv.Records()
			p.send(message{Answer: &x})
		default:
			return
		}
	}
}

// sendFigures sends the server's figures until it must stop.
func (p *parent) sendFigures(ctx context.Context) {
	tick := time.NewTicker(figuresEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			p.send(message{Server: p.figures()})
		}
	}
}

func (p *parent) figures() *monitor.Server {
	return monitor.Collect(p.srv).Server
}

// send sends a message. Both goroutines call it.
func (p *parent) send(m message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.messages.Encode(m) // a parent that does not listen is gone
}
