package monitor

import (
	"testing"
	"time"
)

func TestRatesBetween(t *testing.T) {
	a := &View{Run: Run{At: time.Unix(10, 0)}, Counts: Counts{Ledger: Ledger{Sent: 100, Echoed: 90}}}
	b := &View{Run: Run{At: time.Unix(12, 0)}, Counts: Counts{Ledger: Ledger{Sent: 300, Echoed: 200}}}
	want := Rates{Sent: 100, Echoed: 55}
	if got := RatesBetween(a, b); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := RatesBetween(a, a); got != (Rates{}) {
		t.Errorf("no time between: %+v, want 0", got)
	}
	a.At, b.At = b.At, a.At
	if got := RatesBetween(b, a); got != (Rates{}) {
		t.Errorf("after a reset: %+v, want 0", got)
	}
}
