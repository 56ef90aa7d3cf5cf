package dummy

import (
	"runtime"
	"slices"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// Limits of what a snapshot costs.
const (
	fairnessEvery = 2 * time.Second // fairness looks at every dummy, so not in each snapshot
	fairnessMost  = 1 << 16         // with more clients only when the phase has changed
)

// totals are what Collect has gathered from all reports so far.
type totals struct {
	// books are the fleet's tally. Counts and gauges are what the last reports had; histograms and
	// evidence add up over all of them.
	books     monitor.Tally
	spare     []*monitor.Tally // emptied, one for each worker
	last      []*report        // of workers that have ended
	health    health
	fairAt    time.Duration       // when fairness was asked for last
	fairIn    monitor.Phase       // and in which phase
	diagnosed []monitor.Diagnosis // up to the last Reset
	first     []monitor.Evidence  // of each fault, up to the last Reset
	latest    []monitor.Diagnosis // of the last snapshot
	strange   bool                // frame_mismatch is in the log
	ticket    monitor.Ticket      // the last verb that all of this knows of
	part      int                 // number of the present one
	steps     diagnose.Steps
}

func (t *totals) init(workers int) {
	t.books = *measured()
	t.books.Recent, t.books.PerClient = monitor.NewHistogram(), monitor.NewHistogram()
	t.last = make([]*report, workers)
	t.health.init(workers)
	for range workers {
		t.spare = append(t.spare, measured())
	}
}

func (t *totals) reset(e *past) {
	b := &t.books
	t.resetEchoes()
	b.Connect.Reset()
	all := monitor.Tally{Before: &monitor.Before{Evidence: t.first}}
	all.Merge(&monitor.Tally{Before: &monitor.Before{Evidence: b.Evidence}})
	t.first = all.Before.Evidence
	t.diagnosed = lastOfEach(t.diagnosed, t.latest, e.diagnoses)
	t.latest = nil
	b.Evidence, b.Parts = nil, nil // what is owed stays owed
	t.steps = diagnose.Steps{}
}

// resetEchoes forgets what echoes and their times came to.
func (t *totals) resetEchoes() {
	b := &t.books
	for _, h := range []*monitor.Histogram{b.RTT, b.Lag, b.PerClient} {
		h.Reset()
	}
	b.Held, b.Freed = nil, nil
	b.Silent, t.fairAt = 0, 0
	t.health.reset()
}

// mark ends the present part, and forgets what Fleet.Mark counts anew. The workers report the part's
// last round trips after that. A part that a Reset has emptied is none.
func (t *totals) mark(m mark, reset monitor.Ticket) {
	b := &t.books
	if m.ticket > reset {
		b.Merge(&monitor.Tally{Parts: []monitor.Part{{Number: t.part, RTT: b.RTT, Held: b.Held,
			Freed: b.Freed, Lag: b.Lag}}})
		b.RTT, b.Lag = monitor.NewHistogram(), monitor.NewHistogram()
	}
	t.part = m.number
	t.resetEchoes()
	t.steps.Turn()
}

// Collect adds everything a fleet has counted to a tally, and says where it stands; whether the server
// is bundled, and what that counts, is for others to say. Each worker answers at the end of a batch,
// so that the ledger balances exactly.
func (f *Fleet) Collect(run *monitor.Run, t *monitor.Tally) {
	f.collecting.Lock()
	defer f.collecting.Unlock()
	b := &f.totals.books
	reports := f.ask(run)
	f.totals.take(run, reports)
	f.totals.health.judge(&b.Generator, reports, run)
	b.Generator.Backend = f.workers[0].engine.Backend()
	b.Generator.Goroutines = runtime.NumGoroutine()
	f.diagnose(run, reports)
	t.Merge(b)
}

// ask has the workers report. No verb and no change of phase comes between what the fleet says
// of itself and what they say: f.mu is held until the last of them has finished its batch.
func (f *Fleet) ask(run *monitor.Run) []*report {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &f.totals
	if f.past.ticket > t.ticket {
		t.reset(&f.past)
	}
	f.describe(run)
	b := &t.books
	b.Drain, b.Hostile, b.Before = f.drain, f.crowd.describe(), f.before()
	if f.phase == monitor.Draining {
		b.Drain.Elapsed = run.Uptime - f.since
	}
	if f.mark.ticket > t.ticket {
		t.mark(f.mark, f.past.ticket)
	}
	t.ticket = f.ticket
	due := run.Uptime >= t.fairAt+fairnessEvery && run.Clients <= fairnessMost
	want := request{fairness: due || run.Phase != t.fairIn}
	switch run.Phase {
	case monitor.Draining:
		want.owed = monitor.MaxOwed
	case monitor.Undrained:
		want.owed = -1
	}
	return f.gather(want)
}

// describe says where the fleet stands.
func (f *Fleet) describe(run *monitor.Run) {
	now := f.clock()
	run.At, run.Uptime = f.began.Add(now), now
	run.Phase, run.Since, run.EchoOn = f.phase, f.began.Add(f.since), f.echoOn
	if f.phase == monitor.Echoing {
		run.EchoOn += now - f.since
	}
	run.Leaving = f.leaving
	run.Ticket, run.Mark = f.confirmed(), f.mark.name
	run.Target, run.Seed = f.cfg.Target.String(), f.cfg.Seed
	run.Frame = monitor.Frame{Name: f.cfg.Frame.String(), Description: f.cfg.Frame.Description()}
	run.Clients, run.OverSend = f.load.Clients, f.load.OverSend
	run.Rate, run.Churn = f.load.Rate, f.load.Churn
	run.EchoTimeout = f.cfg.EchoTimeout
	run.Events = slices.Clip(f.events)
	run.Diagnoses, run.Diagnosed = f.outages.Found(), f.totals.diagnosed
}

// gather has each worker report; one that has ended has left its last report.
func (f *Fleet) gather(want request) []*report {
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
			again.RTT, again.Held, again.Freed, again.Connect, again.Lag =
				nil, nil, nil, nil, nil
			again.Evidence, again.Parts = nil, nil // taken
			reports[i] = &again
		}
	}
	return reports
}

