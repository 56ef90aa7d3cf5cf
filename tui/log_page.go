package tui

import (
	"github.com/gdamore/tcell/v2"
)

func logTable() table {
	return table{follow: true, by: -1, columns: []column{{"Time", 12, false}, {"Event", 0, false}}}
}

// drawLog lists the events, the newest at the bottom.
func (u *ui) drawLog(c canvas) {
	var r rows
	if u.shown != nil {
		events := u.shown.Events
		if r.n = len(events); r.n > 0 {
			r.key = &events[0]
		}
		r.text = func(row, col int) string {
			if col == 0 {
				return events[row].At.Format(eventTime)
			}
			return events[row].Text
		}
	}
	u.log.load(r)
	u.log.draw(u.frame(c, "", "Log", u.log.note()), "nothing has happened yet",
		func(int) tcell.Style { return u.look.text }, nil)
}
