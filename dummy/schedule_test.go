package dummy

import (
	"testing"
	"time"

	"dummyload/dummy/conn"
)

// upDummies are dummies whose connections are up.
func upDummies(t *testing.T, cfg Config) (*worker, []*dummy) {
	t.Helper()
	w, _ := byHand(t, cfg)
	var all []*dummy
	for slot := range w.wanted {
		d := w.at(slot)
		if d.State() != conn.Up {
			t.Fatalf("slot %d is %v", slot, d.State())
		}
		all = append(all, d)
	}
	return w, all
}

// TestWhoMayBeReady: once each, only while Echo is on, and with room in its window.
func TestWhoMayBeReady(t *testing.T) {
	_, ds := upDummies(t, Config{Clients: 4, OverSend: 2})
	s := newSchedule(0, &Config{Workers: 1}, &Config{OverSend: 2})
	push := func() int {
		for _, d := range ds {
			d.clear(ready)
			s.makeReady(d, time.Second)
			s.makeReady(d, time.Second)
		}
		n := s.ready.Len()
		for s.ready.Len() > 0 {
			s.ready.Pop()
		}
		return n
	}
	if n := push(); n != 0 || s.serveTime() != never {
		t.Errorf("%d are ready before START", n)
	}
	s.start(0, never)
	ds[0].wait = 2
	ds[1].wait = 1
	ds[2].set(pausing)
	ds[3].set(sendFailed)
	if n := push(); n != 1 || s.room(ds[1]) != 1 {
		t.Errorf("%d are ready, want the one with room for 1", n)
	}
	s.stop(time.Second)
	if n := push(); n != 0 {
		t.Errorf("%d are ready after STOP", n)
	}
}

// TestWhatIsLateIsTheWorkersOrTheServers: as long as no window has room, what is due waits for the
// server.
func TestWhatIsLateIsTheWorkersOrTheServers(t *testing.T) {
	_, ds := upDummies(t, Config{Clients: 1, OverSend: 1})
	s := newSchedule(0, &Config{Workers: 1}, &Config{OverSend: 1})
	s.tune(&Config{OverSend: 1, Rate: 1000}, 0)
	s.start(0, never)
	s.makeReady(ds[0], 100*time.Millisecond) // it has room from now on
	if at := s.serveTime(); at != 0 {
		t.Errorf("the first is due at %v", at)
	}
	due, lag := s.takeDue(100 * time.Millisecond)
	if due != 0 || lag != 0 || s.held.n != 0 {
		t.Errorf("due at %v, %v late, %d holds: nobody had room before", due, lag, s.held.n)
	}
	if due, lag = s.takeDue(150 * time.Millisecond); due != time.Millisecond || lag != 50*time.Millisecond {
		t.Errorf("due at %v, %v late, though there was room all the time", due, lag)
	}
	if s.held.n != 1 || s.behindNow(150*time.Millisecond) != 148*time.Millisecond {
		t.Errorf("%d holds, %v behind", s.held.n, s.behindNow(150*time.Millisecond))
	}
	s.stop(200 * time.Millisecond)
	if got := s.behindNow(time.Hour); got != 198*time.Millisecond {
		t.Errorf("%v behind long after STOP, want what it was then", got)
	}
	s.countAnew()
	if s.behindNow(time.Hour) != 0 {
		t.Error("behind, after counting anew")
	}
}

// TestTuningBeginsASchedule: where its own rate changes, and only there.
func TestTuningBeginsASchedule(t *testing.T) {
	s := newSchedule(1, &Config{Workers: 2}, &Config{OverSend: 1})
	s.start(0, 10*time.Second)
	s.tune(&Config{Rate: 10, Churn: 5}, time.Second)
	echo, churn := s.echoes.due(), s.churnTime(1)
	if echo != 1100*time.Millisecond || churn != 1200*time.Millisecond || s.echoes.until != 10*time.Second {
		t.Errorf("the second worker's first echo is due at %v, its churn at %v", echo, churn)
	}
	s.tune(&Config{Rate: 10, Churn: 1}, 2*time.Second)
	if s.echoes.due() != echo || s.churnTime(1) != 3*time.Second {
		t.Errorf("echo at %v, churn at %v", s.echoes.due(), s.churnTime(1))
	}
	if s.churnTime(0) != never {
		t.Error("churn without connections")
	}
	s.stop(3 * time.Second)
	if s.churnTime(1) != never {
		t.Error("churn in a drain")
	}
}
