package sim

import (
	"fmt"
	"iter"
)

// World is one run at a time: its coroutines, its choices and what it broke. Coroutines and
// memory are kept from run to run.
//
//	        Point, Block, Sleep
//	running ────────────────────► chooser: who goes on?
//	   ▲                            │ the same one: no switch
//	   └────────────────────────────┤
//	                                └► another: through Run's loop
type World struct {
	// Limit is the most yield points of a run; a run that needs more is a Livelock.
	Limit int

	chooser Chooser
	procs   []*Proc // of this run
	pool    []*Proc // every coroutine ever made; procs is its beginning
	running *Proc
	next    *Proc // who goes on, for Run's loop
	ready   []*Proc
	steps   int
	hash    uint64
	quiet   bool
	ending  bool // coroutines are to unwind
	broken  string
	marks   [NumMarks]int
	show    func(who, what string)
	host    *host // nil: the world is closed, everything in it is a coroutine
}

// active is the world that Point belongs to.
var active *World

// Proc is one coroutine.
type Proc struct {
	Name string
	ID   int
	// Alike is common to coroutines that are interchangeable while they wait at the same
	// point; Exhaust then tries only the first of them. 0 is unlike any other.
	Alike int

	world  *World
	body   func()
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	wait   func() bool // nil: ready
	rest   int         // when not 0: also woken when everybody is at rest, low numbers first
	woken  bool        // by rest, not by wait
	over   bool
	at     string // where it stands
	guest  *guest // of a hosted world (hosted.go); nil is a coroutine
}

// New makes a world without coroutines.
func New() *World { return &World{Limit: 20_000} }

// Close ends the coroutines.
func (w *World) Close() {
	for _, p := range w.pool {
		p.stop()
	}
	w.pool, w.procs = nil, nil
}

// Begin forgets the last run and starts a new one.
func (w *World) Begin(c Chooser) {
	w.chooser, w.procs = c, w.pool[:0]
	w.steps, w.hash, w.broken = 0, 14695981039346656037, ""
	w.running, w.next, w.ending, w.quiet = nil, nil, false, false
}

// Show calls f for every event of the run; nil ends that.
func (w *World) Show(f func(who, what string)) { w.show = f }

// Go adds a coroutine to the run.
func (w *World) Go(name string, body func()) *Proc {
	if len(w.procs) == len(w.pool) {
		p := &Proc{world: w, ID: len(w.pool)}
		p.resume, p.stop = iter.Pull(p.live)
		w.pool = append(w.pool, p)
	}
	p := w.pool[len(w.procs)]
	w.procs = w.pool[:len(w.procs)+1]
	p.Name, p.body, p.at, p.Alike = name, body, begin, 0
	p.wait, p.rest, p.over = nil, 0, false
	return p
}

// begin is where a coroutine stands that has not run yet.
const begin = "begin"

// live is a coroutine: one body per run.
func (p *Proc) live(yield func(struct{}) bool) {
	p.yield = yield
	for {
		p.run()
		if !yield(struct{}{}) {
			return
		}
	}
}

// unwind is the panic by which a coroutine leaves a run that is over.
type unwind struct{}

func (p *Proc) run() {
	defer func() {
		p.over = true
		if r := recover(); r != nil && r != any(unwind{}) {
			p.world.breaks(fmt.Sprint(r))
		}
	}()
	if !p.world.ending {
		p.body()
	}
}

// Run runs until everybody has ended or waits for what will never come, and returns what was
// broken, "" for nothing. Coroutines that still wait are unwound.
func (w *World) Run() string {
	active = w
	for w.next = w.pick(nil); w.next != nil; {
		w.running = w.next
		w.next = nil
		w.running.resume()
		if w.next == nil && w.broken == "" {
			w.next = w.pick(nil)
		}
		if w.broken != "" {
			w.next = nil
		}
	}
	w.ending = true
	for _, p := range w.procs {
		for !p.over {
			w.running = p
			p.resume()
		}
	}
	w.running, active = nil, nil
	return w.broken
}

// Steps is the number of decisions so far, Hash a digest of them: equal runs, equal hashes.
func (w *World) Steps() int { return w.steps }

// Hash is the digest of all decisions of the run so far.
func (w *World) Hash() uint64 { return w.hash }

func (w *World) fold(n int) { w.hash = (w.hash ^ uint64(n)) * 1099511628211 }

// pick says who goes on. The current one counts as such only while it is able to.
func (w *World) pick(current *Proc) *Proc {
	if w.steps++; w.steps > w.Limit {
		w.breaks(Livelock)
		return nil
	}
	ready, at, rest := w.ready[:0], -1, 0
	for _, p := range w.procs {
		if p.over {
			continue
		}
		if p.wait == nil || p.wait() {
			if p == current {
				at = len(ready)
			}
			ready = append(ready, p)
		} else if p.rest > 0 && (rest == 0 || p.rest < rest) {
			rest = p.rest
		}
	}
	woken := len(ready) == 0
	for _, p := range w.procs {
		if woken && rest > 0 && !p.over && p.rest == rest {
			ready = append(ready, p)
		}
	}
	w.ready = ready
	if len(ready) == 0 {
		return nil
	}
	i := 0
	if len(ready) > 1 {
		i = w.chooser.Next(ready, at)
		w.fold(ready[i].ID)
	}
	ready[i].woken = woken
	return ready[i]
}

