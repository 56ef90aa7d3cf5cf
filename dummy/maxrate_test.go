package dummy

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"dummyload/monitor"
)

func TestStepIsJudgedByP99LateAndTheTester(t *testing.T) {
	p := Plan{MaxRate: 5 * time.Millisecond, Allow: []monitor.Fault{monitor.Missing}}
	for _, c := range []struct {
		name     string
		p99, lag float64
		change   func(*monitor.Snapshot)
		want     monitor.StepVerdict
	}{
		{"good", 4999, 10, nil, monitor.StepOK},
		{"good all the same", 4000, 3000, saturated, monitor.StepOK},
		{"slow", 5000, 10, nil, monitor.StepP99},
		{"slow and the tester a little late", 9000, 3000, nil, monitor.StepP99},
		{"slow by the tester", 6000, 2800, nil, monitor.StepTester},
		{"slow, full windows, busy tester", 9e5, 0, saturated, monitor.StepTester},
		{"late", 4000, 10, func(s *monitor.Snapshot) { s.Faults[monitor.Late] = 1 },
			monitor.StepLate},
		{"wrong", 4000, 10, func(s *monitor.Snapshot) { s.Faults[monitor.Corrupt] = 1 },
			monitor.StepFault},
		{"allowed", 4000, 10, func(s *monitor.Snapshot) { s.Faults[monitor.Missing] = 1 },
			monitor.StepOK},
		{"wrong without a fault", 4000, 10, func(s *monitor.Snapshot) {
			s.Diagnoses = []monitor.Diagnosis{{Name: monitor.CloseIgnored}}
		}, monitor.StepFault},
		{"nothing came", 0, 0, func(s *monitor.Snapshot) { s.RTT = monitor.Distribution{} },
			monitor.StepP99},
	} {
		end := &monitor.Snapshot{RTT: monitor.Distribution{Count: 9, P99: c.p99}}
		end.Generator.SendLag.P99 = c.lag
		if c.change != nil {
			c.change(end)
		}
		end.EchoOn, end.Ledger.Echoed, end.EchoedOff = 2*time.Second, 309, 9
		if got := judgeStep(123, end, p); got.Verdict != c.want || got.Made != 150 ||
			got.Asked != 123 {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

func saturated(s *monitor.Snapshot) { s.Generator.Saturated = true }

// TestSearchOnTheSameConnections checks what a search leaves behind, whatever it found.
func TestSearchOnTheSameConnections(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	must(t, Run(context.Background(), f, Plan{
		Duration: 50 * time.Millisecond, MaxRate: time.Second,
	}))
	s := snap(f)
	m := s.MaxRate
	if m == nil || !m.Done || len(m.Steps) < 2 || m.Steps[0].Purpose != monitor.StepEstimate {
		t.Fatalf("%+v", m)
	}
	last := m.Steps[len(m.Steps)-1]
	if m.Rate != 0 && (last.Asked != m.Rate || s.Rate != m.Rate || last.Late != 0) {
		t.Errorf("found %v, tuned to %v, last %+v", m.Rate, s.Rate, last)
	}
	if s.Bad() != 0 || s.Ledger.Wait != 0 || s.Ledger.Sent != s.Ledger.Echoed ||
		s.RTT.Count != s.Ledger.Echoed || s.Connections.Connected != 8 {
		t.Errorf("faults %v, %+v, %d round trips, %+v", s.Faults, s.Ledger, s.RTT.Count,
			s.Connections)
	}
	if most := uint64(last.Asked*s.EchoOn.Seconds()) + 2; s.Ledger.Sent > most {
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
		until(t, f, "the second step", func(s *monitor.Snapshot) bool {
			return s.MaxRate != nil && len(s.MaxRate.Steps) > 0
		})
		wrong.Store(true)
	}()
	must(t, Run(context.Background(), f, Plan{
		Duration: 100 * time.Millisecond, MaxRate: time.Minute,
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
