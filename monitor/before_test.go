package monitor

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// resetRun is a good run whose counters were reset once, with faults before.
func resetRun() *View {
	s := goodRun()
	s.Before = &Before{At: time.Date(2026, 1, 2, 3, 3, 4, 0, time.UTC), Uptime: Millis(20 * time.Second),
		Resets: 1, EchoOn: 5 * time.Second,
		Ledger:      Ledger{Sent: 100, Echoed: 90, Abandoned: 8, Lost: 2},
		Connections: Made{Connections{Attempted: 1000, Connected: 1000, ClosedByDummy: 7}},
		Diagnoses:   []Diagnosis{{ServerStalled, 3, "…"}},
		Evidence:    []Evidence{{Fault: Corrupt, Client: 7, Connection: 1}},
		Server:      &Server{Accepted: 990, Released: 12}}
	s.Before.HostileConnected = 3
	s.Before.Faults[Corrupt], s.Before.Faults[Late] = 3, 5
	s.Server.Accepted = 1312 + 623 + 1003
	s.Server.Released = s.Server.Accepted
	return s
}

func TestTheVerdictIsOverTheWholeRun(t *testing.T) {
	s := resetRun()
	v := Judge(s, Rules{})
	if v.ExitCode != ExitFault || len(v.Failed) != 1 || len(v.Diagnoses) != 1 {
		t.Errorf("%+v", v)
	}
	text := reportOf(t, s, Rules{}, Meta{})
	for _, want := range []string{
		"\nreset at 03:03:04 (1 time): counted since; before it 90 echoes, 3 faults\n",
		"\nfaults       none\n", "  first corrupt: dummy 7 connection 1",
		"- corrupt, counted 3 times (3 before the reset at 03:03:04): wrong bytes, in the",
		"3 bad, 2,104,601 right echoes", "\nVERDICT FAIL (exit 3)\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if v := Judge(s, Rules{Allow: []Fault{Corrupt}}); v.ExitCode != ExitPass {
		t.Errorf("allowed: %+v", v)
	}
	if got := Judge(s, Rules{Thresholds: threshold("late==0"), Allow: []Fault{Corrupt}}); got.ExitCode !=
		ExitThreshold {
		t.Errorf("a threshold on what was late before the reset: %+v", got)
	}
	if got := Judge(s, Rules{Thresholds: threshold("echoes_per_s>200000"),
		Allow: []Fault{Corrupt}}); got.ExitCode != ExitPass {
		t.Errorf("a threshold on the rate since the reset: %+v", got)
	}
	s.Ledger, s.WaitUpDown, s.Before.Faults = Ledger{}, 0, FaultCounts{}
	if v := Judge(s, Rules{}); v.ExitCode != ExitPass {
		t.Errorf("no echo since the reset, but before: %+v", v)
	}
}

func TestServerSinceAReset(t *testing.T) {
	s := resetRun()
	since := s.ServerSince()
	if since.Accepted != s.Connects() || since.Accepted != 1312+623 {
		t.Errorf("accepted %d, connects %d", since.Accepted, s.Connects())
	}
	if since.Released != s.Server.Released-12 {
		t.Errorf("released %d of %d", since.Released, s.Server.Released)
	}
	s.Server.Accepted = 10 // those connected before still wait to be accepted
	if n := s.ServerSince().Accepted; n != 0 {
		t.Errorf("accepted %d", n)
	}
	s.Before = nil
	if s.ServerSince() != s.Server {
		t.Error("without a reset they are the server's own")
	}
}

// resetting is a fleet and a server of which the fleet was reset.
type resetting struct {
	resets, accepted uint64
}

func (r *resetting) Collect(_ *Run, s *Tally) {
	if r.resets > 0 {
		s.Before = &Before{Resets: r.resets}
	}
	r.accepted++
	s.Server = &Server{Released: r.accepted}
}

