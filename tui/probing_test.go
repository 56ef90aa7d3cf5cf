package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// strange is a fleet whose server, which is not ours, says something and never a right echo.
func strange(echoOn time.Duration) *monitor.View {
	s := idle()
	s.Phase, s.EchoOn, s.Bundled, s.Server = monitor.Echoing, echoOn, false, nil
	s.Ledger = monitor.Ledger{Sent: 10_000, Wait: 10_000}
	s.Bytes = monitor.Bytes{Sent: 260_000, Received: 13}
	return s
}

// probesAs is a screen whose probe says report when it is told to go on.
func probesAs(t *testing.T, report string) (u *ui, goOn chan struct{}) {
	t.Helper()
	goOn = make(chan struct{})
	u, _ = newTestUI(t, 80, 24, func(o *Options) {
		o.Probe = func(ctx context.Context, progress func(done, all int)) string {
			progress(3, 10)
			select {
			case <-goOn:
				return report
			case <-ctx.Done():
				return "called off"
			}
		}
	})
	return u, goOn
}

// TestAProbeIsOfferedWhereNoEchoIsRight: not at once, not where one was right, not as long as the server
// may be slow, not of ours.
func TestAProbeIsOfferedWhereNoEchoIsRight(t *testing.T) {
	const offer = " p none right: find the server's frame "
	for name, c := range map[string]struct {
		change func(*ui, *monitor.View)
		want   bool
	}{
		"strange": {func(*ui, *monitor.View) {}, true},
		"it closes": {func(_ *ui, s *monitor.View) {
			s.Bytes.Received, s.Connections.ClosedByServer = 0, 3
		}, true},
		"too early":     {func(_ *ui, s *monitor.View) { s.EchoOn = strangeAfter - 1 }, false},
		"one was right": {func(_ *ui, s *monitor.View) { s.Ledger.Echoed, s.Ledger.Wait = 1, 9_999 }, false},
		"some were right by chance": {func(_ *ui, s *monitor.View) {
			s.Ledger.Echoed, s.Ledger.Wait = 1, 9_999
			s.Diagnoses = []monitor.Diagnosis{{Name: monitor.FrameMismatch}}
		}, true},
		"nothing came so far": {func(_ *ui, s *monitor.View) { s.Bytes.Received = 0 }, false},
		"nothing ever came": {func(_ *ui, s *monitor.View) {
			s.Bytes.Received, s.Diagnoses = 0, []monitor.Diagnosis{{Name: monitor.NeverServed}}
		}, true},
		"it is ours":          {func(_ *ui, s *monitor.View) { s.Bundled = true }, false},
		"nobody knows how to": {func(u *ui, _ *monitor.View) { u.o.Probe = nil }, false},
		"right before a reset": {func(_ *ui, s *monitor.View) {
			s.Before = &monitor.Before{Ledger: monitor.Ledger{Sent: 1, Echoed: 1}}
		}, false},
	} {
		u, _ := probesAs(t, "")
		s := strange(strangeAfter)
		c.change(u, s)
		u.observe(s)
		if got := drawn(u); strings.Contains(got, offer) != c.want {
			t.Errorf("%s: offered: %v in\n%s", name, !c.want, got)
		}
	}
	u, _ := probesAs(t, "")
	u.observe(strange(strangeAfter))
	typed(u, "K")
	if got := drawn(u); !strings.Contains(got, "프레임 찾기") {
		t.Errorf("not in Korean:\n%s", got)
	}
}

// TestTheProbeIsShown while it is under way and when it has ended; its report can be read to its end.
func TestTheProbeIsShown(t *testing.T) {
	report := "127.0.0.1:6000, probed in 1.3s\n\nfits: len16 --login, round trip 57µs\n  dummyload run\n"
	for i := range 40 {
		report += fmt.Sprintf("  frame%d sent %s, it said %s\n", i, strings.Repeat("0", 40), strings.Repeat("1", 40))
	}
	u, goOn := probesAs(t, report)
	u.observe(strange(strangeAfter))
	typed(u, "p")
	for got := ""; !strings.Contains(got, "3 of 10 tried"); got = drawn(u) {
		time.Sleep(time.Millisecond) // the probe has not said so yet
	}
	close(goOn)
	<-u.probed.over
	got := drawn(u)
	if !strings.Contains(got, "fits: len16 --login") || !strings.Contains(got, "  frame0 sent 0000") ||
		!strings.Contains(got, "    1111") || strings.Contains(got, "frame39") {
		t.Errorf("the report is not shown:\n%s", got)
	}
	for range 20 {
		u.press(key(tcell.KeyPgDn))
		got = drawn(u)
	}
	if !strings.Contains(got, "frame39") {
		t.Errorf("its end is not shown:\n%s", got)
	}
	for range 100 {
		typed(u, "k")
	}
	if got = drawn(u); !strings.Contains(got, "probed in 1.3s") {
		t.Errorf("its beginning is not shown again:\n%s", got)
	}
	if typed(u, "y"); !strings.Contains(u.message, "copied") {
		t.Errorf("%q", u.message)
	}
	if u.press(key(tcell.KeyEscape)); u.front != nil {
		t.Error("the window is not closed")
	}
}

// TestAProbeEndsWithItsWindow, and with the screen.
func TestAProbeEndsWithItsWindow(t *testing.T) {
	u, _ := probesAs(t, "")
	u.observe(strange(0)) // the key works whether or not it is offered
	typed(u, "p")
	u.press(key(tcell.KeyEscape))
	<-u.probed.over
	if _, _, report := u.probed.state(); report != "called off" || u.front != nil {
		t.Errorf("%q", report)
	}
	typed(u, "p")
	second := u.probed
	u.endProbe()
	if _, _, report := second.state(); report != "called off" || u.probed != nil {
		t.Errorf("%q", report)
	}
}
