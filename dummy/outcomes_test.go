package dummy

import (
	"testing"
	"time"

	"dummyload/monitor"
)

// TestEchoesDueAtOnceAreCountedEach: they have one round trip, and each counts, in the histogram and
// as late.
func TestEchoesDueAtOnceAreCountedEach(t *testing.T) {
	w, p := byHand(t, Config{Clients: 1, OverSend: 4, EchoTimeout: time.Second})
	w.start(w.now(), never)
	turn(w, p, w.now(), false)
	turn(w, p, w.now()+2*time.Second, true)
	late, trips, echoed := w.count.Faults[monitor.Late], w.hists.RTT.Count(), w.count.Ledger.Echoed
	if echoed < 4 || trips != echoed || late != 4 {
		t.Errorf("%d echoed, %d round trips, %d late; want 4 late", echoed, trips, late)
	}
}

// TestWhetherWholePayloadsComeBack: an echo of 8 bytes does not show it, a longer one does, and where
// none is longer there is nothing to show.
func TestWhetherWholePayloadsComeBack(t *testing.T) {
	w, _ := byHand(t, Config{Clients: 1, SizeMin: 8, SizeMax: 8})
	if !w.lengths.Whole {
		t.Error("no echo is longer than 8 bytes")
	}
	w, p := byHand(t, Config{Clients: 1, SizeMin: 8, SizeMax: 9})
	w.start(w.now(), never)
	for longer := false; !longer; {
		if w.lengths.Whole {
			t.Fatal("known before a longer one came back")
		}
		d := w.at(0)
		turn(w, p, w.now(), false)
		longer = w.fleet.pattern.AnswerSize(d.ident(), d.assigned) == 9
		turn(w, p, w.now(), true)
		if d.assigned > 1000 {
			t.Fatal("none is longer")
		}
	}
	if !w.lengths.Whole {
		t.Error("a longer one came back")
	}
}
