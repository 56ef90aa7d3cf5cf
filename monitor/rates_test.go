package monitor

import (
	"testing"
	"time"
)

func TestRatesBetween(t *testing.T) {
	a := &View{At: time.Unix(10, 0), Ledger: Ledger{Sent: 100, Echoed: 90},
		Connections: Connections{Connected: 5}, Bytes: Bytes{Sent: 1000, Received: 900}}
	b := &View{At: time.Unix(12, 0), Ledger: Ledger{Sent: 300, Echoed: 200},
		Connections: Connections{Connected: 6}, Bytes: Bytes{Sent: 5000, Received: 1000}}
	want := Rates{Sent: 100, Echoed: 55, Connects: 0.5, BytesOut: 2000, BytesIn: 50}
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
