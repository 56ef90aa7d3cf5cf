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
	if o, ok := oldest(s.Owed); ok && wait > 0 {
		c.fit(1, y, c.w-2, u.look.warn, fmt.Sprintf("oldest: dummy %d.%d seq %s, %s old",
			o.Client, o.Connection, count(o.First), took(o.Age)))
		y++
	}
	switch s.Phase {
	case monitor.Drained:
		c.text(1, y, style, "DRAINED in "+took(s.Drain.Elapsed)+" ✓")
		y++
	case monitor.Undrained:
		c.fit(1, y, c.w-2, style, fmt.Sprintf("NOT DRAINED: %s of %s",
			plural(wait, "echo", "echoes"), plural(dummiesOwed(s.Owed), "dummy", "dummies")))
		c.text(1, y+1, u.look.key, "l lists them")
		c.onClick(1, y+1, c.w-2, 1, func() { u.goTo(pageDummies) })
		y += 2
	default:
		c.text(1, y, style, "DRAINING")
		y++
	}
	u.drawLines(c.sub(0, y, c.w, c.h-y), u.counters(s)[4:])
}

// oldest is the owed line whose echo has waited longest.
func oldest(owed []monitor.Owed) (oldest monitor.Owed, ok bool) {
	for _, o := range owed {
		if !ok || o.Age > oldest.Age {
			oldest, ok = o, true
		}
	}
	return oldest, ok
}

// dummiesOwed counts the dummies among the lines: one may be owed on several connections.
func dummiesOwed(owed []monitor.Owed) int {
	seen := make(map[int]bool, len(owed))
	for _, o := range owed {
		seen[o.Client] = true
	}
	return len(seen)
}
