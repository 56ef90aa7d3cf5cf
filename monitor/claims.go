package monitor

import (
	"fmt"
	"time"
)

// A run may claim more than that its echoes are right: that the rate asked for was made, and that each
// threshold on a performance metric holds for the server. A late tester spoils a claim only if the
// claim fails, and would hold had the tester not been late.

// How far the schedule may be left behind: a share of it, and a time that never matters.
const (
	rateMissing      = 0.01
	rateMissingLeast = time.Millisecond
)

// freed is the view without the time in which the tester itself was held up. Its times are no longer
// than what the server alone took.
func (s *View) freed() *View {
	f := *s
	f.RTT = s.RTTFreed
	f.EchoOn -= min(s.EchoOn, time.Duration(s.Generator.HeldUp))
	f.Drain.Elapsed -= min(s.Drain.Elapsed, s.Generator.HeldUpDraining)
	return &f
}

// rateNotMade reports whether the open loop was too far behind its schedule at its end.
func (s *View) rateNotMade() bool {
	return s.Generator.Behind > s.behindMost()
}

func (s *View) behindMost() time.Duration {
	return max(rateMissingLeast, time.Duration(rateMissing*float64(s.EchoOn)))
}

// unlagged is the freed view with the p99 of the tester's send lag taken off every round trip. In an
// open loop a round trip begins when the echo is due, so the lag is a part of it, once. What is left is
// the server's.
func (s *View) unlagged() *View {
	f := s.freed()
	lag := s.Generator.SendLag.P99
	for _, p := range [...]*float64{&f.RTT.Min, &f.RTT.Mean, &f.RTT.P50, &f.RTT.P90, &f.RTT.P99,
		&f.RTT.P999, &f.RTT.P9999, &f.RTT.Max} {
		*p = max(0, *p-lag)
	}
	return f
}

// spoiled reports whether the tester is why the threshold was missed, or may be. It can be so only
// for a performance metric.
func (t Threshold) spoiled(s *View) bool {
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

// testerLimits is the diagnosis of a tester that has spoiled what the run claims, and names the limit
// that was missed. spoiled are the thresholds that were missed because of the tester.
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

// lagWhy is the evidence of SendLag: how late the tester was.
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

// saturatedWhy is the evidence of LocalCPUSaturated: how busy the tester was, and what came of it.
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
