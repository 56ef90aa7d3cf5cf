package tui

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// typed presses runes one after the other.
func typed(u *ui, runes string) {
	for _, r := range runes {
		u.press(tcell.NewEventKey(tcell.KeyRune, r, tcell.ModNone))
	}
}

// scenes are the screens that are compared as text, each in both sizes.
var scenes = []struct {
	name  string
	shown func() *monitor.View // after a minute of running; nil: running
	keys  string
}{
	{"running", nil, ""},
	{"draining", func() *monitor.View {
		s := stopped(monitor.Draining, 1_204, 8*time.Millisecond)
		s.Owed = []monitor.Owed{{Client: 17, Connection: 2, First: 41, Last: 42, Count: 2,
			Age: 8100 * time.Microsecond}}
		return s
	}, ""},
	{"drained", func() *monitor.View {
		return stopped(monitor.Drained, 0, 12*time.Millisecond)
	}, ""},
	{"undrained", owing, ""},
	{"dropped", dropped, ""},
	{"owed", owing, "l"},
	{"late", late, ""},
	{"gone", gone, ""},
	{"gone_dummies", gone, "3"},
	{"connecting", connecting, ""},
	{"hostile", besieged, ""},
	{"reset", reset, ""},
	{"reset_faults", reset, "4"},
	{"rtt", nil, "2"},
	{"dummies", nil, "3"},
	{"faults", faulty, "4"},
	{"diagnosis", owing, "4"},
	{"log", nil, "5"},
	{"all", nil, "6"},
	{"help", nil, "?"},
	{"help_korean", nil, "K?"},
	{"settings", nil, "e"},
	{"ask", nil, "q"},
	{"prompt", nil, "k"},
	{"frozen", nil, "f"},
	{"korean", nil, "K"},
	{"zoomed", nil, "z"},
}

func TestGolden(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		for _, scene := range scenes {
			name := fmt.Sprintf("%s_%dx%d", scene.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				u, _ := newTestUI(t, size[0], size[1], nil)
				for _, s := range minute() {
					u.observe(s)
				}
				if scene.shown != nil {
					u.observe(scene.shown())
				}
				typed(u, scene.keys)
				golden(t, name, drawn(u))
			})
		}
	}
}

func TestGoldenIdle(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		u, _ := newTestUI(t, size[0], size[1], nil)
		u.observe(idle())
		golden(t, fmt.Sprintf("idle_%dx%d", size[0], size[1]), drawn(u))
	}
}

func TestGoldenDetail(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(faulty())
	typed(u, "4")
	drawn(u)
	u.press(tcell.NewEventKey(tcell.KeyEnter, 0, tcell.ModNone))
	golden(t, "detail_80x24", drawn(u))
}

// The note about what is missing in a timeline is not cut off.
func TestTheTimelineNoteHasRoom(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	s := faulty()
	s.Evidence[1].TimelineNote = "the dummies' trace reaches back to 81.9s only; the server's side of " +
		"this connection is missing: the server's process did not answer in time"
	u.observe(s)
	typed(u, "4")
	drawn(u)
	typed(u, "j")
	u.press(tcell.NewEventKey(tcell.KeyEnter, 0, tcell.ModNone))
	if got := drawn(u); !strings.Contains(got, "answer in time") || !strings.Contains(got, "Fault ") {
		t.Errorf("cut, or without the steps:\n%s", got)
	}
}

// The timeline opens at the fault, and its mark moves.
func TestGoldenTimeline(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		u, _ := newTestUI(t, size[0], size[1], nil)
		u.observe(faulty())
		typed(u, "4")
		drawn(u)
		typed(u, "j")
		u.press(tcell.NewEventKey(tcell.KeyEnter, 0, tcell.ModNone))
		got := drawn(u)
		golden(t, fmt.Sprintf("timeline_%dx%d", size[0], size[1]), got)
		typed(u, "g")
		if first := drawn(u); first == got || !strings.Contains(first, "-2.400") {
			t.Errorf("g does not show the beginning:\n%s", first)
		}
		for range 2 {
			u.press(tcell.NewEventKey(tcell.KeyTab, 0, tcell.ModNone))
		}
		if first := drawn(u); !strings.Contains(first, "-2.400") {
			t.Errorf("Tab does not bring it back:\n%s", first)
		}
	}
}

func TestGoldenASCII(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, func(o *Options) { o.ASCII = true })
	for _, s := range minute() {
		u.observe(s)
	}
	u.observe(stopped(monitor.Drained, 0, 12*time.Millisecond))
	got := drawn(u)
	for _, r := range got {
		if r > '~' {
			t.Errorf("%q is not ASCII", r)
		}
	}
	golden(t, "ascii_80x24", got)
}

func TestGoldenBeforeTheFirstSnapshot(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	golden(t, "waiting_80x24", drawn(u))
}

func TestGoldenForeignServer(t *testing.T) {
	u, _ := newTestUI(t, 120, 40, nil)
	s := running(348)
	s.Server, s.Bundled, s.Target = nil, false, "game.example.org:7777"
	s.Seed = 18_446_744_073_709_551_615
	u.observe(s)
	golden(t, "foreign_120x40", drawn(u))
}

func TestGoldenSmall(t *testing.T) {
	u, _ := newTestUI(t, 50, 8, nil)
	u.observe(owing())
	golden(t, "small_50x8", drawn(u))
	u.observe(running(5))
	typed(u, "q")
	golden(t, "small_ask_50x8", drawn(u))
}

// A seed of twenty digits is shown in full, in the first line or in the frame below it.
func TestSeedIsAlwaysShown(t *testing.T) {
	for _, w := range []int{80, 100, 120} {
		u, _ := newTestUI(t, w, 40, nil)
		s := running(5)
		s.Seed = math.MaxUint64
		u.observe(s)
		if got := drawn(u); !strings.Contains(got, "seed 18446744073709551615") {
			t.Errorf("%d columns: no seed in\n%s", w, got)
		}
	}
}