// yieldPoint lets the chooser decide; it returns when p goes on.
func (w *World) yieldPoint(p *Proc) {
	if p.guest != nil {
		if p.pass(); p.guest.died {
			panic(unwind{})
		}
		return
	}
	next := w.pick(p)
	if next != p {
		if w.show != nil && p.wait == nil && w.broken == "" {
			w.say("· held up " + p.at)
		}
		w.next = next
		p.yield(struct{}{})
		if w.ending {
			panic(unwind{})
		}
	}
	p.wait, p.rest = nil, 0
	w.running = p
}

// Point is a yield point of the code under test: whoever runs may be held up here for as long
// as others have something to do. Outside a run it does nothing.
func Point(where string) {
	if w := active; w != nil && w.running != nil && !w.quiet {
		w.point(where)
	}
}

func (w *World) point(where string) {
	if w.ending {
		panic(unwind{})
	}
	p := w.running
	if p == nil { // somebody outside of a hosted world
		w.Kick()
		return
	}
	p.at = where
	w.yieldPoint(p)
}

// Between is Point as a part of an expression; it is false.
func Between(where string) bool {
	Point(where)
	return false
}

// Spin counts a turn of a loop that has no yield point, so that one without an end is found.
func Spin() {
	if w := active; w != nil && w.running != nil {
		if w.steps++; w.steps > w.Limit {
			w.Fail(Livelock)
		}
	}
}

// Block waits until ready holds. It is a yield point even when it holds already.
func (w *World) Block(where string, ready func() bool) {
	p := w.running
	p.at, p.wait = where, ready
	w.yieldPoint(p)
}

// BlockOrRest is Block that gives up, and reports false, when everybody is at rest: time passes
// only while nothing else can happen. Of those who wait so, low ranks (from 1) wake first.
func (w *World) BlockOrRest(where string, rank int, ready func() bool) bool {
	p := w.running
	p.at, p.wait, p.rest = where, ready, rank
	w.yieldPoint(p)
	return !p.woken
}

func never() bool { return false }

// Sleep waits until everybody is at rest.
func (w *World) Sleep(rank int) { w.BlockOrRest("sleeping", rank, never) }

// Settle ends the exploration of this run: what follows takes its ordinary course.
func (w *World) Settle() { w.chooser = ordinary{} }

// ordinary is the chooser of whatever is not explored.
type ordinary struct{}

func (ordinary) Next(_ []*Proc, current int) int { return max(0, current) }
func (ordinary) Pick(int) int                    { return 0 }
func (ordinary) Rare() bool                      { return false }

// Quietly runs look without yield points: an oracle that reads the code under test.
func (w *World) Quietly(look func()) {
	w.quiet = true
	defer func() { w.quiet = false }()
	look()
}

// Pick chooses one of n things that are equally ordinary.
func (w *World) Pick(n int) int {
	if n < 2 {
		return 0
	}
	i := w.chooser.Pick(n)
	w.fold(i)
	return i
}

// Rare decides whether something happens that mostly does not: a fault, a short transfer.
func (w *World) Rare() bool {
	yes := w.chooser.Rare()
	if yes {
		w.fold(-1)
	}
	return yes
}

// Livelock is what a run is broken by that does not come to an end.
const Livelock = "livelock: the run does not come to rest"

// Fail ends the run: an oracle was broken. In a coroutine it does not return.
func (w *World) Fail(format string, args ...any) {
	w.breaks(fmt.Sprintf(format, args...))
	if w.host != nil {
		w.host.failed(w.broken)
	}
	if w.running != nil {
		panic(unwind{})
	}
}

// breaks keeps the first thing broken.
func (w *World) breaks(what string) {
	if w.broken == "" && !w.ending {
		w.broken = what
		w.say("BROKEN: " + what)
	}
}

// Showing reports whether events are shown to somebody.
func (w *World) Showing() bool { return w.show != nil }

func (w *World) say(what string) {
	if w.show != nil && !w.ending {
		who := "world"
		if w.running != nil {
			who = w.running.Name
		}
		w.show(who, what)
	}
}

// Say puts an event of whoever runs into the active world's timeline.
func Say(what string) {
	if active != nil {
		active.say(what)
	}
}

// Shown reports whether Say shows its text to somebody; otherwise that need not be made.
func Shown() bool { return active != nil && active.show != nil }

// Variant says which variant of instrumented code runs; 0 is the code as it is.
var Variant int

// Mutex is a lock of simulated code.
type Mutex struct{ held bool }

// Lock waits until nobody holds m.
func (m *Mutex) Lock() {
	active.Block("before a lock", func() bool { return !m.held })
	m.held = true
}

// Unlock gives m up.
func (m *Mutex) Unlock() { m.held = false }
