// Package rig puts the parts of one run together: the fleet, the server that it is aimed at, the
// joiner that reads the traces of both, and the sampler that looks at all of them.
//
//	        echoes
//	fleet ◄────────► server, or a target that is somebody else's
//	  │  found    asks │
//	  ├──────► joiner ─┤
//	  ▼          ▼     ▼
//	 sampler: fleet, server, joiner, four times a second or so ──► sinks
//
// What is done with the fleet, and for how long, is for those who open a rig: `run`, the screen and
// the gallery.
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

// Server is a server that is this run's own. Where it is a monitor.Witness and a Recorder too, its
// trace is asked.
type Server interface {
	monitor.Source
	// Addr is where it listens.
	Addr() netip.AddrPort
	// Stop stops it and waits for its audit, which later Collects carry.
	Stop()
}

// Recorder is who can be asked for all that a trace holds.
type Recorder interface {
	Records() (trace.Excerpt, error)
}

// Parts are what a rig is made of.
type Parts struct {
	Config dummy.Config // of the fleet; what follows here, and Found, is put in by Open

	Server Server // the fleet is aimed at it; nil = at Target, which is somebody else's
	Target dummy.Target
	Wait   time.Duration // how long Target may take to accept a first connection

	Every  time.Duration    // how often the sampler looks
	Beside []monitor.Source // asked after the server
	Sinks  []monitor.Sink
}

// Rig is a run's parts, put together.
type Rig struct {
	Fleet   *dummy.Fleet
	Sampler *monitor.Sampler
	Config  dummy.Config // as the fleet has it

	server Server
	joiner *monitor.Joiner
}

// Open makes the fleet, which begins to connect. The error is dummy.ErrInterrupted where ctx ended
// before a target was reached, or one line that says what is wrong with the parts; nothing is left
// running then but the server, which is its owner's.
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

// Begin has the sampler look until the returned function is called, which waits for its end.
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

// Stop is for when the fleet is closed: the server stops, and the joiner reads what is still to be
// read. What Sampler sees then is the end of it all.
func (r *Rig) Stop() {
	if r.server != nil {
		r.server.Stop()
	}
	r.joiner.Close()
}

// Processes is what the traces of both ends hold now. Without the server's, which is an error where
// it has one, the dummies' is still worth having.
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

// Control is the fleet's, for a screen. It looks at everything when the counters are reset: a server
// knows of no Reset, and its figures are shown from the same instant on.
func (r *Rig) Control() dummy.Control { return control{r.Fleet, r.Sampler} }

type control struct {
	*dummy.Fleet
	sampler *monitor.Sampler
}

// Reset does not wait for the look.
func (c control) Reset() (monitor.Ticket, error) {
	ticket, err := c.Fleet.Reset()
	if err == nil {
		go c.sampler.Sample()
	}
	return ticket, err
}
