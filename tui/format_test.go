package tui

import (
	"strings"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{clock(time.Duration(0)), "00:00:00"}, {clock(87 * time.Second), "00:01:27"},
		{clock(time.Duration(-1)), "00:00:00"},
		{clock(100 * time.Hour), "100:00:00"}, {took(12 * time.Millisecond), "12ms"},
		{percent(0), "0%"}, {percent(0.00001), "<0.01%"}, {percent(0.0054), "0.54%"},
		{percent(0.023), "2.3%"}, {percent(0.31), "31%"}, {percent(1), "100%"},
		{size(0), "0 B"}, {size(1023), "1023 B"}, {size(1536), "1.5 KiB"},
		{size(48 << 20), "48.0 MiB"},
		{count(uint64(18_204_511)), "18,204,511"}, {count(-7), "-7"}, {count(0), "0"},
		{plural(1, "echo", "echoes"), "1 echo"}, {plural(2, "dummy", "dummies"), "2 dummies"},
		{scientific(1.6e-7), "1.6e-7"}, {scientific(1.6e-12), "1.6e-12"}, {scientific(1), "1"},
		{scientific(0.0301), "0.03"},
		{spanName(10 * time.Second), "10 s"}, {spanName(time.Minute), "60 s"},
		{spanName(historySpan), "10 min"}, {times(0, 1, 2), "-"},
		{times(1, 92, 1310), "92µs / 1.31ms"},
		{bucketName(0), "<1µs"}, {bucketName(monitor.NumBuckets - 1), ">100s"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// One key up and one key down lead back, as far as round numbers allow, and stay within limits.
func TestStep(t *testing.T) {
	for _, c := range []struct {
		n    int
		more bool
		want int
	}{
		{1, true, 2}, {1, false, 1}, {19, true, 20}, {20, true, 22}, {100, true, 110},
		{1000, true, 1100}, {1000, false, 900}, {900, false, 850}, {2, false, 1},
		{dummy.MaxClients, true, dummy.MaxClients}, {dummy.MaxClients - 1, true, dummy.MaxClients},
	} {
		if got := nextCount(c.n, c.more, dummy.MaxClients); got != c.want {
			t.Errorf("nextCount(%d, %v) = %d, want %d", c.n, c.more, got, c.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	saturated := running(5)
	saturated.Generator.Saturated = true
	ended := stopped(monitor.Ended, 0, 0)
	leaked := stopped(monitor.Ended, 0, 0)
	ended.Server.Live, ended.Server.Released, ended.Server.Audited = 0, 1312, true
	leaked.Server.Audited = true
	allowed := running(5)
	allowed.Faults[monitor.ClosedByServer] = 3
	slow := monitor.Rules{Thresholds: []monitor.Threshold{threshold(t, "rtt_p99<1us")}}
	for _, c := range []struct {
		name      string
		s         *monitor.View
		rules     monitor.Rules
		word, why string
	}{
		{"idle", idle(), monitor.Rules{}, "none yet", "no echo was verified"},
		{"running", running(348), monitor.Rules{}, "PASS so far",
			"0 bad of 18.5M, fault rate < 1.6e-7 (95%)"},
		{"drained", stopped(monitor.Drained, 0, 0), monitor.Rules{}, "PASS", "0 bad of"},
		{"owing", owing(), monitor.Rules{}, "FAIL", "3 not_drained, send_wakeup_lost"},
		{"faulty", faulty(), monitor.Rules{}, "FAIL",
			"1 corrupt, 2 crossed, 14 closed_by_server, session_reuse"},
		{"late only", lateOnly(), monitor.Rules{}, "PASS so far", "0 bad"},
		{"allowed", allowed, monitor.Rules{Allow: []monitor.Fault{monitor.ClosedByServer}},
			"PASS so far", "3 bad"},
		{"saturated closed loop", saturated, monitor.Rules{}, "PASS so far", "0 bad"},
		{"saturated open loop", saturated, monitor.Rules{OpenLoop: true}, "INCONCLUSIVE",
			"the tester itself"},
		{"threshold", running(5), slow, "THRESHOLD", "rtt_p99<1us"},
		{"ended", ended, monitor.Rules{}, "PASS", "0 bad"},
		{"leaked", leaked, monitor.Rules{}, "FAIL", "session_leak"},
	} {
		u.o.Rules = c.rules
		v := u.verdict(c.s, 80)
		if v.word != c.word || !strings.Contains(v.why, c.why) {
			t.Errorf("%s: %s: %s", c.name, v.word, v.why)
		}
	}
}

// TestTheTestersStateIsTheDiagnosis: FULL is a processor that was really full.
func TestTheTestersStateIsTheDiagnosis(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.o.Rules = monitor.Rules{OpenLoop: true}
	for want, g := range map[string]monitor.Generator{
		"":                   {EchoCPUShare: 0.9, Starved: 0.1},
		"TESTER FULL 90%":    {Saturated: true, EchoCPUShare: 0.9, Starved: 0.1},
		"TESTER STARVED 60%": {Saturated: true, EchoCPUShare: 0.04, Starved: 0.6},
		"TESTER LATE 1.5s":   {HeldUp: monitor.Millis(1500 * time.Millisecond), Behind: time.Second},
	} {
		s := running(5)
		s.Generator = g
		if got := u.verdict(s, 80).tester; got != want {
			t.Errorf("%+v: %q, want %q", g, got, want)
		}
	}
}

func threshold(t *testing.T, expr string) monitor.Threshold {
	t.Helper()
	th, err := monitor.ParseThreshold(expr)
	if err != nil {
		t.Fatal(err)
	}
	return th
}

func lateOnly() *monitor.View {
	s := running(5)
	s.Faults[monitor.Late] = 12
	return s
}

func TestUsable(t *testing.T) {
	t.Setenv("TERM", "dumb")
	if err := Usable(); err == nil || !strings.Contains(err.Error(), "TERM=dumb") {
		t.Errorf("TERM=dumb is called %v", err)
	}
	t.Setenv("TERM", "xterm")
	err := Usable() // tests do not run on a terminal
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("Usable says %q", err)
	}
}

// BenchmarkFrame is what a frame costs: five of them a second must stay below 2 % of a core.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"120x40", 120, 40}} {
		b.Run(size.name, func(b *testing.B) {
			u, _ := newTestUI(b, size.w, size.h, nil)
			for _, s := range minute() {
				u.observe(s)
			}
			b.ReportAllocs()
			for b.Loop() {
				r := newRoot(u)
				r.SetRect(0, 0, size.w, size.h)
				r.Draw(u.screen)
				u.screen.Show()
			}
		})
	}
}

// A warning is only for connections that the server has not accepted: others may connect, too.
func TestTotals(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	for _, c := range []struct {
		connected, accepted uint64
		want                string
		warn                bool
	}{
		{1312, 1312, "Connect Total = Accept Total 1,312", false},
		{1312, 1313, "Connect / Accept Total 1,312 / 1,313", false},
		{1312, 1300, "Connect / Accept Total 1,312 / 1,300", true},
	} {
		s := running(5)
		s.Connections.Connected, s.Server.Accepted = c.connected, c.accepted
		l := u.totals(s)
		if got := l.name + " " + l.value; got != c.want || (l.style == u.look.warn) != c.warn {
			t.Errorf("%s, style %v", got, l.style)
		}
	}
	s := running(5)
	s.Server = nil
	if l := u.totals(s); l.name != "Connect Total" {
		t.Errorf("without a server of our own: %s", l.name)
	}
}

// The same lines are searched once.
func TestLongestWait(t *testing.T) {
	var d longestWait
	d.add(nil)
	owed := []monitor.Owed{{Client: 1, Age: 2}, {Client: 2, Age: 3}, {Client: 1, Age: 1}}
	d.add(owed)
	if d.oldest.Client != 2 {
		t.Errorf("the oldest is of %d", d.oldest.Client)
	}
	owed[1].Client = 3 // not looked at again
	if d.add(owed); d.oldest.Client != 2 {
		t.Error("the same lines were looked at again")
	}
	if d.add(owed[:1]); d.oldest.Client != 1 {
		t.Errorf("the oldest is of %d", d.oldest.Client)
	}
}
