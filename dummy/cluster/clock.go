package cluster

import (
	"time"

	"dummyload/monitor/trace"
)

// clock is a child's clock as its parent sees it. Both processes count from their own start by the
// machine's one monotonic clock, so the difference of the two is constant. The wall clocks at both
// starts give its value, as finely as the system reads them (Windows: a tick of up to 16 ms), and
// unless somebody set them between the starts. Every answer bounds it: the child read its clock
// after it was asked and before the answer came.
type clock struct {
	ref         time.Time     // the parent's clock
	answered    bool          // whether there are bounds
	least, most time.Duration // the bounds of how far the child's is ahead
}

// ahead is how far the child's clock is ahead. Where the bounds allow it, that is 0, as the wall
// clocks say.
func (c *clock) ahead() time.Duration {
	if !c.answered {
		return 0
	}
	return min(max(0, c.least), c.most)
}

// now is the parent's time.
func (c *clock) now() time.Duration { return time.Since(c.ref) }

// learn takes the bounds from an answer, and moves the answer to the parent's clock.
func (c *clock) learn(x *trace.Excerpt, asked, came time.Duration) {
	start := x.Start.Sub(c.ref)
	read := start + x.Read
	least, most := read-came, read-asked
	if c.answered {
		least, most = max(least, c.least), min(most, c.most)
	}
	if least <= most { // otherwise some clock did not run evenly, and the earlier bounds stay
		c.answered, c.least, c.most = true, least, most
	}
	x.Start = c.ref.Add(start - c.ahead())
}

// theirs is a time by the child's clock, to be sent. The zero time stays zero.
func (c *clock) theirs(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return c.ref.Add(t.Sub(c.ref) + c.ahead()).Round(0)
}
