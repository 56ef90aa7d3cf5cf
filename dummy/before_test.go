package dummy

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dummyload/dummy/hostile"
	"dummyload/monitor"
)

// TestAResetForgetsNothing: what was counted, found and diagnosed before a Reset is told beside
// what was counted since, in one snapshot with nothing left out and nothing twice.
func TestAResetForgetsNothing(t *testing.T) {
	cfg := testConfig(startServer(t, echoAll))
	cfg.Workers, cfg.Hostile = 2, []hostile.Group{{Kind: hostile.Silent, Share: 1}}
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	if s := snap(f); s.Before != nil {
		t.Fatalf("before any Reset: %+v", s.Before)
	}
	var whole monitor.Ledger
	for round := range uint64(3) {
		give(t)(f.Start(0))
		until(t, f, "echoes", func(s *monitor.View) bool {
			return s.Ledger.Echoed >= 1000 && (round > 0 || s.Hostile.Connected == 8)
		})
		give(t)(f.Stop())
		reach(t, f, monitor.Drained)
		last := snap(f)
		f.mailAll(func(w *worker) {
			w.blame(w.at(0), monitor.Corrupt, monitor.Evidence{Got: []byte("x")})
		})
		give(t)(f.Reset())
		whole.Sent, whole.Echoed = whole.Sent+last.Ledger.Sent, whole.Echoed+last.Ledger.Echoed
		s := snap(f)
		b := s.Before
		if b == nil || b.Resets != round+1 || b.Ledger != whole || !b.Ledger.Balanced() ||
			b.Faults[monitor.Corrupt] != 2*(round+1) || b.Bad() != 2*(round+1) ||
			len(b.Evidence) != 1 || b.HostileConnected != 8 || b.Connections.Connected != 8 {
			t.Fatalf("round %d: want %+v, before %+v", round, whole, b)
		}
		if s.Bad() != 0 || len(s.Evidence) != 0 || s.Ledger != (monitor.Ledger{}) {
			t.Fatalf("round %d: since %+v %v", round, s.Ledger, s.Faults)
		}
		if w := s.Whole(); w.Ledger != whole || w.Connects() != 8 || w.EchoOn <= 0 {
			t.Fatalf("round %d: whole %+v, %v", round, w.Ledger, w.EchoOn)
		}
	}
	must(t, f.Close())
	if v := monitor.Judge(snap(f), monitor.Rules{}); v.ExitCode != monitor.ExitFault {
		t.Errorf("the verdict is %+v", v)
	}
}

// TestAResetKeepsWhatItInterrupts: echoes that are out at a Reset are sent since, and not before.
func TestAResetKeepsWhatItInterrupts(t *testing.T) {
	t.Parallel()
	cfg := testConfig(startServer(t, readAll))
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "echoes out", func(s *monitor.View) bool { return s.Ledger.Wait == 32 })
	give(t)(f.Reset())
	s := snap(f)
	if s.Ledger.Sent != 32 || s.Ledger.Wait != 32 || s.Before.Ledger.Sent != 0 ||
		!s.Whole().Ledger.Balanced() {
		t.Errorf("since %+v, before %+v", s.Ledger, s.Before.Ledger)
	}
	until(t, f, "never_served", func(s *monitor.View) bool { return len(s.Diagnoses) > 0 })
	give(t)(f.Reset())
	// It lasts: a moment later it is told again, and is the same one.
	if s := snap(f); len(s.Diagnoses) > 1 || len(s.Whole().Diagnoses) != 1 {
		t.Errorf("since %+v, in all %+v", s.Diagnoses, s.Whole().Diagnoses)
	}
}

// TestATimeoutIsNoDrain: a server drops an echo of each connection. At the drain's timeout they are
// proved missing, and Wait Echo Count is 0. The drain was given up all the same.
func TestATimeoutIsNoDrain(t *testing.T) {
	t.Parallel()
	var drop atomic.Bool
	var dropped sync.Map
	cfg := testConfig(startServer(t, eachFrame(func(c *net.TCPConn, _ int, frame []byte) []byte {
		if drop.Load() {
			if _, again := dropped.LoadOrStore(c, true); !again {
				return []byte{}
			}
		}
		return frame
	})))
	cfg.Rate, cfg.DrainTimeout = 400, 300*time.Millisecond
	cfg.OverSend = 64 // so far apart may echoes be that none is given up before STOP
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	s := until(t, f, "echoes", echoedAtLeast(100))
	drop.Store(true)
	until(t, f, "each was overtaken", echoedAtLeast(s.Ledger.Echoed+100))
	give(t)(f.Stop())
	reach(t, f, monitor.Drained, monitor.Undrained)
	s = snap(f)
	if !s.GaveUp() || s.NeverCame() != 8 || s.Drain.Missing != s.Ledger.Lost ||
		s.Drain.Elapsed < cfg.DrainTimeout {
		t.Errorf("%v: %+v, ledger %+v", s.Phase, s.Drain, s.Ledger)
	}
	if last := s.Events[len(s.Events)-1].Text; !strings.HasPrefix(last, "GAVE UP the drain") {
		t.Errorf("the log says %q", last)
	}
	give(t)(f.Start(0))
	if s := snap(f); s.GaveUp() || s.Drain.GaveUp {
		t.Errorf("%v: %+v", s.Phase, s.Drain)
	}
}
