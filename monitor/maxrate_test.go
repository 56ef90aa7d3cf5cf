package monitor

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// searched is a search that found 123,000 echoes/s.
func searched() *MaxRate {
	return &MaxRate{Limit: Limit(5 * time.Millisecond), Done: true, Rate: 123_000, Steps: []RateStep{
		{Purpose: StepEstimate, Made: 151_234.5678, P50: 6400, P99: 12_000, P999: 15_000,
			CPUShare: 0.93, Verdict: StepP99},
		{Purpose: StepSearch, Asked: 151_000, Made: 150_900, P50: 900, P99: 612_345.6789,
			P999: 900_000, Late: 1234, SendLag: 12, CPUShare: 0.61, Verdict: StepLate},
		{Purpose: StepConfirm, Asked: 123_000, Made: 122_998, P50: 90, P99: 4100, P999: 4800,
			SendLag: 15, CPUShare: 0.5, Verdict: StepOK},
	}}
}

// foundNone is one that tried the same rates, and all were bad.
func foundNone() *MaxRate {
	m := searched()
	m.Rate, m.Steps[2].Verdict = 0, StepP99
	return m
}

func TestJudgeOfASearch(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*View)
		rules  Rules
		code   int
		says   string
	}{
		{"found", func(*View) {}, Rules{}, ExitPass, ""},
		{"limited by the tester", func(s *View) { s.MaxRate.Tester = true }, Rules{},
			ExitInconclusive, ">= 123,000 echoes/s with p99 under 5ms, limited by the tester"},
		{"none", func(s *View) { *s.MaxRate = *foundNone() }, Rules{}, ExitThreshold,
			"none found with p99 under 5ms, down to 123,000 echoes/s"},
		{"none confirmed", func(s *View) { s.MaxRate.Rate = 0 }, Rules{}, ExitInconclusive,
			"none confirmed with p99 under 5ms: 123,000 echoes/s were good, and neither they nor less"},
		{"all of the closed loop", func(s *View) { s.MaxRate.Windows = true }, Rules{}, ExitPass, ""},
		{"none tried", func(s *View) {
			s.MaxRate.Rate, s.MaxRate.Steps = 0, s.MaxRate.Steps[:1]
		}, Rules{}, ExitInconclusive, "the closed loop made too few echoes for a p99"},
		{"none for the tester", func(s *View) { s.MaxRate.Rate, s.MaxRate.Tester = 0, true },
			Rules{}, ExitInconclusive, "the tester itself was the bottleneck"},
		{"cut short", func(s *View) { s.MaxRate.Done = false }, Rules{}, ExitInconclusive,
			"did not come to its end"},
		{"still running", func(s *View) { s.MaxRate.Done = false }, Rules{Live: true},
			ExitPass, ""},
		{"a fault is worse", func(s *View) {
			s.MaxRate.Done, s.Faults[Corrupt] = false, 1
		}, Rules{}, ExitFault, "corrupt"},
	} {
		s := goodRun()
		s.MaxRate = searched()
		c.change(s)
		v := Judge(s, c.rules)
		said := strings.Join(v.Reasons, "\n")
		if v.ExitCode != c.code || !strings.Contains(said, c.says) ||
			(said == "") != (c.code == 0) {
			t.Errorf("%s: exit %d, %q; want %d, %q", c.name, v.ExitCode, said, c.code, c.says)
		}
	}
}

func TestReportOfASearch(t *testing.T) {
	s := goodRun()
	s.MaxRate = searched()
	text := reportOf(t, s, Rules{}, Meta{})
	for _, want := range []string{
		"  estimate   closed   151k/s  6.4ms   12ms   15ms      0    0µs    93%  p99\n",
		"  search     151k/s   151k/s  900µs  612ms  900ms  1.23k   12µs    61%  late\n",
		"max-rate: 123,000 echoes/s with p99 under 5ms\n",
		"highest rate with p99 under 5ms: 3 steps; what follows is of the last\n",
		"once more: --rate 123000 --threshold 'rtt_p99<5ms'\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if n := utf8.RuneCountInString(line); n > reportWidth {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	if _, err := ParseThreshold("rtt_p99<" + s.MaxRate.Limit.String()); err != nil {
		t.Errorf("the limit is no threshold: %v", err)
	}
}

func TestSummaryOfASearch(t *testing.T) {
	s := goodRun()
	var b bytes.Buffer
	if err := WriteJSON(&b, NewSummary(s, Judge(s, Rules{}), Meta{})); err != nil ||
		strings.Contains(b.String(), "max_rate") {
		t.Errorf("%v; without a search the summary has one", err)
	}
	b.Reset()
	s.MaxRate = searched()
	if err := WriteJSON(&b, NewSummary(s, Judge(s, Rules{}), Meta{})); err != nil {
		t.Fatal(err)
	}
	var got struct {
		MaxRate MaxRate `json:"max_rate"`
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	m := got.MaxRate
	if m.Limit != Limit(5*time.Millisecond) || m.Rate != 123_000 || m.LimitedBy != "server" || len(m.Steps) != 3 ||
		m.Repeat != "--rate 123000 --threshold 'rtt_p99<5ms'" {
		t.Errorf("%+v", m)
	}
	if m.Steps[0].Made != 151_234.568 || s.MaxRate.Steps[0].Made != 151_234.5678 {
		t.Errorf("made %v, of %v", m.Steps[0].Made, s.MaxRate.Steps[0].Made)
	}
	for _, key := range []string{"purpose", "rate_asked", "rate_made", "p50_us", "p99_us",
		"p99_9_us", "late", "send_lag_p99_us", "cpu_share", "saturated", "verdict"} {
		if strings.Count(b.String(), `"`+key+`"`) < 3 {
			t.Errorf("the steps have no %q", key)
		}
	}
}

// TestWhatLimitsARate: only rates that were tried, and none of which was good, tell.
func TestWhatLimitsARate(t *testing.T) {
	untried, unconfirmed, byTester := searched(), searched(), foundNone()
	untried.Rate, untried.Steps = 0, untried.Steps[:1]
	unconfirmed.Rate, byTester.Tester = 0, true
	for name, c := range map[string]struct {
		search *MaxRate
		want   string
	}{
		"found": {searched(), "server"}, "none": {foundNone(), "server"}, "tester": {byTester, "tester"},
		"untried": {untried, ""}, "unconfirmed": {unconfirmed, ""},
	} {
		if got := c.search.limitedBy(); got != c.want {
			t.Errorf("%s: limited by %q, want %q", name, got, c.want)
		}
	}
}

// TestProgressSaysWhichStepGoesOn, and leaves the table to the report, which would have it twice.
func TestProgressSaysWhichStepGoesOn(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b, false, time.Nanosecond)
	for n, rate := range []float64{0, 151_000, 123_000, 123_000} {
		s := goodRun()
		s.Rate, s.Phase = rate, Echoing
		s.At = s.At.Add(time.Duration(n) * time.Second)
		s.MaxRate = searched()
		s.MaxRate.Done, s.MaxRate.Steps = n == 3, s.MaxRate.Steps[:n]
		p.Observe(s)
	}
	p.Close()
	for _, want := range []string{" RUN step 1 closed  wait", " RUN step 2 151k/s  wait",
		" RUN step 3 123k/s  wait", " RUN search done  wait"} {
		if strings.Count(b.String(), want) != 1 {
			t.Errorf("%q is not once in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), StepHeader()) {
		t.Errorf("the table is in\n%s", b.String())
	}
}
