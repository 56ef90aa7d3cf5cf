package dummy

import (
	"testing"
	"time"

	"dummyload/monitor"
)

// tripsOf are the round trips of one worker.
func tripsOf(w *worker) (measured, freed *monitor.Histogram) {
	measured, freed = monitor.NewHistogram(), monitor.NewHistogram()
	measured.Merge(w.hists.RTT)
	measured.Merge(w.hists.Held)
	freed.Merge(w.hists.RTT)
	freed.Merge(w.hists.Freed)
	return measured, freed
}

// TestTripsAreCountedOnce: whichever workers were held up, and since whichever snapshot.
func TestTripsAreCountedOnce(t *testing.T) {
	const ms = time.Millisecond
	var sum totals
	sum.init(3)
	take := func(hists ...*monitor.Tally) *monitor.View {
		reports := []*report{{}} // of a worker that has ended
		for _, h := range hists {
			reports = append(reports, &report{Tally: *h})
		}
		sum.take(&monitor.Run{}, reports)
		return monitor.NewView(&monitor.Run{}, &sum.books)
	}
	with := func(rtt int, held ...time.Duration) *monitor.Tally {
		h := measured()
		h.RTT.RecordN(ms, uint64(rtt))
		for _, d := range held {
			recordHeld(h, d, d/10, 1)
		}
		return h
	}
	for i, c := range []struct {
		given               []*monitor.Tally
		count, recent       uint64
		max, freed, lastMax float64 // ms
	}{
		{[]*monitor.Tally{with(2), with(3)}, 5, 5, 1, 1, 1},
		{[]*monitor.Tally{with(1), with(1, 50*ms)}, 8, 3, 50, 5, 50},
		{[]*monitor.Tally{with(1, 80*ms), with(0, 70*ms)}, 11, 3, 80, 8, 80},
		{[]*monitor.Tally{with(4), with(0)}, 15, 4, 80, 8, 1},
	} {
		s := take(c.given...)
		if s.RTT.Count != c.count || s.RTTFreed.Count != c.count || s.RTTRecent.Count != c.recent ||
			s.RTT.Max != c.max*1e3 || s.RTTFreed.Max != c.freed*1e3 || s.RTTRecent.Max != c.lastMax*1e3 {
			t.Errorf("snapshot %d: %+v\nfreed %+v\nrecent %+v", i, s.RTT, s.RTTFreed, s.RTTRecent)
		}
		n := uint64(0)
		for _, bucket := range s.RTTBuckets {
			n += bucket
		}
		if n != c.count {
			t.Errorf("snapshot %d: %d in the buckets, want %d", i, n, c.count)
		}
	}
	sum.resetEchoes()
	if s := take(with(1)); s.RTT.Count != 1 || s.RTTFreed != s.RTT {
		t.Errorf("after a reset %+v, freed %+v", s.RTT, s.RTTFreed)
	}
}
