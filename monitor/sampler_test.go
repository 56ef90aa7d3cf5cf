package monitor

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sourceFunc func(*Run, *Tally)

func (f sourceFunc) Collect(run *Run, t *Tally) { f(run, t) }

type sinkFunc func(*View)

func (f sinkFunc) Observe(s *View) { f(s) }

func TestSampleAsksSourcesAndShowsSinksInOrder(t *testing.T) {
	var order []string
	source := func(name string) Source {
		return sourceFunc(func(s *Run, _ *Tally) {
			if s.At.IsZero() {
				t.Errorf("source %s sees no time", name)
			}
			s.Clients++
			order = append(order, name)
		})
	}
	sink := func(name string) Sink {
		return sinkFunc(func(s *View) {
			if s.Clients != 2 {
				t.Errorf("sink %s sees %d sources' work, want 2", name, s.Clients)
			}
			order = append(order, name)
		})
	}
	s := NewSampler(time.Hour, []Source{source("a"), source("b")}, sink("c"), sink("d"))
	if s.Latest() != nil {
		t.Error("a view before the first sample")
	}
	first := s.Sample()
	if got := strings.Join(order, ""); got != "abcd" || s.Latest() != first {
		t.Errorf("order %q, want abcd; latest is the sample: %v", got, s.Latest() == first)
	}
	if second := s.Sample(); second == first || s.Latest() != second {
		t.Error("the second sample is not a view of its own")
	}
}

func TestRunSamplesFourTimesASecondUntilTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond)
		defer cancel()
		samples := 0
		s := NewSampler(SampleInterval, nil, sinkFunc(func(*View) { samples++ }))
		s.Run(ctx)
		if samples != 40 {
			t.Errorf("%d samples in 10 s, want 40", samples)
		}
	})
}

// A slow source makes ticks pass; they must be skipped, not made up for afterwards.
func TestRunSkipsWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond)
		defer cancel()
		samples := 0
		s := NewSampler(SampleInterval, []Source{sourceFunc(func(*Run, *Tally) {
			if samples++; samples == 1 {
				time.Sleep(5 * time.Second) // of the bubble's clock: twenty ticks
			}
		})})
		s.Run(ctx)
		if samples != 21 {
			t.Errorf("%d samples when one took half of 10 s, want 21", samples)
		}
	})
}

func TestSampleIsSafeWhileRunning(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	inside := 0 // unguarded on purpose: the sampler's lock is what keeps the race detector quiet
	s := NewSampler(100*time.Microsecond, []Source{sourceFunc(func(*Run, *Tally) { inside++ })},
		sinkFunc(func(*View) { inside++ }))
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx) })
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if s.Sample() == nil || s.Latest() == nil {
					t.Error("no view")
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
	for want, wrong := range map[string]Counts{
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
			NewSampler(time.Hour, []Source{sourceFunc(func(_ *Run, s *Tally) { s.Counts = wrong })}).Sample()
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
