package dummy

import (
	"math"
	"time"

	"dummyload/monitor"
)

// The limits of rateSearch.
const (
	closeEnough = 1.05 // hi/lo at which the search ends
	climb       = 1.5  // from a rate that was good to the next, as long as none was bad
	stepDown    = 0.9  // from a rate that was not confirmed to the next
	deepest     = 1024 // of the closed loop's rate: less is not tried
	leastEchoes = 100  // of a step: fewer have no p99
	mostConfirm = 5    // confirmations that may fail
)

// rateSearch says which rate to try next, given what came of those before. It knows no time and
// no fleet.
//
//	estimate ──► search: up by climb until one is bad, down by halves until one is good,
//	                     then the middle of both ──► confirm ──► done
//	                                                  │    ▲
//	                                                  └────┘ not confirmed: a step down
//
// A rate is bad when it was so twice in a row: the machine may have had something else to do.
// When it was the tester's fault both times it bounds the search all the same, but what is found
// is then a lower bound of what the server can do.
type rateSearch struct {
	purpose monitor.StepPurpose
	step    time.Duration
	floor   float64 // least rate
	lo, hi  float64 // good, 0 = none was; bad, 0 = none was
	tester  bool    // why hi is bad
	server  bool    // the rate was tried, and it was the server that was bad
	rate    float64 // to be tried next
	again   bool    // the rate was tried, and was bad
	unmet   int     // confirmations that failed
	found   float64
	done    bool
}

func newRateSearch(step time.Duration) *rateSearch {
	return &rateSearch{purpose: monitor.StepEstimate, step: step}
}

// took takes what came of the step at rate.
func (s *rateSearch) took(step monitor.RateStep) {
	switch {
	case step.Verdict == monitor.StepFault:
		s.end(0)
	case s.purpose == monitor.StepEstimate:
		s.begin(step.Made)
	case step.Verdict != monitor.StepOK && !s.again:
		s.again, s.server = true, step.Verdict != monitor.StepTester
	case s.purpose == monitor.StepConfirm:
		s.confirm(step.Verdict)
	default:
		s.narrow(step.Verdict)
	}
}

// begin starts from what the closed loop made.
func (s *rateSearch) begin(made float64) {
	s.floor = max(made/deepest, leastEchoes/s.step.Seconds())
	s.purpose = monitor.StepSearch
	s.try(max(made, s.floor))
}

// try takes three digits of the next rate: it is to be typed again.
func (s *rateSearch) try(rate float64) {
	s.rate, s.again, s.server = threeDigits(rate), false, false
}

func threeDigits(rate float64) float64 {
	unit := math.Pow10(max(0, int(math.Floor(math.Log10(rate)))-2))
	return max(1, math.Floor(rate/unit)*unit)
}

func (s *rateSearch) bad(v monitor.StepVerdict) {
	s.hi, s.tester = s.rate, v == monitor.StepTester && !s.server
}

func (s *rateSearch) narrow(v monitor.StepVerdict) {
	if v == monitor.StepOK {
		s.lo = s.rate
	} else {
		s.bad(v)
	}
	mid := threeDigits((s.lo + s.hi) / 2)
	switch {
	case s.hi == 0 && s.lo < maxRate:
		s.try(min(max(s.lo*climb, s.lo+1), maxRate))
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
