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
	lower       = 0.9  // the next rate after one that was not confirmed
	deepest     = 1024 // the closed loop's rate divided by it: no lower rate is tried
	leastEchoes = 100  // of a try: fewer have no p99
	mostConfirm = 5    // confirmations that may fail
	estimates   = 2    // closed loops, if every rate up to what the first has made was good
)

// rateSearch says which rate to try next, from the results of the tries before. It has no clock and
// no fleet. Rates are echoes per second.
//
//	estimate ──► search: what the closed loop has made, half of it, and so on until one is good;
//	   ▲         │           then the middle of both ──► confirm ──► done
//	   └─────────┘ good                                   │    ▲
//	                                                      └────┘ not confirmed: a lower rate
//
// The closed loop keeps every window full, so an open loop makes no more. So no rate is tried above
// the most that any try has made. If the rate of the closed loop is good, it is estimated again.
//
// A rate is bad when two tries in a row were bad: in one of them the machine may have had something
// else to do. If one was bad because of the tester, the rate still bounds the search. But then the
// server may be able to do more than what is found.
type rateSearch struct {
	purpose monitor.StepPurpose
	each    time.Duration // how long Echo is on in each try
	floor   float64       // the lowest rate to be tried
	made    float64       // the most that any try has made
	closed  int           // estimates so far
	busy    bool          // the tester was the bottleneck in the best of them
	lo, hi  float64       // the highest good rate and the lowest bad one; 0 = none
	tester  bool          // hi is bad because of the tester
	rate    float64       // to be tried next
	again   bool          // this rate had one bad try
	excused bool          // … because of the tester
	unmet   int           // confirmations that failed
	found   float64       // the result, 0 = none
	windows bool          // no rate was bad: the windows are the limit
	done    bool
}

func newRateSearch(each time.Duration) *rateSearch {
	return &rateSearch{purpose: monitor.StepEstimate, each: each}
}

// took takes the result of the try at rate.
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
	case step.Made*s.each.Seconds() < leastEchoes:
		s.tester = step.Saturated
		s.end(0)
	default:
		s.floor = max(step.Made/deepest, leastEchoes/s.each.Seconds())
		s.try(max(threeDigits(step.Made), s.floor))
	}
}

// up goes on from a good rate when none was bad: to the most that was made. If the good rate is
// about that much, the closed loop is tried once more, as it may make more. Then there is no more.
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

// try sets the next rate, with three digits: people type it again.
func (s *rateSearch) try(rate float64) {
	s.rate, s.again, s.excused = threeDigits(rate), false, false
}

func threeDigits(rate float64) float64 {
	unit := math.Pow10(max(0, int(math.Floor(math.Log10(rate)))-2))
	return max(1, math.Floor(rate/unit)*unit)
}

// bad makes the rate the lowest bad one, by the verdict of its second try.
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
	next := s.rate * lower
	if s.unmet == mostConfirm || next < s.floor {
		s.end(0)
		return
	}
	s.try(next)
}

func (s *rateSearch) end(found float64) { s.found, s.done = found, true }
