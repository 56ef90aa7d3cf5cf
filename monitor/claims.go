package monitor

import (
	"fmt"
	"time"
)

// What a run claims beyond that its echoes are right: a rate that was asked for was made, and each
// threshold on a performance metric holds for the server. A tester that was late has spoiled only
// those claims that would hold without: a threshold that holds all the same holds, and so does a
// rate that was made in the end.

// How much of a rate may be missing: a share of the schedule, or a time that is no matter.
const (
	rateMissing      = 0.01
	rateMissingLeast = time.Millisecond
)

// freed is the snapshot without the time in which the tester itself was held up: no worse than
// what the server alone has done.
func (s *Snapshot) freed() *Snapshot {
	f := *s
	f.RTT = s.RTTFreed
	f.EchoOn -= min(s.EchoOn, s.Generator.HeldUp)
	f.Drain.Elapsed -= min(s.Drain.Elapsed, s.Generator.HeldUpDraining)
	return &f
}

// rateNotMade reports whether the open loop's schedule was left behind at its end by more than a
// rate that was made may be.
func (s *Snapshot) rateNotMade() bool {
	return s.Generator.Behind > max(rateMissingLeast, time.Duration(rateMissing*float64(s.EchoOn)))
}

// testers reports whether the tester was the bottleneck of the performance metric that missed the
// threshold.
func (t Threshold) testers(s *Snapshot) bool {
	return t.Performance() && (s.Generator.Saturated || t.Eval(s.freed()).OK)
}

// missedBy says that a threshold was missed for the tester's sake.
func (t Threshold) missedBy(s *Snapshot, result ThresholdResult) string {
	text := fmt.Sprintf("threshold %s missed: it is %s", t, result.Value)
	if freed := t.Eval(s.freed()); freed.OK {
		return text + fmt.Sprintf(", and %s without the time in which the tester was late", freed.Value)
	}
	return text + ", and the tester itself was the bottleneck"
}

// testerLimits are the diagnoses of a tester that has spoiled what the run claims. spoiled are the
// thresholds that were missed for its sake.
func testerLimits(s *Snapshot, r Rules, spoiled []Threshold) []Diagnosis {
	rate := r.OpenLoop && s.rateNotMade()
	g := &s.Generator
	switch {
	case g.Saturated && (r.OpenLoop || len(spoiled) > 0):
		return []Diagnosis{{LocalCPUSaturated, s.Clients, saturatedWhy(s)}}
	case len(spoiled) > 0:
		return []Diagnosis{{SendLag, s.Clients, lagWhy(s, spoiled[0].String())}}
	case rate && 2*g.HeldUp >= g.Behind:
		return []Diagnosis{{SendLag, s.Clients, lagWhy(s, fmt.Sprintf("a schedule %s behind at its "+
			"end, and it was %s", Micros(micros(max(rateMissingLeast,
			time.Duration(rateMissing*float64(s.EchoOn))))), Micros(micros(g.Behind))))}}
	}
	return nil
}

// lagWhy says how late the tester was, and what limit of the run's that has to do with.
func lagWhy(s *Snapshot, limit string) string {
	g := &s.Generator
	text := "the tester was late itself"
	if g.SendLag.Count > 0 {
		text += fmt.Sprintf(": sent late, p99 %s, at most %s, of round trips of p99 %s",
			Micros(g.SendLag.P99), Micros(g.SendLag.Max), Micros(s.RTT.P99))
	}
	if g.HeldUp > 0 {
		text += fmt.Sprintf("; held up for %s of %s", Micros(micros(g.HeldUp)),
			Micros(micros(s.EchoOn)))
	}
	return text + "; limit: " + limit
}

// saturatedWhy says what came of a run that the tester could not keep up with.
func saturatedWhy(s *Snapshot) string {
	why := "the tester itself was the bottleneck: its rate and times say nothing of the server"
	if s.Rate > 0 {
		why += fmt.Sprintf(" (%s of %s echoes/s were sent, send lag p99 %s, cpu %s)",
			Short(perSecond(s.Ledger.Sent, s.EchoOn)), Short(s.Rate),
			Micros(s.Generator.SendLag.P99), formatShare(s.Generator.CPUShare))
	}
	return why
}
