package tui

import (
	"fmt"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

func faultTable() table {
	return table{sortable: true, by: -1, columns: []column{
		{"At", 8, false}, {"Fault", 16, false}, {"Dummy", 7, true}, {"Conn", 4, true},
		{"Seq", 8, true}, {"What", 0, false},
	}}
}

// drawFaults draws the number of each fault, what they add up to, and the evidence.
func (u *ui) drawFaults(c canvas) {
	s := u.shown
	if s == nil {
		s = &monitor.View{}
	}
	const top = 8
	u.drawFaultCounts(c.sub(0, 0, c.w, top), s)
	diagnoses := 0
	if len(s.Diagnoses) > 0 {
		diagnoses = min(len(s.Diagnoses), 3) + 2
		in := u.frame(c.sub(0, top, c.w, diagnoses), "", "Diagnosis", "")
		for y, d := range s.Diagnoses[:min(len(s.Diagnoses), in.h)] {
			x := in.text(1, y, u.look.bad, d.Name) + 1
			x = in.text(x, y, u.look.dim, "("+plural(d.Connections, "connection",
				"connections")+")") + 1
			in.fit(x, y, in.w-x-1, u.look.text, d.Why)
		}
	}
	u.drawEvidence(c.sub(0, top+diagnoses, c.w, c.h-top-diagnoses), s)
}

// drawFaultCounts shows all faults by the names of the summary, in three columns.
func (u *ui) drawFaultCounts(c canvas, s *monitor.View) {
	note, title := fmt.Sprintf("first %d of each have evidence", monitor.MaxEvidence), "Faults"
	if b := s.Before; b != nil {
		title += " " + sinceReset(s)
		note = "before that " + plural(b.Bad(), "fault", "faults")
	}
	in := u.frame(c, "", title, note)
	w := in.w / 3
	for f, n := range s.Faults {
		name, style := monitor.Fault(f).String(), u.unlessZero(n)
		if monitor.Fault(f).Watched() {
			name += " (watch)"
			if n > 0 {
				style = u.look.warn
			}
		}
		in.sub(f/in.h*w, f%in.h, w, 1).row(0, name, short(n), style)
	}
}

func (u *ui) drawEvidence(c canvas, s *monitor.View) {
	evidence := s.Whole().Evidence // a reset makes no fault unseen
	r := rows{n: len(evidence)}
	switch {
	case s.Before != nil:
		r.key = s
	case r.n > 0:
		r.key = &evidence[0]
	}
	r.text = func(row, col int) string { return evidenceText(&evidence[row], col) }
	r.less = func(a, b, col int) bool { return evidenceLess(&evidence[a], &evidence[b], col) }
	u.faults.load(r)
	note := ""
	if r.n > 0 {
		note = u.faults.note() + "  Enter opens"
	}
	u.faults.draw(u.frame(c, "", "Evidence", note), "no fault was seen",
		func(int) tcell.Style { return u.look.text }, u.open)
}

// openEvidence shows the marked line in full.
func (u *ui) openEvidence() {
	i, ok := u.faults.chosen()
	if !ok || u.shown == nil {
		return
	}
	evidence := u.shown.Whole().Evidence
	if i >= len(evidence) {
		return
	}
	trace := ""
	if s := u.shown.Server; s != nil {
		trace = s.TraceFile
	}
	u.front = newDetail(evidence[i], trace)
}

func evidenceText(e *monitor.Evidence, col int) string {
	switch col {
	case 0:
		return clock(e.At)
	case 1:
		return e.Fault.String()
	case 2:
		return count(e.Client)
	case 3:
		return fmt.Sprint(e.Connection)
	case 4:
		if e.Seq == 0 {
			return "-"
		}
		return count(e.Seq)
	}
	return what(e)
}

// what says in a few words what is special about this fault.
func what(e *monitor.Evidence) string {
	text := ""
	if e.OwnerConnection > 0 {
		text = fmt.Sprintf("owner %d.%d seq %d  ", e.OwnerClient, e.OwnerConnection,
			e.OwnerSeq)
	}
	if e.Count > 1 {
		text += plural(e.Count, "echo", "echoes") + "  "
	}
	if len(e.Want) > 0 && len(e.Got) > 0 {
		text += fmt.Sprintf("byte %d  ", e.Offset)
	}
	if e.Age > 0 {
		text += took(e.Age) + " old  "
	}
	return text + e.Note
}

func evidenceLess(a, b *monitor.Evidence, col int) bool {
	switch col {
	case 0:
		return a.At < b.At
	case 1:
		return a.Fault < b.Fault
	case 2:
		return a.Client < b.Client
	case 3:
		return a.Connection < b.Connection
	case 4:
		return a.Seq < b.Seq
	}
	return what(a) < what(b)
}
