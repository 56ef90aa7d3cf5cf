package monitor

import "slices"

// maxAdvice is how many pieces of advice a report gives. The likeliest come first.
const maxAdvice = 3

// explained reports whether a diagnosis says why echoes are owed.
func explained(ds []Diagnosis) bool {
	return slices.ContainsFunc(ds, func(d Diagnosis) bool {
		switch d.Name {
		case AcceptStalled, NeverServed, SendWakeupLost, SendFlagStuck, ReceiveNotRearmed:
			return true
		}
		return false
	})
}

// unanswered reports whether the diagnosis says that no echo ever came back right. Faults are no sign of
// anything else then.
func unanswered(d Diagnosis) bool { return d.Name == FrameMismatch || d.Name == NeverServed }

// nextAdvice is what a reader should do about a verdict other than pass. The advice on diagnoses comes
// first, then that on the faults that failed the run, then that on the verdict itself. advice is
// Meta.Advice.
func nextAdvice(s *View, v Verdict, advice func(name string) string) []string {
	var texts []string
	add := func(text string) {
		if text != "" && !slices.Contains(texts, text) && len(texts) < maxAdvice {
			texts = append(texts, text)
		}
	}
	on := func(name string) {
		if advice != nil {
			add(advice(name))
		}
	}
	if v.ExitCode == ExitFault || v.ExitCode == ExitInconclusive {
		for _, d := range v.Diagnoses {
			on(d.Name)
		}
	}
	if slices.ContainsFunc(v.Diagnoses, unanswered) {
		return texts
	}
	for _, f := range v.Failed {
		if f == NotDrained && explained(v.Diagnoses) {
			continue // why is known, and it is no lost wake-up
		}
		on(f.String())
	}
	switch {
	case v.ExitCode == ExitThreshold:
		add("is it the server? compare the tester's CPU and send lag above, then repeat")
	case v.ExitCode == ExitInconclusive && s.Ledger.Echoed == 0:
		add("check that the server echoes in the chosen --frame, and give it a longer --duration")
	}
	return texts
}
