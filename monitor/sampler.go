package monitor

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Source adds what it has counted to a tally, and what it alone knows of the run. The fleet and the
// bundled server are sources.
type Source interface {
	Collect(*Run, *Tally)
}

// Collect is a view of what some sources have to say now.
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

// Sink is shown every snapshot, one after the other: the terminal, the progress line. It must
// not block for long, must not change the snapshot and must not call the sampler.
type Sink interface {
	Observe(*View)
}

// SampleInterval is how often a run is looked at.
const SampleInterval = 250 * time.Millisecond

// Sampler asks the sources for a snapshot at an interval and shows it to the sinks.
type Sampler struct {
	interval time.Duration
	sources  []Source
	sinks    []Sink

	mu      sync.Mutex // held while collecting and showing; never by a source's workers
	tally   Tally
	resets  uint64  // of the snapshot before
	atReset *Server // see keepServer
	latest  atomic.Pointer[View]
}

// NewSampler makes a sampler; nothing is collected before Run or Sample. Sources are asked and
// sinks are shown in the order given.
func NewSampler(interval time.Duration, sources []Source, sinks ...Sink) *Sampler {
	if interval <= 0 {
		panic(fmt.Sprintf("monitor: sampler interval %v is not positive", interval))
	}
	return &Sampler{interval: interval, sources: sources, sinks: sinks}
}

// Run samples until the context ends. When sources or sinks take longer than the interval the
// samples in between are skipped, not queued: a snapshot is cumulative and nothing is lost.
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

// Sample collects a snapshot now, shows it to the sinks and returns it. It may be called while
// Run runs, from any goroutine but a sink's: so the last snapshot of a run is taken.
func (s *Sampler) Sample() *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Reset()
	snap := collect(&s.tally, s.sources)
	s.keepServer(snap)
	snap.check()
	s.latest.Store(snap)
	for _, sink := range s.sinks {
		sink.Observe(snap)
	}
	return snap
}

// Latest is the newest snapshot, nil before the first. It does not wait.
func (s *Sampler) Latest() *View { return s.latest.Load() }
