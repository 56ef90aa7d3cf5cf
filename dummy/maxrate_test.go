package dummy

import (
	"context"
	"math"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"dummyload/monitor"
)

func TestStepIsJudgedByRateP99LateAndTheTester(t *testing.T) {
	p := Plan{MaxRate: 5 * time.Millisecond, Allow: []monitor.Fault{monitor.Missing}}
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
		end := &monitor.View{RTT: monitor.Distribution{Count: 9, P99: c.p99}, Rate: c.asked,
			RTTFreed: monitor.Distribution{Count: 9, P99: c.freed}, EchoOn: 2 * time.Second,
			Ledger: monitor.Ledger{Sent: 2020, Echoed: 2009}, EchoedOff: 9}
		if c.change != nil {
			c.change(end)
		}
		if got := judgeStep(c.asked, end, p); got.Verdict != c.want || got.Made != 1000 ||
			got.Asked != c.asked {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

// TestRateMade: what is on its way when STOP comes is no shortage of a server that takes its time,
// and is one where a queue has grown all the while.
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
		end := &monitor.View{RTT: monitor.Distribution{Count: 9, P50: c.p50},
			EchoOn: 2 * time.Second, EchoedOff: c.off,
			Ledger: monitor.Ledger{Sent: c.sent, Echoed: c.echoed}}
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

// TestSearchOnTheSameConnections checks what a search leaves behind, whatever it found.
func TestSearchOnTheSameConnections(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	const each = 50 * time.Millisecond
	must(t, Run(context.Background(), f, Plan{Duration: each, MaxRate: time.Second}))
	s := snap(f)
	m := s.MaxRate
	if m == nil || !m.Done || m.Steps[0].Purpose != monitor.StepEstimate {
		t.Fatalf("%+v", m)
	}
	// A machine that stands still in the estimate makes too few echoes to go on from.
	if few := m.Steps[0].Made*each.Seconds() < leastEchoes; few != (len(m.Steps) == 1) {
		t.Fatalf("%+v", m)
	}
	last, most := m.Steps[len(m.Steps)-1], 0.0
	for _, step := range m.Steps {
		if step.Asked > max(most, leastEchoes/each.Seconds()) {
			t.Errorf("%v is tried, and nothing above %v was ever made", step.Asked, most)
		}
		most = max(most, step.Made)
	}
	if m.Rate != 0 && (last.Asked != m.Rate || s.Rate != m.Rate || last.Late != 0) {
		t.Errorf("found %v, tuned to %v, last %+v", m.Rate, s.Rate, last)
	}
	if s.Bad() != 0 || s.Ledger.Wait != 0 || s.Ledger.Sent != s.Ledger.Echoed ||
		s.RTT.Count != s.Ledger.Echoed || s.Connections.Connected != 8 {
		t.Errorf("faults %v, %+v, %d round trips, %+v", s.Faults, s.Ledger, s.RTT.Count,
			s.Connections)
	}
	most = math.Ceil(last.Asked * each.Seconds())
	if last.Asked > 0 && float64(s.Ledger.Sent) > most {
		t.Errorf("%d echoes of the last step in %v at %v/s", s.Ledger.Sent, s.EchoOn, last.Asked)
	}
}

// TestFaultEndsTheSearch: it is told, with its evidence, although the counters began anew.
func TestFaultEndsTheSearch(t *testing.T) {
	var wrong atomic.Bool
	cfg := testConfig(startServer(t, eachFrame(func(_ *net.TCPConn, _ int, frame []byte) []byte {
		if wrong.CompareAndSwap(true, false) {
			frame[len(frame)-1] ^= 1
		}
		return frame
	})))
	f := startFleet(t, cfg)
	go func() {
		until(t, f, "the second step", func(s *monitor.View) bool {
			return s.MaxRate != nil && len(s.MaxRate.Steps) > 0
		})
		wrong.Store(true)
	}()
	must(t, Run(context.Background(), f, Plan{
		Duration: time.Second, MaxRate: time.Minute,
	}))
	s := snap(f)
	m := s.MaxRate
	if m.Done || m.Rate != 0 || m.Steps[len(m.Steps)-1].Verdict != monitor.StepFault {
		t.Errorf("%+v", m)
	}
	if s.Faults[monitor.Corrupt] != 1 || len(s.Evidence) == 0 {
		t.Errorf("%v, %d pieces of evidence", s.Faults, len(s.Evidence))
	}
}

func TestInterruptedSearchEndsInOrder(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	go func() {
		defer cancel()
		until(t, f, "echoes", echoedAtLeast(100))
	}()
	must(t, Run(ctx, f, Plan{Duration: time.Hour, MaxRate: time.Second}))
	if s := snap(f); s.MaxRate.Done || s.Bad() != 0 || s.Ledger.Wait != 0 {
		t.Errorf("%+v, %v, %+v", s.MaxRate, s.Faults, s.Ledger)
	}
}
