package tui

import (
	"fmt"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

func owedTable() table {
	return table{sortable: true, by: -1, columns: []column{
		{"Dummy", 9, true}, {"Conn", 5, true}, {"First seq", 10, true}, {"Last seq", 10, true},
		{"Owed", 5, true}, {"Age", 6, true}, {"Local address", 0, false},
	}}
}

// drawDummies draws the numbers of all dummies together, and the list of what they are owed.
func (u *ui) drawDummies(c canvas) {
	const top = 6
	third := c.w / 3
	s := u.shown
	if s == nil {
		s = &monitor.View{}
	}
	t, cn, f := u.look.text, s.Connections, s.Fairness
	u.drawLines(u.frame(c.sub(0, 0, third, top), "", "Connections", ""), []line{
		{"now / peak", count(cn.Now) + " / " + count(cn.Peak), t},
		{"tried", count(cn.Attempted), t},
		{"connected", count(cn.Connected), t},
		{"failed", count(cn.Failed), u.unlessZero(cn.Failed)},
	})
	u.drawLines(u.frame(c.sub(third, 0, third, top), "", "Closed", ""), []line{
		{"by the dummy", count(cn.ClosedByDummy), t},
		{"by the server", count(cn.ClosedByServer), u.unlessZero(cn.ClosedByServer)},
		{"echoes abandoned", count(s.Ledger.Abandoned), t},
		{"echoes lost", count(s.Ledger.Lost), u.unlessZero(s.Ledger.Lost)},
	})
	u.drawLines(u.frame(c.sub(2*third, 0, c.w-2*third, top), "", "Echoes per dummy", ""), []line{
		{"least", count(f.Min), t},
		{"median", count(f.Median), t},
		{"most", count(f.Max), t},
		{"silent dummies", count(f.Silent), u.unlessZero(f.Silent)},
	})
	u.drawOwed(c.sub(0, top, c.w, c.h-top), s)
}

// drawOwed lists who waits for which echoes. While Echo is on every dummy waits for some, so the
// list begins with STOP.
func (u *ui) drawOwed(c canvas, s *monitor.View) {
	r := rows{n: len(s.Owed)}
	if r.n > 0 {
		r.key = &s.Owed[0]
	}
	r.text = func(row, col int) string {
		o := &s.Owed[row]
		return [...]string{count(o.Client), fmt.Sprint(o.Connection), count(o.First),
			count(o.Last), count(o.Count), took(o.Age), o.Local}[col]
	}
	r.less = func(a, b, col int) bool { return owedLess(&s.Owed[a], &s.Owed[b], col) }
	u.owed.load(r)
	note := ""
	if r.n > 0 {
		note = u.owed.note() + "  < > i sort"
	}
	empty := "nothing is owed"
	if s.Phase < monitor.Draining {
		empty = "listed after STOP: while echo runs every dummy waits for some"
	}
	u.owed.draw(u.frame(c, "", "Unanswered echoes", note), empty,
		func(int) tcell.Style { return u.look.text }, nil)
}

func owedLess(a, b *monitor.Owed, col int) bool {
	switch col {
	case 0:
		return a.Client < b.Client
	case 1:
		return a.Connection < b.Connection
	case 2:
		return a.First < b.First
	case 3:
		return a.Last < b.Last
	case 4:
		return a.Count < b.Count
	case 5:
		return a.Age < b.Age
	}
	return a.Local < b.Local
}
