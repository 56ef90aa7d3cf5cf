package script

import (
	"math"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

// modelled is a server whose p99 grows as its queue does, until at its capacity echoes are late,
// and a tester that cannot go beyond a rate of its own.
type modelled struct {
	capacity, tester float64
	closed           float64 // what the closed loop makes
	busy             bool    // the tester, in it
	idle             float64 // p99 with nothing to do, in ms
	spoil            func(n int) bool
	steps            []monitor.RateStep
}

const modelLimit = 5.0 // ms

func (m *modelled) step(s *rateSearch) monitor.RateStep {
	step := monitor.RateStep{Purpose: s.purpose, Asked: s.rate, Verdict: monitor.StepOK}
	step.Made = min(s.rate, m.capacity, m.tester, m.closed)
	p99 := m.idle / (1 - s.rate/m.capacity)
	switch {
	case s.purpose == monitor.StepEstimate:
		step.Made, step.Verdict, step.Saturated = m.closed, monitor.StepP99, m.busy
	case s.rate > m.closed:
		step.Verdict = monitor.StepRate
	case s.rate > m.tester:
		step.Verdict = monitor.StepTester
	case m.spoil != nil && m.spoil(len(m.steps)):
		step.Verdict = monitor.StepP99
	case s.rate >= m.capacity:
		step.Verdict = monitor.StepLate
	case p99 >= modelLimit:
		step.Verdict = monitor.StepP99
	}
	m.steps = append(m.steps, step)
	return step
}

// best is the highest rate that meets the limit.
func (m *modelled) best() float64 {
	return min(m.tester, m.closed, m.capacity*(1-m.idle/modelLimit))
}

func search(t *testing.T, m *modelled) *rateSearch {
	t.Helper()
	s := newRateSearch(time.Second)
	for !s.done {
		step, most := m.step(s), s.made
		if s.took(step); step.Asked > max(most, s.floor) {
			t.Errorf("asked for %v, and no step made more than %v", step.Asked, most)
		}
		if len(m.steps) > 100 {
			t.Fatalf("no end after %d steps: %+v", len(m.steps), s)
		}
	}
	return s
}

func TestSearchFindsTheHighestGoodRate(t *testing.T) {
	for name, m := range map[string]*modelled{
		"closed loop near it":  {capacity: 200e3, tester: 1e12, closed: 180e3, idle: 0.1},
		"slow at low rates":    {capacity: 200e3, tester: 1e12, closed: 190e3, idle: 4},
		"few dummies":          {capacity: 2e6, tester: 1e12, closed: 30e3, idle: 0.05},
		"low rates":            {capacity: 900, tester: 1e12, closed: 950, idle: 1},
		"far below":            {capacity: 2000, tester: 1e12, closed: 500e3, idle: 1},
		"the tester limits":    {capacity: 2e6, tester: 150e3, closed: 160e3, idle: 0.1},
		"all it makes":         {capacity: 1e15, tester: 1e15, closed: 1e6, idle: 0.1},
		"all a busy one makes": {capacity: 1e15, tester: 1e15, closed: 1e6, busy: true, idle: 0.1},
		"one bad step": {capacity: 200e3, tester: 1e12, closed: 150e3, idle: 0.1,
			spoil: func(n int) bool { return n == 1 || n == 4 }},
	} {
		s := search(t, m)
		best := min(m.best(), dummy.MaxRate)
		if s.found > best || s.found < best/closeEnough*0.99 {
			t.Errorf("%s: found %v of %v", name, s.found, best)
		}
		if s.tester != (m.tester < min(m.capacity, m.closed) || m.busy) {
			t.Errorf("%s: limited by the tester: %v", name, s.tester)
		}
		if s.windows != (m.closed < min(m.tester, m.capacity*(1-m.idle/modelLimit))) {
			t.Errorf("%s: all that the closed loop makes: %v", name, s.windows)
		}
		last := m.steps[len(m.steps)-1]
		if last.Purpose != monitor.StepConfirm || last.Asked != s.found ||
			last.Verdict != monitor.StepOK {
			t.Errorf("%s: the last step is %+v", name, last)
		}
		t.Logf("%s: %v of %v in %d steps", name, s.found, best, len(m.steps))
	}
}

func TestSearchEndsWhereNoRateIsGood(t *testing.T) {
	for name, m := range map[string]*modelled{
		"server": {capacity: 200e3, tester: 1e12, closed: 100e3, idle: 7},
		"tester": {capacity: 200e3, tester: 0, closed: 100e3, idle: 0.1},
	} {
		s := search(t, m)
		if s.found != 0 || s.tester != (name == "tester") {
			t.Errorf("%s: %+v", name, s)
		}
		if last := m.steps[len(m.steps)-1].Asked; last < s.floor/1.01 || last > s.floor*1.1 {
			t.Errorf("%s: ended at %v, the least is %v", name, last, s.floor)
		}
	}
}

// TestSearchOfAMuteServer: if the closed loop makes too few echoes for a p99, so does every rate.
func TestSearchOfAMuteServer(t *testing.T) {
	m := &modelled{capacity: 1, tester: 1e12, closed: leastEchoes - 1, idle: 0.1}
	if s := search(t, m); s.found != 0 || s.tester || len(m.steps) != 1 {
		t.Errorf("%+v in %d steps", s, len(m.steps))
	}
}

// TestAnEstimateIsMadeAgain: an estimate that was too low does not limit what is found.
func TestAnEstimateIsMadeAgain(t *testing.T) {
	m := &modelled{capacity: 1e6, tester: 1e12, closed: 20e3, idle: 0.1}
	s := newRateSearch(time.Second)
	for !s.done {
		step := m.step(s)
		if m.closed = 300e3; len(m.steps) > 50 {
			t.Fatal("no end")
		}
		s.took(step)
	}
	if s.found < 300e3/closeEnough || s.found > 300e3 || !s.windows {
		t.Errorf("%+v", s)
	}
}

// TestSearchGoesDownWhenItIsNotConfirmed has the server get slower once the search has ended.
func TestSearchGoesDownWhenItIsNotConfirmed(t *testing.T) {
	m := &modelled{capacity: 200e3, tester: 1e12, closed: 150e3, idle: 0.1}
	s := newRateSearch(time.Second)
	for !s.done {
		if s.purpose == monitor.StepConfirm {
			m.capacity = 150e3
		}
		s.took(m.step(s))
	}
	if s.found == 0 || s.found > m.best() || s.found < 0.8*m.best() || s.tester {
		t.Errorf("found %v of %v", s.found, m.best())
	}
	s = newRateSearch(time.Second)
	for m.capacity = 200e3; !s.done; {
		if s.purpose == monitor.StepConfirm {
			m.capacity = 1
		}
		s.took(m.step(s))
	}
	if s.found != 0 || s.unmet != mostConfirm {
		t.Errorf("found %v after %d confirmations", s.found, s.unmet)
	}
}

// TestOneBadTryIsNotTheServersLimit: if one of the two bad tries was because of the tester, nothing is
// proved against the server, whichever came first.
func TestOneBadTryIsNotTheServersLimit(t *testing.T) {
	const server, tester = monitor.StepP99, monitor.StepTester
	for tries, want := range map[[2]monitor.StepVerdict]bool{
		{server, server}: false, {server, tester}: true, {tester, server}: true, {tester, tester}: true,
	} {
		s := newRateSearch(time.Second)
		s.took(monitor.RateStep{Made: 150_000, Verdict: monitor.StepOK})
		for _, v := range tries {
			s.took(monitor.RateStep{Asked: s.rate, Verdict: v})
		}
		for !s.done { // every lower rate is good
			s.took(monitor.RateStep{Asked: s.rate, Made: s.rate, Verdict: monitor.StepOK})
		}
		if s.tester != want || s.found == 0 {
			t.Errorf("%v: limited by the tester: %v, found %v", tries, s.tester, s.found)
		}
	}
}

func TestSearchEndsWithAFault(t *testing.T) {
	s := newRateSearch(time.Second)
	s.took(monitor.RateStep{Made: 1000, Verdict: monitor.StepOK})
	s.took(monitor.RateStep{Verdict: monitor.StepOK})
	s.took(monitor.RateStep{Verdict: monitor.StepFault})
	if !s.done || s.found != 0 {
		t.Errorf("%+v", s)
	}
}

func TestRatesAreEasyToType(t *testing.T) {
	for rate, want := range map[float64]float64{
		123456: 123000, 1: 1, 0.3: 1, 999.9: 999, 1000: 1000, 12.7: 12, 1e9: 1e9,
	} {
		if got := threeDigits(rate); got != want || math.IsNaN(got) {
			t.Errorf("%v: %v, want %v", rate, got, want)
		}
	}
}
