package script

import (
	"math"
	"testing"
	"time"

	"dummyload/monitor"
)

func TestStepIsJudgedByRateP99LateAndTheTester(t *testing.T) {
	m := &MaxRate{Limit: 5 * time.Millisecond, Allow: []monitor.Fault{monitor.Missing}}
	for _, c := range []struct {
		name       string
		asked      float64
		p99, freed float64 // µs
		change     func(*monitor.View)
		want       monitor.StepVerdict
	}{
		{"good", 1000, 4999, 4999, nil, monitor.StepOK},
		{"good all the same", 1000, 4000, 1000, saturated, monitor.StepOK},
		{"made within 1 %", 1010, 4000, 4000, nil, monitor.StepOK},
		{"not made", 1020, 4000, 4000, nil, monitor.StepRate},
		{"not made by a busy tester", 1020, 4000, 4000, saturated, monitor.StepTester},
		{"not made, held up for as long", 1020, 4000, 4000, heldFor(20 * time.Millisecond),
			monitor.StepTester},
		{"not made, held up a little", 1020, 4000, 4000, heldFor(10 * time.Millisecond),
			monitor.StepRate},
		{"closed loop", 0, 4000, 4000, nil, monitor.StepOK},
		{"slow", 1000, 5000, 5000, nil, monitor.StepP99},
		{"slow and the tester a little late", 1000, 9000, 6000, heldFor(time.Second), monitor.StepP99},
		{"slow by the tester", 1000, 6000, 3200, nil, monitor.StepTester},
		{"slow by the tester, and not made for another reason", 1020, 6000, 3200, nil,
			monitor.StepP99},
		{"slow, full windows, busy tester", 1000, 9e5, 9e5, saturated, monitor.StepTester},
		{"late", 1000, 4000, 4000, func(s *monitor.View) { s.Faults[monitor.Late] = 1 },
			monitor.StepLate},
		{"wrong", 1000, 4000, 4000, func(s *monitor.View) { s.Faults[monitor.Corrupt] = 1 },
			monitor.StepFault},
		{"allowed", 1000, 4000, 4000, func(s *monitor.View) { s.Faults[monitor.Missing] = 1 },
			monitor.StepOK},
		{"wrong without a fault", 1000, 4000, 4000, func(s *monitor.View) {
			s.Diagnoses = []monitor.Diagnosis{{Name: monitor.CloseIgnored}}
		}, monitor.StepFault},
		{"nothing came", 1000, 0, 0, func(s *monitor.View) {
			s.RTT, s.RTTFreed = monitor.Distribution{}, monitor.Distribution{}
		}, monitor.StepP99},
	} {
		end := &monitor.View{Run: monitor.Run{Rate: c.asked, EchoOn: 2 * time.Second},
			Counts: monitor.Counts{
				Ledger: monitor.Ledger{Sent: 2020, Echoed: 2009}, EchoedOff: 9,
			}, RTT: monitor.Distribution{Count: 9, P99: c.p99},
			RTTFreed: monitor.Distribution{Count: 9, P99: c.freed}}
		if c.change != nil {
			c.change(end)
		}
		if got := m.result(c.asked, end); got.Verdict != c.want || got.Made != 1000 ||
			got.Asked != c.asked {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

// TestRateMade: echoes that are on their way when STOP comes are not missing, if the server is slow
// but even. They are missing if a queue has grown all the while.
func TestRateMade(t *testing.T) {
	for _, c := range []struct {
		name              string
		sent, echoed, off uint64
		p50               float64 // µs
		want              float64
	}{
		{"answered at once", 2000, 2000, 0, 50, 1000},
		{"each takes 100 ms", 2000, 2000, 100, 100_000, 1000},
		{"the queue is 200 ms long at the end", 2000, 2000, 200, 100_000, 1800 / 1.9},
		{"not sent", 1800, 1800, 0, 50, 900},
		{"nothing came", 2000, 0, 0, 0, 0},
		{"nothing came in time", 20, 20, 20, 1e9, 0},
	} {
		end := &monitor.View{
			Run: monitor.Run{
				EchoOn: 2 * time.Second,
			}, Counts: monitor.Counts{EchoedOff: c.off,
				Ledger: monitor.Ledger{Sent: c.sent, Echoed: c.echoed}}, RTT: monitor.Distribution{Count: 9,
				P50: c.p50}}
		if got := rateMade(end); math.Abs(got-c.want) > c.want/1e3 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := rateMade(&monitor.View{}); got != 0 {
		t.Errorf("no step at all made %v", got)
	}
}

func heldFor(d time.Duration) func(*monitor.View) {
	return func(s *monitor.View) { s.Generator.HeldUp = monitor.Millis(d) }
}

func saturated(s *monitor.View) { s.Generator.Saturated = true }

// searched is a search on a fleet that pretends to make at most closed echoes a second, each in p99
// microseconds. see changes what the search sees.
func searched(t *testing.T, f *fakeFleet, closed, p99 float64, each time.Duration,
	see func(*monitor.Run, *monitor.Tally)) *MaxRate {
	t.Helper()
	m := &MaxRate{Limit: 5 * time.Millisecond, Each: each}
	f.see = func(v *monitor.Run, tally *monitor.Tally) {
		rate := closed
		if v.Rate > 0 {
			rate = min(rate, v.Rate)
		}
		n := uint64(math.Ceil(rate * v.EchoOn.Seconds()))
		tally.Ledger = monitor.Ledger{Sent: n, Echoed: n}
		tally.RTT = monitor.NewHistogram()
		tally.RTT.RecordN(time.Duration(p99*1e3), n)
		see(v, tally)
		m.Collect(v, tally)
	}
	return m
}

// TestSearchIsARunOfSteps: each try is a part of the run with a START whose end is known, a STOP and
// the drain. The last try is of the rate that was found.
func TestSearchIsARunOfSteps(t *testing.T) {
	f := &fakeFleet{connects: 100 * ms, drains: 20 * ms}
	m := searched(t, f, 4000, 50, time.Second, func(*monitor.Run, *monitor.Tally) {})
	inBubble(t, f, func(t *testing.T) {
		if err := Run(t.Context(), f, 0, Then(List(Connected{}), m.Script)); err != nil {
			t.Error(err)
		}
		v := monitor.Collect(f)
		if r := v.MaxRate; !r.Done || r.Rate != 4000 || !r.Windows || len(r.Steps) != 4 {
			t.Errorf("%+v", r)
		}
		f.mustHaveDone(t,
			"100ms mark estimate 0/s", "100ms tune rate 0", "100ms start 1s", "1.1s stop",
			"1.12s mark search 4000/s", "1.12s tune rate 4000", "1.12s start 1s", "2.12s stop",
			"2.14s mark estimate 0/s", "2.14s tune rate 0", "2.14s start 1s", "3.14s stop",
			"3.16s mark confirm 4000/s", "3.16s tune rate 4000", "3.16s start 1s", "4.16s stop",
			"4.22s closed")
	})
}

// TestSearchIsSeenWhileItRuns, and ends in order when it is interrupted. A try that is interrupted
// has no result.
func TestSearchIsSeenWhileItRuns(t *testing.T) {
	f := &fakeFleet{drains: 20 * ms}
	m := searched(t, f, 4000, 50, time.Second, func(*monitor.Run, *monitor.Tally) {})
	inBubble(t, f, func(t *testing.T) {
		ctx, cancel := cutAfter(1500 * ms)
		defer cancel()
		if err := Run(ctx, f, 0, Then(List(Connected{}), m.Script)); err != nil {
			t.Error(err)
		}
		v := monitor.Collect(f)
		if r := v.MaxRate; r.Done || r.Rate != 0 || len(r.Steps) != 1 || r.Steps[0].Made != 4000 {
			t.Errorf("%+v", r)
		}
		f.mustHaveDone(t,
			"0s mark estimate 0/s", "0s tune rate 0", "0s start 1s", "1s stop",
			"1.02s mark search 4000/s", "1.02s tune rate 4000", "1.02s start 1s", "1.5s stop",
			"1.56s closed")
	})
}

// TestFaultEndsTheSearch: how fast a wrong server is does not matter.
func TestFaultEndsTheSearch(t *testing.T) {
	f := &fakeFleet{}
	m := searched(t, f, 4000, 50, time.Second, func(v *monitor.Run, tally *monitor.Tally) {
		if v.Rate > 0 {
			tally.Faults[monitor.Corrupt] = 1
		}
	})
	inBubble(t, f, func(t *testing.T) {
		if err := Run(t.Context(), f, 0, Then(List(Connected{}), m.Script)); err != nil {
			t.Error(err)
		}
		if r := m.found.Load(); r.Done || r.Rate != 0 || len(r.Steps) != 2 ||
			r.Steps[1].Verdict != monitor.StepFault {
			t.Errorf("%+v", r)
		}
	})
}
