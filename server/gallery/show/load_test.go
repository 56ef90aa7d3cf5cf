package show

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/dummy/script"
	"dummyload/monitor"
	"dummyload/server/gallery"
)

// TestLoadsInTime: which steps a load leads to, at what time, and what ends it, where the fault that
// takes a STOP shows up 300 ms after each START, and what is wanted is named at a time.
func TestLoadsInTime(t *testing.T) {
	late := monitor.Late.String()
	usual := gallery.Load{Duration: time.Second, Quiet: 200 * time.Millisecond}
	with := func(change func(*gallery.Load)) gallery.Load {
		l := usual
		change(&l)
		return l
	}
	for name, c := range map[string]struct {
		load   gallery.Load
		named  time.Duration // 0 = never
		phase  monitor.Phase // after the drain
		want   string
		failed bool
	}{
		"never named": {load: usual, phase: monitor.Drained,
			want: "100ms start, 1.1s stop, 1.1s drained, 1.3s over"},
		"named while echo is on": {load: usual, named: 420 * time.Millisecond,
			want: "100ms start, 450ms over"},
		"named in the quiet": {load: usual, named: 1190 * time.Millisecond,
			want: "100ms start, 1.1s stop, 1.1s drained, 1.2s over"},
		"by itself": {load: with(func(l *gallery.Load) { l.Unstarted = true }), named: 500 * time.Millisecond,
			want: "500ms over"},
		"nobody comes by itself": {load: with(func(l *gallery.Load) { l.Unstarted = true }),
			want: "1s over"},
		"STOP, again and again": {load: with(func(l *gallery.Load) { l.StopAt = late }), phase: monitor.Drained,
			want: "100ms start, 400ms stop, 400ms drained, 600ms start, 900ms stop, 900ms drained, " +
				"1.1s over"},
		"STOP that found it": {load: with(func(l *gallery.Load) { l.StopAt = late }), phase: monitor.Undrained,
			want: "100ms start, 400ms stop, 400ms drained, 600ms over"},
		"connections enough": {load: with(func(l *gallery.Load) { l.Lifetimes = 50 }),
			want: "100ms start, 600ms stop, 600ms drained, 800ms over"},
		"too few connections": {load: with(func(l *gallery.Load) { l.Lifetimes = 500 }), failed: true,
			want: "100ms start, 1.1s failed, 1.1s over"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got, failed := played(c.load, c.named, c.phase); got != c.want || failed != c.failed {
					t.Errorf("done, failed %v:\n%s\nwant:\n%s", failed, got, c.want)
				}
			})
		})
	}
}

// played makes what the script's player makes of a load, without a fleet.
func played(load gallery.Load, named time.Duration, after monitor.Phase) (log string, failed bool) {
	began := time.Now()
	var done []string
	var started time.Time
	at := func(what string) { done = append(done, fmt.Sprint(time.Since(began), " ", what)) }
	phase, rounds := monitor.Idle, uint64(0)
	view := func() *monitor.View {
		v := &monitor.View{Run: monitor.Run{Phase: phase}}
		if v.Faults[monitor.Late] = rounds; phase == monitor.Echoing &&
			time.Since(started) < 300*time.Millisecond {
			v.Faults[monitor.Late]-- // not yet
		}
		v.Connections.Connected = uint64(time.Since(began) / (12 * time.Millisecond))
		return v
	}
	p := &play{Load: load, now: view, named: func(*monitor.View) bool {
		return named > 0 && time.Since(began) >= named
	}}
	for step := range p.steps(view) {
		switch s := step.(type) {
		case script.For:
			time.Sleep(s.Time)
		case script.Until:
			over := time.Now().Add(s.Within)
			for !s.Seen(view()) && time.Now().Before(over) {
				time.Sleep(min(s.Every, time.Until(over)))
			}
		case script.Start:
			phase, started = monitor.Echoing, time.Now()
			rounds++
			at("start")
		case script.Stop:
			at("stop")
		case script.Drained:
			phase = after
			at("drained")
		case script.Fail:
			failed = true
			at("failed")
		}
	}
	at("over")
	return strings.Join(slices.Clip(done), ", "), failed
}
