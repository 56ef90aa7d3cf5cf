// Package rig puts the parts of one run together: the fleet, its server, the joiner that reads the
// traces of both, and the sampler that looks at all of them.
//
//	        echoes
//	fleet ◄────────► server, or a target that is somebody else's
//	  │  found    asks │
//	  ├──────► joiner ─┤
//	  ▼          ▼     ▼
//	 sampler: fleet, server, joiner, every Parts.Every ──► sinks
//
// Who opens a rig decides what the fleet does, and for how long: `run`, the screen, the gallery.
package rig

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// Server is this run's own server. Where it is a monitor.Witness or a Recorder, too, its trace is
// read.
type Server interface {
	monitor.Source
	// Addr is where it listens.
	Addr() netip.AddrPort
	// Stop stops it and waits for its audit, which later Collects carry.
	Stop()
}

// Recorder is a server that hands out all that its trace holds.
type Recorder interface {
	Records() (trace.Excerpt, error)
}

// Parts are what a rig is made of.
type Parts struct {
	Config dummy.Config // of the fleet; Open sets its Target, Foreign and Found

	Server Server        // the fleet connects to it; nil = to Target
	Target dummy.Target  // a server that is somebody else's
	Wait   time.Duration // how long Target may take to accept a first connection

	Every  time.Duration    // how often the sampler looks
	Beside []monitor.Source // collected after the server
	Sinks  []monitor.Sink
}

// Rig is a run's parts, put together.
type Rig struct {
	Fleet   *dummy.Fleet
	Sampler *monitor.Sampler
	Config  dummy.Config // of the fleet

	server Server
	joiner *monitor.Joiner
}

// Open makes the fleet, which begins to connect. The error is dummy.ErrInterrupted where ctx ended
// before a target was reached, or one line that says what is wrong with the parts. After an error
// nothing runs but the server, which belongs to the caller.
func Open(ctx context.Context, p Parts) (*Rig, error) {
	r := &Rig{Config: p.Config, server: p.Server, joiner: monitor.NewJoiner()}
	r.Config.Found = r.joiner.Found
	sources := make([]monitor.Source, 1, 3+len(p.Beside))
	var err error
	if p.Server != nil {
		r.Config.Target = p.Server.Addr()
		r.Fleet, err = dummy.New(r.Config)
		sources = append(sources, p.Server)
	} else {
		r.Config.Foreign = true
		r.Fleet, err = dummy.Reach(ctx, r.Config, p.Target, p.Wait)
	}
	if err != nil {
		return nil, err
	}
	r.Config.Target = r.Fleet.Target()
	sources[0] = r.Fleet
	sources = append(append(sources, p.Beside...), r.joiner)
	r.Sampler = monitor.NewSampler(p.Every, sources, p.Sinks...)
	witness, _ := p.Server.(monitor.Witness)
	r.joiner.Start(r.Fleet, witness)
	return r, nil
}

// Begin starts the sampler. end ends it, and waits until it has ended.
func (r *Rig) Begin() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Sampler.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// Stop stops the server, and the joiner reads the rest of the traces. The fleet must be closed before.
// The next view of Sampler shows the end of the run.
func (r *Rig) Stop() {
	if r.server != nil {
		r.server.Stop()
	}
	r.joiner.Close()
}

// Processes is what the traces of both ends hold now. Where the server's cannot be read, it returns
// the dummies' trace and an error.
func (r *Rig) Processes() ([]trace.Process, error) {
	both := []trace.Process{{Name: "dummies", Prefix: "d", Excerpt: r.Fleet.Trace().All()}}
	recorder, ok := r.server.(Recorder)
	if !ok {
		return both, nil
	}
	records, err := recorder.Records()
	if err != nil {
		return both, fmt.Errorf("without the server's side: %w", err)
	}
	return append(both, trace.Process{Name: "server", Prefix: "s", Excerpt: records}), nil
}

// Control is the fleet's, for a screen. A Reset also takes a view at once: the server has no Reset of
// its own, and its figures count from that view on.
func (r *Rig) Control() dummy.Control { return control{r.Fleet, r.Sampler} }

type control struct {
	*dummy.Fleet
	sampler *monitor.Sampler
}

// Reset does not wait for that view.
func (c control) Reset() (monitor.Ticket, error) {
	ticket, err := c.Fleet.Reset()
	if err == nil {
		go c.sampler.Sample()
	}
	return ticket, err
}
