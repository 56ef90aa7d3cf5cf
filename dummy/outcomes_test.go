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
