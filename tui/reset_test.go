package tui

import (
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// The row of totals counts both kinds of dummies, and still holds after a reset.
func TestConnectTotalIsAcceptTotal(t *testing.T) {
	for name, s := range map[string]*monitor.View{"reset": reset(), "hostile": besieged()} {
		u, _ := newTestUI(t, 80, 24, nil)
		u.observe(s)
		if got := drawn(u); !strings.Contains(got, "Connect Total = Accept Total") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	u, _ := newTestUI(t, 80, 24, nil)
	s := besieged()
	s.Server.Accepted-- // one waits to be accepted
	u.observe(s)
	if got := drawn(u); !strings.Contains(got, "Connect / Accept Total 3,100 / 3,099") {
		t.Errorf("one is missing:\n%s", got)
	}
}

// A reset hides no fault: the screen says when it was and what came before it, and the verdict is over
// the whole run.
func TestAResetHidesNoFault(t *testing.T) {
	for _, w := range []int{80, 120} {
		u, _ := newTestUI(t, w, 40, nil)
		u.observe(reset())
		got := drawn(u)
		for _, want := range []string{" since 12:03:04 ", " 3 before 12:03:04 ",
			"VERDICT FAIL  3 corrupt", "Packet Error", "Released"} {
			if w == 80 && want == "Released" || w == 120 && want == "Packet Error" {
				continue // the other size has it
			}
			if !strings.Contains(got, want) {
				t.Errorf("%d columns: no %q in\n%s", w, want, got)
			}
		}
	}
}

// What was evidence before it is still evidence.
func TestAResetKeepsTheEvidence(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(reset())
	typed(u, "4")
	drawn(u)
	u.press(key(tcell.KeyEnter))
	if got := drawn(u); !strings.Contains(got, "127.0.0.1:50777") {
		t.Errorf("not opened:\n%s", got)
	}
}

// A drain that was given up is red, and not called drained, also when nothing is owed any more.
func TestATimeoutIsNoDrain(t *testing.T) {
	for _, s := range []*monitor.View{owing(), dropped()} {
		u, _ := newTestUI(t, 80, 24, nil)
		u.observe(s)
		got := drawn(u)
		if !strings.Contains(got, "GAVE UP after 5s") || !strings.Contains(got, "● GAVE UP ") ||
			strings.Contains(got, "DRAINED") || strings.Contains(got, "✓") {
			t.Errorf("%v:\n%s", s.Phase, got)
		}
		if u.phaseStyle(s) != u.look.bad {
			t.Errorf("%v is not red", s.Phase)
		}
	}
	u, _ := newTestUI(t, 80, 24, nil)
	if s := stopped(monitor.Drained, 0, 1); u.phaseStyle(s) != u.look.ok {
		t.Error("a drain is not green")
	}
}

// In a phase that may hang, the first line says how far it is and how long it has lasted.
func TestTheFirstLineSaysHowFar(t *testing.T) {
	login := connecting()
	login.Connections.Now = 1000
	for want, s := range map[string]*monitor.View{
		"CONNECTING 37 of 1,000 00:00:12":                    connecting(),
		"CONNECTING 37 of 1,000, 963 without login 00:00:12": login,
		"DRAINING 1,204 owed 00:00:00":                       stopped(monitor.Draining, 1204, 8),
	} {
		u, _ := newTestUI(t, 80, 24, nil)
		u.observe(s)
		if got := drawn(u); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
