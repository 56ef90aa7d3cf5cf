package tui

import (
	"fmt"

	"dummyload/monitor"
)

// drawDrain shows how Wait Echo Count falls from what it was at STOP to 0, or who is owed what.
func (u *ui) drawDrain(c canvas, s *monitor.Snapshot) {
	wait := s.WaitEchoCount()
	style := u.phaseStyle(s.Phase)
	c.row(0, "Wait Echo Count", count(wait), u.look.title)
	share := 0.0
	if s.Drain.AtStop > 0 {
		share = min(float64(wait)/float64(s.Drain.AtStop), 1)
	}
	bar(c, 1, 1, c.w-2, share, style)
	c.row(2, "at STOP", count(s.Drain.AtStop), u.look.text)
	c.row(3, "time since STOP", took(s.Drain.Elapsed), u.look.text)
	y := 4
	u.debt.add(s.Owed)
	if o := u.debt.oldest; len(s.Owed) > 0 && wait > 0 {
		c.fit(1, y, c.w-2, u.look.warn, fmt.Sprintf("oldest: dummy %d.%d seq %s, %s old",
			o.Client, o.Connection, count(o.First), took(o.Age)))
		y++
	}
	switch s.Phase {
	case monitor.Drained:
		c.text(1, y, style, "DRAINED in "+took(s.Drain.Elapsed)+" ✓")
		y++
	case monitor.Undrained:
		from := y
		for _, l := range c.wrap(fmt.Sprintf("GAVE UP after %s: %s never came (l lists them)",
			took(s.Drain.Elapsed), plural(neverCame(s), "echo", "echoes")), c.w-2) {
			c.text(1, y, style, l)
			y++
		}
		c.onClick(1, from, c.w-2, y-from, func() { u.goTo(pageDummies) })
	default:
		c.text(1, y, style, "DRAINING")
		y++
	}
	u.drawLines(c.sub(0, y, c.w, c.h-y), u.counters(s)[4:])
}

// neverCame is how many echoes a drain that was given up was without: those that are owed, or, where
// all of them were proved missing, those that are lost.
func neverCame(s *monitor.Snapshot) uint64 {
	if wait := s.WaitEchoCount(); wait > 0 {
		return wait
	}
	return s.Faults[monitor.Missing]
}

// debt sums up who is owed echoes. There can be a million lines, the same in every snapshot after
// the drain, so they are added up once and not for every frame.
type debt struct {
	first   *monitor.Owed // what was added up, with n
	n       int
	dummies int          // one may be owed on several connections
	oldest  monitor.Owed // has waited longest
}

// add takes the lines of a snapshot in, unless they are the ones it knows.
func (d *debt) add(owed []monitor.Owed) {
	if len(owed) == 0 || d.first == &owed[0] && d.n == len(owed) {
		return
	}
	*d = debt{first: &owed[0], n: len(owed), oldest: owed[0]}
	seen := make(map[int]bool, len(owed))
	for _, o := range owed {
		seen[o.Client] = true
		if o.Age > d.oldest.Age {
			d.oldest = o
		}
	}
	d.dummies = len(seen)
}