// take puts the reports into the books.
func (t *totals) take(run *monitor.Run, reports []*report) {
	b := &t.books
	b.Counts, b.Generator = monitor.Counts{}, monitor.Generator{}
	b.Recent.Reset()
	unlisted := func(r *report) bool { return !r.listed }
	uncounted := func(r *report) bool { return r.PerClient == nil }
	// The list of a drain that failed stays while the fleet closes, and when it is closed: connections
	// that are no more are still owed what they were.
	keep := run.Phase == monitor.Ended ||
		run.Phase == monitor.Undrained && slices.ContainsFunc(reports, unlisted)
	if !keep {
		b.Owed = nil
	}
	fair := !slices.ContainsFunc(reports, uncounted)
	if fair {
		b.PerClient.Reset()
		b.Silent, t.fairAt, t.fairIn = 0, run.Uptime, run.Phase
	}
	for _, r := range reports {
		x := r.Tally
		x.RTT = nil
		if keep {
			x.Owed = nil
		}
		if !fair {
			x.PerClient, x.Silent = nil, 0
		}
		if b.Before == nil {
			x.Before = nil
		}
		b.Merge(&x)
		b.Recent.Merge(r.RTT)
	}
	b.RTT.Merge(b.Recent) // a pass over the slots: once, however many workers there are
	for i, r := range reports {
		b.Recent.Merge(r.Held)
		if r.RTT != nil {
			t.spare[i] = &monitor.Tally{RTT: r.RTT, Held: r.Held, Freed: r.Freed, Connect: r.Connect, Lag: r.Lag}
			t.spare[i].Reset()
		}
	}
	if run.Phase != monitor.Connecting {
		b.Settling = 0
	}
}

// diagnose says what the reports add up to.
func (f *Fleet) diagnose(run *monitor.Run, reports []*report) {
	t := &f.totals
	var signs diagnose.Counts
	var first firstBytes
	var lengths diagnose.Lengths
	for _, r := range reports {
		signs.Add(&r.signs)
		first = first.better(r.first)
		lengths.Add(r.lengths)
	}
	b := &t.books
	facts := f.facts(&monitor.View{Run: *run, Counts: b.Counts, Before: b.Before, Drain: b.Drain},
		signs, first)
	facts.Lengths, facts.Evidence = lengths, b.Evidence
	t.steps.Follow(facts)
	run.Diagnoses = diagnose.Causes(facts)
	t.latest = run.Diagnoses
	f.tellMismatch(run)
}
