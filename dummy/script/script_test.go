package script

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

const ms = time.Millisecond

// cutAfter is a context that ends after a time, and never with 0.
func cutAfter(d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	if d > 0 {
		time.AfterFunc(d, cancel)
	}
	return ctx, cancel
}

// TestRunAndWhereItMayBeInterrupted: connected at 100 ms, STOP at 600, drained at 650, quiet until
// 850, closed at 890.
func TestRunAndWhereItMayBeInterrupted(t *testing.T) {
	start := "100ms start 500ms"
	for name, c := range map[string]struct {
		at      time.Duration
		want    []string
		err     error
		hurried bool
	}{
		"not at all":       {0, []string{start, "600ms stop", "890ms closed"}, nil, false},
		"while connecting": {30 * ms, []string{"30ms closed"}, dummy.ErrInterrupted, true},
		"while echo is on": {300 * ms, []string{start, "300ms stop", "590ms closed"}, nil, false},
		"in the drain":     {620 * ms, []string{start, "600ms stop", "890ms closed"}, nil, false},
		"in the quiet":     {700 * ms, []string{start, "600ms stop", "740ms closed"}, nil, false},
		"while it closes":  {860 * ms, []string{start, "600ms stop", "860ms closed"}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeFleet{connects: 100 * ms, drains: 50 * ms}
			inBubble(t, f, func(t *testing.T) {
				ctx, cancel := cutAfter(c.at)
				defer cancel()
				err := Run(ctx, f, 200*ms, Echo(500*ms))
				if !errors.Is(err, c.err) || f.hurried != c.hurried {
					t.Errorf("%v, hurried %v; want %v, %v", err, f.hurried, c.err, c.hurried)
				}
				f.mustHaveDone(t, c.want...)
			})
		})
	}
}

// TestRunUntilItIsInterrupted: a duration of 0 has no end of its own, and no quiet period is none.
func TestRunUntilItIsInterrupted(t *testing.T) {
	f := &fakeFleet{}
	inBubble(t, f, func(t *testing.T) {
		ctx, cancel := cutAfter(3 * time.Hour)
		defer cancel()
		if err := Run(ctx, f, 0, Echo(0)); err != nil {
			t.Error(err)
		}
		f.mustHaveDone(t, "0s start 0s", "3h0m0s stop", "3h0m0.04s closed")
	})
}

// TestRefusedVerbEndsTheScript, and the fleet is closed; if Echo was on, it is drained first.
func TestRefusedVerbEndsTheScript(t *testing.T) {
	refused, broken := errors.New("refused"), errors.New("broken")
	for verb, want := range map[string][]string{
		"start": {"40ms closed"},
		"mark":  {"0s start 0s", "10ms stop", "50ms closed"},
	} {
		f := &fakeFleet{refuse: map[string]error{verb: refused, "close": broken}}
		inBubble(t, f, func(t *testing.T) {
			s := Then(List(Connected{}, Start{}, For{10 * ms}, Mark{"refused"}), List(Tune{dummy.Tuning{}}))
			if err := Run(context.Background(), f, 0, s); !errors.Is(err, refused) || !errors.Is(err, broken) {
				t.Errorf("%s: %v", verb, err)
			}
			f.mustHaveDone(t, want...)
		})
	}
}

// TestSomebodyElsesStop is no error.
func TestSomebodyElsesStop(t *testing.T) {
	f := &fakeFleet{drains: 10 * ms}
	inBubble(t, f, func(t *testing.T) {
		time.AfterFunc(100*ms, func() { _, _ = f.Stop() })
		if err := Run(context.Background(), f, 0, Echo(300*ms)); err != nil {
			t.Error(err)
		}
		f.mustHaveDone(t, "0s start 300ms", "100ms stop", "340ms closed")
	})
}

// TestFinish: what somebody else has left on is ended in order.
func TestFinish(t *testing.T) {
	f := &fakeFleet{drains: 10 * ms}
	inBubble(t, f, func(t *testing.T) {
		_ = f.Wait(context.Background(), monitor.Idle)
		_, _ = f.Start(0)
		if err := Finish(f, 20*ms); err != nil {
			t.Error(err)
		}
		f.mustHaveDone(t, "0s start 0s", "0s stop", "70ms closed")
	})
	f = &fakeFleet{}
	inBubble(t, f, func(t *testing.T) {
		if err := Finish(f, time.Hour); err != nil {
			t.Error(err)
		}
		f.mustHaveDone(t, "40ms closed")
	})
}

// TestEveryVerbInTime: lists one after the other, and nothing that was not asked for.
func TestEveryVerbInTime(t *testing.T) {
	f := &fakeFleet{drains: 5 * ms}
	inBubble(t, f, func(t *testing.T) {
		p := &Player{Fleet: f}
		round := List(For{10 * ms}, Tune{dummy.Tuning{dummy.Rate: 7}})
		script := Then(List(Connected{}, Mark{"one"}, Start{}), round, round,
			List(Mark{"two"}, Stop{}, Drained{}, Start{}, On{}))
		if err := p.Play(context.Background(), script); err != nil {
			t.Error(err)
		}
		f.mustHaveDone(t, "0s mark one", "0s start 0s", "10ms tune rate 7",
			"20ms tune rate 7", "20ms mark two", "20ms stop", "25ms start 0s")
		failed := errors.New("nobody came")
		if err := p.Play(context.Background(), List(Fail{failed}, Stop{})); err != failed {
			t.Error(err)
		}
		_, _ = f.Stop()
	})
}

