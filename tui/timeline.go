package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// newTimeline is the list of what both ends did around a fault. The mark is on the last step before
// it.
func newTimeline(e *monitor.Evidence) table {
	t := table{by: -1, columns: []column{
		{"ms to fault", 11, true}, {"By", 11, false}, {"Of", 10, false}, {"What", 0, false},
	}}
	t.load(rows{n: len(e.Steps), key: e, text: func(row, col int) string {
		return stepText(e, &e.Steps[row], col)
	}})
	later := slices.IndexFunc(e.Steps, func(s monitor.Step) bool { return s.At > e.At })
	if later < 0 {
		later = len(e.Steps)
	}
	t.at = max(later-1, 0)
	return t
}

func stepText(e *monitor.Evidence, s *monitor.Step, col int) string {
	switch col {
	case 0:
		return fmt.Sprintf("%+.3f", float64(s.At-e.At)/float64(time.Millisecond))
	case 1:
		return s.By
	case 2:
		return s.Of
	}
	return s.What
}

// drawTimeline draws it, the dummy's steps and the server's in different colours.
func (d *detail) drawTimeline(u *ui, c canvas) {
	d.steps.draw(c, "", func(row int) tcell.Style {
		switch s := &d.e.Steps[row]; {
		case strings.HasPrefix(s.What, "Fault"):
			return u.look.bad
		case strings.HasPrefix(s.By, "dummy"):
			return u.look.dim
		}
		return u.look.text
	}, nil)
}

// timelineText is the timeline for the clipboard, a step a line.
func timelineText(e *monitor.Evidence) string {
	var b strings.Builder
	for i := range e.Steps {
		for col := range 4 {
			fmt.Fprintf(&b, "%s%c", monitor.Clean(stepText(e, &e.Steps[i], col)), "   \n"[col])
		}
	}
	return b.String()
}
