package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
)

// searched is the summary of a search.
type searched struct {
	summary
	MaxRate monitor.MaxRate `json:"max_rate"`
}

// search runs one and reads its summary.
func search(t *testing.T, args ...string) (r ran, s searched) {
	t.Helper()
	r = dummyload(t, slices.Concat([]string{"run", "--json", "-"}, patient, args)...)
	if err := json.Unmarshal([]byte(r.stdout), &s); err != nil {
		t.Fatalf("exit %d: %v\n%s%s", r.code, err, r.stdout, r.stderr)
	}
	return r, s
}

// TestMaxRate: the curve is whole and agrees with itself, and the printed flags run the found rate
// again. Which rate it is depends on the machine.
func TestMaxRate(t *testing.T) {
	const duration = 200 * time.Millisecond
	r, s := search(t, "--max-rate", "400ms", "--duration", duration.String(), "--clients", "50",
		"--oversend", "4")
	m := s.MaxRate
	few := m.Steps[0].Made*duration.Seconds() < 100 // then no rate is tried
	if few != (len(m.Steps) == 1) || m.Steps[0].Purpose != monitor.StepEstimate ||
		m.Limit != monitor.Limit(400*time.Millisecond) {
		t.Fatalf("%+v", m)
	}
	for _, step := range m.Steps {
		// A rate is made within 1 %, or 3 echoes in so short a step. The summary does not have the
		// exact time that Echo was on.
		short := (step.Asked - step.Made) / max(0.01*step.Asked, 3/duration.Seconds())
		if step.Asked > 0 && short > 0.5 && short < 2 {
			continue
		}
		good := step.P999 > 0 && step.P99 < 400_000 && step.Late == 0 && // and not without an echo
			(step.Asked == 0 || short < 1)
		if good != (step.Verdict == monitor.StepOK) || step.P50 > step.P99 || step.P99 > step.P999 {
			t.Errorf("%+v", step)
		}
	}
	rows := strings.Count(r.stderr, "\n  "+string(monitor.StepEstimate)) +
		strings.Count(r.stderr, "\n  "+string(monitor.StepSearch)) +
		strings.Count(r.stderr, "\n  "+string(monitor.StepConfirm))
	if rows != len(m.Steps) || strings.Count(r.stderr, monitor.StepHeader()) != 1 {
		t.Errorf("%d of %d steps are told in\n%s", rows, len(m.Steps), r.stderr)
	}
	last := m.Steps[len(m.Steps)-1]
	wrong := slices.ContainsFunc(monitorFaults(), func(f string) bool { return s.Faults[f] > 0 })
	switch {
	case wrong || s.Wait != 0 || s.Ledger.Sent != s.Ledger.Echoed:
		t.Errorf("faults %v, %+v", s.Faults, s.Ledger)
	case m.Rate > 0:
		again := fmt.Sprintf("--rate %.0f --threshold 'rtt_p99<400ms'", m.Rate)
		if m.Repeat != again || !strings.Contains(r.stderr, again) ||
			last.Purpose != monitor.StepConfirm || last.Asked != m.Rate ||
			last.Verdict != monitor.StepOK {
			t.Errorf("%+v; want it repeated by %s, in\n%s", m, again, r.stderr)
		}
		want := map[string]int{"server": monitor.ExitPass, "tester": monitor.ExitInconclusive}
		if code, ok := want[m.LimitedBy]; !ok || r.code != code {
			t.Errorf("limited by %q, exit %d", m.LimitedBy, r.code)
		}
	case (m.LimitedBy == "server") != (r.code == monitor.ExitThreshold),
		m.LimitedBy != "server" && r.code != monitor.ExitInconclusive, few && m.LimitedBy == "server":
		t.Errorf("found nothing, limited by %q, and exits %d", m.LimitedBy, r.code)
	}
	mustAudit(t, s.summary)
}

// TestTooFewEchoesAccuseNobody: dummies that pause for longer than a step make one echo each. That is
// neither the server's limit nor the tester's.
func TestTooFewEchoesAccuseNobody(t *testing.T) {
	r, s := search(t, "--max-rate", "30s", "--duration", "200ms", "--clients", "20", "--loop-delay", "1m")
	if r.code != monitor.ExitInconclusive || s.MaxRate.LimitedBy == "server" || len(s.MaxRate.Steps) != 1 ||
		len(s.Reasons) != 1 || !strings.HasPrefix(s.Reasons[0], "max-rate: none ") {
		t.Errorf("exit %d, %q, %+v", r.code, s.Reasons, s.MaxRate)
	}
}

// monitorFaults are the faults that a right server never causes.
func monitorFaults() []string {
	late := monitor.Late.String()
	return slices.DeleteFunc(faultNames(), func(f string) bool { return f == late })
}
