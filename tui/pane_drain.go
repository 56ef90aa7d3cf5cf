package tui

import (
	"fmt"

	"dummyload/monitor"
)

// drawDrain shows how Wait Echo Count falls from what it was at STOP to 0, or who is owed what.
func (u *ui) drawDrain(c canvas, s *monitor.View) {
	wait := s.WaitEchoCount()
	style := u.phaseStyle(s)
	c.row(0, "Wait Echo Count", count(wait), u.look.title)
	share := 0.0
	if s.Drain.AtStop > 0 {
		share = min(float64(wait)/float64(s.Drain.AtStop), 1)
	}
	bar(c, 1, 1, c.w-2, share, style)
	c.row(2, "at STOP", count(s.Drain.AtStop), u.look.text)
	c.row(3, "time since STOP", took(s.Drain.Elapsed), u.look.text)
	y := 4
	u.longest.add(s.Owed)
	if o := u.longest.oldest; len(s.Owed) > 0 && wait > 0 {
		c.fit(1, y, c.w-2, u.look.warn, fmt.Sprintf("oldest: dummy %d.%d seq %s, %s old",
			o.Client, o.Connection, count(o.First), took(o.Age)))
		y++
	}
	switch {
	case s.Phase == monitor.Drained && !s.GaveUp():
		c.text(1, y, style, "DRAINED in "+took(s.Drain.Elapsed)+" ✓")
		y++
	case s.GaveUp():
		from, page, key := y, pageDummies, "l"
		if wait == 0 {
			page, key = pageFaults, "4" // proved missing: nobody waits for them
		}
		for _, l := range c.wrap(fmt.Sprintf("GAVE UP after %s: %s never came (%s lists them)",
			took(s.Drain.Elapsed), plural(s.NeverCame(), "echo", "echoes"), key), c.w-2) {
			c.text(1, y, style, l)
			y++
		}
		c.onClick(1, from, c.w-2, y-from, func() { u.goTo(page) })
	default:
		c.text(1, y, style, "DRAINING")
		y++
	}
	u.drawLines(c.sub(0, y, c.w, c.h-y), u.counters(s)[4:])
}

// longestWait remembers who has waited longest for an echo. There can be a million lines, the same
// in every view after the drain: they are searched once, and not for every frame.
type longestWait struct {
	first  *monitor.Owed // the first of the lines that were searched, n in all
	n      int
	oldest monitor.Owed // has waited longest
}

// add takes the lines of a view in, unless it knows them already.
func (d *longestWait) add(owed []monitor.Owed) {
	if len(owed) == 0 || d.first == &owed[0] && d.n == len(owed) {
		return
	}
	*d = longestWait{first: &owed[0], n: len(owed), oldest: owed[0]}
	for _, o := range owed {
		if o.Age > d.oldest.Age {
			d.oldest = o
		}
	}
}
