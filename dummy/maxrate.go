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
	found := monitor.MaxRate{Limit: monitor.Limit(p.MaxRate)}
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
	found.Rate, found.Tester, found.Windows = search.found, search.tester, search.windows
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
	if _, err := f.Mark(""); err != nil {
		return monitor.RateStep{}, err
	}
	if _, err := f.Tune(Tuning{Rate: rate}); err != nil {
		return monitor.RateStep{}, err
	}
	if _, err := f.Start(p.Duration); err != nil {
		return monitor.RateStep{}, err
	}
	pause(ctx, p.Duration)
	if ctx.Err() != nil {
		return monitor.RateStep{}, nil
	}
	if err := f.drained(); err != nil {
		return monitor.RateStep{}, err
	}
	end := new(monitor.View)
	f.Collect(end)
	return judgeStep(rate, end, p), nil
}

// judgeStep sums up a step by the snapshot after its drain: what came while it drained has its
// round trip, but was not in time for the rate.
func judgeStep(rate float64, end *monitor.View, p Plan) monitor.RateStep {
	step := monitor.RateStep{
		Asked: rate, Made: rateMade(end), P50: end.RTT.P50, P99: end.RTT.P99, P999: end.RTT.P999,
		Late: end.Faults[monitor.Late], SendLag: end.Generator.SendLag.P99,
		CPUShare: end.Generator.EchoCPUShare, Saturated: end.Generator.Saturated,
	}
	limit := float64(p.MaxRate) / float64(time.Microsecond)
	on := end.EchoOn.Seconds()
	missing := (rate - step.Made) * on // echoes
	made := missing <= max(missingShare*rate*on, missingLeast)
	met := end.RTT.Count > 0 && step.P99 < limit
	switch {
	case faulty(end, p.Allow):
		step.Verdict = monitor.StepFault
	case made && met && step.Late == 0: // a tester that was busy has made it no better than it is
		step.Verdict = monitor.StepOK
	case step.Saturated, step.Late == 0 && testerLate(end, missing, made, limit):
		step.Verdict = monitor.StepTester
	case step.Late > 0:
		step.Verdict = monitor.StepLate
	case !met:
		step.Verdict = monitor.StepP99
	default:
		step.Verdict = monitor.StepRate
	}
	return step
}

// How many echoes a rate that was made may lack: a share of them, or so few that a step has them by
// chance of when it ends.
const (
	missingShare = 0.01
	missingLeast = 3
)

// rateMade is the echoes per second that a step has made: no more than were sent, and no more than
// came back before STOP. Answers cannot come before they have taken their time, so that theirs begins
// one median round trip after START.
func rateMade(end *monitor.View) float64 {
	on := end.EchoOn
	first := min(on/2, time.Duration(end.RTT.P50*float64(time.Microsecond)))
	if on <= 0 {
		return 0
	}
	return min(float64(end.Ledger.Sent)/on.Seconds(),
		float64(end.Ledger.Echoed-end.EchoedOff)/(on-first).Seconds())
}

// testerLate reports whether a step would have been good without what the tester itself was late
// by.
func testerLate(end *monitor.View, missing float64, made bool, limit float64) bool {
	slow := end.RTT.P99 >= limit
	heldFor := time.Duration(end.Generator.HeldUp).Seconds() * end.Rate // echoes
	return (slow || !made) && (!slow || end.RTTFreed.P99 < limit) && (made || 2*heldFor >= missing)
}

// faulty reports whether anything happened that a right server never causes.
func faulty(s *monitor.View, allow []monitor.Fault) bool {
	for f, n := range s.Faults {
		fault := monitor.Fault(f)
		if n > 0 && fault != monitor.Late && !slices.Contains(allow, fault) {
			return true
		}
	}
	return slices.ContainsFunc(s.Diagnoses, monitor.Diagnosis.Fails)
}
