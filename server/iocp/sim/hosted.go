package sim

import (
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// A hosted world has the goroutines of whole programs in it, which keep their timers, channels
// and locks: it lives in a bubble of testing/synctest, whose clock goes on while everybody waits.
// Workers of a port are guests: a guest runs only while it has the turn, and gives it back at its
// yield points. Whatever else runs in the bubble (a conductor, the test) runs between two turns
// or to the end of one, and is waited for: only then is the next turn given. So the same choices
// give the same run here, too, as long as nobody but guests uses what guests share.
//
//	Host:  all others wait ──► what the network brings now ──► chooser ──► a guest's turn ─┐
//	  ▲          ▲                     nobody is ready: sleep till something is due        │
//	  └──────────┴───────────────────── Point, Get, a post: the turn is given back ────────┘
type host struct {
	began  time.Time
	kick   chan struct{}
	over   chan struct{}
	due    []arrival // sorted
	serial int
	last   *Proc
	turns  int                  // since the last rest
	held   map[string]time.Time // guests that the system does not run, and until when
	failed func(what string)

	admitting sync.Mutex // guards World.procs while somebody comes; the turns read it at rest
}

// arrival is something that the network, or a server's clock, brings at its time.
type arrival struct {
	at     time.Time
	serial int
	bring  func()
}

// guest is what a goroutine needs to be one of the world's.
type guest struct {
	turn, back chan struct{}
	has        bool      // it has the turn
	until      time.Time // zero, or when the present wait is over
	passed     int       // how often it was passed over since its last turn
	died       bool      // its process has died: it ends when it comes to wait
}

// How long turns take: a program that is always busy must not stop the clock. And patience: how many
// turns others may have while a guest is ready.
const (
	turnCost    = 20 * time.Microsecond
	turnsAtOnce = 10     // whose time passes together
	restless    = 50_000 // turns without a rest, after which they are slow
	slower      = 50
	patience    = 50
)

// Host makes w a hosted world. It is called in the bubble, before anybody else comes. failed is called
// with what is broken, by whoever broke it; it does not return.
func (w *World) Host(failed func(what string)) {
	w.host = &host{began: time.Now(), kick: make(chan struct{}, 1), over: make(chan struct{}),
		held: map[string]time.Time{}, failed: failed}
	active = w
	go w.serve()
}

// Exit ends a hosted world. Guests that are still there find that their process has died.
func (w *World) Exit() {
	for _, p := range w.procs {
		p.guest.died = true
	}
	w.Kick()
	time.Sleep(time.Second)
	w.host.over <- struct{}{}
	active = nil
}

// Elapsed is the time since the world began.
func (w *World) Elapsed() time.Duration { return time.Since(w.host.began) }

// After has something happen later, between two turns.
func (w *World) After(d time.Duration, bring func()) { w.at(time.Now().Add(d), bring) }

func (w *World) at(at time.Time, bring func()) {
	h := w.host
	h.serial++
	a := arrival{at, h.serial, bring}
	i, _ := slices.BinarySearchFunc(h.due, a, func(b, a arrival) int {
		if c := b.at.Compare(a.at); c != 0 {
			return c
		}
		return b.serial - a.serial
	})
	h.due = slices.Insert(h.due, i, a)
	w.Kick()
}

// Hold keeps a guest from running for a while, as a busy machine does.
func (w *World) Hold(name string, d time.Duration) {
	w.host.held[name] = time.Now().Add(d)
	w.say("held up: " + name)
}

// Kick has the world look again who is ready. Anybody may call it.
func (w *World) Kick() {
	select {
	case w.host.kick <- struct{}{}:
	default: // it will
	}
}

// serve gives the turns.
func (w *World) serve() {
	h := w.host
	for w.broken == "" {
		synctest.Wait()
		now := time.Now()
		for len(h.due) > 0 && !h.due[0].at.After(now) {
			bring := h.due[0].bring
			h.due = slices.Delete(h.due, 0, 1)
			bring()
		}
		next := w.pick(h.last)
		if next == nil {
			if !w.idle() {
				return
			}
			continue
		}
		next = w.fair(next)
		w.fold(next.ID)
		w.fold(int(now.Sub(h.began)))
		h.last, w.running = next, next
		next.guest.turn <- struct{}{}
		<-next.guest.back
		w.running = nil
		h.charge()
	}
	h.failed(w.broken)
}

// fair gives the turn to a guest that was passed over too often, whatever the chooser likes: no system
// keeps a ready thread waiting for ever.
func (w *World) fair(next *Proc) *Proc {
	for _, p := range w.ready {
		if p.guest.passed++; p.guest.passed > patience {
			next = p
		}
	}
	next.guest.passed = 0
	return next
}

// charge lets the time of a turn pass. A program that never rests gets slow turns: it does the same
// again and again.
func (h *host) charge() {
	cost := turnCost
	if h.turns > restless {
		cost = turnCost * slower
	}
	if h.turns++; h.turns%turnsAtOnce == 0 {
		time.Sleep(turnsAtOnce * cost)
	}
}

// idle waits until something is due or somebody kicks; false when the world is over.
func (w *World) idle() bool {
	h := w.host
	h.turns = 0
	at := time.Now().Add(time.Hour)
	if len(h.due) > 0 {
		at = h.due[0].at
	}
	for _, p := range w.procs {
		until := p.guest.until
		if held := h.held[p.Name]; held.After(time.Now()) {
			until = held
		}
		if !p.over && !until.IsZero() && until.Before(at) {
			at = until
		}
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-h.over:
		return false
	case <-h.kick:
	case <-timer.C:
	}
	return true
}

// Join makes the calling goroutine a guest, with its first turn: an application's, that calls the
// server. It waits in Await, and has left for good with Leave.
func (w *World) Join(name string) *Proc {
	p := w.admit(name)
	p.enter()
	return p
}

// admit makes the calling goroutine a guest; it gets its first turn in enter.
func (w *World) admit(name string) *Proc {
	w.host.admitting.Lock()
	defer w.host.admitting.Unlock()
	p := &Proc{Name: name, ID: len(w.procs), world: w, at: begin, wait: never,
		guest: &guest{turn: make(chan struct{}), back: make(chan struct{})}}
	w.procs = append(w.procs, p)
	return p
}

// enter takes the guest's first turn.
func (p *Proc) enter() {
	if !p.guest.has {
		p.wait = nil
		p.pass()
	}
}

// pass gives the turn back and waits for the next.
func (p *Proc) pass() {
	w, g := p.world, p.guest
	until, ready := g.until, p.wait
	p.wait = func() bool {
		now := time.Now()
		return g.died || !now.Before(w.host.held[p.Name]) &&
			(ready == nil || ready() || !until.IsZero() && !now.Before(until))
	}
	if g.has {
		g.has = false
		g.back <- struct{}{}
	} else {
		w.Kick()
	}
	<-g.turn
	g.has, g.until, p.wait = true, time.Time{}, nil
}

// Leave ends a guest's part in the world.
func (p *Proc) Leave() {
	p.over = true
	if p.guest.has {
		p.guest.has = false
		p.guest.back <- struct{}{}
	}
}

// Await waits until ready holds, or the time is over; for ever when that is negative.
func (p *Proc) Await(ready func() bool, wait time.Duration) {
	p.enter()
	if wait >= 0 {
		p.guest.until = time.Now().Add(wait)
	}
	p.at, p.wait = "waiting", ready
	p.pass()
}

// Busy keeps a guest busy for so long.
func (p *Proc) Busy(d time.Duration) { p.Await(never, d) }

// Running is the guest that has the turn.
func (w *World) Running() *Proc { return w.running }
