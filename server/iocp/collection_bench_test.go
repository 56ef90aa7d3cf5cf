package iocp

import (
	"math"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// BenchmarkCollection makes one collection after the other beside a worker whose completions are
// 50 µs apart, which is where it waits in naps, and reports the longest time that stopping the
// world took: what a worker's waiting can add to an echo.
func BenchmarkCollection(b *testing.B) {
	for _, name := range Backends() {
		b.Run(name, func(b *testing.B) {
			p, err := New(Config{Backend: name})
			if err != nil {
				b.Logf("not here: %v", err)
				return
			}
			ended, quit := make(chan error), make(chan struct{})
			go func() { ended <- benchWaiter(p) }()
			go benchPoster(b, p, quit)
			before := stops()
			for b.Loop() {
				runtime.GC()
				time.Sleep(time.Millisecond)
			}
			b.ReportMetric(longest(before, stops())*1e6, "stop-µs/max")
			close(quit)
			if err := <-ended; err != nil {
				b.Error(err)
			}
			if err := p.CloseHandle(); err != nil {
				b.Error(err)
			}
		})
	}
}

// benchWaiter dequeues until the order to stop.
func benchWaiter(p Port) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	w, err := p.Worker()
	if err != nil {
		return err
	}
	batch := make([]Entry, 16)
	for {
		n, err := w.Get(batch, -1)
		if err != nil {
			return err
		}
		if batch[n-1].Overlapped == nil {
			return w.Close()
		}
	}
}

// benchPoster posts a packet every 50 µs, and at last the order to stop.
func benchPoster(b *testing.B, p Port, quit <-chan struct{}) {
	ov := new(Overlapped)
	for {
		select {
		case <-quit:
			if err := p.Post(nil); err != nil {
				b.Error(err)
			}
			return
		default:
			if err := p.Post(ov); err != nil {
				b.Error(err)
			}
			time.Sleep(50 * time.Microsecond)
		}
	}
}

// stops is the runtime's histogram of how long it took to stop the world for a collection.
func stops() *metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/stopping/gc:seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64Histogram()
}

// longest is the upper bound of the last bucket that grew, in seconds.
func longest(before, after *metrics.Float64Histogram) (seconds float64) {
	for i, n := range after.Counts {
		if n > before.Counts[i] && !math.IsInf(after.Buckets[i+1], 1) {
			seconds = after.Buckets[i+1]
		}
	}
	return seconds
}
