package conn

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/server/iocp"
)

var target = netip.MustParseAddrPort("127.0.0.1:4000")

// start runs an engine with n connections on a port of the test's, in virtual time.
func start(t *testing.T, n int, change func(*Config, *owner)) (*Engine, *owner, *port) {
	t.Helper()
	began, p := time.Now(), newPort()
	o := &owner{all: make([]Conn, n), at: func() time.Duration { return time.Since(began) }}
	for i := range o.all {
		o.all[i].Init(uint32(i), uint32(i))
	}
	cfg := Config{Target: target, Clock: o.at, Dialing: 8, DialMost: 4}
	if change != nil {
		change(&cfg, o)
	}
	cfg.Open = func() (iocp.Port, error) { return p, nil }
	e, err := New(cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	o.engine = e
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	return e, o, p
}

// end has every connection given up, and waits for the thread.
func end(t *testing.T, e *Engine, o *owner, p *port) {
	t.Helper()
	e.Mail(func() {
		o.unwanted, o.over = true, true
		for i := range o.all {
			if c := &o.all[i]; c.State() != Down && c.State() != Dying {
				e.Cancel(c, 0)
			}
		}
	})
	<-e.Done()
	if e.Mail(func() { t.Error("a letter was read after the end") }) {
		t.Error("a letter was taken after the end")
	}
	if err := e.Close(); err != nil || len(p.sockets) != 0 || !p.closed || !o.gone {
		t.Errorf("%v, %d sockets left, handle closed: %v", err, len(p.sockets), p.closed)
	}
}

func dialAll(e *Engine, o *owner) {
	e.Mail(func() {
		for i := range o.all {
			e.Dial(&o.all[i], 0)
			e.Dial(&o.all[i], 0) // waits already
		}
	})
	synctest.Wait()
}

func wantLog(t *testing.T, o *owner, want ...string) {
	t.Helper()
	if got := o.lines(); !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	o.mu.Lock()
	o.log = nil
	o.mu.Unlock()
}

func TestOneConnectionsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, o, p := start(t, 1, nil)
		o.opened = func(c *Conn) {
			if err := errors.Join(e.Receive(c), e.Send(c, []byte("hello"))); err != nil ||
				!c.Sending() || !c.Receiving() || c.InFlight() != 3 { // and the connect's own
				t.Errorf("%v, %d in flight", err, c.InFlight())
			}
		}
		o.received = func(c *Conn, _ []byte) { _ = e.Receive(c) }
		o.ended = func(c *Conn) { e.Cancel(c, 20*time.Millisecond) }
		dialAll(e, o)
		p.finish(iocp.OpConnect, "", nil)
		synctest.Wait()
		wantLog(t, o, "0s #0 dialed", "0s #0 opened 1, up")
		time.Sleep(time.Millisecond)
		p.finish(iocp.OpSend, "", nil)
		p.finish(iocp.OpRecv, "hello", nil)
		synctest.Wait()
		p.finish(iocp.OpRecv, "", nil) // the server's FIN
		synctest.Wait()
		wantLog(t, o, "1ms #0 sent 5 <nil>", `1ms #0 received "hello" <nil>`,
			`1ms #0 received "" <nil>`, "1ms #0 dead, was up", "1ms #0 released")
		time.Sleep(time.Second)
		wantLog(t, o, "21ms #0 dialed")
		end(t, e, o, p)
		wantLog(t, o, "1.001s #0 dead, was dialing", "1.001s #0 released")
	})
}

// TestTheHandleOutlivesWhatIsInFlight: a dying connection is released by its last completion, and its
// owner is not told what it still receives.
func TestTheHandleOutlivesWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, o, p := start(t, 1, func(c *Config, _ *owner) { c.Greeting = true })
		o.opened = func(c *Conn) { _ = errors.Join(e.Receive(c), e.Send(c, []byte("x"))) }
		dialAll(e, o)
		p.finish(iocp.OpConnect, "", nil)
		synctest.Wait()
		wantLog(t, o, "0s #0 dialed", "0s #0 opened 1, greeting")
		e.Mail(func() {
			c := o.At(0)
			e.Greeted(c)
			e.BeginClose(c, time.Hour)
			e.Shutdown(c)
			if c.State() != Closing || c.Pause() != time.Hour || !p.sockets[1].shutdown {
				t.Errorf("%v, pause %v", c.State(), c.Pause())
			}
			o.unwanted = true
			e.Abort(c, 0)
			if c.State() != Dying || len(p.sockets) != 1 {
				t.Errorf("%v with two operations in flight", c.State())
			}
		})
		synctest.Wait()
		if c := o.At(0); c.State() != Down || c.InFlight() != 0 || e.Open() != 0 {
			t.Errorf("%v, %d in flight, %d open", c.State(), c.InFlight(), e.Open())
		}
		got := o.lines()
		slices.Sort(got) // the two completions come in any order
		o.log = got
		wantLog(t, o, "0s #0 dead, was closing", "0s #0 released", "0s #0 sent 0 cancelled")
		end(t, e, o, p)
	})
}

func TestOnlyTheDrawnArrowsAreLegal(t *testing.T) {
	arrows := map[State][]State{Down: {Dialing}, Dialing: {Greeting, Up, Dying},
		Greeting: {Up, Closing, Dying}, Up: {Closing, Dying}, Closing: {Dying}, Dying: {Down}}
	for from := Down; from <= Dying; from++ {
		for to := Down; to <= Dying; to++ {
			legal := func() (legal bool) {
				defer func() { legal = recover() == nil }()
				(&Conn{state: from}).enter(to, 0)
				return
			}()
			if want := slices.Contains(arrows[from], to); legal != want {
				t.Errorf("%v to %v: legal is %v", from, to, legal)
			}
		}
	}
}

// TestMailAndTimers: both reach the thread while it sleeps for ever.
func TestMailAndTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, o, p := start(t, 2, nil)
		time.Sleep(time.Hour)
		e.Mail(func() {
			e.After(30*time.Millisecond, o.At(1), 7)
			e.After(20*time.Millisecond, o.At(0), 3)
		})
		time.Sleep(time.Second)
		wantLog(t, o, "1h0m0.02s #0 fired 3", "1h0m0.03s #1 fired 7")
		end(t, e, o, p)
	})
}
