package dummy

import (
	"runtime"
	"slices"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// Limits of what a snapshot costs and carries.
const (
	owedWhileDraining = 100
	fairnessEvery     = 2 * time.Second // it looks at every dummy:
	fairnessMost      = 1 << 16         // with more of them only when the phase has changed
)

// totals are what Collect has gathered from all reports so far.
type totals struct {
	trips     trips
	connect   *monitor.Histogram
	lag       *monitor.Histogram
	spare     []*histograms // one for each worker
	last      []*report     // of workers that have ended
	health    health
	evidence  []monitor.Evidence
	kept      [monitor.NumFaults]int
	owed      []monitor.Owed
	fairness  monitor.Fairness
	fairAt    time.Duration
	fairIn    monitor.Phase
	diagnosed []monitor.Diagnosis // up to the last Reset
	first     []monitor.Evidence  // of each fault, up to the last Reset
	latest    []monitor.Diagnosis // of the snapshot before
	ticket    monitor.Ticket      // the last verb that all of this knows of
	steps     diagnose.Steps
}

func (t *totals) init(workers int) {
	t.trips, t.connect, t.lag = newTrips(), monitor.NewHistogram(), monitor.NewHistogram()
	t.last = make([]*report, workers)
	t.health.init(workers)
	for range workers {
		t.spare = append(t.spare, newHistograms())
	}
}

func (t *totals) reset(e *earlier) {
	t.connect.Reset()
	t.resetEchoes()
	t.first = firstOfEach(t.first, t.evidence)
	t.diagnosed = lastOfEach(t.diagnosed, t.latest, e.diagnoses)
	t.latest = nil
	t.evidence, t.kept = nil, [monitor.NumFaults]int{} // what is owed stays owed
	t.steps = diagnose.Steps{}
}

// resetEchoes forgets what echoes and their times came to.
func (t *totals) resetEchoes() {
	t.trips.reset()
	t.lag.Reset()
	t.fairness, t.fairAt = monitor.Fairness{}, 0
	t.health.reset()
}

// mark forgets what Fleet.Mark counts anew.
func (t *totals) mark() {
	t.resetEchoes()
	t.steps.Turn()
}

// Collect fills in everything a fleet knows; Bundled and Server are left alone. Each worker
// answers at the end of a batch, so that the ledger balances exactly.
func (f *Fleet) Collect(s *monitor.View) {
	f.collecting.Lock()
	defer f.collecting.Unlock()
	t := &f.totals
	reports := f.ask(s)
	f.sum(s, reports)
	t.trips.take(reports) // before their histograms are emptied
	for i, r := range reports {
		t.take(i, r)
	}
	t.nameOwed(s, reports)
	t.judgeFairness(s, reports)
	t.trips.describe(s)
	s.ConnectTime = t.connect.Distribution()
	s.Evidence = slices.Clip(t.evidence)
	s.Generator = t.health.judge(reports, s, t.lag.Distribution())
	s.Generator.Backend = f.workers[0].engine.Backend()
	s.Generator.Goroutines = runtime.NumGoroutine()
}

// ask has the workers report. No verb and no change of phase comes between what the fleet says
// of itself and what they say: f.mu is held until the last of them has finished its batch.
func (f *Fleet) ask(s *monitor.View) []*report {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &f.totals
	if f.earlier.ticket > t.ticket {
		t.reset(&f.earlier)
	}
	f.describe(s)
	if f.mark.ticket > t.ticket {
		t.mark()
	}
	t.ticket = f.ticket
	due := s.Uptime >= t.fairAt+fairnessEvery && s.Clients <= fairnessMost
	want := wanted{fairness: due || s.Phase != t.fairIn}
	switch s.Phase {
	case monitor.Draining:
		want.owed = owedWhileDraining
	case monitor.Undrained:
		want.owed = -1
	}
	return f.gather(want)
}

// describe fills in what does not come from the workers.
func (f *Fleet) describe(s *monitor.View) {
	now := f.clock()
	s.At, s.Uptime = f.began.Add(now), now
	s.Phase, s.Since, s.EchoOn = f.phase, f.began.Add(f.since), f.echoOn
	if f.phase == monitor.Echoing {
		s.EchoOn += now - f.since
	}
	s.Leaving = f.leaving
	s.Ticket, s.Mark = f.confirmed(), f.mark.name
	s.Target, s.Seed = f.cfg.Target.String(), f.cfg.Seed
	s.Clients, s.OverSend = f.load.Clients, f.load.OverSend
	s.Rate, s.Churn = f.load.Rate, f.load.Churn
	s.EchoTimeout = f.cfg.EchoTimeout
	s.Drain = f.drain
	if f.phase == monitor.Draining {
		s.Drain.Elapsed = now - f.since
	}
	s.Events = slices.Clip(f.events)
	s.Diagnoses = f.outages.Found()
	s.Hostile = f.crowd.describe()
	f.before(s)
}

// gather has each worker report; one that has ended has left its last report.
func (f *Fleet) gather(want wanted) []*report {
	reports := make([]*report, len(f.workers))
	answers := make([]chan *report, len(f.workers))
	for i, w := range f.workers {
		answer := make(chan *report, 1)
		empty := f.totals.spare[i]
		if w.order(func(w *worker) { answer <- w.report(empty, want) }) {
			answers[i] = answer
		}
	}
	for i, w := range f.workers {
		switch {
		case answers[i] != nil:
			reports[i] = <-answers[i]
		case f.totals.last[i] == nil:
			<-w.engine.Done()
			f.totals.last[i] = w.last
			reports[i] = w.last
		default:
			again := *f.totals.last[i]
			again.hists, again.evidence = nil, nil // taken
			reports[i] = &again
		}
	}
	return reports
}

// sum adds up the counters.
func (f *Fleet) sum(s *monitor.View, reports []*report) {
	var c counters
	var first meeting
	for _, r := range reports {
		c.add(&r.count)
		first = first.better(r.meeting)
		addPast(s.Before, &r.past)
		if s.Phase == monitor.Connecting {
			s.Settling += r.pending
		}
	}
	c.balance()
	s.Ledger, s.EchoedOff, s.WaitUpDown = c.ledger, c.off, c.wait
	s.Faults, s.Connections, s.Bytes = c.faults, c.conns, c.bytes
	t := &f.totals
	facts := f.facts(s, &c, first)
	t.steps.Follow(facts)
	s.Diagnoses = diagnose.Causes(facts)
	t.latest = s.Diagnoses
}

// take adds what one report has that is new.
func (t *totals) take(worker int, r *report) {
	if h := r.hists; h != nil {
		t.connect.Merge(h.connect)
		t.lag.Merge(h.lag)
		h.reset()
		t.spare[worker] = h
	}
	for _, ev := range r.evidence {
		if t.kept[ev.Fault] < monitor.MaxEvidence {
			t.kept[ev.Fault]++
			t.evidence = append(t.evidence, ev)
		}
	}
}

// nameOwed lists what is owed, the oldest first. The list of a drain that failed stays while the
// fleet closes, and when it is closed: connections that are no more are still owed what they were.
func (t *totals) nameOwed(s *monitor.View, reports []*report) {
	closing := slices.ContainsFunc(reports, func(r *report) bool { return !r.listed })
	if s.Phase != monitor.Ended && !(s.Phase == monitor.Undrained && closing) {
		t.owed = nil
		for _, r := range reports {
			t.owed = append(t.owed, r.owed...)
		}
		sortOwed(t.owed)
		if s.Phase == monitor.Draining {
			t.owed = t.owed[:min(len(t.owed), owedWhileDraining)]
		}
	}
	s.Owed = t.owed
}

// judgeFairness compares the clients, where the reports have it.
func (t *totals) judgeFairness(s *monitor.View, reports []*report) {
	var all []uint64
	var silent uint64
	for _, r := range reports {
		if r.answered == nil {
			s.Fairness = t.fairness
			return
		}
		all = append(all, r.answered...)
		silent += r.silent
	}
	slices.Sort(all)
	t.fairAt, t.fairIn = s.Uptime, s.Phase
	t.fairness = monitor.Fairness{
		Min: all[0], Median: all[len(all)/2], Max: all[len(all)-1], Silent: silent,
	}
	s.Fairness = t.fairness
}
