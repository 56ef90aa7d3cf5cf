package tui

import (
	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

func allTable() table {
	return table{by: -1, columns: []column{
		{"Metric", 28, false}, {"Value", 12, true}, {"Meaning", 0, false},
	}}
}

// drawAll lists every metric there is, by the names that --threshold takes.
func (u *ui) drawAll(c canvas) {
	metrics := monitor.Metrics()
	r := rows{n: len(metrics), key: u.shown}
	r.text = func(row, col int) string {
		m := metrics[row]
		switch col {
		case 0:
			return m.Name
		case 1:
			if u.shown == nil {
				return "-"
			}
			return m.Unit.Format(m.Get(u.shown))
		}
		return m.Help
	}
	u.all.load(r)
	u.all.draw(u.frame(c, "", "All metrics", u.all.note()), "",
		func(int) tcell.Style { return u.look.text }, nil)
}
