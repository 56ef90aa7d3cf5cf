package tui

import (
	"strings"
	"testing"

	"dummyload/monitor"
)

// What fails a run and what is only watched stand apart, and a pass says what was late.
func TestLateIsWatched(t *testing.T) {
	for w, row := range map[int]string{80: "Watch Echo Not Recv      119k, 0.64%",
		128: "Watch Echo Not Recv 500ms  119k, 0.64%"} {
		u, _ := newTestUI(t, w, 40, nil)
		u.observe(late())
		got := drawn(u)
		for _, want := range []string{row,
			"VERDICT PASS so far, 119k later than 500ms"} {
			if !strings.Contains(got, want) {
				t.Errorf("%d columns: no %q in\n%s", w, want, got)
			}
		}
		for _, c := range append(grouped, single...) {
			if n := c.count(late()); n != 0 {
				t.Errorf("%s must be zero, and is %d", c.name, n)
			}
		}
	}
}

// Every fault that fails a run is in exactly one cell, at either size.
func TestEachFaultHasOneCell(t *testing.T) {
	for name, cells := range map[string][]cell{"grouped": grouped, "single": single} {
		for f := range monitor.NumFaults {
			s := &monitor.View{}
			s.Faults[f] = 1
			n := uint64(0)
			for _, c := range cells {
				n += c.count(s)
			}
			if want := f.Watched(); (n == 0) != want || n > 1 {
				t.Errorf("%s: %v is in %d cells", name, f, n)
			}
		}
	}
}

// Connections lost to a server that is gone are no faults one by one, but they are disconnects. One
// number stands for them everywhere.
func TestAServerThatIsGoneDisconnects(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(gone())
	if got := drawn(u); !strings.Contains(got, "Disconnect    200") ||
		!strings.Contains(got, "Missing, owed   0") || !strings.Contains(got, "312 / 1,000") {
		t.Errorf("the words contradict each other:\n%s", got)
	}
	typed(u, "3")
	if got := drawn(u); !strings.Contains(got, "by the server      200") {
		t.Errorf("the words contradict each other:\n%s", got)
	}
}

// After millions of echoes none is missing "yet".
func TestAnEmptyPlotSaysWhatIsMissing(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(idle())
	if got := drawn(u); !strings.Contains(got, "no echo came back yet") {
		t.Errorf("before the first echo:\n%s", got)
	}
	s := running(5)
	s.RTTRecent = monitor.Distribution{}
	u.observe(s)
	if got := drawn(u); !strings.Contains(got, "no echo came back in the last 60 s") {
		t.Errorf("after millions:\n%s", got)
	}
}
