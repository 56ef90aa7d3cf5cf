package dummy

import (
	"testing"
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/diagnose"
	"dummyload/monitor"
)

// TestWhoWasHeldUpAccusesNobody: after a time in which the worker itself stood still, a FIN that
// came in time may lie there unread. It is read before the server is said to have ignored ours;
// when it is not there then, it has.
func TestWhoWasHeldUpAccusesNobody(t *testing.T) {
	for _, answered := range []bool{true, false} {
		w, p := byHand(t, Config{Clients: 1})
		d := w.at(0)
		d.set(heard) // the server has accepted it
		d.heardAt = 1
		w.closeOwn(d, CloseFIN, 0)
		w.engine.Tick(w.now() + time.Minute)
		w.engine.Advance() // of what came the first batch has nothing of it
		if w.count.signs.FINsIgnored != 0 {
			t.Error("accused before what came was read")
		}
		w.engine.Tick(w.now() + time.Millisecond)
		if answered {
			w.engine.Complete(p.received(d, nil))
		}
		w.engine.Advance()
		w.engine.Tick(w.now() + scanEvery)
		w.engine.Advance()
		if accused := w.count.signs.FINsIgnored != 0; accused == answered {
			t.Errorf("answered %v, accused %v", answered, accused)
		}
	}
}

// TestAScanThatIsAlwaysLateLooks: a worker whose every turn is too long still finds what is
// missing.
func TestAScanThatIsAlwaysLateLooks(t *testing.T) {
	w, p := byHand(t, Config{Clients: 1, OverSend: 1})
	w.start(0, never)
	at := w.now()
	for range 4 {
		at += 2 * heldUp
		turn(w, p, at, false)
	}
	if late := w.count.Faults[monitor.Late]; late != 1 {
		t.Errorf("%d late, want 1", late)
	}
}

// TestAPokeIsGivenTheTimeTheWorkerStoodStill: the server may not have had its turn meanwhile. The
// worker waits once more, and only once, and then tells what came of the poke.
func TestAPokeIsGivenTheTimeTheWorkerStoodStill(t *testing.T) {
	for _, answered := range []bool{true, false} {
		w, p := byHand(t, Config{Clients: 1, OverSend: 1})
		d := w.at(0)
		w.start(0, never)
		turn(w, p, scanEvery, false)
		turn(w, p, scanEvery, true) // so it was accepted
		w.stop()
		turn(w, p, time.Minute, false)
		w.leave(false, true)
		turn(w, p, time.Minute+1, false)
		turn(w, p, 2*time.Minute, false)
		if d.State() != conn.Up {
			t.Fatalf("judged after the worker stood still: %+v", w.count.signs.Ladder)
		}
		turn(w, p, 2*time.Minute+1, answered)
		turn(w, p, 2*time.Minute+diagnose.PokeWait, false)
		if got := w.count.signs.Ladder.Wakeup.Connections == 1; got != answered || d.State() != conn.Closing {
			t.Errorf("answered %v: %+v, state %v", answered, w.count.signs.Ladder, d.State())
		}
	}
}
