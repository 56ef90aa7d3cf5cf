package diagnose

import (
	"fmt"
	"time"

	"dummyload/monitor"
)

// Steps follows the throughput between one close by a dummy and the next. A server whose workers
// take the end of a connection for the order to stop loses one of them at each: its throughput
// goes down in steps, and in the end it stands still. The zero value has seen nothing.
type Steps struct {
	closed, echoed uint64        // as of the last close
	at             time.Duration // of it
	found          *monitor.Diagnosis
	moved          time.Duration // when an echo was last seen to have come
	last           uint64        // echoes as of then
	foundAfter     uint64        // echoes as of when it was found
	rates          []float64     // echoes per second between closes, the last maxSteps
}

const (
	maxSteps   = 64
	minStep    = 100 * time.Millisecond // less is no measurement
	lessBy     = 0.85                   // of the rate before: a step down
	noise      = 1.3                    // of the rate before: no step up yet
	mostDips   = 1                      // on the way: intervals in which the machine was busy
	leastSteps = 2                      // on the way; a server that stops at once makes one
	leastStill = 3                      // closes without an echo in between: it stands still
	stillLeast = time.Second            // … for so long: a busy machine brings forth less
)

// Turn forgets the throughput, as echoes are counted anew, but not what was found.
func (t *Steps) Turn() { *t = Steps{found: t.found} }

// Follow goes on to the next facts, which follow the last ones in time, and adds to them what it has
// found. It is taken back when another echo comes: no end of the churn and no STOP brings lost
// workers back, but a machine that was too busy for a while, with churn that closes connections before
// they are served, looks the same until it goes on.
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
	case f.ClosedByDummy == t.closed || f.Uptime-t.at < minStep:
		return
	default:
		if len(t.rates) == maxSteps {
			t.rates = append(t.rates[:0], t.rates[1:]...)
		}
		rate := float64(f.Echoed-t.echoed) / (f.Uptime - t.at).Seconds()
		t.rates = append(t.rates, rate)
	}
	t.closed, t.echoed, t.at = f.ClosedByDummy, f.Echoed, f.Uptime
}

// down counts the steps down to standstill; 0 when it went up again on the way, or did not stand
// still. Before the first step down it may go up: a machine may be busy when echo begins. And it may
// be later, for an interval, which then counts for as much as the next one, if that is no more than
// the one before.
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

// still is how many closes in a row had not one echo in between.
func (t *Steps) still() int {
	n := 0
	for i := len(t.rates) - 1; i >= 0 && t.rates[i] == 0; i-- {
		n++
	}
	return n
}

// find is workers_lost where a server stands still that went down in steps. With churn it
// is not silent on all connections since one instant: new ones are made, and wait in vain too.
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
