package show

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"dummyload/dummy"
	"dummyload/dummy/hostile"
	"dummyload/dummy/rig"
	"dummyload/dummy/script"
	"dummyload/monitor"
	"dummyload/server/gallery"
)

// The times of a show. It takes less than 10 s on an idle machine, and fails after showMost. Every
// showLook a view is taken. Before START the server has beforeStart to accept the connections that
// its system already has in the backlog.
const (
	showMost    = time.Minute
	showLook    = 50 * time.Millisecond
	beforeStart = 100 * time.Millisecond

	// showConnect is how long a connection may take, and each step of its session: nearly none of the
	// exhibits is about that.
	showConnect = 20 * time.Second
)

// Show is one exhibit and what the tester said of it. `gallery --json` writes these.
type Show struct {
	Name     string   `json:"name"`
	Does     string   `json:"does"`
	Expected []string `json:"expected"`
	Earned   []string `json:"earned"`
	Seconds  float64  `json:"seconds"`
	Result   Result   `json:"result"`
	Seed     uint64   `json:"seed,string"` // a string, as in the summary
	// Connections is how many the server served. Natural is nil unless it was asked for.
	Connections uint64    `json:"connections"`
	Natural     *Detected `json:"natural,omitempty"`
	Why         []string  `json:"why,omitempty"` // in words, when the result is not as expected
	// Evidence is the first of each fault that has a timeline.
	Evidence []monitor.Evidence `json:"evidence,omitempty"`

	named []string // of Expected, those that end the show
	also  []string // what the exhibit may earn, too
}

// showExhibit runs the fleet against one exhibit until it is named, or to the end of its load.
func showExhibit(ctx context.Context, e *gallery.Exhibit, rules monitor.Rules) Show {
	began := time.Now()
	s := Show{Name: e.Name, Does: e.Does, Seed: rand.Uint64(), named: e.Want, also: e.Also}
	if dummy.SeesReceiveQueues() {
		s.named = slices.Concat(e.Want, e.WantSeen)
	}
	s.Expected = slices.Concat(s.named, e.WantLast)
	final, err := s.run(ctx, e, rules)
	s.Seconds = time.Since(began).Seconds()
	if err != nil {
		s.Result, s.Why = NotShown, []string{monitor.Clean(err.Error())}
		return s
	}
	s.Connections = final.Connections.Connected
	s.compare(final, rules)
	s.keepEvidence(final, rules)
	return s
}

// run is a whole run, which ends early once the exhibit is named. Its view is taken after the
// server's end.
func (s *Show) run(ctx context.Context, e *gallery.Exhibit, rules monitor.Rules) (
	*monitor.View, error) {
	most := showMost
	if e.Load.Lifetimes > 0 {
		most += e.Load.Duration
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	srv, err := e.Start()
	if err != nil {
		return nil, err
	}
	r, err := rig.Open(ctx, rig.Parts{
		Config: configOf(e.Load, s.Seed), Server: srv, Every: showLook,
	})
	if err != nil {
		srv.Stop()
		return nil, err
	}
	endSampling := r.Begin()
	err = s.echo(ctx, r.Fleet, r.Sampler, e, rules)
	endSampling()
	err = errors.Join(err, r.Fleet.Close())
	r.Stop()
	return r.Sampler.Sample(), err
}

// echo plays the exhibit's load.
func (s *Show) echo(ctx context.Context, f script.Fleet, sampler *monitor.Sampler,
	e *gallery.Exhibit, rules monitor.Rules) error {
	rules.Live = true
	todo := play{Load: e.Load, now: sampler.Sample, named: func(v *monitor.View) bool {
		return len(s.named) > 0 && includes(earned(v, rules), s.named)
	}}
	p := script.Player{Fleet: f, View: sampler.Latest}
	if err := p.Play(ctx, script.List(script.Connected{})); err != nil {
		return fmt.Errorf("the dummies did not connect: %w", err)
	}
	return p.Play(ctx, todo.steps)
}

// configOf is the fleet's configuration for a load, but for the target.
func configOf(l gallery.Load, seed uint64) dummy.Config {
	how, err := dummy.ParseCloseKind(l.Close)
	if err != nil {
		panic(fmt.Sprintf("gallery: a load that the dummies cannot make: %v", err))
	}
	var groups []hostile.Group
	if l.Misbehave != "" {
		if groups, err = hostile.Parse(l.Misbehave); err != nil {
			panic(fmt.Sprintf("gallery: dummies that cannot misbehave like that: %v", err))
		}
	}
	return dummy.Config{
		Clients: l.Clients, OverSend: l.OverSend,
		SizeMin: l.SizeMin, SizeMax: l.SizeMax, Frame: l.Frame,
		Hostile: groups, Churn: l.Churn, Close: how, ReconnectDelay: l.ReconnectDelay,
		ConnectTimeout: cmp.Or(l.ConnectTimeout, showConnect),
		DrainTimeout:   l.DrainTimeout, Quiet: l.Quiet, Seed: seed,
	}
}
