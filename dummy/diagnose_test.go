package dummy

import (
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"dummyload/monitor"
)

func names(s *monitor.Snapshot) []string {
	var all []string
	for _, d := range s.Diagnoses {
		all = append(all, d.Name)
	}
	return all
}

// TestHungerIsOfAllAtOnce: what one walk must see for a server to stand still.
func TestHungerIsOfAllAtOnce(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		h  hunger
		is bool
	}{
		"all":              {hunger{heardAt: 5 * s, up: 4, owed: 4, oldest: 4 * s}, true},
		"never heard":      {hunger{up: 4, owed: 4, oldest: s}, true},
		"nobody is up":     {hunger{heardAt: 5 * s}, false},
		"one owes nothing": {hunger{heardAt: 5 * s, up: 4, owed: 3, oldest: 5 * s}, false},
		"one was earlier":  {hunger{heardAt: 5 * s, up: 4, owed: 4, oldest: 3 * s}, false},
	} {
		if c.h.all(s) != c.is {
			t.Errorf("%s: %v", name, !c.is)
		}
	}
}

func TestStandstillAndLadderExcludeEachOther(t *testing.T) {
	stalled := []monitor.Diagnosis{{Name: monitor.ServerStalled}}
	unread := causes{receive: stuck{8, 32}}
	both := causes{receive: stuck{8, 32}, wakeup: stuck{1, 4}, alive: 1}
	for _, c := range []struct {
		dst   []monitor.Diagnosis
		found causes
		want  []string
	}{
		{nil, unread, []string{monitor.ReceiveNotRearmed}},
		{stalled, unread, []string{monitor.ServerStalled}},
		{stalled, causes{alive: 1}, nil}, // out of step, but not standing still
		{stalled, both, []string{monitor.SendWakeupLost, monitor.ReceiveNotRearmed}},
		{append(slices.Clone(stalled), monitor.Diagnosis{Name: monitor.Recovered}), unread,
			[]string{monitor.ServerStalled, monitor.Recovered, monitor.ReceiveNotRearmed}},
	} {
		got := names(&monitor.Snapshot{Diagnoses: c.found.explain(slices.Clone(c.dst))})
		if !slices.Equal(got, c.want) {
			t.Errorf("%v and %+v: %v, want %v", c.dst, c.found, got, c.want)
		}
	}
}

func TestReuseGoesWithCloses(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	counts := make(chan [3]uint64)
	w := f.workers[0]
	w.mail.send(w.port, func(w *worker) {
		var n [3]uint64
		d := w.at(0)
		crossed := monitor.Evidence{OwnerClient: 1, OwnerConnection: 1}
		w.noteReuse(d, &crossed) // both are at their first connection
		n[0] = w.count.reused
		crossed.OwnerConnection = 7 // not the owner's present one
		w.noteReuse(d, &crossed)
		w.noteReuse(d, &crossed) // each connection counts once
		n[1] = w.count.reused
		d.clear(reused)
		d.conn++
		w.noteReuse(d, &monitor.Evidence{OwnerClient: 1, OwnerConnection: 1})
		d.conn--
		n[2] = w.count.reused
		counts <- n
	})
	if n := <-counts; n != [3]uint64{0, 1, 2} {
		t.Errorf("counted %v", n)
	}
}

func TestClosesOfTheServerAreOfHealthyConnections(t *testing.T) {
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
	must(t, f.Start())
	s := until(t, f, "the diagnosis", func(s *monitor.Snapshot) bool {
		return len(s.Diagnoses) > 0
	})
	if got := names(s); !slices.Equal(got, []string{monitor.ClosedHealthy}) {
		t.Errorf("%v", s.Diagnoses)
	}
}
