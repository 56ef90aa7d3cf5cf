package monitor

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of the report. The JSON summary has the rest.
const (
	reportWidth = 80 // columns; only a cell that is longer than that goes beyond
	reportLabel = 13 // columns of a line's label
	reportOwed  = 10 // lines of owed echoes
)

// WriteReport writes the run for people: what ran, the numbers, what went wrong with the first evidence
// of each fault, how sure that is, and how to repeat it. A frame that does not fit comes before the
// numbers, which are worth nothing then. The verdict with what to do next comes last,
// where a terminal keeps it in sight. The error is the writer's.
func WriteReport(w io.Writer, final *View, v Verdict, meta Meta) error {
	r := &report{}
	r.head(final, v, meta)
	mismatch := func(d Diagnosis) bool { return d.Name == FrameMismatch }
	if r.diagnoses(v, mismatch) {
		r.line("")
	}
	r.numbers(final)
	r.evidence(final.Whole())
	r.owed(final, meta)
	r.diagnoses(v, func(d Diagnosis) bool { return !mismatch(d) })
	r.thresholds(v)
	r.maxRate(final.MaxRate)
	r.confidence(final.Whole(), meta)
	r.verdict(final.Whole(), v, meta)
	_, err := io.WriteString(w, r.b.String())
	return err
}

// report collects the text, so that only one write can fail.
type report struct{ b strings.Builder }

func (r *report) line(format string, args ...any) {
	fmt.Fprintf(&r.b, format, args...)
	r.b.WriteByte('\n')
}

// cells writes a label and its cells. A line that is full goes on under the first cell.
func (r *report) cells(label string, cells []string) {
	line := fmt.Sprintf("%-*s", reportLabel, label)
	for _, c := range cells {
		long := utf8.RuneCountInString(line) + 2 + utf8.RuneCountInString(c)
		if long > reportWidth && strings.TrimSpace(line) != "" {
			r.line("%s", strings.TrimRight(line, " "))
			line = strings.Repeat(" ", reportLabel)
		}
		if utf8.RuneCountInString(line) > reportLabel {
			line += "  "
		}
		line += c
	}
	r.line("%s", strings.TrimRight(line, " "))
}

func (r *report) head(s *View, v Verdict, meta Meta) {
	server := "not bundled"
	if s.Bundled {
		server = "bundled"
	}
	r.line("%s: %s against %s (%s)", strings.TrimRight("dummyload "+meta.Version, " "),
		dummies(s.Clients), Clean(s.Target), server)
	load := fmt.Sprintf("closed loop, over send %d", s.OverSend)
	if s.Rate > 0 {
		load = fmt.Sprintf("open loop at %s echoes/s, over send %d", Short(s.Rate), s.OverSend)
	}
	if s.Churn > 0 {
		load += fmt.Sprintf(", Disconnect Test %s/s", Short(s.Churn))
	}
	if m := s.MaxRate; m != nil {
		r.line("highest rate with p99 under %v: %s; what follows is of the last",
			m.Limit, plural(uint64(len(m.Steps)), "step"))
	}
	r.line("echo on for %s, %s, seed %d", Micros(micros(s.EchoOn)), load, s.Seed)
	if v.Interrupted {
		r.line("%s", endedBySignal(s.Whole(), meta))
	}
	if b := s.Before; b != nil {
		r.line("reset at %s (%s): counted since; before it %s echoes, %s",
			b.At.Format(time.TimeOnly), plural(b.Resets, "time"),
			Count(b.Ledger.Echoed), plural(b.Bad(), "fault"))
	}
	r.line("")
}

// endedBySignal says after what time a signal ended Echo, and how long Echo was to be on.
func endedBySignal(s *View, meta Meta) string {
	text := "ended by a signal after " + Micros(micros(s.EchoOn))
	if meta.Duration > 0 {
		text += " of " + Micros(micros(meta.Duration))
	}
	return text
}

func dummies(n int) string {
	if n == 1 {
		return "1 dummy"
	}
	return Count(uint64(max(n, 0))) + " dummies"
}

// numbers writes a line for each group of metrics.
func (r *report) numbers(s *View) {
	var group string
	var cells []string
	flush := func() {
		if group == faultGroup && len(cells) == 0 {
			cells = []string{"none"}
		}
		if len(cells) > 0 {
			r.cells(group, append(cells, extra(s, group)...))
		}
		cells = nil
	}
	for _, m := range metrics {
		if m.Group != group {
			flush()
			group = m.Group
		}
		if v := m.Get(s); m.shown(v) {
			cells = append(cells, m.Key+" "+m.Unit.Format(v))
		}
	}
	flush()
}