// The server's figures at a Reset are those of the first view after it, and stay so.
func TestSamplerKeepsTheServersFiguresAtAReset(t *testing.T) {
	r := &resetting{}
	sampler := NewSampler(time.Hour, []Source{r})
	sampler.Sample()
	for _, step := range []struct{ resets, base, since uint64 }{
		{1, 2, 0}, {1, 2, 1}, {2, 4, 0}, {2, 4, 1}, {2, 4, 2},
	} {
		r.resets = step.resets
		s := sampler.Sample()
		if s.Before.Server.Released != step.base || s.ServerSince().Released != step.since {
			t.Errorf("%+v: base %+v, since %+v", step, s.Before.Server, s.ServerSince())
		}
	}
}

// A summary written while the run goes on claims nothing that the run has not earned.
func TestSummaryOfARunThatGoesOn(t *testing.T) {
	s := goodRun()
	s.Phase = Echoing
	var read map[string]any
	decode := func(r Rules) {
		t.Helper()
		read = nil
		if err := json.Unmarshal(summaryJSON(t, s, r), &read); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []Rules{{Live: true}, {Live: true, Thresholds: threshold("rtt_p99<1us")}} {
		decode(r)
		code, there := read["exit_code"]
		if read["verdict"] != "running" || code != nil || !there || read["running"] != true ||
			read["drained"] != false {
			t.Errorf("%v %v %v %v", read["verdict"], code, read["running"], read["drained"])
		}
	}
	s.Faults[Corrupt] = 1 // that will not get better
	if decode(Rules{Live: true}); read["verdict"] != "fail" || read["exit_code"] != 3.0 ||
		read["running"] != true {
		t.Errorf("%v %v %v", read["verdict"], read["exit_code"], read["running"])
	}
	s.Phase, s.Faults = Ended, FaultCounts{}
	if decode(Rules{}); read["verdict"] != "pass" || read["exit_code"] != 0.0 ||
		read["running"] != nil || read["interrupted"] != nil || read["reset"] != nil {
		t.Errorf("%v", read)
	}
	var back Summary
	s.Phase = Echoing
	if err := json.Unmarshal(summaryJSON(t, s, Rules{Live: true}), &back); err != nil ||
		back.ExitCode != NoCode {
		t.Errorf("read back %d: %v", back.ExitCode, err)
	}
}

func TestSummaryOfAnInterruptedRun(t *testing.T) {
	s := goodRun()
	s.EchoOn = 3200 * time.Millisecond
	r := Rules{Interrupted: true}
	if doc := string(summaryJSON(t, s, r)); !strings.Contains(doc, `"interrupted": true`) ||
		!strings.Contains(doc, `"verdict": "pass"`) {
		t.Errorf("not marked in\n%s", doc)
	}
	if text := reportOf(t, s, r, Meta{Duration: 10 * time.Second}); !strings.Contains(text,
		"\nended by a signal after 3.2s of 10s\n") {
		t.Errorf("not said in\n%s", text)
	}
	if text := reportOf(t, s, r, Meta{}); !strings.Contains(text,
		"\nended by a signal after 3.2s\n") {
		t.Errorf("not said in\n%s", text)
	}
}

func TestSummaryAfterAReset(t *testing.T) {
	var sum Summary
	if err := json.Unmarshal(summaryJSON(t, resetRun(), Rules{}), &sum); err != nil {
		t.Fatal(err)
	}
	r := sum.Reset
	if r == nil || r.Resets != 1 || r.Uptime != Millis(20*time.Second) || r.Faults[Corrupt] != 3 ||
		r.Connections.Connected != 1000 || r.HostileConnected != 3 || r.Ledger.Echoed != 90 {
		t.Fatalf("%+v", r)
	}
	if sum.Verdict != "fail" || sum.Faults[Corrupt] != 0 || len(sum.Evidence) != 1 {
		t.Errorf("%s, %d since, evidence %v", sum.Verdict, sum.Faults[Corrupt], sum.Evidence)
	}
}
