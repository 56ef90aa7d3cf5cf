package conn

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/server/iocp"
)

// TestPauseAfterEachFailure: twice as long each time, up to a second, and from the start again when
// a connection was up for long.
func TestPauseAfterEachFailure(t *testing.T) {
	c := &Conn{}
	for _, want := range []time.Duration{10, 20, 40, 80, 160, 320, 640, 1000, 1000} {
		if got := c.Backoff(); got != want*time.Millisecond {
			t.Errorf("%v, want %d ms", got, want)
		}
	}
	e := &Engine{now: steadyAfter + 1}
	for state, want := range map[State]time.Duration{Greeting: backoffMost, Up: backoffFirst} {
		d := *c
		d.state = state
		e.Forgive(&d)
		if got := d.Backoff(); got != want {
			t.Errorf("after a long time %v: %v, want %v", state, got, want)
		}
	}
	c.Steady()
	if got := c.Backoff(); got != backoffFirst {
		t.Errorf("steady: %v", got)
	}
}

func TestConnectsThatFailAreDialedAgain(t *testing.T) {
	if iocp.Classify(errItself) != iocp.ClassRefused {
		t.Error("a connect to oneself is not a refused one")
	}
	synctest.Test(t, func(t *testing.T) {
		e, o, p := start(t, 1, nil)
		refused := errors.New("refused")
		p.with(func() { p.refuse = errors.New("no port is left") })
		dialAll(e, o)
		p.with(func() { p.refuse = nil })
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		p.finish(iocp.OpConnect, "", refused)
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		p.with(func() { p.sockets[p.made].local = target }) // simultaneous open
		p.finish(iocp.OpConnect, "", nil)
		synctest.Wait()
		wantLog(t, o,
			"0s #0 dialed", "0s #0 failed: no port is left",
			"10ms #0 dialed", "10ms #0 failed: refused", "10ms #0 dead, was dialing", "10ms #0 released",
			"30ms #0 dialed", "30ms #0 failed: "+errItself.Error(), "30ms #0 dead, was dialing",
			"30ms #0 released")
		end(t, e, o, p)
	})
}

// TestAConnectThatHangsIsGivenUp: also when it succeeds at the same moment.
func TestAConnectThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, o, p := start(t, 1, func(_ *Config, o *owner) { o.scan = 50 * time.Millisecond })
		dialAll(e, o)
		time.Sleep(57 * time.Millisecond)
		synctest.Wait()
		wantLog(t, o, "0s #0 dialed", "55ms #0 failed: "+errHangs.Error(), "55ms #0 dead, was dialing",
			"55ms #0 released")
		time.Sleep(10 * time.Millisecond)
		wantLog(t, o, "65ms #0 dialed")
		e.Mail(func() { // the completion is in the port's queue as it is given up
			p.mu.Lock()
			op := p.sockets[p.made].pending[iocp.OpConnect]
			p.complete(op, 0, nil, nil)
			p.mu.Unlock()
			o.unwanted = true
			e.Abort(o.At(0), 0)
		})
		synctest.Wait()
		wantLog(t, o, "67ms #0 dead, was dialing", "67ms #0 missed", "67ms #0 released")
		end(t, e, o, p)
	})
}

// TestDialingIsBounded: no more connects in flight than there may be, no sooner than the owner says.
func TestDialingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, o, p := start(t, 20, func(_ *Config, o *owner) { o.dialAt = time.Second })
		dialAll(e, o)
		if n := len(p.pending(iocp.OpConnect)); n != 0 {
			t.Errorf("%d connects before their time", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(p.pending(iocp.OpConnect)); n != 8 || e.Waiting() != 12 || e.Connecting() != 8 {
			t.Errorf("%d connects in flight, %d wait", n, e.Waiting())
		}
		p.finish(iocp.OpConnect, "", nil)
		synctest.Wait()
		if n := len(p.pending(iocp.OpConnect)); n != 8 || e.Waiting() != 11 {
			t.Errorf("%d connects in flight, %d wait", n, e.Waiting())
		}
		end(t, e, o, p)
	})
}

// TestAnOwnerMayDialByItself: with DialMost 0 only DialNext dials, and it dials no connection that is
// not wanted any more.
func TestAnOwnerMayDialByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, o, p := start(t, 2, func(c *Config, _ *owner) { c.DialMost = 0 })
		dialAll(e, o)
		wantLog(t, o)
		e.Mail(func() {
			if !e.MayDial() {
				t.Error("two wait, and none may be dialed")
			}
			e.DialNext()
			o.unwanted = true
			e.DialNext()
			if e.MayDial() {
				t.Error("nobody waits any more")
			}
		})
		synctest.Wait()
		wantLog(t, o, "0s #0 dialed")
		end(t, e, o, p)
	})
}
