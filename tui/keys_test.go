package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"dummyload/monitor"
)

func key(k tcell.Key) *tcell.EventKey { return tcell.NewEventKey(k, 0, tcell.ModNone) }

// typedInto presses keys through the root, so that a widget in front takes them.
func typedInto(u *ui, events ...*tcell.EventKey) {
	u.app = tview.NewApplication()
	r := newRoot(u)
	u.app.SetRoot(r, true)
	for _, e := range events {
		r.InputHandler()(e, func(p tview.Primitive) { u.app.SetFocus(p) })
	}
}

// noFocus is for tests in which the focus does not matter.
func noFocus(tview.Primitive) {}

func runes(s string) []*tcell.EventKey {
	var all []*tcell.EventKey
	for _, r := range s {
		all = append(all, tcell.NewEventKey(tcell.KeyRune, r, tcell.ModNone))
	}
	return all
}

// The verb of each key reaches the fleet, and nothing else does.
func TestKeysPressVerbs(t *testing.T) {
	for _, c := range []struct {
		keys string
		on   *monitor.View
		want string
	}{
		{"s", idle(), "start"},
		{"S", idle(), "start"},
		{"s", running(5), "stop"},
		{"s", stopped(monitor.Drained, 0, 0), "start"},
		{"s", owing(), "start"},
		{"c", running(5), "tune churn=0"},
		{"cc", running(5), "tune churn=0; tune churn=10"},
		{"]", running(5), "tune clients=1100"},
		{"]]]", running(5), "tune clients=1100; tune clients=1200; tune clients=1300"},
		{"[", running(5), "tune clients=900"},
		{"}", running(5), "tune oversend=11"},
		{"{{", running(5), "tune oversend=9; tune oversend=8"},
		{"Dn", running(5), ""},
		{"Dy", running(5), "disconnect 0 0"},
		{"rn", running(5), ""},
		{"ry", running(5), "reset"},
		{"123456zofltK?", running(5), ""},
	} {
		u, fleet := newTestUI(t, 80, 24, nil)
		u.observe(c.on)
		drawn(u)
		typed(u, c.keys)
		if got := fleet.asked(); got != c.want {
			t.Errorf("%q in %s asked for %q, want %q", c.keys, c.on.Phase, got, c.want)
		}
	}
}

func TestFunctionKeysAreOneWay(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	u.observe(running(5))
	u.press(key(tcell.KeyF5))
	u.press(key(tcell.KeyF6))
	u.press(key(tcell.KeyF6))
	if got := fleet.asked(); got != "start; stop; stop" {
		t.Errorf("asked for %q", got)
	}
}

// A fleet without a Disconnect Test gets one of a tenth of its dummies.
func TestChurnFromNothing(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	s := running(5)
	s.Churn = 0
	u.observe(s)
	typed(u, "c")
	if got := fleet.asked(); got != "tune churn=100" {
		t.Errorf("asked for %q", got)
	}
}

func TestCloseNAsksForTheNumber(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	u.observe(running(5))
	typedInto(u, runes("k")...)
	if got := drawn(u); !strings.Contains(got, "Close how many connections? 100") {
		t.Errorf("no question in\n%s", got)
	}
	back := key(tcell.KeyBackspace2)
	typedInto(u, back, back, back)
	typedInto(u, runes("3x0")...)
	typedInto(u, key(tcell.KeyEnter))
	if got := fleet.asked(); got != "disconnect 30 0" {
		t.Errorf("asked for %q", got)
	}
	if u.child != nil {
		t.Error("the line for input is still open")
	}
}

// What may be typed may be pasted, and nothing else.
func TestPaste(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	u.observe(running(5))
	typedInto(u, runes("k")...)
	paste := newRoot(u).PasteHandler()
	paste("2x", noFocus)
	paste("\n", noFocus)
	paste("2", noFocus) // behind the 100 that is proposed
	typedInto(u, key(tcell.KeyEnter))
	if got := fleet.asked(); got != "disconnect 1002 0" {
		t.Errorf("asked for %q", got)
	}
	u.observe(faulty())
	typedInto(u, runes("4/")...)
	newRoot(u).PasteHandler()("crossed", noFocus)
	typedInto(u, key(tcell.KeyEnter))
	if got := drawn(u); !strings.Contains(got, `1 of 3 with "crossed"`) {
		t.Errorf("what was pasted does not filter:\n%s", got)
	}
	typedInto(u, runes("e")...)
	newRoot(u).PasteHandler()("0", noFocus)
	if got := drawn(u); !strings.Contains(got, "--clients 10000 ") {
		t.Errorf("the form does not take what was pasted:\n%s", got)
	}
}

// k closes connections where there is no list, and moves up where there is one.
func TestKInAListMoves(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	u.observe(faulty())
	typed(u, "4")
	drawn(u)
	typed(u, "jjk")
	if u.faults.at != 1 {
		t.Errorf("the mark is at %d", u.faults.at)
	}
	typed(u, "G")
	if u.faults.at != 2 {
		t.Errorf("after G the mark is at %d", u.faults.at)
	}
	if u.child != nil || fleet.asked() != "" {
		t.Error("k closed connections from within a list")
	}
}

