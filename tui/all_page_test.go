package tui

import (
	"strings"
	"testing"

	"dummyload/monitor"
)

// TestEveryMetricIsOnTheScreen: the page of all metrics has each by its name, with its value.
func TestEveryMetricIsOnTheScreen(t *testing.T) {
	metrics := monitor.Metrics()
	u, _ := newTestUI(t, 120, len(metrics)+20, nil)
	s := running(348)
	u.observe(s)
	typed(u, "6")
	lines := strings.Split(drawn(u), "\n")
	for _, m := range metrics {
		shown := false
		for _, l := range lines {
			cells := strings.Fields(strings.Trim(l, "│ "))
			shown = shown || len(cells) > 1 && cells[0] == m.Name && cells[1] == m.Unit.Format(m.Get(s))
		}
		if !shown {
			t.Errorf("%s, %s, is not shown", m.Name, m.Unit.Format(m.Get(s)))
		}
	}
}
