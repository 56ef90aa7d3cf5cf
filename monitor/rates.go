package monitor

import "time"

// Rates is what happened between two views, per second.
type Rates struct {
	Sent   float64 // echoes: SendPacket TPS
	Echoed float64 // echoes verified: RecvPacket TPS
}

// RatesBetween compares two views of one run. All rates are 0 when there is no time between them. A
// rate is 0 when its counter went down, because of a Reset.
func RatesBetween(earlier, later *View) Rates {
	dt := later.At.Sub(earlier.At)
	return Rates{
		Sent:   rate(earlier.Ledger.Sent, later.Ledger.Sent, dt),
		Echoed: rate(earlier.Ledger.Echoed, later.Ledger.Echoed, dt),
	}
}

func rate(from, to uint64, dt time.Duration) float64 {
	if dt <= 0 || to < from {
		return 0
	}
	return float64(to-from) / dt.Seconds()
}
