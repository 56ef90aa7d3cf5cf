package tui

import (
	"strings"
	"testing"

	"dummyload/monitor"
)

// The pane of the tester shows hostile dummies, when there are some.
func TestHostileDummiesAreOnTheScreen(t *testing.T) {
	u, _ := newTestUI(t, 120, 40, nil)
	s := running(5)
	u.observe(s)
	if got := drawn(u); strings.Contains(got, "hostile") {
		t.Errorf("nobody misbehaves:\n%s", got)
	}
	s = running(6)
	s.Hostile = &monitor.Hostile{Dummies: 20, ClosedByServer: 1234}
	u.observe(s)
	if got := drawn(u); !strings.Contains(got, "hostile 20, refused 1.23k") {
		t.Errorf("they are not there:\n%s", got)
	}
}
