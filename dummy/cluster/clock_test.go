package cluster

import (
	"testing"
	"time"

	"dummyload/monitor/trace"
)

// read is the answer of a child whose clock is ahead, read at a time of the parent's.
func (c *clock) read(ahead, at time.Duration) trace.Excerpt {
	return trace.Excerpt{Start: c.ref.Add(-time.Hour + ahead).Round(0), Read: time.Hour + at}
}

// However wrong the child's wall clock is, its answer is placed between the request and the answer's
// arrival, and a request has the right time by the child's clock.
func TestAChildsClockIsCompared(t *testing.T) {
	const ms = time.Millisecond
	for _, ahead := range []time.Duration{0, ms / 4, 16 * ms, -16 * ms, time.Hour, -time.Hour} {
		c := &clock{ref: time.Now()}
		for i, rtt := range []time.Duration{2 * ms, ms, 4 * ms} { // the best one counts
			asked := time.Duration(i) * time.Second
			x := c.read(ahead, asked+rtt/2)
			c.learn(&x, asked, asked+rtt)
			most := min(rtt, ms)
			if i == 0 {
				most = rtt
			}
			most /= 2
			off := x.Start.Sub(c.ref) + time.Hour
			if off.Abs() > most || ahead.Abs() <= most && off != ahead {
				t.Errorf("%v ahead: answer %d is %v off, want at most %v", ahead, i, off, most)
			}
			at := c.ref.Add(5 * time.Second)
			if off := c.theirs(at).Sub(at.Round(0)) - ahead; off.Abs() > most {
				t.Errorf("%v ahead: asked for a time %v off, want at most %v", ahead, off, most)
			}
		}
		if !c.theirs(time.Time{}).IsZero() {
			t.Error("an unknown time became a known one")
		}
	}
}

// An answer that contradicts the earlier ones, of a clock that stood still for example, can be used all
// the same.
func TestAContradictionChangesNoBounds(t *testing.T) {
	c := &clock{ref: time.Now()}
	for i, ahead := range []time.Duration{time.Second, 3 * time.Second} {
		x := c.read(ahead, time.Duration(i)*time.Second)
		c.learn(&x, time.Duration(i)*time.Second, time.Duration(i)*time.Second)
		if c.ahead() != time.Second {
			t.Errorf("after answer %d it is %v ahead", i, c.ahead())
		}
	}
}
