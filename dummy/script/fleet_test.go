package script

import (
	"context"
	"errors"
	"iter"
	"math"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dummyload/dummy"
	"dummyload/monitor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const soon = time.Minute // a deadline that only a hang meets

// realFleet is a fleet of 8 dummies on a server that sends back each piece after spoil has changed it.
func realFleet(t *testing.T, spoil func([]byte)) *dummy.Fleet {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go echo(c, spoil)
		}
	}()
	f, err := dummy.New(dummy.Config{Target: l.Addr().(*net.TCPAddr).AddrPort(), Clients: 8, OverSend: 4,
		Workers: 2, Seed: 42, DrainTimeout: soon, ConnectTimeout: soon})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func echo(c net.Conn, spoil func([]byte)) {
	defer c.Close()
	var buf [4096]byte
	for {
		n, err := c.Read(buf[:])
		spoil(buf[:n])
		if _, werr := c.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

func soundly([]byte) {}

func viewOf(f *dummy.Fleet) *monitor.View { return monitor.Collect(f) }

// TestSearchOnTheSameConnections checks what a search leaves behind, whatever it found.
func TestSearchOnTheSameConnections(t *testing.T) {
	f := realFleet(t, soundly)
	search := &MaxRate{Limit: time.Second, Each: 50 * time.Millisecond}
	if err := Run(t.Context(), f, time.Millisecond, Then(List(Connected{}), search.Script)); err != nil {
		t.Fatal(err)
	}
	s, m := viewOf(f), search.found.Load()
	if m == nil || !m.Done || m.Steps[0].Purpose != monitor.StepEstimate {
		t.Fatalf("%+v", m)
	}
	// A machine that stands still in the estimate makes too few echoes to go on from.
	if few := m.Steps[0].Made*search.Each.Seconds() < leastEchoes; few != (len(m.Steps) == 1) {
		t.Fatalf("%+v", m)
	}
	last, most := m.Steps[len(m.Steps)-1], 0.0
	for _, step := range m.Steps {
		if step.Asked > max(most, leastEchoes/search.Each.Seconds()) {
			t.Errorf("%v is tried, and nothing above %v was ever made", step.Asked, most)
		}
		most = max(most, step.Made)
	}
	if m.Rate != 0 && (last.Asked != m.Rate || s.Rate != m.Rate || last.Late != 0) {
		t.Errorf("found %v, tuned to %v, last %+v", m.Rate, s.Rate, last)
	}
	if s.Bad() != 0 || s.Ledger.Wait != 0 || s.Ledger.Sent != s.Ledger.Echoed ||
		s.RTT.Count != s.Ledger.Echoed || s.Connections.Connected != 8 || s.Phase != monitor.Ended {
		t.Errorf("faults %v, %+v, %d round trips, %+v", s.Faults, s.Ledger, s.RTT.Count,
			s.Connections)
	}
	most = math.Ceil(last.Asked * search.Each.Seconds())
	if last.Asked > 0 && float64(s.Ledger.Sent) > most {
		t.Errorf("%d echoes of the last step in %v at %v/s", s.Ledger.Sent, s.EchoOn, last.Asked)
	}
}

// TestFaultOfASearchIsTold with its evidence, although the counters began anew.
func TestFaultOfASearchIsTold(t *testing.T) {
	var wrong atomic.Bool
	f := realFleet(t, func(piece []byte) {
		if len(piece) > 0 && wrong.CompareAndSwap(true, false) {
			piece[len(piece)-1] ^= 1
		}
	})
	search := &MaxRate{Limit: time.Minute, Each: 300 * time.Millisecond}
	second := func(look func() *monitor.View) iter.Seq[Step] {
		return func(yield func(Step) bool) {
			for step := range search.Script(look) {
				if m := search.found.Load(); len(m.Steps) == 1 {
					wrong.Store(true)
				}
				if !yield(step) {
					return
				}
			}
		}
	}
	if err := Run(t.Context(), f, 0, Then(List(Connected{}), second)); err != nil {
		t.Fatal(err)
	}
	s, m := viewOf(f), search.found.Load()
	if m.Done || m.Rate != 0 || m.Steps[len(m.Steps)-1].Verdict != monitor.StepFault {
		t.Errorf("%+v", m)
	}
	if s.Bad() == 0 || len(s.Evidence) == 0 {
		t.Errorf("%v, %d pieces of evidence", s.Faults, len(s.Evidence))
	}
}

// TestRunEndsInOrderWhenItIsInterrupted, a search too.
func TestRunEndsInOrderWhenItIsInterrupted(t *testing.T) {
	search := &MaxRate{Limit: time.Second, Each: time.Hour}
	for name, s := range map[string]Script{"echo": Echo(0), "search": Then(List(Connected{}), search.Script)} {
		ctx, cancel := context.WithCancel(t.Context())
		f := realFleet(t, soundly)
		go func() {
			defer cancel()
			for viewOf(f).Ledger.Echoed < 100 && ctx.Err() == nil {
				time.Sleep(5 * time.Millisecond)
			}
		}()
		if err := Run(ctx, f, 0, s); err != nil {
			t.Error(err)
		}
		if v := viewOf(f); v.Ledger.Wait != 0 || v.Bad() != 0 || v.Phase != monitor.Ended || v.Ledger.Echoed < 100 {
			t.Errorf("%s: %v %+v %v", name, v.Phase, v.Ledger, v.Faults)
		}
		if err := Run(ctx, realFleet(t, soundly), 0, s); !errors.Is(err, dummy.ErrInterrupted) {
			t.Errorf("%s: interrupted before any echo: %v", name, err)
		}
	}
	if m := search.found.Load(); m.Done || len(m.Steps) != 0 {
		t.Errorf("%+v", m)
	}
}
