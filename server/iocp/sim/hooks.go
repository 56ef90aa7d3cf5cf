package sim

import (
	"fmt"
	"sync"
	"time"

	"dummyload/server/iocp"
)

// The functions below are called by programs that were edited to run in a hosted world.

// Open opens a port for the server or the clients: the hook of instrumented programs.
var Open func(side string, cfg iocp.Config) (iocp.Port, error)

// Rest lets everybody else come to rest first: the hook where goroutines are started.
func Rest() { time.Sleep(time.Nanosecond) }

// Enter takes a worker's first turn: the hook before its first post.
func Enter(port iocp.Worker) { port.(*worker).owner.enter() }

// Live runs a worker of a server whose asserts, and panics, end the server's process.
func (p *Port) Live(body func()) {
	defer func() {
		if r := recover(); r != nil && r != any(unwind{}) {
			p.Kill(fmt.Sprint(r))
		}
	}()
	body()
}

// Live is the hook around a server's worker.
func Live(port iocp.Port, body func()) { port.(*Port).Live(body) }

// Careless has the instrumented server go on where it asserts.
var Careless bool

// Asserts is the hook where a server asserts: its process ends, unless it is careless.
func Asserts(what string) bool {
	if !Careless {
		panic(what)
	}
	return true
}

// Lock is a sync.Mutex of instrumented programs: whoever waits for it lets the bubble's time pass.
type Lock struct {
	once sync.Once
	held chan struct{}
}

// Lock waits until nobody holds l.
func (l *Lock) Lock() {
	l.once.Do(func() { l.held = make(chan struct{}, 1) })
	l.held <- struct{}{}
}

// Unlock gives l up.
func (l *Lock) Unlock() { <-l.held }
