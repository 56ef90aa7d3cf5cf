package tui

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"
	"go.uber.org/goleak"

	"dummyload/monitor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screenRun is a screen that runs, with a fleet that answers by the phase it is told.
type screenRun struct {
	t      *testing.T
	fleet  *fakeFleet
	screen tcell.SimulationScreen
	out    bytes.Buffer
	cancel context.CancelFunc
	done   chan error
}

// begin runs a screen over a fleet that shows s.
func begin(t *testing.T, s *monitor.View, change func(*Options)) *screenRun {
	t.Helper()
	r := &screenRun{t: t, fleet: &fakeFleet{shown: s}, screen: newScreen(t, 80, 24),
		done: make(chan error, 1)}
	o := Options{Control: r.fleet, Latest: r.fleet.latest, Screen: r.screen, Out: &r.out}
	if change != nil {
		change(&o)
	}
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(t.Context())
	go func() { r.done <- Run(ctx, o) }()
	r.until("the first frame", func() bool { return strings.Contains(r.text(), "dummyload") })
	return r
}

// text is what the simulated terminal is given to show; it may be caught in the middle of a frame.
func (r *screenRun) text() string { return screenText(r.screen) }

func (r *screenRun) press(keys ...rune) {
	for _, k := range keys {
		r.screen.InjectKey(tcell.KeyRune, k, tcell.ModNone)
	}
}

// until waits for a condition, at most ten seconds.
func (r *screenRun) until(what string, holds func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited in vain for %s; asked %q; the screen:\n%s",
				what, r.fleet.asked(), r.text())
		}
		time.Sleep(time.Millisecond)
	}
}

// returns waits for Run to return without an error.
func (r *screenRun) returns() { r.t.Helper(); r.returnsWith(nil) }

func (r *screenRun) returnsWith(want error) {
	r.t.Helper()
	defer r.cancel()
	select {
	case err := <-r.done:
		if !errors.Is(err, want) {
			r.t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		r.t.Fatal("Run did not return")
	}
}

func TestQuitWhileIdle(t *testing.T) {
	r := begin(t, idle(), nil)
	r.press('q')
	r.returns()
	if got := r.fleet.asked(); got != "" {
		t.Errorf("quitting an idle fleet asked for %q", got)
	}
}

func TestQuitAsksWhileEchoRuns(t *testing.T) {
	r := begin(t, running(5), nil)
	r.press('q')
	r.until("the question", func() bool { return strings.Contains(r.text(), "then quit?") })
	r.press('n')
	r.until("no question", func() bool { return !strings.Contains(r.text(), "then quit?") })
	r.press('q', 'y')
	r.until("STOP", func() bool { return r.fleet.asked() == "stop" })
	r.fleet.show(stopped(monitor.Draining, 5, time.Millisecond))
	r.fleet.show(stopped(monitor.Drained, 0, time.Millisecond))
	r.returns()
}

func TestQuitKeepsTheLastScreen(t *testing.T) {
	r := begin(t, idle(), nil)
	r.press('Q')
	r.returns()
	if got := r.out.String(); !strings.Contains(got, "Wait Echo Count") {
		t.Errorf("the last screen was not kept: %q", got)
	}
}

// The screen that is kept shows the end of the drain, not the frame before it.
func TestQuitKeepsTheVerdict(t *testing.T) {
	r := begin(t, running(5), nil)
	r.press('Q', 'y')
	r.until("STOP", func() bool { return r.fleet.asked() == "stop" })
	r.fleet.show(stopped(monitor.Drained, 0, time.Millisecond))
	r.returns()
	if got := r.out.String(); !strings.Contains(got, "DRAINED in 1ms") {
		t.Errorf("kept an old screen:\n%s", got)
	}
}

func TestQuitLeavesNoScreen(t *testing.T) {
	r := begin(t, running(5), nil)
	r.press('Q')
	r.until("the question", func() bool { return strings.Contains(r.text(), "then quit?") })
	r.press('n')
	r.screen.InjectKey(tcell.KeyCtrlC, 0, tcell.ModCtrl)
	r.screen.InjectKey(tcell.KeyCtrlC, 0, tcell.ModCtrl)
	r.returnsWith(ErrAtOnce)
	if r.out.Len() != 0 {
		t.Errorf("a screen was kept though Q was taken back: %q", r.out.String())
	}
}

func TestCtrlCDrainsAndQuits(t *testing.T) {
	r := begin(t, running(5), nil)
	r.screen.InjectKey(tcell.KeyCtrlC, 0, tcell.ModCtrl)
	r.until("STOP", func() bool { return r.fleet.asked() == "stop" })
	r.until("the message", func() bool {
		return strings.Contains(r.text(), "quits when the drain is over")
	})
	r.fleet.show(owing())
	r.returns()
}

func TestCtrlCTwiceQuitsAtOnce(t *testing.T) {
	r := begin(t, running(5), nil)
	r.press('e') // a form in front does not keep it away
	r.screen.InjectKey(tcell.KeyCtrlC, 0, tcell.ModCtrl)
	r.screen.InjectKey(tcell.KeyCtrlC, 0, tcell.ModCtrl)
	r.returnsWith(ErrAtOnce)
	if got := r.fleet.asked(); got != "stop" {
		t.Errorf("asked for %q", got)
	}
}

// A second signal, too, ends the screen in order and gives the terminal back.
func TestSecondSignalQuitsAtOnce(t *testing.T) {
	atOnce := make(chan struct{})
	r := begin(t, running(5), func(o *Options) { o.AtOnce = atOnce })
	r.cancel()
	r.until("STOP", func() bool { return r.fleet.asked() == "stop" })
	close(atOnce)
	r.returnsWith(ErrAtOnce)
}

// A signal is a context that ends: the caller traps it, the screen drains and goes.
func TestContextDrainsAndQuits(t *testing.T) {
	r := begin(t, running(5), nil)
	r.cancel()
	r.until("STOP", func() bool { return r.fleet.asked() == "stop" })
	r.fleet.show(stopped(monitor.Drained, 0, time.Millisecond))
	r.returns()
}

func TestContextQuitsWhileIdle(t *testing.T) {
	r := begin(t, nil, nil)
	r.cancel()
	r.returns()
}

func TestStartAtOnce(t *testing.T) {
	r := begin(t, idle(), func(o *Options) { o.Start = true })
	r.until("START", func() bool { return r.fleet.asked() == "start" })
	r.press('q')
	r.returns()
}

// An error of the terminal (it was closed) ends Run; it does not hang in tview's queue.
func TestTerminalFails(t *testing.T) {
	r := begin(t, running(5), nil)
	if err := r.screen.PostEvent(tcell.NewEventError(errors.New("gone"))); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-r.done:
		if err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("Run returned %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run did not return")
	}
	r.cancel()
}

