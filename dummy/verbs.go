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

// awaited is a START that was given while Connecting; its ticket is 0 when there is none.
type awaited struct {
	ticket monitor.Ticket
	length time.Duration
}

// order has every worker take a verb, and numbers it. f.mu is held: workers take verbs in the order
// of their tickets, and tell the last one.
func (f *Fleet) order(verb func(*worker)) monitor.Ticket {
	f.ticket++
	t := f.ticket
	f.mailAll(func(w *worker) { verb(w); w.status.taken = t })
	return t
}

// mailAll mails every worker.
func (f *Fleet) mailAll(letter func(*worker)) {
	for _, w := range f.workers {
		w.order(letter)
	}
}

// confirmed is the last ticket up to which every verb is in force once the workers have read
// their mail. f.mu is held.
func (f *Fleet) confirmed() monitor.Ticket {
	if f.awaited.ticket > 0 {
		return f.awaited.ticket - 1
	}
	return f.ticket
}

// Start is Echo START. It is refused while echo is on, and while a drain is.
func (f *Fleet) Start(length time.Duration) (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.leaving:
		return 0, ErrEnded
	case f.phase == monitor.Echoing:
		return 0, ErrEchoing
	case f.phase == monitor.Draining:
		return 0, ErrDraining
	case f.phase == monitor.Connecting:
		t := f.order(func(*worker) {})
		if f.awaited.ticket == 0 {
			f.awaited.ticket = t
		}
		f.awaited.length = length
		return t, nil
	}
	return f.startEcho(f.clock(), length), nil
}

// startEcho is START from a phase that allows it. f.mu is held.
func (f *Fleet) startEcho(now, length time.Duration) monitor.Ticket {
	f.awaited = awaited{}
	f.drain = monitor.Drain{}
	until := never
	if length > 0 {
		until = now + length
	}
	t := f.order(func(w *worker) { w.start(now, until) })
	f.enter(monitor.Echoing, now)
	f.event("START")
	f.setOut()
	return t
}

// Stop is Echo STOP. While Connecting it takes back a START that waits. Otherwise it is refused
// unless echo is on.
func (f *Fleet) Stop() (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.leaving:
		return 0, ErrEnded
	case f.phase == monitor.Connecting && f.awaited.ticket > 0:
		f.awaited = awaited{}
		return f.order(func(*worker) {}), nil
	case f.phase != monitor.Echoing:
		return 0, ErrNotEchoing
	}
	t := f.order((*worker).stop)
	f.enter(monitor.Draining, f.clock())
	f.event("STOP")
	f.kick() // to know the deadline
	return t, nil
}

// Tune changes the load while it runs.
func (f *Fleet) Tune(tuning Tuning) (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leaving {
		return 0, ErrEnded
	}
	to := *f.load
	if err := tuning.apply(&to); err != nil {
		return 0, err
	}
	now := f.clock()
	more := to.Clients > f.load.Clients
	f.load = &to
	t := f.order(func(w *worker) { w.tune(&to, now) })
	// Undrained stays: what is owed is named until the next START, and kept by Close.
	if more && (f.phase == monitor.Idle || f.phase == monitor.Drained) {
		f.enter(monitor.Connecting, now)
	}
	return t, nil
}

// Disconnect closes n connections, chosen by the seed; 0 means all. They reconnect, and the log
// tells when all are back. Those that are not up at this moment are not counted.
func (f *Fleet) Disconnect(n int, how CloseKind) (monitor.Ticket, error) {
	if err := within("disconnect", n, 0, MaxClients); err != nil {
		return 0, err
	}
	if err := within("close", how, CloseFIN, CloseMixed); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leaving {
		return 0, ErrEnded
	}
	if !f.storm.on {
		f.storm.on = true
		f.storm.since = f.clock()
		f.storm.total = uint64(f.load.Clients)
	}
	workers := len(f.workers)
	f.storm.ticket = f.order(func(w *worker) {
		part := -1
		if n > 0 {
			part = share(n, w.index, workers)
		}
		w.disconnect(part, how)
	})
	return f.storm.ticket, nil
}

// Reset sets counters, histograms, faults and diagnoses back to zero. What is outstanding
// counts as sent since.
func (f *Fleet) Reset() (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leaving {
		return 0, ErrEnded
	}
	f.closeBooks()
	f.past.ticket = f.order((*worker).reset)
	f.crowd.reset()
	f.outages.Reset()
	f.echoOn = 0
	if f.phase == monitor.Echoing {
		f.since = f.past.at
	}
	f.event("counters reset")
	f.kick()
	return f.past.ticket, nil
}

// Mark begins a part of the run, as each step of a search is. Unlike with Reset, connections and
// faults stay: they are the run's.
func (f *Fleet) Mark(name string) (monitor.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leaving {
		return 0, ErrEnded
	}
	f.mark = mark{name, f.mark.number + 1, f.order(func(w *worker) { w.mark(name) })}
	f.echoOn = 0
	if f.phase == monitor.Echoing {
		f.echoOn = f.since - f.clock() // the phase began before, and counts from here
	}
	return f.mark.ticket, nil
}

// mark is the last Mark.
type mark struct {
	name   string
	number int // of the part it began, from 1
	ticket monitor.Ticket
}
