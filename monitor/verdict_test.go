package monitor

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// threshold is a rule's thresholds, of one expression that is known to be right.
func threshold(expr string) []Threshold {
	th, err := ParseThreshold(expr)
	if err != nil {
		panic(err)
	}
	return []Threshold{th}
}

var (
	missed      = threshold("rtt_p99<1ms")
	held        = threshold("rtt_p99<5ms")
	plainMissed = threshold("late==0")
)

// judgements is what a good run, changed, comes to.
var judgements = []struct {
	why    string
	change func(*View)
	rules  Rules
	code   int
	reason string // a part of the first one
}{
	{"a good run", nil, Rules{Thresholds: held}, ExitPass, ""},
	{"late alone never fails", func(s *View) { s.Faults[Late] = 9 }, Rules{}, ExitPass, ""},
	{"late fails through a threshold", func(s *View) { s.Faults[Late] = 9 },
		Rules{Thresholds: plainMissed}, ExitThreshold, "late==0 missed: it is 9"},
	{"a fault", func(s *View) { s.Faults[Corrupt] = 1 }, Rules{}, ExitFault,
		"corrupt, counted 1 time"},
	{"an allowed fault", func(s *View) { s.Faults[Corrupt] = 1 },
		Rules{Allow: []Fault{Corrupt}}, ExitPass, ""},
	{"another fault is allowed", func(s *View) { s.Faults[Corrupt] = 1 },
		Rules{Allow: []Fault{Stale}}, ExitFault, "corrupt"},
	{"not drained, not counted", func(s *View) { s.Ledger.Wait = 2 }, Rules{}, ExitFault,
		"not_drained, counted 2 times"},
	{"not drained, but allowed", func(s *View) { s.Ledger.Wait = 2 },
		Rules{Allow: []Fault{NotDrained}}, ExitPass, ""},
	{"a missed threshold", nil, Rules{Thresholds: missed}, ExitThreshold,
		"rtt_p99<1ms missed: it is 1.2ms"},
	{"fault before threshold", func(s *View) { s.Faults[Stale] = 1 },
		Rules{Thresholds: missed}, ExitFault, "stale"},
	{"no echo", noEcho, Rules{}, ExitInconclusive, "no echo was verified"},
	{"no echo, but a fault", func(s *View) { noEcho(s); s.Faults[ConnectFailed] = 1000 },
		Rules{}, ExitFault, "connect_failed, counted 1,000 times"},
	{"no echo to hold the threshold against", noEcho, Rules{Thresholds: missed},
		ExitInconclusive, "no echo was verified"},
	{"interrupted before any echo", noEcho, Rules{Interrupted: true}, ExitInterrupted,
		"interrupted before any echo"},
	{"interrupted before any echo, with a rate threshold", noEcho,
		Rules{Interrupted: true, Thresholds: threshold("echoes_per_s>1")}, ExitInterrupted,
		"interrupted before any echo"},
	{"interrupted before any echo, with a fault",
		func(s *View) { noEcho(s); s.Faults[ResetByServer] = 1 },
		Rules{Interrupted: true}, ExitInterrupted, "interrupted before any echo"},
	{"interrupted after an echo was sent, none came back",
		func(s *View) { noEcho(s); s.Ledger = Ledger{Sent: 5, Abandoned: 5} },
		Rules{Interrupted: true}, ExitInconclusive, "no echo was verified"},
	{"interrupted later", nil, Rules{Interrupted: true}, ExitPass, ""},
	{"busy without a claim", saturated, Rules{Thresholds: threshold("late==0")}, ExitPass, ""},
	{"busy with a rate", saturated, Rules{OpenLoop: true}, ExitInconclusive,
		"local_cpu_saturated: the tester itself was the bottleneck: its busiest worker ran for 93%"},
	{"without a processor, and with a rate", starved, Rules{OpenLoop: true}, ExitInconclusive,
		"send_lag: the tester was late itself: sent late, p99 7.5µs, at most 0µs, of round trips of " +
			"p99 1.2ms; without a processor for 60% of the time; limit: a schedule 100ms behind at " +
			"its end, and it was 200ms"},
	{"without a processor, and missed", starved, Rules{Thresholds: missed}, ExitInconclusive,
		"rtt_p99<1ms missed: it is 1.2ms, and the tester itself was the bottleneck"},
	{"without a processor, and no claim", starved, Rules{}, ExitPass, ""},
	{"busy, and the threshold holds all the same", saturated, Rules{Thresholds: held}, ExitPass, ""},
	{"busy and missed", saturated, Rules{Thresholds: missed}, ExitInconclusive,
		"rtt_p99<1ms missed: it is 1.2ms, and the tester itself was the bottleneck"},
	{"busy, and a threshold on faults", saturated, Rules{Thresholds: threshold("late==3")},
		ExitThreshold, "late==3 missed"},
	{"late, and missed by that", late(900), Rules{Thresholds: missed}, ExitInconclusive,
		"rtt_p99<1ms missed: it is 1.2ms, and 900µs without the time in which the tester was late"},
	{"late, and missed without that", late(1100), Rules{Thresholds: missed}, ExitThreshold,
		"rtt_p99<1ms missed: it is 1.2ms, and 1.1ms without the time in which the tester was late"},
	{"late, and missed by no more than its lag", func(s *View) {
		late(1100)(s)
		s.Generator.SendLag.P99 = 200
	}, Rules{Thresholds: missed}, ExitInconclusive, "send lag may be 200µs"},
	{"late, and missed by more than its lag", func(s *View) {
		late(1100)(s)
		s.Generator.SendLag.P99 = 50
	}, Rules{Thresholds: missed}, ExitThreshold, "rtt_p99<1ms missed"},
	{"late, and no threshold is missed", late(900), Rules{Thresholds: held, OpenLoop: true},
		ExitPass, ""},
	{"5 before 4", late(900), Rules{Thresholds: slices.Concat(threshold("late==3"), missed)},
		ExitInconclusive, "rtt_p99<1ms missed"},
	{"a fault before 5", func(s *View) { late(900)(s); s.Faults[Stale] = 1 },
		Rules{Thresholds: missed}, ExitFault, "stale"},
	{"held up, and too few echoes by that", late(900),
		Rules{Thresholds: threshold("echoes_per_s>220k")}, ExitInconclusive, "echoes_per_s>220k"},
	{"held up, and too few echoes all the same", late(900),
		Rules{Thresholds: threshold("echoes_per_s>300k")}, ExitThreshold, "echoes_per_s>300k"},
	{"held up in the drain", late(900), Rules{Thresholds: threshold("drain_ms<3ms")},
		ExitInconclusive, "drain_ms<3ms missed"},
	{"the rate was made, late as it was", late(900), Rules{OpenLoop: true}, ExitPass, ""},
	{"the rate was not made for that", func(s *View) {
		late(900)(s)
		s.Generator.Behind = 200 * time.Millisecond
	}, Rules{OpenLoop: true}, ExitInconclusive, "send_lag: the tester was late itself: sent late, " +
		"p99 7.5µs, at most 0µs, of round trips of p99 1.2ms; held up for 1s of 10s; limit: a " +
		"schedule 100ms behind at its end, and it was 200ms"},
	{"the rate was not made as windows were full", func(s *View) {
		s.Generator.Behind = 200 * time.Millisecond
	}, Rules{OpenLoop: true}, ExitPass, ""},
	{"a local limit", diagnosed(LocalFDLimit), Rules{}, ExitInconclusive, "local_fd_limit: why"},
	{"no ports left", diagnosed(LocalPortExhausted), Rules{}, ExitInconclusive, "exhausted"},
	{"a diagnosis without a fault", diagnosed(WorkersLost), Rules{}, ExitFault, "workers_lost"},
	{"stalled and recovered", diagnosed(ServerStalled), Rules{}, ExitPass, ""},
	{"server gone", diagnosed(ServerGone), Rules{}, ExitFault, "server_gone: why"},
	{"server gone, closes allowed", diagnosed(ServerGone),
		Rules{Allow: []Fault{ClosedByServer}}, ExitPass, ""},
	{"a leak", func(s *View) { s.Server.Released-- }, Rules{}, ExitFault, "session_leak"},
	{"a session left", func(s *View) { s.Server.Released--; s.Server.Live++ }, Rules{},
		ExitFault, "session_leak: the bundled server accepted 1,309 sessions, released 1,308 "},
	{"released twice", func(s *View) { s.Server.ReleasedTwice = 1 }, Rules{}, ExitFault,
		"released_twice: the bundled server released 1 session more than once"},
	{"sessions while it runs", func(s *View) { s.Server.Released -= 7; s.Server.Live = 5 },
		Rules{Live: true}, ExitPass, ""},
	{"released twice while it runs", func(s *View) { s.Server.ReleasedTwice = 1 },
		Rules{Live: true}, ExitFault, "released_twice"},
	{"a worker stuck", func(s *View) {
		s.Server.WorkersStuck, s.Server.Stuck = 1, []Stuck{{"w1", []string{"RecvPost", "IODown io=1"}}}
	}, Rules{}, ExitFault, "workers_stuck: the bundled server ordered all of its 2 workers to stop, " +
		"1 did not end: w1, whose last footprint is IODown io=1"},
	{"accepts pending", func(s *View) { s.Server.AcceptsPending = 64 }, Rules{}, ExitFault,
		"accepts_pending: the bundled server cancelled its listener, and 64 accepts did not"},
	{"the port failed", func(s *View) { s.Server.Failures = []string{"why\x1b", "why not"} },
		Rules{}, ExitFault, `server_failed: the bundled server failed: why\x1b; why not`},
	{"no audit", func(s *View) { s.Server.Audited, s.Server.Live = false, 7 }, Rules{}, ExitFault,
		"audit_missing: the bundled server made no release audit"},
	{"its process ended without", func(s *View) {
		s.Server.Audited, s.Server.Live, s.Server.Ended = false, 7, "signal: killed"
	}, Rules{}, ExitFault, "audit_missing: the bundled server ended without its release audit: signal"},
	{"its process ended while it runs", func(s *View) { s.Server.Ended = "its process ended" },
		Rules{Live: true}, ExitFault, "audit_missing"},
	{"accepts pending while it runs", func(s *View) { s.Server.AcceptsPending = 64 },
		Rules{Live: true}, ExitPass, ""},
	{"no audit yet", func(s *View) { s.Server.Audited = false }, Rules{Live: true}, ExitPass, ""},
	{"before the first echo, while it runs", noEcho, Rules{Live: true, Thresholds: missed},
		ExitPass, ""},
	{"waiting while it runs", func(s *View) { s.Ledger.Wait = 10 }, Rules{Live: true},
		ExitPass, ""},
	{"no bundled server", func(s *View) { s.Server = nil }, Rules{}, ExitPass, ""},
}

