package main

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"dummyload/monitor"
	"dummyload/server"
)

// parent is whoever started this process as its child server: the child's end of the link.
type parent struct {
	srv    *server.Server
	wanted chan struct{} // closed when it wants the server to stop
	gone   chan struct{} // closed when it orders nothing any more

	mu    sync.Mutex
	words *json.Encoder
}

// serveParent runs a server for a parent: it reports figures until it is told to stop, or ctx is
// done, then its audit, and answers until the parent has no more questions. A parent that dies
// closes our stdin, so no child outlives it.
func serveParent(ctx context.Context, srv *server.Server, in io.Reader,
	out io.Writer) *monitor.Server {
	p := &parent{srv: srv, words: json.NewEncoder(out), wanted: make(chan struct{}),
		gone: make(chan struct{})}
	go p.obey(json.NewDecoder(in))
	p.report(ctx)
	audit := srv.Stop(serveGrace)
	p.say(word{Server: p.figures()})
	<-p.gone
	return audit
}

// obey takes orders until there are no more.
func (p *parent) obey(orders *json.Decoder) {
	stop := sync.OnceFunc(func() { close(p.wanted) })
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
			x, _ := p.srv.Steps(o.Peer, o.Dialed, o.At) // which never fails
			p.say(word{Answer: &x})
		case orderRecords:
			x := p.srv.Records()
			p.say(word{Answer: &x})
		}
	}
}

// report says the server's figures until it is to stop.
func (p *parent) report(ctx context.Context) {
	tick := time.NewTicker(statsEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.wanted:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			p.say(word{Server: p.figures()})
		}
	}
}

func (p *parent) figures() *monitor.Server {
	var snap monitor.Snapshot
	p.srv.Collect(&snap)
	return snap.Server
}

// say is for either of the two that speak.
func (p *parent) say(w word) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.words.Encode(w) // a parent that does not listen is gone
}
