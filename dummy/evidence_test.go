package dummy

import (
	"errors"
	"testing"

	"dummyload/monitor"
)

// onWorker runs f on the fleet's first worker and waits for it.
func onWorker(f *Fleet, do func(w *worker)) {
	done := make(chan struct{})
	w := f.workers[0]
	w.order(func(w *worker) { do(w); close(done) })
	<-done
}

// onEachWorker does so on all workers that have not ended, one after the other.
func onEachWorker(f *Fleet, do func(w *worker)) {
	for _, w := range f.workers {
		done := make(chan struct{})
		if w.order(func(w *worker) { do(w); close(done) }) {
			<-done
		}
	}
}

func TestEvidenceIsKeptOfTheFirstHundred(t *testing.T) {
	cfg := testConfig(startServer(t, echoAll))
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	got := []byte("lent")
	blame := func(times int) {
		onWorker(f, func(w *worker) {
			for range times {
				w.blame(w.at(0), monitor.Corrupt, monitor.Evidence{Got: got, Count: 2})
			}
		})
	}
	blame(60)
	snap(f)
	blame(60)
	copy(got, "gone")
	s := snap(f)
	if s.Faults[monitor.Corrupt] != 240 || len(s.Evidence) != monitor.MaxEvidence {
		t.Errorf("%d faults, %d kept", s.Faults[monitor.Corrupt], len(s.Evidence))
	}
	if string(s.Evidence[0].Got) != "lent" {
		t.Error("evidence keeps memory that was only lent")
	}
	give(t)(f.Reset())
	blame(1)
	if s := snap(f); s.Faults[monitor.Corrupt] != 2 || len(s.Evidence) != 1 {
		t.Errorf("after Reset: %d faults, %d kept", s.Faults[monitor.Corrupt], len(s.Evidence))
	}
}

func TestErrorTextIsMadeSafe(t *testing.T) {
	if got := note(errors.New("a\x1b[31mb")); got != `a\x1b[31mb` {
		t.Errorf("%q", got)
	}
	if note(nil) != "" {
		t.Error("no error has a text")
	}
}

// mustPanic fails the test unless f panics.
func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", what)
		}
	}()
	f()
}

func TestABrokenLedgerPanics(t *testing.T) {
	c := counters{Counts: monitor.Counts{WaitUpDown: 3,
		Ledger: monitor.Ledger{Sent: 10, Echoed: 5, Abandoned: 1, Lost: 1}}}
	c.balance()
	if c.Ledger.Wait != 3 {
		t.Errorf("%+v", c.Ledger)
	}
	c.Ledger.Echoed++
	mustPanic(t, "an echo counted twice", c.balance)
	d := dummy{assigned: 3, echoed: 1, gone: 1, wait: 1}
	d.check()
	d.wait = 2
	mustPanic(t, "a wait too many", d.check)
}
