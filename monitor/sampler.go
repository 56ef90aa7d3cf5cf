package monitor

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Source is where numbers come from: the fleet, the bundled server.
type Source interface {
	// Collect adds to the tally what the source has counted, and to the run what it alone knows.
	Collect(*Run, *Tally)
}

// Collect asks some sources once, and makes a view of their answers.
func Collect(sources ...Source) *View {
	return collect(new(Tally), sources)
}

func collect(t *Tally, sources []Source) *View {
	run := Run{At: time.Now()}
	for _, source := range sources {
		source.Collect(&run, t)
	}
	return NewView(&run, t)
}

// Sink is shown every view, one after the other: the terminal, the progress line. It must not block for
// long, must not change the view, and must not call the sampler.
type Sink interface {
	Observe(*View)
}

// SampleInterval is how often a Sampler usually makes a view.
const SampleInterval = 250 * time.Millisecond

// Sampler asks the sources at an interval, makes a view, and shows it to the sinks.
type Sampler struct {
	interval time.Duration
	sources  []Source
	sinks    []Sink

	mu      sync.Mutex // held while collecting and showing; never by a source's workers
	tally   Tally
	resets  uint64  // Before.Resets of the view before
	atReset *Server // see keepServer
	latest  atomic.Pointer[View]
}

// NewSampler makes a sampler. It collects nothing before Run or Sample. It asks the sources, and shows
// views to the sinks, in the order given. It panics if the interval is not above 0.
func NewSampler(interval time.Duration, sources []Source, sinks ...Sink) *Sampler {
	if interval <= 0 {
		panic(fmt.Sprintf("monitor: sampler interval %v is not positive", interval))
	}
	return &Sampler{interval: interval, sources: sources, sinks: sinks}
}

// Run samples until the context ends. When sources or sinks take longer than the interval, it skips the
// samples in between. Nothing is lost, since views are cumulative.
func (s *Sampler) Run(ctx context.Context) {
	ticker := time.NewTicker(s.interval) // its channel holds one tick and drops the rest
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.Sample()
		}
	}
}

// Sample makes a view now, shows it to the sinks and returns it. It may be called while Run runs, but not
// by a sink. The last view of a run is made by such a call.
func (s *Sampler) Sample() *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Reset()
	v := collect(&s.tally, s.sources)
	s.keepServer(v)
	v.check()
	s.latest.Store(v)
	for _, sink := range s.sinks {
		sink.Observe(v)
	}
	return v
}

// Latest is the newest view, nil before the first. It does not wait.
func (s *Sampler) Latest() *View { return s.latest.Load() }
