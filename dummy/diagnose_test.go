package dummy

import (
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"dummyload/monitor"
)

func names(s *monitor.View) []string {
	var all []string
	for _, d := range s.Diagnoses {
		all = append(all, d.Name)
	}
	return all
}

func TestReuseGoesWithCloses(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	counts := make(chan [3]uint64)
	w := f.workers[0]
	w.order(func(w *worker) {
		var n [3]uint64
		w.fleet.dummiesClose.Store(true)
		d := w.at(0)
		crossed := monitor.Evidence{OwnerClient: 1, OwnerConnection: 1}
		w.noteReuse(d, &crossed) // both are at their first connection
		n[0] = w.count.signs.Reused
		crossed.OwnerConnection = 7 // not the owner's present one
		w.noteReuse(d, &crossed)
		w.noteReuse(d, &crossed) // each connection counts once
		n[1] = w.count.signs.Reused
		d.clear(reused)
		d.Number++
		w.noteReuse(d, &monitor.Evidence{OwnerClient: 1, OwnerConnection: 1})
		d.Number--
		w.fleet.dummiesClose.Store(false) // what the server has closed itself it uses by another mistake
		d.clear(reused)
		w.noteReuse(d, &crossed)
		n[2] = w.count.signs.Reused
		counts <- n
	})
	if n := <-counts; n != [3]uint64{0, 1, 2} {
		t.Errorf("counted %v", n)
	}
}

func TestClosesOfTheServerAreOfHealthyConnections(t *testing.T) {
	t.Parallel()
	var once atomic.Bool
	cfg := testConfig(startServer(t, eachFrame(func(c *net.TCPConn, n int, frame []byte) []byte {
		if n == 200 && once.CompareAndSwap(false, true) {
			_ = c.CloseWrite()
			return forever(c)
		}
		return frame
	})))
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	s := until(t, f, "the diagnosis", func(s *monitor.View) bool {
		return len(s.Diagnoses) > 0
	})
	if got := names(s); !slices.Equal(got, []string{monitor.ClosedHealthy}) {
		t.Errorf("%v", s.Diagnoses)
	}
}