// shown leaves out what was not measured, and the faults that did not happen.
func (m Metric) shown(v float64) bool {
	return !math.IsNaN(v) && (m.Group != faultGroup && m.Group != watchGroup && !m.Rare || v != 0)
}

// extra is what a line says besides its metrics.
func extra(s *View, group string) []string {
	switch {
	case group == rateGroup && s.Rate > 0:
		sent := perSecond(s.Ledger.Sent, s.EchoOn)
		return []string{fmt.Sprintf("sent %s/s of %s/s asked", Short(sent), Short(s.Rate))}
	case group == watchGroup:
		return []string{fmt.Sprintf("%s of the echoes, %s", formatShare(s.LateShare()),
			s.LaterThan())}
	case group == testerGroup:
		cells := engine(s.Generator.Backend, s.Generator.Workers)
		switch g := &s.Generator; {
		case g.Full():
			cells = append(cells, "SATURATED")
		case g.Saturated:
			cells = append(cells, "STARVED "+formatShare(g.Starved))
		}
		return cells
	case group == serverGroup && s.Server != nil:
		cells := engine(s.Server.Backend, s.Server.Workers)
		if s.Server.TraceFile != "" {
			cells = append(cells, "trace "+Clean(s.Server.TraceFile))
		}
		return cells
	}
	return nil
}

func engine(backend string, workers int) []string {
	if backend == "" {
		return nil
	}
	return []string{fmt.Sprintf("%s × %d", Clean(backend), workers)}
}

// evidence writes the first evidence of each fault that happened. Owed echoes have a list of their own.
func (r *report) evidence(s *View) {
	var shown [NumFaults]bool
	for _, e := range s.Evidence {
		if !shown[e.Fault] && e.Fault != NotDrained {
			shown[e.Fault] = true
			r.line("  first %s: %s", e.Fault, e.Sentence())
		}
	}
}

// owed lists the first of the echoes still unanswered, and says where the whole list is.
func (r *report) owed(s *View, meta Meta) {
	if s.Drain.GaveUp {
		r.line("  GAVE UP the drain after %s: %s never came", Micros(micros(s.Drain.Elapsed)),
			plural(s.NeverCame(), "echo"))
	}
	n := s.WaitEchoCount()
	if n == 0 {
		return
	}
	r.line("  not drained: Wait Echo Count %s, %s at STOP", Count(n), Count(s.Drain.AtStop))
	for _, o := range s.Owed[:min(len(s.Owed), reportOwed)] {
		r.line("    %s", o.Sentence())
	}
	if more := len(s.Owed) - reportOwed; more > 0 {
		where := "give --json FILE to have them all"
		if meta.JSONFile != "" {
			where = "all are in " + Clean(meta.JSONFile)
		}
		r.line("    and on %s more; %s", plural(uint64(more), "connection"), where)
	}
}

// diagnoses writes those that are meant, and reports whether there were any.
func (r *report) diagnoses(v Verdict, meant func(Diagnosis) bool) (some bool) {
	for _, d := range v.Diagnoses {
		if meant(d) {
			some = true
			r.line("  diagnosis %s (%s): %s",
				d.Name, plural(uint64(max(d.Connections, 0)), "connection"), Clean(d.Why))
		}
	}
	return some
}

func (r *report) thresholds(v Verdict) {
	var cells []string
	for _, t := range v.Thresholds {
		word := "missed"
		if t.OK {
			word = "ok"
		}
		cells = append(cells, fmt.Sprintf("%s %s (%s)", t.Expr, word, t.Value))
	}
	if len(cells) > 0 {
		r.cells("thresholds", cells)
	}
}

func (r *report) confidence(s *View, meta Meta) {
	r.line("")
	r.line("%s", Confidence(s))
	if meta.Command != "" {
		r.line("repeat with: %s", Clean(meta.Command))
	}
}

// Confidence says in one sentence what the number of faults is worth.
func Confidence(s *View) string {
	if s.Ledger.Echoed == 0 {
		return "no echo was verified"
	}
	rate := FaultRateUpper95(s.Bad(), s.Ledger.Echoed)
	return fmt.Sprintf("%s bad, %s right echoes: fault rate < %s (95 %%)",
		Count(s.Bad()), Count(s.Ledger.Echoed), exponent(rate))
}

func (r *report) verdict(s *View, v Verdict, meta Meta) {
	for _, reason := range v.Reasons {
		r.line("- %s", reason)
	}
	for _, text := range nextAdvice(s, v, meta.Advice) {
		r.line("next: %s", text)
	}
	note := ""
	if v.Note != "" {
		note = ", " + v.Note
	}
	r.line("VERDICT %s%s (exit %d)", strings.ToUpper(v.Name), note, v.ExitCode)
}
