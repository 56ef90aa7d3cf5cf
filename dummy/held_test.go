package dummy

import (
	"testing"
	"time"

	"dummyload/server/iocp"
)

const ms = time.Millisecond

// TestWhatIsNoSleepAndNoBatchIsAHold: a sleep counts as slept as far as it was asked for. What lies
// between two batches beyond that, and beyond what a batch takes, is a hold.
func TestWhatIsNoSleepAndNoBatchIsAHold(t *testing.T) {
	const wait = 2 * ms
	slack := wait + iocp.TimerStep
	for _, c := range []struct {
		name              string
		rate              float64
		wait, batch, took time.Duration
		idle, held        time.Duration
		mode              mode
		inEcho, inDrain   bool
	}{
		{name: "no sleep", batch: 1 * ms},
		{name: "a long batch, closed loop", batch: 5 * ms},
		{name: "a batch that stood still", batch: 6 * ms, held: 6 * ms, inEcho: true, mode: echoing},
		{name: "a long batch, open loop", rate: 9, batch: 3 * ms, held: 3 * ms, inEcho: true,
			mode: echoing},
		{name: "woken", wait: wait, took: wait / 2, idle: wait / 2},
		{name: "slept out", wait: wait, took: wait, idle: wait},
		{name: "slept too long", wait: wait, took: time.Minute, idle: slack,
			held: time.Minute - slack, inEcho: true, mode: echoing},
		{name: "while draining", wait: wait, took: time.Minute, idle: slack,
			held: time.Minute - slack, inDrain: true, mode: draining},
		{name: "while idle", wait: wait, took: time.Minute, idle: slack, held: time.Minute - slack},
	} {
		w, _ := byHand(t, Config{Clients: 1, Rate: c.rate})
		const before = time.Hour
		w.mode, w.slept, w.held = c.mode, 0, holds{}
		w.engine.Tick(before + c.batch + c.took)
		w.Woke(before, before+c.batch, c.wait)
		if w.slept != c.idle || w.held.since(0) != c.held {
			t.Errorf("%s: idle for %v, held up for %v", c.name, w.slept, w.held.since(0))
		}
		if (w.held.echo == c.held && c.held > 0) != c.inEcho ||
			(w.held.drain == c.held && c.held > 0) != c.inDrain {
			t.Errorf("%s: %v while Echo was on, %v while draining", c.name, w.held.echo, w.held.drain)
		}
	}
}

func TestHoldsOfATime(t *testing.T) {
	var h holds
	if h.since(0) != 0 {
		t.Error("held up before anything was")
	}
	h.add(hold{10 * ms, 20 * ms})
	h.add(hold{50 * ms, 55 * ms})
	for at, want := range map[time.Duration]time.Duration{
		0: 15 * ms, 15 * ms: 10 * ms, 20 * ms: 5 * ms, 52 * ms: 3 * ms, 55 * ms: 0, 60 * ms: 0,
	} {
		if got := h.since(at); got != want {
			t.Errorf("since %v: %v, want %v", at, got, want)
		}
	}
	h.add(hold{54 * ms, 58 * ms})
	if got := h.since(52 * ms); got != 6*ms || h.n != 2 {
		t.Errorf("what follows at once: %v of %d", got, h.n)
	}
	for i := range 2 * heldKept {
		at := time.Duration(100+i) * ms
		h.add(hold{at, at + ms/2})
	}
	if got := h.since(0); got != heldKept*ms/2 {
		t.Errorf("of many: %v", got)
	}
}

// TestCatchingUpIsPartOfAHold for as long as the hold took: then it is the server that is slow.
func TestCatchingUpIsPartOfAHold(t *testing.T) {
	var h holds
	h.catchUp(5 * ms)
	h.add(hold{10 * ms, 20 * ms})
	h.catchUp(22 * ms)
	h.catchUp(29 * ms)
	if h.since(0) != 19*ms {
		t.Errorf("held up for %v", h.since(0))
	}
	if h.catchUp(31 * ms); h.since(0) != 19*ms {
		t.Errorf("held up for %v", h.since(0))
	}
}

// TestAHoldIsNotTheServersTime holds two dummies with a window of 1 against 1,000 echoes a second,
// and the worker for two seconds. The server answers within 1 ms: its round trips say so without the
// time that the worker was held up, the send lag tells how long that was, and nothing is late.
func TestAHoldIsNotTheServersTime(t *testing.T) {
	w, p := byHand(t, Config{Clients: 2, OverSend: 1, Rate: 1000, EchoTimeout: 500 * ms})
	w.start(0, never)
	last := time.Duration(0)
	step := func(at time.Duration) {
		w.engine.Tick(at)
		w.Woke(last, last, ms)
		turn(w, p, at, true)
		last = at
	}
	for at := time.Duration(0); at < 100*ms; at += ms {
		step(at)
	}
	for at := 2100 * ms; at < 6*time.Second; at += ms / 4 {
		if at < 2200*ms && at%(5*ms) == 0 { // others want the processor while it catches up
			at += 4 * ms
		}
		step(at)
	}
	measured, freed := tripsOf(w)
	if n := measured.Count(); n != freed.Count() || n < 5900 {
		t.Fatalf("%d round trips, %d", n, freed.Count())
	}
	if got := measured.Distribution().P99; got < 1.9e6 {
		t.Errorf("the p99 as measured is %v µs", got)
	}
	if got := freed.Max(); got > 4*ms+iocp.TimerStep {
		t.Errorf("without the hold the slowest took %v", got)
	}
	if lag := w.hists.Lag.Max(); lag < 1990*ms {
		t.Errorf("the send lag is at most %v", lag)
	}
	if got := w.held.echo; got < 1990*ms-iocp.TimerStep || got > 2100*ms {
		t.Errorf("held up for %v", got)
	}
	if n := w.count.Faults[0]; w.count.Faults != [len(w.count.Faults)]uint64{} {
		t.Errorf("%d, faults %v", n, w.count.Faults)
	}
}

// TestASlowServerIsNotExcused: its round trips are as long without the time of holds.
func TestASlowServerIsNotExcused(t *testing.T) {
	w, p := byHand(t, Config{Clients: 2, OverSend: 1, Rate: 100})
	w.start(0, never)
	last := time.Duration(0)
	for i := range 1000 {
		at := time.Duration(i) * ms
		w.engine.Tick(at)
		w.Woke(last, last, ms)
		turn(w, p, at, i%200 == 199)
		last = at
	}
	if _, freed := tripsOf(w); freed.Max() < 190*ms {
		t.Errorf("the slowest took %v", freed.Max())
	}
}

// TestARateForATimeIsSoManyEchoes: R·D over all workers, whenever they wake, and however late STOP
// comes.
func TestARateForATimeIsSoManyEchoes(t *testing.T) {
	for _, c := range []struct {
		rate    float64
		length  time.Duration
		workers int
		want    int
	}{
		{20, 2 * time.Second, 1, 40}, {20, 2 * time.Second, 3, 40}, {1000, time.Second, 4, 1000},
		{5, 100 * ms, 2, 1}, {99_900, 10 * time.Second, 2, 999_000}, {3, time.Second, 8, 3},
	} {
		n := 0
		for k := range c.workers {
			p := newPacer(k, c.workers, time.Hour, c.rate)
			p.until = time.Hour + c.length
			for p.due() <= 2*time.Hour {
				p.take()
				n++
			}
		}
		if n != c.want {
			t.Errorf("%v/s for %v by %d workers: %d echoes, want %d", c.rate, c.length, c.workers, n,
				c.want)
		}
	}
}
