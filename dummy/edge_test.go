package dummy

import (
	"context"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

func TestCloseInEveryPhaseLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	forBackends(t, func(t *testing.T, backend string) {
		phases := map[string]func(f *Fleet){
			"connecting": func(*Fleet) {},
			"idle":       func(f *Fleet) { reach(t, f, monitor.Idle) },
			"echoing": func(f *Fleet) {
				give(t)(f.Start(0))
				until(t, f, "echoes", echoedAtLeast(100))
			},
			"draining": func(f *Fleet) {
				reach(t, f, monitor.Idle)
				give(t)(f.Start(0))
				give(t)(f.Stop())
			},
		}
		for name, get := range phases {
			before := iocp.DescriptorsInUse()
			s := startServer(t, echoAll)
			cfg := testConfig(s)
			cfg.Backend, cfg.Churn, cfg.Close = backend, 200, CloseMixed
			f := startFleet(t, cfg)
			get(f)
			must(t, f.Close())
			end := snap(f)
			if end.Phase != monitor.Ended || end.Connections.Now != 0 || end.Bad() != 0 {
				t.Errorf("%s: %v %+v %v", name, end.Phase, end.Connections, end.Faults)
			}
			if again := snap(f); again.Ledger != end.Ledger || again.RTT != end.RTT {
				t.Errorf("%s: the final snapshot changes: %+v, %+v", name, end.Ledger, again.Ledger)
			}
			s.stop()
			descriptorsBack(t, before)
		}
	})
}

// descriptorsBack waits until no more descriptors are open than before. The runtime's own
// poller may take some once, for good.
func descriptorsBack(t *testing.T, before int) {
	t.Helper()
	const runtimes = 3
	for end := time.Now().Add(soon); iocp.DescriptorsInUse() > before+runtimes; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d descriptors are open, %d before", iocp.DescriptorsInUse(), before)
		}
	}
}

func TestVerbsAndSnapshotsFromEverywhere(t *testing.T) {
	t.Parallel()
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 1 + i; ctx.Err() == nil; n = n%20 + 1 {
				_, _ = f.Start(0) // whether it is refused depends on the others
				_, _ = f.Stop()
				_, _ = f.Tune(Tuning{Clients: float64(n), OverSend: float64(n)})
				_, _ = f.Disconnect(n/5, CloseMixed)
				_, _ = f.Reset()
				balanced(t, snap(f))
			}
		}()
	}
	wg.Wait()
	until(t, f, "rest", func(s *monitor.View) bool {
		_, _ = f.Stop()
		return s.Phase != monitor.Echoing && s.Phase != monitor.Draining
	})
	if s := snap(f); s.Bad() != 0 {
		t.Errorf("faults %v", s.Faults)
	}
}

func TestResetStormIsMetWithPatience(t *testing.T) {
	t.Parallel()
	s := startServer(t, func(c *net.TCPConn) { _ = c.SetLinger(0) })
	f := startFleet(t, testConfig(s))
	reach(t, f, monitor.Idle)
	got := until(t, f, "resets", func(s *monitor.View) bool {
		return s.Uptime > 300*time.Millisecond
	}).Connections.Attempted
	// 10, 20, 40, 80, 160, 320 ms: seven attempts of each dummy within a second. A row begins anew
	// behind a connection that was up for a second, which the machine may bring about.
	uptime := snap(f).Uptime // read after what was counted
	if most := 8 * 7 * (1 + uint64(uptime/time.Second)); got > most {
		t.Errorf("%d connects of 8 dummies in %v", got, uptime)
	}
	until(t, f, "the faults", func(s *monitor.View) bool {
		return s.Faults[monitor.ResetByServer]+s.Faults[monitor.ClosedByServer] > 0
	})
}

func TestServerThatComesBackIsUsedAgain(t *testing.T) {
	first := startServer(t, echoAll)
	f := startFleet(t, testConfig(first))
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "echoes", echoedAtLeast(100))
	first.stop()
	until(t, f, "the loss", func(s *monitor.View) bool { return len(s.Diagnoses) == 1 })
	l, err := net.Listen("tcp", first.addr.String())
	must(t, err)
	serveOn(t, l, echoAll)
	s := until(t, f, "all back", func(s *monitor.View) bool { return s.Connections.Now == 8 })
	until(t, f, "echoes", echoedAtLeast(s.Ledger.Echoed+100))
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	if s := snap(f); s.Ledger.Lost == 0 || s.Ledger.Wait != 0 {
		t.Errorf("%+v", s.Ledger)
	}
}

func TestTheLogTellsWhatHappened(t *testing.T) {
	t.Parallel()
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	must(t, f.Close())
	want := []string{
		"connecting 8 dummies", "8 of 8 dummies connected", "START", "STOP", "drained in",
		"all connections closed",
	}
	events := snap(f).Events
	if len(events) != len(want) {
		t.Fatalf("%+v", events)
	}
	for i, e := range events {
		if !strings.HasPrefix(e.Text, want[i]) || e.At.IsZero() {
			t.Errorf("event %d is %q, want %q…", i, e.Text, want[i])
		}
	}
}

func TestASlowServerIsNotAccused(t *testing.T) {
	t.Parallel()
	cfg := testConfig(startServer(t, func(c *net.TCPConn) {
		buf := make([]byte, 7)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			for i := range n {
				if _, err := c.Write(buf[i : i+1]); err != nil { // a byte at a time
					return
				}
			}
		}
	}))
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	until(t, f, "echoes", echoedAtLeast(300))
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	if s := snap(f); s.Bad() != 0 || s.Ledger.Wait != 0 {
		t.Errorf("%+v %v", s.Ledger, s.Faults)
	}
}
