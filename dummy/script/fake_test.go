package script

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

// fakeFleet pretends in virtual time: it connects and drains for as long as it is told, and notes
// each verb with its time.
type fakeFleet struct {
	connects, drains time.Duration
	lag              time.Duration                      // from a verb to the views that confirm it
	refuse           map[string]error                   // by the verb's first word
	see              func(*monitor.Run, *monitor.Tally) // adds to what is collected

	mu        sync.Mutex
	began     time.Time
	phase     monitor.Phase
	since     time.Time
	on        time.Duration // that Echo was on since the last Mark
	changed   chan struct{}
	ticket    monitor.Ticket
	confirmed monitor.Ticket
	load      dummy.Config
	log       []string
	hurried   bool // closed with a context that had ended
}

// inBubble runs a test in virtual time on a fleet.
func inBubble(t *testing.T, f *fakeFleet, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f.began, f.since, f.changed = time.Now(), time.Now(), make(chan struct{})
		f.after(f.connects, monitor.Connecting, monitor.Idle)
		test(t)
	})
}

// after changes the phase some time later, unless it is another one by then.
func (f *fakeFleet) after(d time.Duration, from, to monitor.Phase) {
	time.AfterFunc(d, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.phase == from {
			f.enter(to)
		}
	})
}

func (f *fakeFleet) enter(p monitor.Phase) {
	if f.phase == monitor.Echoing {
		f.on += time.Since(f.since)
	}
	f.phase, f.since = p, time.Now()
	close(f.changed)
	f.changed = make(chan struct{})
}

// did notes a verb and hands out its ticket. f.mu is held.
func (f *fakeFleet) did(format string, args ...any) (monitor.Ticket, error) {
	text := fmt.Sprintf(format, args...)
	var verb string
	_, _ = fmt.Sscan(text, &verb)
	if err := f.refuse[verb]; err != nil {
		return 0, err
	}
	f.log = append(f.log, fmt.Sprintf("%v %s", time.Since(f.began), text))
	f.ticket++
	ticket := f.ticket
	if f.lag == 0 {
		f.confirmed = ticket
		return ticket, nil
	}
	time.AfterFunc(f.lag, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.confirmed = ticket
	})
	return ticket, nil
}

func (f *fakeFleet) Start(length time.Duration) (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.phase == monitor.Echoing {
		return 0, dummy.ErrEchoing
	}
	t, err := f.did("start %v", length)
	if err == nil {
		f.enter(monitor.Echoing)
	}
	return t, err
}

func (f *fakeFleet) Stop() (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.phase != monitor.Echoing {
		return 0, dummy.ErrNotEchoing
	}
	t, err := f.did("stop")
	if err == nil {
		f.enter(monitor.Draining)
		f.after(f.drains, monitor.Draining, monitor.Drained)
	}
	return t, err
}

func (f *fakeFleet) Tune(to dummy.Tuning) (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.load.Rate = to[dummy.Rate]
	return f.did("tune rate %.0f", f.load.Rate)
}

func (f *fakeFleet) Disconnect(n int, how dummy.CloseKind) (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.did("disconnect %d %v", n, how)
}

func (f *fakeFleet) Reset() (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.phase == monitor.Echoing {
		f.since = time.Now()
	}
	return f.did("reset")
}

func (f *fakeFleet) Mark(name string) (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = 0
	return f.did("mark %s", name)
}

func (f *fakeFleet) Collect(v *monitor.Run, t *monitor.Tally) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v.At, v.Phase, v.Since, v.Ticket, v.Rate = time.Now(), f.phase, f.since, f.confirmed, f.load.Rate
	if v.EchoOn = f.on; f.phase == monitor.Echoing {
		v.EchoOn += time.Since(f.since)
	}
	if f.see != nil {
		f.see(v, t)
	}
}

func (f *fakeFleet) Wait(ctx context.Context, phases ...monitor.Phase) error {
	for {
		f.mu.Lock()
		phase, changed := f.phase, f.changed
		f.mu.Unlock()
		if phase == monitor.Ended || slices.Contains(phases, phase) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// closing is how long a close takes if the context does not end before.
const closing = 40 * time.Millisecond

func (f *fakeFleet) CloseUntil(ctx context.Context) error {
	hurried := pause(ctx, closing) != nil
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hurried = hurried
	f.log = append(f.log, fmt.Sprintf("%v closed", time.Since(f.began)))
	f.enter(monitor.Ended)
	return f.refuse["close"]
}

// did is what was asked of the fleet.
func (f *fakeFleet) mustHaveDone(t *testing.T, want ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.log, want) {
		t.Errorf("done:\n%q\nwant:\n%q", f.log, want)
	}
}
