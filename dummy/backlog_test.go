package dummy

import (
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

func TestBacklogIsFullWhileSYNsAreLost(t *testing.T) {
	const s = time.Second
	var b backlog
	if b.connected(0, s/2); b.wasFull(s / 4) {
		t.Error("a slow connect is no lost SYN")
	}
	b.connected(2*s, 3*s)
	b.connected(5*s/2, 7*s/2) // of the same storm
	for at, full := range map[time.Duration]bool{
		s: false, 2*s - s/20: true, 2 * s: true, 13 * s / 4: true, 7*s/2 + s/20: true, 4 * s: false,
	} {
		if b.wasFull(at) != full {
			t.Errorf("at %v: full %v, want %v", at, !full, full)
		}
	}
	if b.connected(10*s, 11*s); b.wasFull(3*s) || !b.wasFull(10*s) {
		t.Error("a later storm does not replace the earlier one")
	}
}

// TestNeverAcceptedIsToldWithoutTheFleetsLock holds the lock as Collect does, until the worker
// is done.
func TestNeverAcceptedIsToldWithoutTheFleetsLock(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	done := make(chan struct{})
	w := f.workers[0]
	f.mu.Lock()
	w.mail.send(w.port, func(w *worker) { w.dialAnew(w.at(0)); close(done) })
	select {
	case <-done:
	case <-time.After(soon):
		t.Error("the worker waits for the fleet's lock")
	}
	f.mu.Unlock()
	until(t, f, "the log and the redial", func(s *monitor.Snapshot) bool {
		last := s.Events[len(s.Events)-1].Text
		return strings.HasPrefix(last, "never accepted") &&
			s.Connections.Connected == 9 && s.Connections.Now == 8
	})
}