// TestTheDrainIsAlwaysWaitedFor, and no step comes after the context's end.
func TestTheDrainIsAlwaysWaitedFor(t *testing.T) {
	f := &fakeFleet{drains: time.Second}
	inBubble(t, f, func(t *testing.T) {
		ctx, cancel := cutAfter(100 * ms)
		defer cancel()
		err := (&Player{Fleet: f}).Play(ctx, List(Connected{}, Start{}, Stop{}, Drained{}, Mark{"no"}))
		if at := time.Since(f.began); !errors.Is(err, context.Canceled) || at != time.Second {
			t.Errorf("%v after %v", err, at)
		}
		f.mustHaveDone(t, "0s start 0s", "0s stop")
	})
}

// TestLooksConfirmTheLastVerb: what a script sees is never older than what it has done.
func TestLooksConfirmTheLastVerb(t *testing.T) {
	f := &fakeFleet{lag: 94*ms + ms/2}
	inBubble(t, f, func(t *testing.T) {
		p := &Player{Fleet: f}
		var looked, seen time.Duration
		script := func(look func() *monitor.View) iter.Seq[Step] {
			return func(yield func(Step) bool) {
				yield(Mark{"a"})
				v := look()
				if looked = time.Since(f.began); v.Ticket != 1 {
					t.Errorf("ticket %d is confirmed", v.Ticket)
				}
				yield(Mark{"b"})
				yield(Until{func(*monitor.View) bool { seen = time.Since(f.began); return true }, time.Hour, ms})
			}
		}
		if err := p.Play(context.Background(), script); err != nil {
			t.Error(err)
		}
		if looked != 100*ms || seen != 195*ms {
			t.Errorf("looked at %v, seen at %v", looked, seen)
		}
		ctx, cancel := cutAfter(30 * ms)
		defer cancel()
		err := p.Play(ctx, func(look func() *monitor.View) iter.Seq[Step] {
			return func(yield func(Step) bool) {
				if !yield(Mark{"c"}) || look() != nil {
					t.Error("a look that nobody waited for")
				}
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestUntil: it looks at once, then every Every, and when Within is over.
func TestUntil(t *testing.T) {
	for name, c := range map[string]struct {
		holdsAt, ends time.Duration
	}{
		"at once":    {0, 0},
		"on the way": {35 * ms, 40 * ms},
		"never":      {time.Hour, 95 * ms},
	} {
		f := &fakeFleet{}
		inBubble(t, f, func(t *testing.T) {
			p := &Player{Fleet: f}
			seen := func(v *monitor.View) bool { return v.At.Sub(f.began) >= c.holdsAt }
			if err := p.Play(context.Background(), List(Until{seen, 95 * ms, 10 * ms})); err != nil {
				t.Error(err)
			}
			if at := time.Since(f.began); at != c.ends {
				t.Errorf("%s: ended after %v, want %v", name, at, c.ends)
			}
			ctx, cancel := cutAfter(5 * ms)
			defer cancel()
			never := Until{func(*monitor.View) bool { return false }, time.Hour, ms}
			if err := p.Play(ctx, List(never)); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestViewsOfSomebodyElse: a player may be given what it sees, which may be missing at first.
func TestViewsOfSomebodyElse(t *testing.T) {
	f := &fakeFleet{}
	inBubble(t, f, func(t *testing.T) {
		p := &Player{Fleet: f, View: func() *monitor.View {
			if time.Since(f.began) < 7*ms {
				return nil
			}
			return &monitor.View{Run: monitor.Run{Clients: 5}}
		}}
		seen := func(v *monitor.View) bool { return v.Clients == 5 }
		if err := p.Play(context.Background(), List(Until{seen, time.Hour, ms})); err != nil {
			t.Error(err)
		}
		if at := time.Since(f.began); at != 7*ms {
			t.Errorf("seen after %v", at)
		}
	})
}

// TestTimer: STOP comes when Echo has been on for length, after every START. A Reset begins the time
// again.
func TestTimer(t *testing.T) {
	f := &fakeFleet{connects: 20 * ms, drains: 30 * ms}
	inBubble(t, f, func(t *testing.T) {
		ended := make(chan error)
		go func() { ended <- (&Player{Fleet: f}).Play(context.Background(), Timer(100*ms)) }()
		for _, verb := range []func(){
			func() { _, _ = f.Start(0) },                          // at 50 ms: STOP at 150
			func() {}, func() {}, func() {}, func() {}, func() {}, //
			func() { _, _ = f.Start(0) },           // at 350
			func() { _, _ = f.Stop() },             // at 400
			func() { _, _ = f.Start(0) },           // at 450
			func() { _, _ = f.Reset() }, func() {}, // at 500: STOP at 600
			func() {}, func() {}, func() {}, func() {}, func() {},
		} {
			time.Sleep(50 * ms)
			verb()
		}
		_ = f.CloseUntil(context.Background())
		if err := <-ended; err != nil {
			t.Error(err)
		}
		f.mustHaveDone(t, "50ms start 0s", "150ms stop", "350ms start 0s", "400ms stop",
			"450ms start 0s", "500ms reset", "600ms stop", "840ms closed")
	})
}