// A start and a stop never hang, whatever the pump does at that moment: its queue blocks for ever when
// the event loop is gone.
func TestStartAndStopManyTimes(t *testing.T) {
	fleet := &fakeFleet{shown: idle()}
	const times = 2000
	for i := range times {
		screen := tcell.NewSimulationScreen("UTF-8")
		if err := screen.Init(); err != nil {
			t.Fatal(err)
		}
		screen.SetSize(40, 8) // small frames, more of the moments that matter
		u := newUI(Options{Control: fleet, Latest: fleet.latest}, screen)
		u.interval = 50 * time.Microsecond // so that it is always in the middle of something
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { done <- u.run(ctx) }()
		if i%3 == 0 {
			screen.InjectKey(tcell.KeyRune, 'q', tcell.ModNone)
		} else {
			time.AfterFunc(time.Duration(i%7)*100*time.Microsecond, cancel)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("hung at start %d", i)
		}
		cancel()
	}
}

// Any size must draw without a panic, and the size comes back.
func TestResizeStorm(t *testing.T) {
	r := begin(t, running(5), nil)
	sizes := [][2]int{{1, 1}, {20, 5}, {80, 24}, {79, 24}, {80, 23}, {300, 100}, {120, 40}, {2, 60},
		{200, 1}, {119, 38}, {120, 37}, {0, 0}, {81, 25}}
	for i := range 200 {
		size := sizes[i%len(sizes)]
		r.screen.SetSize(size[0], size[1])
		_ = r.screen.PostEvent(tcell.NewEventResize(size[0], size[1]))
		r.press(rune("123456?"[i%7]), 'z')
		r.screen.InjectKey(tcell.KeyEscape, 0, tcell.ModNone)
	}
	r.screen.SetSize(80, 24)
	_ = r.screen.PostEvent(tcell.NewEventResize(80, 24))
	r.until("the screen", func() bool { return strings.Contains(r.text(), "VERDICT") })
	r.screen.InjectKey(tcell.KeyCtrlC, 0, tcell.ModCtrl)
	r.screen.InjectKey(tcell.KeyCtrlC, 0, tcell.ModCtrl)
	r.returnsWith(ErrAtOnce)
}

// Each page is drawn in each size; what is cut off must not panic or leave its rectangle.
func TestEverySizeDraws(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(faulty())
	screen := u.screen.(tcell.SimulationScreen)
	for _, keys := range []string{"1", "2", "3", "4", "5", "6", "?", "e"} {
		typed(u, keys)
		for w := 0; w < 130; w += 7 {
			for h := 0; h < 45; h += 4 {
				screen.SetSize(w, h)
				drawn(u)
			}
		}
		u.front, u.child = nil, nil
	}
}

// While a drain is under way there is nothing to stop, only to wait for.
func TestCtrlCWhileDraining(t *testing.T) {
	r := begin(t, stopped(monitor.Draining, 5, time.Millisecond), nil)
	r.screen.InjectKey(tcell.KeyCtrlC, 0, tcell.ModCtrl)
	r.until("the message", func() bool {
		return strings.Contains(r.text(), "quits when the drain is over")
	})
	r.fleet.show(owing())
	r.returns()
	if got := r.fleet.asked(); got != "" {
		t.Errorf("asked for %q", got)
	}
}
