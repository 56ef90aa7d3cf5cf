package script

import (
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

// MaxRate looks for the highest rate at which the p99 of round trips stays under a limit and no echo
// is late. It uses the connections that are up. Each try is a START, Echo for Each, a STOP and the
// drain, so that nothing of one try is left for the next. Echoes are counted anew in each try, and
// the counts of the last one stay. The first fault ends the search: how fast a wrong server is does
// not matter.
//
// As a monitor.Source it shows how far the search is.
type MaxRate struct {
	Limit time.Duration   // of the p99
	Each  time.Duration   // how long Echo is on in each try
	Allow []monitor.Fault // faults that do not end the search

	found atomic.Pointer[monitor.MaxRate] // what it points to never changes
}

// Collect adds what was found so far.
func (m *MaxRate) Collect(run *monitor.Run, _ *monitor.Tally) { run.MaxRate = m.found.Load() }

// Script is the search.
func (m *MaxRate) Script(look func() *monitor.View) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		search := newRateSearch(m.Each)
		found := monitor.MaxRate{Limit: monitor.Limit(m.Limit)}
		for !search.done {
			m.publish(found)
			for _, step := range m.try(search) {
				if !yield(step) {
					return
				}
			}
			end := look()
			if end == nil {
				return
			}
			step := m.result(search.rate, end)
			step.Purpose = search.purpose
			found.Steps = append(found.Steps, step)
			search.took(step)
		}
		found.Done = found.Steps[len(found.Steps)-1].Verdict != monitor.StepFault
		found.Rate, found.Tester, found.Windows = search.found, search.tester, search.windows
		m.publish(found)
	}
}

// publish lets Collect show how far the search is.
func (m *MaxRate) publish(found monitor.MaxRate) {
	found.Steps = slices.Clip(found.Steps)
	m.found.Store(&found)
}

// try is the steps that try the search's next rate.
func (m *MaxRate) try(s *rateSearch) []Step {
	return []Step{
		Mark{fmt.Sprintf("%s %.0f/s", s.purpose, s.rate)}, Tune{dummy.Tuning{dummy.Rate: s.rate}},
		Start{m.Each}, For{m.Each}, Stop{}, Drained{},
	}
}

// result is what a try came to, from the view after its drain. An echo that came in the drain has
// its round trip, but it was too late to count for the rate.
func (m *MaxRate) result(rate float64, end *monitor.View) monitor.RateStep {
	step := monitor.RateStep{
		Asked: rate, Made: rateMade(end), P50: end.RTT.P50, P99: end.RTT.P99, P999: end.RTT.P999,
		Late: end.Faults[monitor.Late], SendLag: end.Generator.SendLag.P99,
		CPUShare: end.Generator.EchoCPUShare, Saturated: end.Generator.Saturated,
	}
	limit := float64(m.Limit) / float64(time.Microsecond)
	on := end.EchoOn.Seconds()
	missing := (rate - step.Made) * on // echoes
	made := missing <= max(missingShare*rate*on, missingLeast)
	met := end.RTT.Count > 0 && step.P99 < limit
	switch {
	case faulty(end, m.Allow):
		step.Verdict = monitor.StepFault
	case made && met && step.Late == 0: // a busy tester makes no result better
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

// How many echoes a rate that was made may lack: a share of them, or so few that they depend on the
// moment at which the try ends.
const (
	missingShare = 0.01
	missingLeast = 3
)

// rateMade is the echoes per second that a try has made: no more than were sent, and no more than
// came back before STOP. The first answers need one median round trip, so the time for answers
// begins that much after START.
func rateMade(end *monitor.View) float64 {
	on := end.EchoOn
	first := min(on/2, time.Duration(end.RTT.P50*float64(time.Microsecond)))
	if on <= 0 {
		return 0
	}
	return min(float64(end.Ledger.Sent)/on.Seconds(),
		float64(end.Ledger.Echoed-end.EchoedOff)/(on-first).Seconds())
}

// testerLate reports whether a try would have been good if the tester itself had not been late.
func testerLate(end *monitor.View, missing float64, made bool, limit float64) bool {
	slow := end.RTT.P99 >= limit
	heldFor := time.Duration(end.Generator.HeldUp).Seconds() * end.Rate // echoes
	return (slow || !made) && (!slow || end.RTTFreed.P99 < limit) && (made || 2*heldFor >= missing)
}

// faulty reports whether anything happened that a right server never causes. allow is no fault here,
// and a late echo has a verdict of its own.
func faulty(s *monitor.View, allow []monitor.Fault) bool {
	for f, n := range s.Faults {
		fault := monitor.Fault(f)
		if n > 0 && fault != monitor.Late && !slices.Contains(allow, fault) {
			return true
		}
	}
	return slices.ContainsFunc(s.Diagnoses, monitor.Diagnosis.Fails)
}
