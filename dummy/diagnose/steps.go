package diagnose

import (
	"fmt"
	"time"

	"dummyload/monitor"
)

// Steps follows the throughput from one close by a dummy to the next. A server's worker may take the
// end of a connection for the order to stop. Then the server loses one worker at each close: its
// throughput goes down in steps, and in the end it stands still. The zero value has seen nothing.
type Steps struct {
	closed, echoed uint64        // connections and echoes at the last close
	at             time.Duration // of the last close
	found          *monitor.Diagnosis
	moved          time.Duration // when an echo last came
	last           uint64        // echoes at that time
	foundAfter     uint64        // echoes when found was found
	rates          []float64     // echoes per second between closes, the last maxRates
}

const (
	maxRates   = 64
	minTime    = 100 * time.Millisecond // between closes: a shorter time is no measurement
	lessBy     = 0.85                   // of the rate before: below it, a step down
	noise      = 1.3                    // of the rate before: up to it, no step up
	mostDips   = 1                      // times that the machine may have been busy
	leastSteps = 2                      // steps down; a server that stops at once makes one
	leastStill = 3                      // closes without an echo in between: it stands still
	stillLeast = time.Second            // … for so long: a busy machine is never so slow
)

// Turn forgets the throughput, as echoes are counted anew. It keeps what was found.
func (t *Steps) Turn() { *t = Steps{found: t.found} }

// Follow takes the next facts, in the order of time, and adds to them what it has found. It takes
// that back when another echo comes: lost workers do not come back, neither when the churn ends nor
// at STOP. A machine that was too busy for a while, with churn that closes connections before they
// are served, looks the same until it goes on.
func (t *Steps) Follow(f *Facts) {
	t.measure(f)
	if t.found != nil && f.Echoed > t.foundAfter {
		t.found, t.rates = nil, nil
	}
	if t.found == nil {
		t.found, t.foundAfter = t.find(f), f.Echoed
	}
	f.Steps = t.found
}

// measure takes the counters while echo is on.
func (t *Steps) measure(f *Facts) {
	if f.Echoed != t.last {
		t.last, t.moved = f.Echoed, f.Uptime
	}
	switch {
	case f.Phase != monitor.Echoing:
		return
	case t.at == 0:
	case f.ClosedByDummy == t.closed || f.Uptime-t.at < minTime:
		return
	default:
		if len(t.rates) == maxRates {
			t.rates = append(t.rates[:0], t.rates[1:]...)
		}
		rate := float64(f.Echoed-t.echoed) / (f.Uptime - t.at).Seconds()
		t.rates = append(t.rates, rate)
	}
	t.closed, t.echoed, t.at = f.ClosedByDummy, f.Echoed, f.Uptime
}

// down counts the steps down to a standstill. It is 0 if the rate went up again on the way, or if
// the server did not stand still. Before the first step down the rate may go up: a machine may be
// busy when Echo begins. The machine may also be busy later, for one rate: that counts as the next
// rate, if the next one is not above the one before.
func (t *Steps) down() int {
	if len(t.rates) == 0 || t.rates[len(t.rates)-1] > 0 {
		return 0
	}
	n, dips := 0, 0
	before := t.rates[0]
	for i := 1; i+1 < len(t.rates); i++ {
		now, next := t.rates[i], t.rates[i+1]
		if dips < mostDips && next > now*noise && next <= before*noise {
			now = next
			dips++
		}
		switch {
		case n > 0 && now > before*noise:
			return 0
		case now > 0 && now < before*lessBy:
			n++
		}
		before = now
	}
	return n
}

// still is how many closes in a row, up to now, had no echo in between.
func (t *Steps) still() int {
	n := 0
	for i := len(t.rates) - 1; i >= 0 && t.rates[i] == 0; i-- {
		n++
	}
	return n
}

// find is workers_lost if the server went down in steps and stands still. With churn it is not
// silent on all connections since one instant, as new ones are made, which wait in vain, too.
func (t *Steps) find(f *Facts) *monitor.Diagnosis {
	connections := int(f.Now)
	if d := f.standstill(); d != nil {
		connections = d.Connections
	} else if t.still() < leastStill || f.Uptime-t.moved < stillLeast || f.Owed == 0 {
		return nil
	}
	if t.down() < leastSteps {
		return nil
	}
	return &monitor.Diagnosis{
		Name: monitor.WorkersLost, Connections: connections,
		Why: fmt.Sprintf("from one close to the next throughput fell in steps, down to nothing: "+
			"%.0f echoes/s between them", t.rates[:min(len(t.rates), 10)]),
	}
}