func TestSettings(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	u.observe(running(5))
	typedInto(u, runes("e")...)
	typedInto(u, runes("0")...)
	if got := drawn(u); !strings.Contains(got, "--clients 10000 ") {
		t.Errorf("the command line does not follow the fields:\n%s", got)
	}
	tab := key(tcell.KeyTab)
	typedInto(u, tab, key(tcell.KeyBackspace2), key(tcell.KeyBackspace2))
	if got := drawn(u); !strings.Contains(got, `Over Send: "" is not from 1 to 4,096`) {
		t.Errorf("an empty field is not complained about:\n%s", got)
	}
	typedInto(u, runes("7")...)
	typedInto(u, tab, tab, tab, key(tcell.KeyEnter))
	if got := fleet.asked(); got != "tune clients=10000 oversend=7 rate=0 churn=10" {
		t.Errorf("asked for %q", got)
	}
	if u.child != nil || u.front != nil {
		t.Error("the settings are still open")
	}
}

func TestSettingsCancelled(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	u.observe(running(5))
	typedInto(u, runes("e9")...)
	typedInto(u, key(tcell.KeyEscape))
	if fleet.asked() != "" || u.child != nil || u.front != nil {
		t.Errorf("Esc asked for %q", fleet.asked())
	}
}

func TestRefusedVerbIsShown(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	fleet.err = errors.New("no dummy is connected")
	u.observe(idle())
	typed(u, "s")
	if got := drawn(u); !strings.Contains(got, "refused: no dummy is connected") {
		t.Errorf("the error is not shown:\n%s", got)
	}
}

func TestFreezeHoldsTheScreen(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(running(100))
	typed(u, "f")
	before := drawn(u)
	u.observe(running(200))
	if got := drawn(u); got != before || !strings.Contains(got, "FROZEN") {
		t.Errorf("the screen moved:\n%s", got)
	}
	typed(u, "f")
	if u.shown != u.latest {
		t.Error("the screen did not thaw")
	}
}

func TestPagesTabAndZoom(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(running(5))
	drawn(u)
	u.press(key(tcell.KeyTab))
	if u.pane != "tps" {
		t.Errorf("Tab went to %q", u.pane)
	}
	u.press(key(tcell.KeyTab))
	u.press(key(tcell.KeyTab))
	if u.pane != "rtt" { // the panes of a wide screen are not there
		t.Errorf("the third Tab went to %q", u.pane)
	}
	u.press(key(tcell.KeyBacktab))
	u.press(key(tcell.KeyEnter))
	if u.page != pageFaults {
		t.Errorf("Enter led to page %d", u.page+1)
	}
	u.press(key(tcell.KeyEscape))
	if u.page != pageMain {
		t.Errorf("Esc led to page %d", u.page+1)
	}
	typed(u, "++++++")
	if u.span != 0 {
		t.Errorf("zoomed to %d", u.span)
	}
	typed(u, "-0")
	if u.span != defaultSpan {
		t.Errorf("0 zoomed to %d", u.span)
	}
}

func TestFilter(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(faulty())
	typedInto(u, runes("4/CROSSED")...)
	typedInto(u, key(tcell.KeyEnter))
	got := drawn(u)
	if !strings.Contains(got, `1 of 3 with "crossed"`) || strings.Contains(got, "FIN with") {
		t.Errorf("the filter does not:\n%s", got)
	}
	u.press(key(tcell.KeyEscape))
	if got := drawn(u); !strings.Contains(got, "FIN with") {
		t.Errorf("Esc does not show all:\n%s", got)
	}
}

func TestCopy(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(faulty())
	drawn(u)
	typed(u, "y")
	clipboard := func() string {
		return string(u.screen.(tcell.SimulationScreen).GetClipboardData())
	}
	if !strings.Contains(clipboard(), "Wait Echo Count") {
		t.Errorf("copied %q", clipboard())
	}
	typed(u, "4")
	drawn(u)
	u.press(key(tcell.KeyEnter))
	typed(u, "y")
	if !strings.Contains(clipboard(), "owner: dummy 803, connection 1, sequence 18,204") {
		t.Errorf("copied %q", clipboard())
	}
}

func TestReport(t *testing.T) {
	var path string
	u, _ := newTestUI(t, 80, 24, func(o *Options) {
		o.Report = func(p string) error { path = p; return nil }
	})
	typed(u, "w")
	if path != "dummyload-20261123-120127.json" {
		t.Errorf("wrote %q", path)
	}
}

// A key without a function is neither in the help nor among the hints, and does nothing.
func TestKeysWithoutFunctionAreNotListed(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, func(o *Options) { o.Report = nil })
	u.themes = u.themes[:1] // as with NO_COLOR
	u.observe(running(5))
	if got := drawn(u); strings.Contains(got, "report") {
		t.Errorf("w is among the hints:\n%s", got)
	}
	typed(u, "wt?")
	got := drawn(u)
	if strings.Contains(got, "report") || strings.Contains(got, "theme") {
		t.Errorf("w or t is in the help:\n%s", got)
	}
}