func TestJudge(t *testing.T) {
	for _, c := range judgements {
		s := goodRun()
		if c.change != nil {
			c.change(s)
		}
		v := Judge(s, c.rules)
		if v.ExitCode != c.code || v.Name != verdictNames[c.code] {
			t.Errorf("%s: %s %d, want %d; %q", c.why, v.Name, v.ExitCode, c.code, v.Reasons)
		}
		if (len(v.Reasons) == 0) != (c.reason == "") ||
			c.reason != "" && !strings.Contains(v.Reasons[0], c.reason) {
			t.Errorf("%s: reasons %q, want the first with %q", c.why, v.Reasons, c.reason)
		}
		if len(v.Thresholds) != len(c.rules.Thresholds) {
			t.Errorf("%s: %d threshold results, want %d", c.why, len(v.Thresholds),
				len(c.rules.Thresholds))
		}
	}
}

func noEcho(s *View) { s.Ledger, s.RTT, s.EchoOn = Ledger{}, Distribution{}, 0 }

func saturated(s *View) { s.Generator.Saturated, s.Generator.EchoCPUShare = true, 0.93 }

// starved is a tester that others have left no processor, or that was stopped.
func starved(s *View) {
	s.Generator.Saturated, s.Generator.EchoCPUShare, s.Generator.Starved = true, 0.04, 0.6
	s.Generator.Behind = 200 * time.Millisecond
}

