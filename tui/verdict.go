package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// judgement is what can be said of a run so far.
type judgement struct {
	word  string
	note  string // beside a pass: what should be known all the same
	why   string
	style tcell.Style

	tester string // why the tester itself is the bottleneck; empty when it is not
}

// verdict judges a view, in as many words as w columns have room for. Before the run has ended
// it judges only what cannot get better.
func (u *ui) verdict(s *monitor.View, w int) judgement {
	rules := u.o.Rules
	rules.Live = s.Phase != monitor.Ended // until then the server still holds sessions
	v := monitor.Judge(s, rules)
	j := judgement{word: strings.ToUpper(v.Name), note: v.Note, style: u.look.bad,
		tester: bottleneck(s, v)}
	switch {
	case v.ExitCode == monitor.ExitInconclusive:
		j.style = u.look.warn
	case v.ExitCode != monitor.ExitPass:
	case s.Whole().Ledger.Echoed == 0:
		return judgement{word: "none yet", note: v.Note, why: "no echo was verified",
			style: u.look.text, tester: j.tester}
	default:
		j.style = u.look.ok
		if s.Phase < monitor.Drained {
			j.word += " so far"
		}
	}
	j.why = evidenceInNumbers(s.Whole(), w)
	if len(v.Reasons) > 0 {
		j.why = v.Reasons[0]
	}
	if v.ExitCode == monitor.ExitFault {
		j.why = findings(s.Whole(), rules.Allow, v)
	}
	return j
}

// bottleneck says why the tester itself is the bottleneck: it is full of its own work, it gets no
// processor, or it is so late that what the run claims is spoiled. It is empty when it is not.
func bottleneck(s *monitor.View, v monitor.Verdict) string {
	g := &s.Generator
	switch {
	case g.Full():
		return "TESTER FULL " + percent(g.EchoCPUShare)
	case g.Saturated:
		return "TESTER STARVED " + percent(g.Starved)
	case slices.ContainsFunc(v.Diagnoses, func(d monitor.Diagnosis) bool {
		return d.Name == monitor.SendLag
	}):
		return "TESTER LATE " + took(g.HeldUp)
	}
	return ""
}

// findings names what was found, in so few words that one line has room for them.
func findings(s *monitor.View, allow []monitor.Fault, v monitor.Verdict) string {
	var parts []string
	for f, n := range s.Faults {
		kind := monitor.Fault(f)
		if n > 0 && !kind.Watched() && !slices.Contains(allow, kind) {
			parts = append(parts, short(n)+" "+kind.String())
		}
	}
	for _, d := range v.Diagnoses {
		parts = append(parts, d.Name)
	}
	if len(parts) == 0 {
		return v.Reasons[0]
	}
	return strings.Join(parts, ", ")
}

// evidenceInNumbers says what the number of faults is worth: where there is none, there may have
// been too few echoes to see one.
func evidenceInNumbers(s *monitor.View, w int) string {
	bad, n := s.Bad(), s.Ledger.Echoed
	noun := ""
	if w >= wideWidth {
		noun = " echoes"
	}
	return fmt.Sprintf("%s bad of %s%s, fault rate < %s (95%%)", short(bad), short(n), noun,
		scientific(monitor.FaultRateUpper95(bad, n)))
}

// scientific writes 1.6e-7 rather than 1.6e-07.
func scientific(f float64) string {
	return strings.Replace(fmt.Sprintf("%.2g", f), "e-0", "e-", 1)
}

// drawVerdict is the line above the keys.
func (u *ui) drawVerdict(c canvas) {
	s := u.shown
	if s == nil {
		return
	}
	v := u.verdict(s, c.w)
	tester, style := "tester "+percent(s.Generator.CPUShare), u.look.dim
	if v.tester != "" {
		tester, style = v.tester, u.look.warn
	}
	c.right(c.w-1, 0, style, tester)
	x := c.text(1, 0, u.look.title, "VERDICT ")
	x = c.text(x, 0, v.style, v.word)
	if v.note != "" {
		x = c.text(x, 0, u.look.warn, ", "+v.note)
	}
	x += 2
	c.fit(x, 0, c.w-x-c.width(tester)-3, u.look.text, v.why)
}
