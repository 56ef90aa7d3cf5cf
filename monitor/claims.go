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
func (s *View) freed() *View {
	f := *s
	f.RTT = s.RTTFreed
	f.EchoOn -= min(s.EchoOn, time.Duration(s.Generator.HeldUp))
	f.Drain.Elapsed -= min(s.Drain.Elapsed, s.Generator.HeldUpDraining)
	return &f
}

// rateNotMade reports whether the open loop's schedule was left behind at its end by more than a
// rate that was made may be.
func (s *View) rateNotMade() bool {
	return s.Generator.Behind > s.behindMost()
}

func (s *View) behindMost() time.Duration {
	return max(rateMissingLeast, time.Duration(rateMissing*float64(s.EchoOn)))
}

// unlagged is the snapshot without what its round trips may have of the tester's own lag, which is
// part of them as they begin when an echo is due. It is in them but once: what is longer is the
// server's.
func (s *View) unlagged() *View {
	f := s.freed()
	lag := s.Generator.SendLag.P99
	for _, p := range [...]*float64{&f.RTT.Min, &f.RTT.Mean, &f.RTT.P50, &f.RTT.P90, &f.RTT.P99,
		&f.RTT.P999, &f.RTT.P9999, &f.RTT.Max} {
		*p = max(0, *p-lag)
	}
	return f
}

// testers reports whether the tester was, or may have been, the bottleneck of the performance metric
// that missed the threshold.
func (t Threshold) testers(s *View) bool {
	return t.Performance() &&
		(s.Generator.Saturated || t.Eval(s.freed()).OK || t.Eval(s.unlagged()).OK)
}

// missedWhy says that a threshold was missed, and what the tester has to do with that.
func (t Threshold) missedWhy(s *View, result ThresholdResult) string {
	text := fmt.Sprintf("threshold %s missed: it is %s", t, result.Value)
	if !t.Performance() {
		return text
	}
	freed := t.Eval(s.freed())
	if freed.measured && (freed.OK || freed.Value != result.Value) {
		text += fmt.Sprintf(", and %s without the time in which the tester was late", freed.Value)
		if freed.OK {
			return text
		}
	}
	if !s.Generator.Saturated && t.Eval(s.unlagged()).OK {
		return text + fmt.Sprintf(", of which the tester's own send lag may be %s",
			Micros(s.Generator.SendLag.P99))
	}
	if s.Generator.Saturated {
		text += ", and the tester itself was the bottleneck"
	}
	return text
}

// testerLimits is the diagnosis of a tester that has spoiled what the run claims, with the limit that
// was missed for that. spoiled are the thresholds that were missed for its sake.
func testerLimits(s *View, r Rules, spoiled []Threshold) []Diagnosis {
	g := &s.Generator
	limit := ""
	switch late := 2*time.Duration(g.HeldUp) >= g.Behind && s.rateNotMade(); {
	case len(spoiled) > 0:
		limit = spoiled[0].String()
	case r.OpenLoop && (g.Saturated || late):
		limit = fmt.Sprintf("a schedule %s behind at its end, and it was %s",
			Micros(micros(s.behindMost())), Micros(micros(g.Behind)))
	default:
		return nil
	}
	if g.Full() {
		return []Diagnosis{{LocalCPUSaturated, s.Clients, saturatedWhy(s) + "; limit: " + limit}}
	}
	return []Diagnosis{{SendLag, s.Clients, lagWhy(s) + "; limit: " + limit}}
}

// lagWhy says how late the tester was.
func lagWhy(s *View) string {
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
	if g.Saturated {
		text += fmt.Sprintf("; without a processor for %s of the time", formatShare(g.Starved))
	}
	return text
}

// saturatedWhy says what came of a run that the tester could not keep up with.
func saturatedWhy(s *View) string {
	g := &s.Generator
	why := fmt.Sprintf("the tester itself was the bottleneck: its busiest worker ran for %s of the "+
		"time, and its rate and times say nothing of the server", formatShare(g.EchoCPUShare))
	if s.Rate > 0 {
		why += fmt.Sprintf(" (%s of %s echoes/s were sent, send lag p99 %s)",
			Short(perSecond(s.Ledger.Sent, s.EchoOn)), Short(s.Rate), Micros(g.SendLag.P99))
	}
	return why
}