// late has the tester be late, so that the p99 would be as given (µs) without.
func late(freed float64) func(*View) {
	return func(s *View) {
		s.RTTFreed = s.RTT
		s.RTTFreed.P99 = freed
		s.Generator.HeldUp, s.Generator.HeldUpDraining = Millis(time.Second), time.Millisecond
	}
}

func diagnosed(name string) func(*View) {
	return func(s *View) { s.Diagnoses = []Diagnosis{{name, 3, "why\x1b"}} }
}

func TestJudgeTellsAllReasonsWorstFirst(t *testing.T) {
	s := goodRun()
	s.Faults[Crossed], s.Faults[Stale], s.Faults[Late] = 2, 1, 5
	saturated(s)
	v := Judge(s, Rules{Allow: []Fault{Stale}, OpenLoop: true,
		Thresholds: threshold("rtt_max<1ms")})
	if len(v.Reasons) != 3 || !strings.HasPrefix(v.Reasons[0], "crossed") ||
		!strings.HasPrefix(v.Reasons[1], "threshold") || !strings.Contains(v.Reasons[2], "tester") {
		t.Errorf("reasons %q, want crossed, threshold, tester", v.Reasons)
	}
	if !slices.Equal(v.Failed, []Fault{Crossed}) {
		t.Errorf("failed %v, want crossed alone", v.Failed)
	}
}

