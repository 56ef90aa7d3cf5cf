package dummy

import (
	"context"
	"slices"
	"time"

	"dummyload/monitor"
)

// findMaxRate looks for the highest rate at which the p99 stays under p.MaxRate, on the
// connections there are. Each step is a START, p.Duration, a STOP and the drain, so that nothing
// of one step is left for the next. Echoes are counted anew with each, and those of the last one
// stay. The first fault ends the search: how fast a wrong server is does not matter.
func (f *Fleet) findMaxRate(ctx context.Context, p Plan) error {
	search := newRateSearch(p.Duration)
	found := monitor.MaxRate{Limit: p.MaxRate}
	for !search.done {
		f.publishMaxRate(found)
		step, err := f.tryRate(ctx, search.rate, p)
		if err != nil || ctx.Err() != nil {
			return err
		}
		step.Purpose = search.purpose
		found.Steps = append(found.Steps, step)
		search.took(step)
	}
	found.Done = found.Steps[len(found.Steps)-1].Verdict != monitor.StepFault
	found.Rate, found.Tester = search.found, search.tester
	f.publishMaxRate(found)
	return nil
}

// publishMaxRate shows how far the search is.
func (f *Fleet) publishMaxRate(m monitor.MaxRate) {
	m.Steps = slices.Clip(m.Steps)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.maxRate = &m
}

// tryRate is one step. Where the context ends meanwhile it says nothing.
func (f *Fleet) tryRate(ctx context.Context, rate float64, p Plan) (monitor.RateStep, error) {
	f.turnPage()
	if err := f.Tune(Tuning{Rate: &rate}); err != nil {
		return monitor.RateStep{}, err
	}
	if err := f.Start(); err != nil {
		return monitor.RateStep{}, err
	}
	pause(ctx, p.Duration)
	if ctx.Err() != nil {
		return monitor.RateStep{}, nil
	}
	if err := f.drained(); err != nil {
		return monitor.RateStep{}, err
	}
	end := new(monitor.Snapshot)
	f.Collect(end)
	return judgeStep(rate, end, p), nil
}

// judgeStep sums up a step by the snapshot after its drain: what came while it drained has its
// round trip, but was not in time for the rate.
func judgeStep(rate float64, end *monitor.Snapshot, p Plan) monitor.RateStep {
	step := monitor.RateStep{
		Asked: rate, Made: end.EchoRate(), P50: end.RTT.P50, P99: end.RTT.P99, P999: end.RTT.P999,
		Late: end.Faults[monitor.Late], SendLag: end.Generator.SendLag.P99,
		CPUShare: end.Generator.EchoCPUShare, Saturated: end.Generator.Saturated,
	}
	limit := float64(p.MaxRate) / float64(time.Microsecond)
	good := end.RTT.Count > 0 && step.P99 < limit && step.Late == 0
	switch {
	case faulty(end, p.Allow):
		step.Verdict = monitor.StepFault
	case good: // a tester that was busy has made it no better than it is
		step.Verdict = monitor.StepOK
	case step.Saturated || itself(step, limit):
		step.Verdict = monitor.StepTester
	case step.Late > 0:
		step.Verdict = monitor.StepLate
	default:
		step.Verdict = monitor.StepP99
	}
	return step
}

// itself reports whether the p99 would have met the limit without what the tester was late by
// itself, where that is no trifle.
func itself(step monitor.RateStep, limit float64) bool {
	const trifle = 0.1 // of the limit
	return step.Late == 0 && step.SendLag > trifle*limit && step.P99-step.SendLag < limit
}

// faulty reports whether anything happened that a right server never causes.
func faulty(s *monitor.Snapshot, allow []monitor.Fault) bool {
	for f, n := range s.Faults {
		fault := monitor.Fault(f)
		if n > 0 && fault != monitor.Late && !slices.Contains(allow, fault) {
			return true
		}
	}
	return slices.ContainsFunc(s.Diagnoses, monitor.Diagnosis.Fails)
}
