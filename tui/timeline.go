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
	t.load(rows{n: len(e.Timeline), key: e, text: func(row, col int) string {
		return footprintText(e, &e.Timeline[row], col)
	}})
	later := slices.IndexFunc(e.Timeline, func(s monitor.Footprint) bool { return s.At > e.At })
	if later < 0 {
		later = len(e.Timeline)
	}
	t.at = max(later-1, 0)
	return t
}

func footprintText(e *monitor.Evidence, s *monitor.Footprint, col int) string {
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

// drawTimeline draws it, the dummy's footprints and the server's in different colours.
func (d *detail) drawTimeline(u *ui, c canvas) {
	d.steps.draw(c, "", func(row int) tcell.Style {
		switch s := &d.e.Timeline[row]; {
		case strings.HasPrefix(s.What, "Fault"):
			return u.look.bad
		case strings.HasPrefix(s.By, "dummy"):
			return u.look.dim
		}
		return u.look.text
	}, nil)
}

// timelineText is the timeline for the clipboard, a footprint a line.
func timelineText(e *monitor.Evidence) string {
	var b strings.Builder
	for i := range e.Timeline {
		for col := range 4 {
			fmt.Fprintf(&b, "%s%c", monitor.Clean(footprintText(e, &e.Timeline[i], col)), "   \n"[col])
		}
	}
	return b.String()
}
