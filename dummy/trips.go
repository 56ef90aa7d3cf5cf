package dummy

import "dummyload/monitor"

// trips are the round trips of all workers, as they were measured and without the time in which the
// tester itself was held up. A snapshot costs a pass over the slots of a histogram for each Merge, so
// the two are one until a worker was held up.
type trips struct {
	measured *monitor.Histogram
	freed    *monitor.Histogram // nil: nobody was held up, they are those measured
	recent   *monitor.Histogram // measured, of the last snapshot
}

func newTrips() trips {
	return trips{measured: monitor.NewHistogram(), recent: monitor.NewHistogram()}
}

func (t *trips) reset() {
	t.measured.Reset()
	t.freed = nil
}

// take adds what came since the last snapshot.
func (t *trips) take(reports []*report) {
	t.recent.Reset()
	held := t.freed != nil
	for _, r := range reports {
		if r.hists != nil {
			t.recent.Merge(r.hists.rtt)
			held = held || r.hists.heldUp()
		}
	}
	if held {
		t.takeHeld(reports)
	}
	t.measured.Merge(t.recent)
}

// takeHeld adds the round trips in which a worker was held up; recent has the others.
func (t *trips) takeHeld(reports []*report) {
	if t.freed == nil {
		t.freed = monitor.NewHistogram()
		t.freed.Merge(t.measured)
	}
	t.freed.Merge(t.recent)
	for _, r := range reports {
		if r.hists != nil && r.hists.heldUp() {
			t.freed.Merge(r.hists.freed)
			t.recent.Merge(r.hists.held)
		}
	}
}

// describe fills in what is known of the round trips.
func (t *trips) describe(s *monitor.View) {
	s.RTT, s.RTTRecent = t.measured.Distribution(), t.recent.Distribution()
	s.RTTFreed, s.RTTBuckets = s.RTT, t.measured.Buckets()
	if t.freed != nil {
		s.RTTFreed = t.freed.Distribution()
	}
}