// A run that was told twice to end is 130. Its reasons have what was found until then.
func TestJudgeARunThatEndedAtOnce(t *testing.T) {
	for _, faults := range []uint64{0, 2} {
		s := goodRun()
		s.Faults[Crossed] = faults
		v := Judge(s, Rules{Interrupted: true, AtOnce: true, Live: true})
		if v.ExitCode != ExitInterrupted || v.Name != "interrupted" ||
			len(v.Failed) != len(v.Reasons)-1 || (faults > 0) != (len(v.Failed) == 1) {
			t.Errorf("%d faults: %+v", faults, v)
		}
	}
}

func TestJudgeLeavesTheViewAlone(t *testing.T) {
	s := goodRun()
	s.Diagnoses = make([]Diagnosis, 0, 8) // room that an append would write into
	s.Server.ReleasedTwice = 1
	v := Judge(s, Rules{})
	if len(v.Diagnoses) != 1 || s.Diagnoses[:1][0].Name != "" {
		t.Errorf("diagnoses %v; the view's memory holds %v", v.Diagnoses, s.Diagnoses[:1])
	}
}

// TestAReleaseTooManyIsNoLeak: the sessions accepted are those released once; what is missing besides is.
func TestAReleaseTooManyIsNoLeak(t *testing.T) {
	for _, c := range []struct {
		accepted, released, twice, live uint64
		leak                            bool
	}{
		{100, 100, 0, 0, false}, {100, 101, 1, 0, false},
		{100, 100, 1, 0, false}, // released before it had ended, and not again
		{100, 101, 0, 0, true}, {100, 102, 1, 0, true}, {100, 99, 1, 0, true}, {100, 101, 1, 1, true},
	} {
		srv := &Server{Accepted: c.accepted, Released: c.released, ReleasedTwice: c.twice, Live: c.live,
			Audited: true}
		leak := slices.ContainsFunc(srv.wrongs(false), func(d Diagnosis) bool { return d.Name == SessionLeak })
		if leak != c.leak || srv.OK() == (c.leak || c.twice > 0) {
			t.Errorf("%+v: a leak %v, right %v", c, leak, srv.OK())
		}
	}
}

func TestPlural(t *testing.T) {
	for want, got := range map[string]string{
		"0 echoes": plural(0, "echo"), "1 echo": plural(1, "echo"),
		"1,000 sessions": plural(1000, "session"), "1 time": plural(1, "time"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
