package dummy

import "testing"

// TestStartAndStopAtOnce: a worker that was held up reads both orders in one batch. What START made
// ready has its turn none the less, once.
func TestStartAndStopAtOnce(t *testing.T) {
	for _, rate := range []float64{0, 1000} {
		w, p := byHand(t, Config{Clients: 3, OverSend: 2, Rate: rate})
		w.start(w.now(), never)
		w.stop()
		turn(w, p, w.now(), false) // sends
		turn(w, p, w.now(), true)
		want := uint64(3 * 2)
		if rate > 0 {
			want = 1 // is due
		}
		if got := w.count.Ledger.Echoed; got != want || w.count.WaitUpDown != 0 {
			t.Errorf("at a rate of %v: %d echoed, %d owed, want %d", rate, got, w.count.WaitUpDown, want)
		}
		w.start(w.now(), never)
		turn(w, p, w.now(), true)
		sent := w.count.Ledger.Sent
		w.stop()
		if w.count.Ledger.Sent != sent {
			t.Errorf("at a rate of %v: STOP made %d more", rate, w.count.Ledger.Sent-sent)
		}
	}
}
