package dummy

import (
	"testing"
	"time"
)

// TestServerAtWorkOnClosesIsNotAccused has two dummies closed at once. The server answers the
// first FIN when its time is nearly over, the second one after it, or never.
func TestServerAtWorkOnClosesIsNotAccused(t *testing.T) {
	const wait = 5 * time.Second
	for _, c := range []struct {
		name    string
		later   time.Duration // the first FIN is sent so much after the second
		first   time.Duration // when it is answered; 0 = never
		at      time.Duration
		accused bool
	}{
		{"its time is not over", 0, 0, wait, false},
		{"nothing is answered", 0, 0, wait + 1, true},
		{"at work", 0, wait - 1, wait + 1, false},
		{"at work for a while", 0, wait - 1, 2*wait - 2, false},
		{"no more at work", 0, wait - 1, 2*wait - 1, true},
		{"a younger one was answered", time.Second, wait - 1, wait + 1, true},
		{"for ever at work", 0, 4*wait - 1, 4 * wait, true},
	} {
		w, p := byHand(t, Config{Clients: 2, DrainTimeout: wait})
		for slot := range 2 { // the server has accepted both
			w.at(slot).set(heard)
			w.at(slot).heardAt = 1
		}
		w.engine.Tick(time.Hour)
		w.closeOwn(w.at(1), CloseFIN, 0)
		w.engine.Tick(w.now() + c.later)
		w.closeOwn(w.at(0), CloseFIN, 0)
		if c.first > 0 {
			w.engine.Tick(time.Hour + c.first)
			w.engine.Complete(p.received(w.at(0), nil))
		}
		w.engine.Tick(time.Hour + c.at)
		w.scan.inspect(w.at(1))
		if accused := w.count.signs.FINsIgnored > 0; accused != c.accused {
			t.Errorf("%s: accused %v", c.name, accused)
		}
	}
}