// The help has room for every key, in both languages, and cuts no text off.
func TestHelpIsComplete(t *testing.T) {
	for _, korean := range []bool{false, true} {
		u, _ := newTestUI(t, 80, 24, func(o *Options) {
			o.Probe = func(context.Context, func(done, all int)) string { return "" }
		})
		u.korean = korean
		u.observe(running(5))
		typed(u, "?")
		got := drawn(u)
		if strings.Contains(got, "…") {
			t.Errorf("something is cut off:\n%s", got)
		}
		for _, b := range u.keys {
			text := b.en
			if korean {
				text = b.ko
			}
			if text == "" || !strings.Contains(got, b.name) || !strings.Contains(got, text) {
				t.Errorf("%s is not in the help:\n%s", b.name, got)
			}
		}
		u.press(key(tcell.KeyEscape))
		if u.front != nil {
			t.Error("Esc does not close the help")
		}
	}
}

// No rune is bound twice on one page.
func TestKeysAreUnambiguous(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	for page := range pages {
		u.goTo(page)
		by := map[rune]string{}
		for _, b := range u.keys {
			if !b.works(u) {
				continue
			}
			for _, r := range b.runes {
				if other := by[r]; other != "" {
					t.Errorf("page %d: %q is bound to %s and to %s", page+1, r, other, b.name)
				}
				by[r] = b.name
			}
		}
	}
}

// clickOn presses the mouse where a text stands.
func clickOn(t *testing.T, u *ui, text string) {
	t.Helper()
	for y, l := range strings.Split(drawn(u), "\n") {
		if i := strings.Index(l, text); i >= 0 {
			x := len([]rune(l[:i]))
			event := tcell.NewEventMouse(x, y, tcell.ButtonPrimary, tcell.ModNone)
			newRoot(u).MouseHandler()(tview.MouseLeftClick, event, noFocus)
			return
		}
	}
	t.Fatalf("%q is not on the screen", text)
}

func TestMouse(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	u.observe(faulty())
	clickOn(t, u, "STOP")
	clickOn(t, u, "Disconnect Test")
	clickOn(t, u, "4Faults")
	if u.page != pageFaults {
		t.Fatalf("the tab led to page %d", u.page+1)
	}
	clickOn(t, u, "FIN with")
	if u.faults.at != 1 || u.front != nil {
		t.Errorf("the mark is at %d", u.faults.at)
	}
	clickOn(t, u, "FIN with")
	if d, ok := u.front.(*detail); !ok || d.e.Client != 5 {
		t.Errorf("the second click opened %v", u.front)
	}
	u.press(key(tcell.KeyEscape))
	clickOn(t, u, "Seq")
	if u.faults.by != 4 {
		t.Errorf("sorted by %d", u.faults.by)
	}
	u.messageUntil = time.Time{} // a message would hide the keys
	clickOn(t, u, "q quit")
	clickOn(t, u, "Yes y")
	if got := fleet.asked(); got != "stop; tune churn=0; stop" {
		t.Errorf("asked for %q", got)
	}
	wheel := tcell.NewEventMouse(3, 20, tcell.WheelDown, tcell.ModNone)
	newRoot(u).MouseHandler()(tview.MouseScrollDown, wheel, noFocus)
	if u.faults.at != 2 {
		t.Errorf("the wheel moved to %d", u.faults.at)
	}
}

// A message goes away by itself, and the keys are back.
func TestMessagesPass(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(idle())
	typed(u, "s")
	if !strings.Contains(drawn(u), "Echo START given") {
		t.Error("no message")
	}
	now := u.now()
	u.now = func() time.Time { return now.Add(time.Minute) }
	got := drawn(u)
	if strings.Contains(got, "Echo START given") || !strings.Contains(got, "q quit") {
		t.Errorf("the message stays:\n%s", got)
	}
	if !strings.Contains(got, "NO NEWS FOR 00:01:00") {
		t.Errorf("old news are not called old:\n%s", got)
	}
}

// TestKeysCountBeforeTheViewsShowIt: a key pressed again goes on from what was asked, until a
// view confirms the last ticket; from then on the views count alone.
func TestKeysCountBeforeTheViewsShowIt(t *testing.T) {
	u, fleet := newTestUI(t, 80, 24, nil)
	s := running(5)
	s.OverSend = 1
	u.observe(s)
	typed(u, "}}")
	old := *s
	old.Ticket = 1 // of the first alone
	u.observe(&old)
	typed(u, "}")
	if got := fleet.asked(); got != "tune oversend=2; tune oversend=3; tune oversend=4" {
		t.Errorf("asked for %q", got)
	}
	confirmed := *s
	confirmed.OverSend, confirmed.Ticket = 9, 3
	u.observe(&confirmed)
	typed(u, "}")
	if got := fleet.asked(); !strings.HasSuffix(got, "; tune oversend=10") {
		t.Errorf("asked for %q", got)
	}
}
