package monitor

import (
	"fmt"
	"slices"
	"strings"
)

// The exit codes that a verdict can earn. 1 and 2 are of runs that end without one.
const (
	ExitPass         = 0
	ExitFault        = 3   // a correctness fault, or not drained
	ExitThreshold    = 4   // a threshold was missed
	ExitInconclusive = 5   // the run proves nothing either way
	ExitInterrupted  = 130 // interrupted before any echo
)

// verdictNames are the verdicts as the summary names them.
var verdictNames = map[int]string{
	ExitPass: "pass", ExitFault: "fail", ExitThreshold: "threshold",
	ExitInconclusive: "inconclusive", ExitInterrupted: "interrupted",
}

// Rules is what a run is judged by.
type Rules struct {
	Allow       []Fault     // counted and shown, but not failing the run
	Thresholds  []Threshold // each must hold
	OpenLoop    bool        // a --rate was asked for
	Interrupted bool        // a signal ended Echo before its time
	AtOnce      bool        // a second signal ended the run before its end
	Live        bool        // the run goes on: only what cannot get better counts
}

// Verdict is what a run earned.
type Verdict struct {
	Name       string   // pass, fail, threshold, inconclusive or interrupted
	ExitCode   int      // what the process exits with
	Reasons    []string // a sentence each, the worst first; empty for pass
	Note       string   // what the reader of a pass should know all the same; mostly empty
	Failed     []Fault  // the faults that failed the run
	Thresholds []ThresholdResult
	Diagnoses  []Diagnosis // the view's, those of the bundled server's audit, and the tester's

	Running     bool // the run goes on: only a fault is final
	Interrupted bool // a signal ended Echo before its time
}

// Judge draws the verdict from the last view of a run. The worst finding decides the exit code, in this
// order: a fault (3), a performance threshold missed where the tester itself was the bottleneck (5), a
// threshold that the server missed (4), inconclusive for any other reason (5). Reasons has all of
// them. Late echoes alone never fail a run. A run that was interrupted before the first echo, or ended at
// once, is 130 whatever was found. The verdict is about the whole run, before and after a Reset. Only
// performance thresholds go by what was measured since the Reset.
func Judge(since *View, r Rules) Verdict {
	s := since.Whole()
	v := Verdict{Diagnoses: slices.Clone(s.Diagnoses), Running: r.Live && !r.AtOnce,
		Interrupted: r.Interrupted}
	if s.Server != nil {
		v.Diagnoses = append(v.Diagnoses, s.Server.wrongs(r.Live)...)
	}
	thresholds := v.evaluate(s, since, r)
	v.Diagnoses = append(v.Diagnoses, testerLimits(since, r, thresholds.spoiled)...)
	v.Failed = failing(s, r)
	if r.AtOnce {
		v.add(ExitInterrupted, []string{"told a second time to end: the run did not come to its end"})
	}
	if r.Interrupted && s.Ledger.Sent == 0 {
		v.add(ExitInterrupted, []string{"interrupted before any echo was sent"})
	}
	v.add(ExitFault, faultReasons(s, since.Before, r, v))
	v.add(ExitInconclusive, thresholds.tester)
	v.add(ExitThreshold, append(thresholds.missed, s.MaxRate.unmet(r.Live)...))
	v.add(ExitInconclusive, append(inconclusive(s, r, v.Diagnoses), thresholds.unmeasured...))
	v.Name = verdictNames[v.ExitCode]
	if late := s.Faults[Late]; late > 0 && v.ExitCode == ExitPass {
		v.Note = Short(float64(late)) + " " + s.LaterThan()
	}
	return v
}

// soFar is what a summary may say of the verdict. While the run goes on, only a fault is final.
func (v *Verdict) soFar() (name string, code EarnedCode) {
	if v.Running && v.ExitCode != ExitFault {
		return "running", NoCode
	}
	return v.Name, EarnedCode(v.ExitCode)
}

// add appends reasons. The first ones are the worst, and set the exit code.
func (v *Verdict) add(code int, reasons []string) {
	if len(v.Reasons) == 0 && len(reasons) > 0 {
		v.ExitCode = code
	}
	v.Reasons = append(v.Reasons, reasons...)
}

// failing lists the faults that fail the run. Echoes still owed at the end of a run are not drained, even
// if nobody counted them so because the run was cut short.
func failing(s *View, r Rules) []Fault {
	var failed []Fault
	for f := range NumFaults {
		happened := s.Faults[f] > 0
		if f == NotDrained {
			happened = happened || !r.Live && s.WaitEchoCount() > 0
		}
		if happened && !f.Watched() && !slices.Contains(r.Allow, f) {
			failed = append(failed, f)
		}
	}
	return failed
}

func faultReasons(s *View, before *Before, r Rules, v Verdict) []string {
	var reasons []string
	for _, f := range v.Failed {
		n := s.Faults[f]
		if f == NotDrained {
			n = max(n, s.WaitEchoCount())
		}
		reasons = append(reasons, fmt.Sprintf("%s, counted %s%s: %s", f, plural(n, "time"),
			before.share(f), f.Help()))
	}
	for _, d := range v.Diagnoses {
		if d.Fails() && !forgiven(d, r.Allow) {
			reasons = append(reasons, fmt.Sprintf("%s: %s", d.Name, Clean(d.Why)))
		}
	}
	return reasons
}

// forgiven reports whether an allowed fault allows the diagnosis as well. A server that may close
// connections may close all of them.
func forgiven(d Diagnosis, allow []Fault) bool {
	return d.Name == ServerGone && slices.Contains(allow, ClosedByServer)
}

// evaluated is what the thresholds came to: a reason for each that does not hold.
type evaluated struct {
	missed     []string    // by the server
	tester     []string    // because of the tester, or perhaps
	spoiled    []Threshold // those that tester tells of
	unmeasured []string    // nothing was measured
}

// evaluate compares each threshold with the run.
func (v *Verdict) evaluate(whole, since *View, r Rules) (h evaluated) {
	for _, t := range r.Thresholds {
		s := whole
		if t.Performance() {
			s = since
		}
		result := t.Eval(s)
		v.Thresholds = append(v.Thresholds, result)
		switch {
		case result.OK:
		case result.measured && t.spoiled(since):
			h.spoiled = append(h.spoiled, t)
			h.tester = append(h.tester, t.missedWhy(since, result))
		case result.measured:
			h.missed = append(h.missed, t.missedWhy(since, result))
		case !r.Live:
			h.unmeasured = append(h.unmeasured, fmt.Sprintf("threshold %s: nothing was measured", t))
		}
	}
	return h
}

func inconclusive(s *View, r Rules, diagnoses []Diagnosis) []string {
	var reasons []string
	if s.Ledger.Echoed == 0 && !r.Live {
		reasons = append(reasons, "no echo was verified, so nothing is proved")
	}
	reasons = append(reasons, s.MaxRate.unproved(r.Live)...)
	for _, d := range diagnoses {
		if d.Local() {
			reasons = append(reasons, fmt.Sprintf("%s: %s", d.Name, Clean(d.Why)))
		}
	}
	return reasons
}

// plural counts things: 1 echo, 2 echoes, 1,000 sessions.
func plural(n uint64, thing string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(thing, "o"):
		thing += "es"
	default:
		thing += "s"
	}
	return Count(n) + " " + thing
}
