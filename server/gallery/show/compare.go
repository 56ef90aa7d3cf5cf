package show

import (
	"fmt"
	"slices"

	"dummyload/monitor"
)

// Result is the result of a show.
type Result string

// The results.
const (
	AsExpected Result = "ok"
	Escaped    Result = "ESCAPED"  // what should have been named was not
	Misnamed   Result = "MISNAMED" // it was named, and something else as well
	Accused    Result = "ACCUSED"  // something was named of a right server
	NotShown   Result = "FAILED"   // the show itself did not work
)

// mostEvidence is how many lines of evidence say why a result is not as expected.
const mostEvidence = 10

// compare compares what was earned with what was expected.
func (s *Show) compare(final *monitor.View, rules monitor.Rules) {
	s.Earned = earned(final, rules)
	foreign := slices.DeleteFunc(slices.Clone(s.Earned), func(name string) bool {
		return slices.Contains(s.Expected, name) || slices.Contains(s.also, name) ||
			name == monitor.Late.String()
	})
	switch {
	case !includes(s.Earned, s.Expected):
		s.Result = Escaped
	case len(foreign) > 0 && len(s.Expected) == 0:
		s.Result = Accused
	case len(foreign) > 0:
		s.Result = Misnamed
	default:
		s.Result = AsExpected
		return
	}
	v := monitor.Judge(final, rules)
	s.Why = append(s.Why, v.Reasons...)
	for _, d := range v.Diagnoses {
		s.Why = append(s.Why, fmt.Sprintf("%s: %s", d.Name, monitor.Clean(d.Why)))
	}
	if len(s.Why) == 0 {
		s.Why = []string{fmt.Sprintf("nothing was found in %s echoes on %s connections",
			monitor.Count(final.Ledger.Echoed), monitor.Count(final.Connections.Connected))}
	}
	for _, ev := range final.Evidence[:min(len(final.Evidence), mostEvidence)] {
		s.Why = append(s.Why, fmt.Sprintf("%s: %s", ev.Fault, ev.Sentence()))
	}
}

// earned is what the tester says of a server: every fault that fails the run, late echoes, and every
// diagnosis that accuses.
func earned(view *monitor.View, rules monitor.Rules) []string {
	v := monitor.Judge(view, rules)
	names := []string{}
	for _, f := range v.Failed {
		names = append(names, f.String())
	}
	if view.Faults[monitor.Late] > 0 && !slices.Contains(rules.Allow, monitor.Late) {
		names = append(names, monitor.Late.String())
	}
	for _, d := range v.Diagnoses {
		if d.Accuses() {
			names = append(names, d.Name)
		}
	}
	return names
}

// includes reports whether all of want are among have.
func includes(have, want []string) bool {
	return !slices.ContainsFunc(want, func(name string) bool { return !slices.Contains(have, name) })
}

// keepEvidence keeps, of each fault, the first evidence that has a timeline.
func (s *Show) keepEvidence(final *monitor.View, rules monitor.Rules) {
	shown := map[monitor.Fault]bool{}
	summary := monitor.NewSummary(final, monitor.Judge(final, rules), monitor.Meta{})
	for _, e := range summary.Evidence {
		if len(e.Timeline) > 0 && !shown[e.Fault] {
			shown[e.Fault] = true
			s.Evidence = append(s.Evidence, e)
		}
	}
}
