package monitor

import (
	"cmp"
	"slices"
)

// Part is an ended part of a run, from one Mark to the next. Its histograms begin empty at its mark,
// since extremes cannot be subtracted. Its counters are differences.
type Part struct {
	Number int    // counted from 0; all workers give a part the same number
	Name   string // the name that Mark gave it; the first part has none
	Difference

	// As in a Tally. A nil one is empty.
	RTT, Held, Freed *Histogram
	Lag              *Histogram
}

// MaxParts is how many parts are kept: the first ones.
const MaxParts = 64

// Difference is what was counted between two points of a run: carried + sent = echoed + wait +
// abandoned + lost. A difference may be negative: an echo that was counted as lost may still come.
type Difference struct {
	Carried   uint64 // echoes not answered at the beginning
	Wait      uint64 // and at the end
	Sent      int64
	Echoed    int64
	Abandoned int64
	Lost      int64

	EchoedOff int64
	Faults    [NumFaults]int64

	Connected, ClosedByDummy, ClosedByServer int64 // connections
	BytesSent, BytesReceived                 int64
}

// Balanced reports whether every echo is accounted for.
func (d *Difference) Balanced() bool {
	return int64(d.Carried)+d.Sent == d.Echoed+int64(d.Wait)+d.Abandoned+d.Lost
}

// Minus is what was counted since an earlier state of the same counters.
func (c *Counts) Minus(mark *Counts) Difference {
	diff := func(now, was uint64) int64 { return int64(now - was) } // also where it wraps around
	d := Difference{
		Carried: mark.Ledger.Wait, Wait: c.Ledger.Wait,
		Sent: diff(c.Ledger.Sent, mark.Ledger.Sent), Echoed: diff(c.Ledger.Echoed, mark.Ledger.Echoed),
		Abandoned:     diff(c.Ledger.Abandoned, mark.Ledger.Abandoned),
		Lost:          diff(c.Ledger.Lost, mark.Ledger.Lost),
		EchoedOff:     diff(c.EchoedOff, mark.EchoedOff),
		Connected:     diff(c.Connections.Connected, mark.Connections.Connected),
		ClosedByDummy: diff(c.Connections.ClosedByDummy, mark.Connections.ClosedByDummy),
		ClosedByServer: diff(c.Connections.ClosedByServer,
			mark.Connections.ClosedByServer),
		BytesSent:     diff(c.Bytes.Sent, mark.Bytes.Sent),
		BytesReceived: diff(c.Bytes.Received, mark.Bytes.Received),
	}
	for f := range d.Faults {
		d.Faults[f] = diff(c.Faults[f], mark.Faults[f])
	}
	return d
}

// RoundTrips sums up the part's round trips as they were measured.
func (p *Part) RoundTrips() Distribution {
	if p.Held.Count() == 0 {
		return p.RTT.Distribution()
	}
	return sumOf(p.RTT, p.Held).Distribution()
}

// mergeParts merges the parts that have the same number. When one list is empty and the other is sorted,
// it returns the other itself.
func mergeParts(a, b []Part) []Part {
	if len(b) == 0 {
		a, b = b, a
	}
	byNumber := func(a, b Part) int { return cmp.Compare(a.Number, b.Number) }
	rising := slices.IsSortedFunc(b, func(a, b Part) int { return cmp.Or(byNumber(a, b), 1) })
	if len(a) == 0 && rising && len(b) <= MaxParts {
		return slices.Clip(b)
	}
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, byNumber)
	var out []Part
	for i := range all {
		if i == 0 || all[i].Number != all[i-1].Number {
			if len(out) == MaxParts {
				break
			}
			out = append(out, Part{Number: all[i].Number})
		}
		last := &out[len(out)-1]
		p := all[i]
		p.Number = 0 // merge would add it up
		merge(last, &p)
	}
	return out
}
