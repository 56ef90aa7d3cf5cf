package cluster

import (
	"time"

	"dummyload/monitor/trace"
)

// clock is a child's clock as its parent sees it. Both processes count on from their own
// start by the machine's one monotonic clock, so that the difference of the two is constant. What
// it is the wall clocks at both starts tell, as finely as the system reads them (Windows: a tick
// of up to 16 ms), and unless they were set meanwhile. Every answer bounds it: the child read its
// clock after it was asked and before the answer came.
type clock struct {
	ref         time.Time     // the parent's clock
	answered    bool          // the bounds hold
	least, most time.Duration // how far the child's is ahead
}

// ahead is how far the child's clock is: not at all, as its wall clock says, unless an answer
// tells otherwise.
func (c *clock) ahead() time.Duration {
	if !c.answered {
		return 0
	}
	return min(max(0, c.least), c.most)
}

// now is the parent's time.
func (c *clock) now() time.Duration { return time.Since(c.ref) }

// learn learns from an answer, and moves it to the parent's clock.
func (c *clock) learn(x *trace.Excerpt, asked, came time.Duration) {
	start := x.Start.Sub(c.ref)
	read := start + x.Read
	least, most := read-came, read-asked
	if c.answered {
		least, most = max(least, c.least), min(most, c.most)
	}
	if least <= most { // else some clock did not go on evenly: the earlier bounds do as well
		c.answered, c.least, c.most = true, least, most
	}
	x.Start = c.ref.Add(start - c.ahead())
}

// theirs is a time by the child's clock, as it can be sent. An unknown one stays so.
func (c *clock) theirs(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return c.ref.Add(t.Sub(c.ref) + c.ahead()).Round(0)
}
