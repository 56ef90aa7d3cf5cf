package dummy

import (
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dummyload/monitor"
)

// TestLossesAreWeighed: what a fleet of 1,000 dummies makes of losses, and when.
func TestLossesAreWeighed(t *testing.T) {
	const since = 5 * time.Second
	for name, c := range map[string]struct {
		lost, up uint64
		refused  bool
		after    time.Duration
		atEnd    bool
		gone     bool
		again    time.Duration // after since; never when it is decided
	}{
		"gathered":             {900, 100, true, goneWithin / 2, false, false, goneWithin},
		"gone":                 {900, 100, true, goneWithin, false, true, never},
		"gone bit by bit":      {501, 499, true, 7 * goneWithin, false, true, never},
		"no redial yet":        {900, 100, false, goneWithin, false, false, 2 * goneWithin},
		"not most of them yet": {100, 900, true, goneWithin, false, false, 2 * goneWithin},
		"the last look":        {900, 100, false, redialWithin - 1, false, false, redialWithin},
		"closes all, listens":  {1000, 0, false, redialWithin, false, false, never},
		"refuses, closes few":  {500, 500, true, redialWithin, false, false, never},
		"the run ends":         {10, 990, false, 1, true, false, never},
		"gone as the run ends": {900, 100, true, 1, true, true, never},
	} {
		f := &Fleet{}
		all := []tidings{{up: c.up}, {lost: c.lost, lostSince: since, refused: c.refused}}
		again := f.weigh(all, since+c.after, c.atEnd)
		if again != never {
			again -= since
		}
		if again != c.again || (f.weighed == 1) != (c.again == never) {
			t.Errorf("%s: looks again after %v, want %v", name, again, c.again)
		}
		if got := len(f.diagnoses) == 1; got != c.gone {
			t.Errorf("%s: gone %v, want %v", name, got, c.gone)
		}
	}
}

// TestLossesOfATimeThatWasNotTheServers: a tester that stood still looks once more before it takes
// the losses for single ones.
func TestLossesOfATimeThatWasNotTheServers(t *testing.T) {
	for _, refused := range []bool{false, true} {
		const since = 5 * time.Second
		f := &Fleet{}
		all := []tidings{{up: 1, lost: 9, lostSince: since}}
		again := f.weigh(all, since, false)
		if now := again + time.Minute; f.weigh(all, now, false) != now+goneWithin {
			t.Error("it did not look again")
		} else if all[0].refused = refused; f.weigh(all, now+goneWithin, false) != never {
			t.Error("it looked more than once")
		}
		if gone := len(f.diagnoses) == 1; gone != refused {
			t.Errorf("refused %v, gone %v", refused, gone)
		}
	}
}

// TestServerThatDiesInTheMiddleOfAFrame: the half of an echo that still came is no fault of its own.
func TestServerThatDiesInTheMiddleOfAFrame(t *testing.T) {
	var ending atomic.Bool
	die := make(chan struct{})
	server := startServer(t, eachFrame(func(c *net.TCPConn, _ int, frame []byte) []byte {
		if !ending.Load() {
			return frame
		}
		_, _ = c.Write(frame[:len(frame)-1])
		<-die
		return nil
	}))
	f := startFleet(t, testConfig(server))
	reach(t, f, monitor.Idle)
	must(t, f.Start())
	until(t, f, "echoes", echoedAtLeast(100))
	ending.Store(true)
	until(t, f, "all wait", func(s *monitor.Snapshot) bool { return s.Faults[monitor.Late] >= 8 })
	server.l.Close()
	close(die)
	s := until(t, f, "a diagnosis", func(s *monitor.Snapshot) bool {
		return slices.Contains(names(s), monitor.ServerGone) ||
			slices.Contains(names(s), monitor.ClosedHealthy)
	})
	if slices.Contains(names(s), monitor.ClosedHealthy) || s.Faults[monitor.Truncated] != 0 {
		t.Errorf("losses were counted one by one: %v, %+v", s.Faults, s.Diagnoses)
	}
}

// TestAServerThatComesBackIsTold, and what it took along is counted in words.
func TestAServerThatComesBackIsTold(t *testing.T) {
	f := &Fleet{}
	all := []tidings{{lost: 9, lostOwed: 5, lostSince: time.Second, refused: true}}
	f.weigh(all, 2*time.Second, false)
	all[0] = tidings{up: 2, lost: 1, lostOwed: 1, lostSince: 2 * time.Second, weighed: 1}
	f.weigh(all, 3*time.Second, false) // taken by the listener of the one that is gone
	all[0] = tidings{up: 4, weighed: 2}
	if f.watchReturn(all, 3*time.Second); !f.gone.on {
		t.Error("back with less than half of the connections")
	}
	all[0].up = 5
	f.watchReturn(all, 4*time.Second)
	if f.watchReturn(all, 5*time.Second); len(f.diagnoses) != 2 || len(f.events) != 3 {
		t.Fatalf("%+v %+v", f.diagnoses, f.events)
	}
	gone, back := f.diagnoses[0], f.diagnoses[1]
	if gone.Connections != 10 || !strings.Contains(gone.Why, "10 connections with 6 unanswered echoes") ||
		back.Name != monitor.Recovered || back.Connections != 5 || !strings.Contains(back.Why, "after 3s") {
		t.Errorf("%+v", f.diagnoses)
	}
	all[0] = tidings{lost: 5, lostSince: 6 * time.Second, refused: true, weighed: 2}
	f.weigh(all, 7*time.Second, false)
	if len(f.diagnoses) != 1 || f.diagnoses[0].Connections != 15 {
		t.Errorf("gone again: %+v", f.diagnoses)
	}
}
