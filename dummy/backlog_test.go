package dummy

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// TestNeverAcceptedIsToldWithoutTheFleetsLock holds the lock as Collect does, until the worker
// is done.
func TestNeverAcceptedIsToldWithoutTheFleetsLock(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	done := make(chan struct{})
	w := f.workers[0]
	f.mu.Lock()
	w.order(func(w *worker) { w.dialAnew(w.at(0)); close(done) })
	select {
	case <-done:
	case <-time.After(soon):
		t.Error("the worker waits for the fleet's lock")
	}
	f.mu.Unlock()
	until(t, f, "the log and the redial", func(s *monitor.View) bool {
		last := s.Events[len(s.Events)-1].Text
		return strings.HasPrefix(last, "never accepted") &&
			s.Connections.Connected == 9 && s.Connections.Now == 8
	})
}

// TestResetsAreExcusedByEvidenceOnly: no more than the system counts, where it counts for the server,
// or else around lost SYNs.
func TestResetsAreExcusedByEvidenceOnly(t *testing.T) {
	excused := func(b *backlog, at time.Duration) (n int) {
		for n < 100 && b.excuses(1, 200, at, time.Second) {
			n++
		}
		return n
	}
	const s = time.Second
	if n := excused(&backlog{told: true, here: true, count: 3, readAt: s}, 0); n != 3 {
		t.Errorf("3 overflows excuse %d resets", n)
	}
	if n := excused(&backlog{told: true, here: true, readAt: s}, 0); n != 0 {
		t.Errorf("no overflow excuses %d resets", n)
	}
	elsewhere := &backlog{told: true, count: 3, readAt: s}
	if n := excused(elsewhere, 0); n != 0 {
		t.Errorf("the overflows of another system excuse %d resets", n)
	}
	elsewhere.connected(2*s, 3*s)
	if n := excused(elsewhere, s); n != 0 {
		t.Errorf("a SYN that is lost later excuses %d resets", n)
	}
	if n := excused(elsewhere, 2*s); n != 1+200/100 {
		t.Errorf("one lost SYN excuses %d resets", n)
	}
}

// TestASendThatMeetsTheRSTTellsItsClass: the receive that ends then knows no error any more.
func TestASendThatMeetsTheRSTTellsItsClass(t *testing.T) {
	for _, full := range []bool{true, false} {
		w, p := byHand(t, Config{Clients: 1})
		b := &w.fleet.backlog
		b.told, b.here, b.readAt = true, true, time.Hour
		if full {
			b.count = 1
		}
		w.start(w.now(), never)
		w.engine.Tick(time.Hour)
		w.engine.Advance()
		d := w.at(0)
		w.engine.Complete(&iocp.Entry{Overlapped: p.sends[0].ov, Err: syscall.ECONNRESET})
		w.engine.Complete(p.received(d, nil))
		w.countLosses(false)
		never, reset := w.count.Connections.NeverAccepted, w.count.Faults[monitor.ResetByServer]
		if (never == 1) != full || (reset == 1) == full || w.count.Faults[monitor.ClosedByServer] != 0 {
			t.Errorf("full %v: %d never accepted, faults %v", full, never, w.count.Faults)
		}
	}
}
