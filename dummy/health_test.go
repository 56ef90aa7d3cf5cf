package dummy

import (
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

// TestSendLagIsTheTestersOwn holds two dummies that may have one echo each unanswered against a
// rate of 1,000 per second. An echo that waits for a slow server is no send
// lag; one that the worker comes late to is. The schedule is behind in both cases.
func TestSendLagIsTheTestersOwn(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name     string
		answers  time.Duration // when the server answers; what was sent before waits
		overSend int
		times    []time.Duration // of the worker's batches
		lag      time.Duration   // the longest
		behind   time.Duration   // after the last batch
	}{
		{"on time", 0, 1, []time.Duration{0, 1 * ms, 2 * ms, 3 * ms}, 0, 0},
		{"slow server", 100 * ms, 1, []time.Duration{0, 1 * ms, 50 * ms, 100 * ms}, 0, 96 * ms},
		{"late worker", 0, 1, []time.Duration{0, 1 * ms, 101 * ms}, 99 * ms, 97 * ms},
		{"late worker, open windows", 0, 200, []time.Duration{0, 1 * ms, 101 * ms}, 99 * ms, 0},
		{"late after a slow server", 50 * ms, 4, []time.Duration{
			0, 1 * ms, 2 * ms, 3 * ms, 4 * ms, 5 * ms, 6 * ms, 7 * ms, 20 * ms, 50 * ms,
		}, 0, 34 * ms},
	} {
		w, p := byHand(t, Config{Clients: 2, OverSend: c.overSend, Rate: 1000})
		w.start(0, never)
		for _, at := range c.times {
			turn(w, p, at, at >= c.answers)
		}
		got := w.hists.Lag.Distribution()
		if want := float64(c.lag / time.Microsecond); got.Max != want {
			t.Errorf("%s: send lag %+v, want at most %v µs", c.name, got, want)
		}
		if behind := max(0, w.behindNow(w.now())); behind != c.behind {
			t.Errorf("%s: %v behind, want %v", c.name, behind, c.behind)
		}
		w.stop()
		w.engine.Tick(w.now() + time.Hour)
		if w.behindNow(w.now()) != c.behind {
			t.Errorf("%s: %v behind, after STOP %v", c.name, c.behind, w.behindNow(w.now()))
		}
	}
}

// quarter is what the tester did between two snapshots 250 ms apart.
type quarter struct{ ran, starved, behind time.Duration }

func TestSaturatedIsTheTesterAndNotTheServer(t *testing.T) {
	const ms, open = time.Millisecond, 1000.0
	for _, c := range []struct {
		name      string
		rate      float64
		intervals []quarter
		want      bool
	}{
		{"nothing to do", open, []quarter{{10 * ms, 1 * ms, 0}}, false},
		{"busy and on time", open, []quarter{{249 * ms, 0, 0}}, false},
		{"busy and behind", open, []quarter{{240 * ms, 2 * ms, 90 * ms},
			{240 * ms, 2 * ms, 180 * ms}}, true},
		{"starved and behind", open, []quarter{{25 * ms, 220 * ms, 90 * ms},
			{20 * ms, 225 * ms, 180 * ms}}, true},
		{"starved now and then, and behind", open, []quarter{{25 * ms, 130 * ms, 90 * ms},
			{20 * ms, 150 * ms, 180 * ms}}, true},
		{"held up, and behind for that", open, []quarter{{25 * ms, 100 * ms, 90 * ms}}, false},
		{"slow server, full windows", open, []quarter{{20 * ms, 5 * ms, 90 * ms},
			{15 * ms, 5 * ms, 180 * ms}}, false},
		{"server that pauses", open, []quarter{{20 * ms, 5 * ms, 5 * ms}}, false},
		{"one hiccup in a second", open, []quarter{{9 * ms, 240 * ms, 40 * ms},
			{60 * ms, 0, 0}, {60 * ms, 0, 0}, {60 * ms, 0, 0}}, false},
		{"closed loop, busy", 0, []quarter{{245 * ms, 0, 0}}, true},
		{"closed loop, starved", 0, []quarter{{25 * ms, 222 * ms, 0}}, true},
		{"closed loop, waiting for the server", 0, []quarter{{200 * ms, 9 * ms, 0}}, false},
	} {
		var h health
		h.init(2)
		var on, ran, idle time.Duration
		var g monitor.Generator
		for _, i := range c.intervals {
			on, ran, idle = on+250*ms, ran+i.ran, idle+250*ms-i.ran-i.starved
			g = judged(&h, &monitor.Run{Phase: monitor.Echoing, Rate: c.rate, EchoOn: on},
				&report{at: on, cpu: on / 10, slept: on}, // a worker with nothing to do hides nobody else
				&report{at: on, cpu: ran, slept: idle, Tally: behind(i.behind)})
		}
		if g.Saturated != c.want {
			t.Errorf("%s: saturated %v", c.name, g.Saturated)
		}
		if full := c.want && !strings.Contains(c.name, "starved"); g.Full() != full {
			t.Errorf("%s: full %v, ran %v, starved %v", c.name, g.Full(), g.EchoCPUShare, g.Starved)
		}
	}
}

// behind is the books of a worker that has fallen behind its schedule.
func behind(d time.Duration) monitor.Tally {
	return monitor.Tally{Generator: monitor.Generator{Behind: d}}
}

// judged is what the reports merge to, and health says of them.
func judged(h *health, run *monitor.Run, reports ...*report) monitor.Generator {
	var all monitor.Tally
	for _, r := range reports {
		all.Merge(&r.Tally)
	}
	h.judge(&all.Generator, reports, run)
	return all.Generator
}

// TestHealthAfterTheEnd keeps what was measured while Echo was on, and Reset forgets it.
func TestHealthAfterTheEnd(t *testing.T) {
	const second = time.Second
	var h health
	h.init(1)
	busy := func(at time.Duration, phase monitor.Phase) monitor.Generator {
		return judged(&h, &monitor.Run{Phase: phase}, &report{at: at, cpu: at})
	}
	if g := busy(second, monitor.Echoing); !g.Saturated || g.CPUShare != 1 {
		t.Errorf("busy: %+v", g)
	}
	if g := busy(second+1, monitor.Drained); !g.Saturated {
		t.Errorf("after STOP: %+v", g)
	}
	idle := judged(&h, &monitor.Run{Phase: monitor.Ended},
		&report{at: 9 * second, cpu: second, slept: 8 * second})
	if !idle.Saturated || idle.CPUShare < 0.99 {
		t.Errorf("after the end: %+v", idle)
	}
	h.reset()
	again := judged(&h, &monitor.Run{Phase: monitor.Echoing},
		&report{at: 10 * second, cpu: second, slept: 9 * second})
	if again.Saturated || again.CPUShare != 0 {
		t.Errorf("after Reset: %+v", again)
	}
}
