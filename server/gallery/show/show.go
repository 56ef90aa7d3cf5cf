package show

import (
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

// A show takes less than 10 s on a machine that has nothing else to do, and is given up after
// showMost; what it is to find is looked for every showLook. Before START the server has a while to
// accept them all, beyond what its system does.
const (
	showMost    = time.Minute
	showLook    = 50 * time.Millisecond
	beforeStart = 100 * time.Millisecond

	// showConnect is how long a connection may take: none of the exhibits is about that.
	showConnect = 20 * time.Second
)

// Show is one exhibit and what the tester said of it. The table that is written as JSON has these.
type Show struct {
	Name     string   `json:"name"`
	Does     string   `json:"does"`
	Expected []string `json:"expected"`
	Earned   []string `json:"earned"`
	Seconds  float64  `json:"seconds"`
	Result   Result   `json:"result"`
	Seed     uint64   `json:"seed,string"` // as in the summary
	// Connections is how many the server served, Natural how often it is named when nothing is
	// done to bring its bug to light; nil when that was not asked for.
	Connections uint64    `json:"connections"`
	Natural     *Detected `json:"natural,omitempty"`
	Why         []string  `json:"why,omitempty"` // in words, when the result is not as expected
	// Evidence is the first of each fault that has a timeline.
	Evidence []monitor.Evidence `json:"evidence,omitempty"`

	named []string // of the expected, those that end the show
	also  []string // of the exhibit
}

// showExhibit runs the fleet against one exhibit until it is named, or to the end. What the
// rules allow is not looked at.
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
	s.judge(final, rules)
	s.keepEvidence(final, rules)
	return s
}

// run is a whole run, cut short once the exhibit was named. The last snapshot comes from after
// the server's end.
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

// configOf is the load as the fleet takes it, but for the target.
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
		SizeMin: l.SizeMin, SizeMax: l.SizeMax, Frame: l.Frame, Login: l.Login,
		Hostile: groups, Churn: l.Churn, Close: how, ReconnectDelay: l.ReconnectDelay,
		ConnectTimeout: showConnect, DrainTimeout: l.DrainTimeout, Quiet: l.Quiet, Seed: seed,
	}
}
