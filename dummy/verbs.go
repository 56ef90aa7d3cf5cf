package dummy

import (
	"errors"
	"time"

	"dummyload/monitor"
)

// Why a verb of Control is refused.
var (
	ErrEchoing    = errors.New("echo is on already")
	ErrNotEchoing = errors.New("echo is not on")
	ErrDraining   = errors.New("the last STOP is still draining")
	ErrEnded      = errors.New("the fleet is closed")
)

// Start is Echo START. It is refused while echo is on, and while a drain is.
func (f *Fleet) Start() error { return f.startFor(0) }

// startFor is Start where STOP is to come after a time, 0 being unknown: what an open loop sends
// until then is known from the start, and does not depend on how late STOP is.
func (f *Fleet) startFor(d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.leaving:
		return ErrEnded
	case f.phase == monitor.Connecting:
		f.startWanted = true
	case f.phase == monitor.Echoing:
		return ErrEchoing
	case f.phase == monitor.Draining:
		return ErrDraining
	default:
		f.startEcho(f.clock(), d)
	}
	return nil
}

// startEcho is START from a phase that allows it. f.mu is held.
func (f *Fleet) startEcho(now, length time.Duration) {
	f.startWanted = false
	f.drain = monitor.Drain{}
	f.order++
	order := f.order
	until := never
	if length > 0 {
		until = now + length
	}
	f.orderAll(func(w *worker) { w.start(order, now, until) })
	f.enter(monitor.Echoing, now)
	f.event("START")
	f.setOut()
}

// Stop is Echo STOP. While Connecting it takes a START back that waits there; otherwise it is
// refused unless echo is on.
func (f *Fleet) Stop() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.leaving:
		return ErrEnded
	case f.phase == monitor.Connecting && f.startWanted:
		f.startWanted = false
		return nil
	case f.phase != monitor.Echoing:
		return ErrNotEchoing
	}
	f.order++
	order := f.order
	f.orderAll(func(w *worker) { w.stop(order) })
	f.enter(monitor.Draining, f.clock())
	f.event("STOP")
	f.kick() // to know the deadline
	return nil
}

// Tune changes the load while it runs.
func (f *Fleet) Tune(t Tuning) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leaving {
		return ErrEnded
	}
	to := *f.load
	if err := t.apply(&to); err != nil {
		return err
	}
	now := f.clock()
	more := to.Clients > f.load.Clients
	f.load = &to
	f.order++
	order := f.order
	f.orderAll(func(w *worker) { w.tune(order, &to, now) })
	// Undrained stays: what is owed is named until the next START, and kept by Close.
	if more && (f.phase == monitor.Idle || f.phase == monitor.Drained) {
		f.enter(monitor.Connecting, now)
	}
	return nil
}

// Disconnect closes n connections, chosen by the seed, all with 0; they reconnect, and the log
// tells when all are back. Those that are not up at this moment are not counted.
func (f *Fleet) Disconnect(n int, how CloseKind) error {
	if err := within("disconnect", n, 0, MaxClients); err != nil {
		return err
	}
	if err := within("close", how, CloseFIN, CloseMixed); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leaving {
		return ErrEnded
	}
	f.storm.number++
	if !f.storm.on {
		f.storm.on = true
		f.storm.since = f.clock()
		f.storm.total = uint64(f.load.Clients)
	}
	number, workers := f.storm.number, len(f.workers)
	f.orderAll(func(w *worker) {
		part := -1
		if n > 0 {
			part = share(n, w.index, workers)
		}
		w.disconnect(number, part, how)
	})
	return nil
}

// Reset sets counters, histograms, faults and diagnoses back to zero. What is outstanding
// counts as sent since.
func (f *Fleet) Reset() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leaving {
		return ErrEnded
	}
	f.closeBooks()
	f.orderAll((*worker).reset)
	f.crowd.reset()
	f.outages.Reset()
	f.echoOn = 0
	if f.phase == monitor.Echoing {
		f.since = f.earlier.at
	}
	f.event("counters reset")
	f.kick()
	return nil
}

// closeBooks keeps what is known of the time up to now. f.mu is held.
func (f *Fleet) closeBooks() {
	e := &f.earlier
	e.resets, e.at = e.resets+1, f.clock()
	e.echoOn += f.echoOn
	if f.phase == monitor.Echoing {
		e.echoOn += e.at - f.since
	}
	e.diagnoses = lastOfEach(e.diagnoses, f.outages.Found())
}

// turnPage begins to count echoes anew, between two steps of a search. Unlike with Reset,
// connections and faults stay: they are the run's.
func (f *Fleet) turnPage() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages++
	f.orderAll((*worker).turnPage)
	f.echoOn = 0
}
