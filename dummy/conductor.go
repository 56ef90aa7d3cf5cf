package dummy

import (
	"fmt"
	"math"
	"sync"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// status is what a worker tells the conductor, at the end of a batch in which it has changed.
type status struct {
	taken         monitor.Ticket // the last verb taken
	unsettled     int            // wanted dummies that were not up yet, and have not failed
	atStop        int64          // Wait Echo Count when STOP was taken
	wait          int64          // Wait Echo Count while draining
	emptiedAt     time.Duration  // when it was last 0
	diagnose.Seen                // of the server as a whole

	unaccepted uint64 // connections that the server never accepted (see dialAnew)
	idled      uint64 // connections that the server closed before anything was asked (see noteEnd)

	stormClosed int // connections closed by Disconnect
	stormLeft   int // of them not yet back
}

// edge is the part of a status whose change wakes the conductor. All else it reads when it is awake.
type edge struct {
	taken                         monitor.Ticket
	judged, unaccepted, idled     uint64
	settled, empty, lost, refused bool
	stormOver, unheard, starved   bool
}

// edge is that part of a status.
func (t *status) edge() edge {
	return edge{
		taken: t.taken, judged: t.LossesJudged, unaccepted: t.unaccepted, idled: t.idled,
		settled: t.unsettled == 0, empty: t.wait == 0,
		lost: t.Lost > 0, refused: t.Refused, stormOver: t.stormLeft == 0,
		unheard: t.Unheard, starved: t.Starved,
	}
}

// board is where a worker shows its status to the conductor.
type board struct {
	mu     sync.Mutex
	status status
}

func (b *board) read() status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status
}

// publish shows the status when it has changed: hardly ever while echoes run.
func (w *worker) publish() {
	t, h := &w.status, &w.findings.losses
	t.Up, t.Lost, t.LostOwed, t.LostSince, t.Refused = w.count.Connections.Now, 0, 0, 0, false
	if h.n > 0 {
		t.Lost, t.LostOwed, t.LostSince, t.Refused = h.n, h.owed, h.since, h.refused
	}
	w.scan.silence.Tell(&t.Seen)
	t.wait, t.emptiedAt = 0, 0
	if w.mode == draining {
		t.wait, t.emptiedAt = w.count.WaitUpDown, w.emptiedAt
	}
	if *t == w.shown {
		return
	}
	before := w.shown.edge()
	w.shown = *t
	w.board.mu.Lock()
	w.board.status = *t
	w.board.mu.Unlock()
	if t.edge() != before {
		w.fleet.kick()
	}
}

// kick wakes the conductor.
func (f *Fleet) kick() {
	select {
	case f.kicked <- struct{}{}:
	default: // it is awake already
	}
}

// conduct waits for what the workers tell and for deadlines, and changes the phase by it. It
// sleeps while echoes run.
func (f *Fleet) conduct() {
	defer close(f.conducted)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-f.quit:
			return
		case <-f.kicked:
		case <-timer.C:
		}
		next := f.act()
		if f.drainIsOver() {
			f.giveUpDrain()
		}
		if next != never {
			timer.Reset(max(0, next-f.clock()))
		}
	}
}

// act does what can be done now, and says when there is more to do even if nobody kicks.
func (f *Fleet) act() time.Duration {
	all := f.statuses()
	now := f.clock()
	f.mu.Lock()
	defer f.mu.Unlock()
	next := f.watch(all, now)
	f.endStorm(all, now)
	f.tellUnaccepted(all)
	f.tellIdled(all)
	if !f.obeyed(all) {
		return next // whoever has not taken it yet will kick
	}
	switch f.phase {
	case monitor.Connecting:
		return min(next, f.endConnecting(all, now))
	case monitor.Draining:
		return min(next, f.endDraining(all, now))
	}
	return next
}

func (f *Fleet) statuses() []status {
	all := make([]status, len(f.workers))
	for i, w := range f.workers {
		all[i] = w.board.read()
	}
	return all
}

// obeyed reports whether every worker has taken the last verb.
func (f *Fleet) obeyed(all []status) bool {
	for i := range all {
		if all[i].taken < f.ticket {
			return false
		}
	}
	return true
}

// endConnecting ends Connecting when every dummy has been up or has failed once, or when its time is
// over: the others go on connecting, but nobody waits for them. It returns the deadline.
func (f *Fleet) endConnecting(all []status, now time.Duration) time.Duration {
	var unsettled int
	var up uint64
	for i := range all {
		unsettled += all[i].unsettled
		up += all[i].Up
	}
	deadline := f.since + f.cfg.connectingMost(f.load.Clients)
	if unsettled > 0 && now < deadline {
		return deadline
	}
	took := (now - f.since).Round(time.Millisecond)
	f.enter(monitor.Idle, now)
	f.event("%s of %s dummies connected in %v",
		monitor.Count(up), monitor.Count(uint64(f.load.Clients)), took)
	if unsettled > 0 {
		f.event("%s dummies are not connected yet: nobody waits for them any longer",
			monitor.Count(uint64(unsettled)))
	}
	if f.awaited.ticket > 0 {
		f.startEcho(now, f.awaited.length)
	}
	return never
}

// slowConnects is how many connections per second even a slow server, or a slow tester, makes.
const slowConnects = 500

// connectingMost is how long Connecting may take in all: the time that the clients need at the
// connect rate, or at slowConnects where that is less, and one connect timeout more. With a
// session the wait for that comes on top.
func (c *Config) connectingMost(clients int) time.Duration {
	rate := float64(slowConnects)
	if c.ConnectRate > 0 {
		rate = min(rate, c.ConnectRate)
	}
	most := c.ConnectTimeout.Seconds() + float64(clients)/rate
	most += c.greetWait(len(c.Frame.Session)).Seconds()
	const ever = math.MaxInt64 / 4 // nanoseconds
	return time.Duration(min(most*float64(time.Second), ever))
}

// event adds a line to the log. f.mu is held.
func (f *Fleet) event(format string, args ...any) {
	if len(f.events) == monitor.MaxEvents {
		f.events = append([]monitor.Event(nil), f.events[1:]...) // snapshots share the old ones
	}
	f.events = append(f.events, monitor.Event{At: time.Now(), Text: fmt.Sprintf(format, args...)})
}
