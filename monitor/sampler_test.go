package monitor

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sourceFunc func(*Snapshot)

func (f sourceFunc) Collect(s *Snapshot) { f(s) }

type sinkFunc func(*Snapshot)

func (f sinkFunc) Observe(s *Snapshot) { f(s) }

func TestSampleAsksSourcesAndShowsSinksInOrder(t *testing.T) {
	var order []string
	source := func(name string) Source {
		return sourceFunc(func(s *Snapshot) {
			if s.At.IsZero() {
				t.Errorf("source %s sees no time", name)
			}
			s.Clients++
			order = append(order, name)
		})
	}
	sink := func(name string) Sink {
		return sinkFunc(func(s *Snapshot) {
			if s.Clients != 2 {
				t.Errorf("sink %s sees %d sources' work, want 2", name, s.Clients)
			}
			order = append(order, name)
		})
	}
	s := NewSampler(time.Hour, []Source{source("a"), source("b")}, sink("c"), sink("d"))
	if s.Latest() != nil {
		t.Error("a snapshot before the first sample")
	}
	first := s.Sample()
	if got := strings.Join(order, ""); got != "abcd" || s.Latest() != first {
		t.Errorf("order %q, want abcd; latest is the sample: %v", got, s.Latest() == first)
	}
	if second := s.Sample(); second == first || s.Latest() != second {
		t.Error("the second sample is not a snapshot of its own")
	}
}

func TestRunSamplesUntilTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	seen := make(chan *Snapshot, 1)
	s := NewSampler(time.Millisecond, nil, sinkFunc(func(s *Snapshot) {
		select {
		case seen <- s:
		default:
		}
	}))
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	for range 3 {
		<-seen
	}
	cancel()
	<-done
}

// A slow source makes ticks pass; they must be skipped, not made up for afterwards.
func TestRunSkipsWhatItMissed(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var samples atomic.Int64
	inside, release := make(chan struct{}), make(chan struct{})
	s := NewSampler(10*time.Millisecond, []Source{sourceFunc(func(*Snapshot) {
		if samples.Add(1) == 1 {
			close(inside)
			<-release
		}
	})})
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	<-inside
	missed := time.NewTimer(500 * time.Millisecond) // fifty ticks
	<-missed.C
	cancel() // at most one tick is waiting; select may still take it
	close(release)
	<-done
	if n := samples.Load(); n > 2 {
		t.Errorf("%d samples after one blocked for 50 intervals, want at most 2", n)
	}
}

func TestSampleIsSafeWhileRunning(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	inside := 0 // unguarded on purpose: the sampler's lock is what keeps the race detector quiet
	s := NewSampler(100*time.Microsecond, []Source{sourceFunc(func(*Snapshot) { inside++ })},
		sinkFunc(func(*Snapshot) { inside++ }))
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx) })
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if s.Sample() == nil || s.Latest() == nil {
					t.Error("no snapshot")
				}
			}
		})
	}
	s.Sample()
	cancel()
	wg.Wait()
	if inside < 802 || inside%2 != 0 {
		t.Errorf("%d calls, want two for each of at least 401 samples", inside)
	}
}

func TestSamplePanicsOnAnEchoUnaccountedFor(t *testing.T) {
	for want, wrong := range map[string]Snapshot{
		"sent 3 is not":   {Ledger: Ledger{Sent: 3, Echoed: 1, Wait: 1}, WaitUpDown: 1},
		"by counting up":  {Ledger: Ledger{Sent: 3, Echoed: 1, Wait: 2}, WaitUpDown: 1},
		"0 by difference": {WaitUpDown: -1},
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, want) {
					t.Errorf("panic %q, want one that says %q", got, want)
				}
			}()
			NewSampler(time.Hour, []Source{sourceFunc(func(s *Snapshot) { *s = wrong })}).Sample()
		}()
	}
}

func TestNewSamplerRefusesNoInterval(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("interval 0 was accepted")
		}
	}()
	NewSampler(0, nil)
}
