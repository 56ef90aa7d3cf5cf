package conn

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"dummyload/server/iocp"
)

// life drives an engine by hand, without its thread: each byte of a script is one thing that a
// system, a server, an owner or the clock may do. The port panics where its contract is broken.
type life struct {
	e   *Engine
	o   *owner
	p   *port
	now time.Duration
}

func newLife(n int) *life {
	l := &life{p: newPort()}
	l.o = &owner{all: make([]Conn, n), at: func() time.Duration { return l.now }}
	for i := range l.o.all {
		l.o.all[i].Init(uint32(i), uint32(i))
	}
	open := func() (iocp.Port, error) { return l.p, nil }
	l.e, _ = New(Config{Open: open, Target: target, Clock: l.o.at, Dialing: 2, DialMost: 2}, l.o)
	l.o.engine = l.e
	_ = l.e.Bind()
	return l
}

// settle has the engine take what is complete and due.
func (l *life) settle() {
	for len(l.p.ready) > 0 {
		l.e.Tick(l.now)
		l.e.completeAll(l.e.get(0))
	}
	l.e.Tick(l.now)
	l.e.Advance()
}

// finish completes the n-th operation of a kind, if there is one.
func (l *life) finish(op iocp.Op, n int, size int, err error) {
	all := l.p.pending(op)
	if len(all) == 0 {
		return
	}
	one := all[n%len(all)]
	if op == iocp.OpSend && err == nil {
		size = min(size, len(one.data))
	}
	l.p.mu.Lock()
	l.p.complete(one, size, make([]byte, size), err)
	l.p.mu.Unlock()
}

func (l *life) do(b byte) {
	n := int(b >> 4)
	c := &l.o.all[n%len(l.o.all)]
	open := c.State() != Down && c.State() != Dying
	carries := open && c.State() != Dialing
	switch b & 15 {
	case 0:
		l.finish(iocp.OpConnect, n, 0, nil)
	case 1:
		l.finish(iocp.OpConnect, n, 0, errors.New("refused"))
	case 2:
		l.finish(iocp.OpRecv, n, 5, nil)
	case 3:
		l.finish(iocp.OpRecv, n, 0, nil)
	case 4:
		l.finish(iocp.OpSend, n, 1+n, nil)
	case 5:
		l.finish(iocp.OpSend, n, 0, errors.New("reset"))
	case 6:
		l.now += time.Duration(n) * time.Millisecond
	case 7:
		l.now += time.Second
		l.e.Tick(l.now)
		l.e.Hangs(c, 100*time.Millisecond)
	case 8, 9:
		if carries && !c.Receiving() {
			_ = l.e.Receive(c)
		}
	case 10:
		if carries && !c.Sending() {
			_ = l.e.Send(c, []byte("payload"))
		}
	case 11:
		if c.State() == Up {
			l.e.BeginClose(c, time.Millisecond)
			l.e.Shutdown(c)
		}
	case 12:
		if open {
			l.e.Cancel(c, c.Backoff())
		}
	case 13:
		if open {
			l.e.Abort(c, 0)
		}
	case 14:
		l.e.Dial(c, time.Duration(n)*time.Millisecond)
	case 15:
		l.settle()
	}
}

// over ends whatever is left, and reports what does not add up.
func (l *life) over(t *testing.T) {
	l.o.unwanted = true
	l.settle()
	for i := range l.o.all {
		if c := &l.o.all[i]; c.State() != Down && c.State() != Dying {
			l.e.Cancel(c, 0)
		}
	}
	l.settle()
	if l.e.Open() != 0 || l.e.Connecting() != 0 || len(l.p.sockets) != 0 {
		t.Errorf("%d open, %d connecting, %d sockets", l.e.Open(), l.e.Connecting(), len(l.p.sockets))
	}
	for i := range l.o.all {
		if c := &l.o.all[i]; c.State() != Down || c.InFlight() != 0 || c.Sending() || c.Receiving() {
			t.Errorf("slot %d ends %v with %d in flight", i, c.State(), c.InFlight())
		}
	}
}

// FuzzLifetimes: whatever comes, in whatever order: each operation completes once, no handle is
// closed while something is in flight, and in the end nothing is left.
func FuzzLifetimes(f *testing.F) {
	f.Add([]byte{14, 15, 0, 15, 8, 10, 15, 4, 2, 15, 8, 3, 15, 12, 15})
	f.Add([]byte{14, 30, 15, 7, 15, 6, 15, 0, 15, 13, 15})
	f.Fuzz(func(t *testing.T, script []byte) {
		l := newLife(3)
		for _, b := range script[:min(len(script), 4096)] {
			l.do(b)
		}
		l.over(t)
	})
}

// TestLifetimes is the same with many random scripts.
func TestLifetimes(t *testing.T) {
	opened := 0
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 1))
		l := newLife(1 + int(seed%4))
		for i := range l.o.all {
			l.e.Dial(&l.o.all[i], 0)
		}
		for range 400 {
			l.do(byte(rng.UintN(256)))
			if rng.IntN(3) == 0 {
				l.settle()
			}
		}
		l.over(t)
		for i := range l.o.all {
			opened += int(l.o.all[i].Number)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if opened < 500 {
		t.Errorf("only %d connections were made", opened)
	}
}
