package script

import (
	"math"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

// The limits of rateSearch.
const (
	closeEnough = 1.05 // hi/lo at which the search ends
	stepDown    = 0.9  // from a rate that was not confirmed to the next
	deepest     = 1024 // of the closed loop's rate: less is not tried
	leastEchoes = 100  // of a step: fewer have no p99
	mostConfirm = 5    // confirmations that may fail
	estimates   = 2    // closed loops, where no rate up to what the first has made was bad
)

// rateSearch says which rate to try next, given what came of those before. It knows no time and
// no fleet.
//
//	estimate ──► search: what the closed loop has made, down by halves until one is good,
//	   ▲         │           then the middle of both ──► confirm ──► done
//	   └─────────┘ good                                   │    ▲
//	                                                      └────┘ not confirmed: a step down
//
// The closed loop keeps every window full, so an open loop makes no more: no rate is tried that is
// above what any step has made. Where all that it has made is good, it has another try.
//
// A rate is bad when it was so twice in a row: the machine may have had something else to do.
// When it was the tester's fault once it bounds the search all the same, but what is found is then a
// lower bound of what the server can do: one bad try proves nothing against it.
type rateSearch struct {
	purpose monitor.StepPurpose
	step    time.Duration
	floor   float64 // least rate
	made    float64 // the most that any step has made
	closed  int     // estimates
	busy    bool    // the tester was the limit of the best of them
	lo, hi  float64 // good, 0 = none was; bad, 0 = none was
	tester  bool    // why hi is bad
	rate    float64 // to be tried next
	again   bool    // the rate was tried, and was bad
	excused bool    // because of the tester
	unmet   int     // confirmations that failed
	found   float64
	windows bool // no rate was bad: the closed loop makes no more
	done    bool
}

func newRateSearch(step time.Duration) *rateSearch {
	return &rateSearch{purpose: monitor.StepEstimate, step: step}
}

// took takes what came of the step at rate.
func (s *rateSearch) took(step monitor.RateStep) {
	better := step.Made > s.made
	s.made = max(s.made, step.Made)
	switch {
	case step.Verdict == monitor.StepFault:
		s.end(0)
	case s.purpose == monitor.StepEstimate:
		s.estimated(step, better)
	case step.Verdict != monitor.StepOK && !s.again:
		s.again, s.excused = true, step.Verdict == monitor.StepTester
	case s.purpose == monitor.StepConfirm:
		s.confirm(step.Verdict)
	default:
		s.narrow(step.Verdict)
	}
}

// estimated goes on from what the closed loop has made.
func (s *rateSearch) estimated(step monitor.RateStep, better bool) {
	s.closed++
	if better {
		s.busy = step.Saturated
	}
	s.purpose = monitor.StepSearch
	switch {
	case s.lo > 0:
		s.up()
	case step.Made*s.step.Seconds() < leastEchoes:
		s.tester = step.Saturated
		s.end(0)
	default:
		s.floor = max(step.Made/deepest, leastEchoes/s.step.Seconds())
		s.try(max(threeDigits(step.Made), s.floor))
	}
}

// up goes on from a good rate where none was bad: to the most that was made. Where that is about as
// much, the closed loop may make more than it did, once; or that was all there is.
func (s *rateSearch) up() {
	switch most := threeDigits(min(s.made, dummy.MaxRate)); {
	case most > s.lo*closeEnough:
		s.try(most)
	case s.closed < estimates:
		s.purpose, s.rate = monitor.StepEstimate, 0
	default:
		s.windows, s.tester = true, s.busy
		s.purpose = monitor.StepConfirm
		s.try(s.lo)
	}
}

// try takes three digits of the next rate: it is to be typed again.
func (s *rateSearch) try(rate float64) {
	s.rate, s.again, s.excused = threeDigits(rate), false, false
}

func threeDigits(rate float64) float64 {
	unit := math.Pow10(max(0, int(math.Floor(math.Log10(rate)))-2))
	return max(1, math.Floor(rate/unit)*unit)
}

// bad takes the verdict of the second try.
func (s *rateSearch) bad(v monitor.StepVerdict) {
	s.hi, s.tester, s.windows = s.rate, v == monitor.StepTester || s.excused, false
}

func (s *rateSearch) narrow(v monitor.StepVerdict) {
	if v == monitor.StepOK {
		s.lo = s.rate
	} else {
		s.bad(v)
	}
	mid := threeDigits((s.lo + s.hi) / 2)
	switch {
	case s.hi == 0:
		s.up()
	case s.lo == 0 && s.hi <= s.floor*closeEnough:
		s.end(0)
	case s.lo == 0:
		s.try(max(s.hi/2, s.floor))
	case s.hi > s.lo*closeEnough && s.lo < mid && mid < s.hi:
		s.try(mid)
	default:
		s.purpose = monitor.StepConfirm
		s.try(s.lo)
	}
}

func (s *rateSearch) confirm(v monitor.StepVerdict) {
	if v == monitor.StepOK {
		s.end(s.rate)
		return
	}
	s.bad(v)
	s.unmet++
	next := s.rate * stepDown
	if s.unmet == mostConfirm || next < s.floor {
		s.end(0)
		return
	}
	s.try(next)
}

func (s *rateSearch) end(found float64) { s.found, s.done = found, true }
