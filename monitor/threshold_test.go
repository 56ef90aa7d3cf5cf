package monitor

import (
	"strings"
	"testing"
)

func TestThresholdEval(t *testing.T) {
	s := goodRun()
	for _, c := range []struct {
		expr, value string
		ok          bool
	}{
		{"rtt_p99<5ms", "1.2ms", true},
		{"rtt_p99<1.2ms", "1.2ms", false},
		{"rtt_p99<=1200us", "1.2ms", true},
		{"rtt_p99<=1200µs", "1.2ms", true},
		{"rtt_p99>=1.2e-3s", "1.2ms", true},
		{"rtt_p99>1199999ns", "1.2ms", true},
		{"rtt_max<=3.056ms", "3.056125ms", false},
		{"drain_ms<3ms", "3.1ms", false},
		{"drain_ms<1s", "3.1ms", true},
		{"echoes_per_s>=200k", "210451.1", true},
		{"echoes_per_s>=0.2M", "210451.1", true},
		{"echoes_per_s >= 210452", "210451.1", false},
		{"late==0", "0", true},
		{"late!=0", "0", false},
		{"cpu_share<50%", "0.31", true},
		{"cpu_share<0.3", "0.31", false},
		{"bytes_sent<1G", "80104561", true},
		{"wait_echo_count == 0", "0", true},
		{"rtt_count>2104510", "2104510", false},
	} {
		th, err := ParseThreshold(c.expr)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		want := ThresholdResult{strings.ReplaceAll(c.expr, " ", ""), c.value, c.ok, true}
		if got := th.Eval(s); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestThresholdOnWhatWasNotMeasured(t *testing.T) {
	for _, op := range operators {
		th, err := ParseThreshold("rtt_p99" + op + "0us")
		if err != nil {
			t.Fatal(err)
		}
		want := ThresholdResult{Expr: "rtt_p99" + op + "0us", Value: "n/a"}
		if got := th.Eval(&View{}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestThresholdErrorsSayWhatIsAccepted(t *testing.T) {
	for expr, want := range map[string]string{
		"":                    "accepted: METRIC OP VALUE",
		"rtt_p99":             "accepted: METRIC OP VALUE",
		"rtt_p99=5ms":         "accepted: METRIC OP VALUE",
		"rtt_p99<":            "accepted: METRIC OP VALUE",
		"<5ms":                "accepted: METRIC OP VALUE",
		"rtt_p98<5ms":         "accepted: echoes_sent, ",
		"rtt_p99<5":           "rtt_p99 is a time; accepted: a number with its unit (ns, us",
		"rtt_p99<5m":          "rtt_p99 is a time",
		"rtt_p99<-5ms":        "rtt_p99 is a time",
		"rtt_p99<ms":          "rtt_p99 is a time",
		"rtt_p99<1e999s":      "rtt_p99 is a time",
		"rtt_p99<1e308s":      "rtt_p99 is a time",
		"drain_ms<0x10ms":     "drain_ms is a time",
		"late==5ms":           "late is a number; accepted: 0 or more",
		"late==1_000":         "late is a number",
		"late==inf":           "late is a number",
		"late==nan":           "late is a number",
		"late==k":             "late is a number",
		"late<<1":             "late is a number",
		"cpu_share<half":      "cpu_share is a share; accepted: a number or percent",
		"a\nb\x1b<1":          `no metric is called "a\\x0ab\\x1b"`,
		"rtt_p99<5ms\u202eab": "rtt_p99 is a time",
	} {
		_, err := ParseThreshold(expr)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", expr, err, want)
		} else if Clean(err.Error()) != err.Error() {
			t.Errorf("%q: the error is not clean: %q", expr, err)
		}
	}
}

func TestThresholdPerformance(t *testing.T) {
	for expr, want := range map[string]bool{
		"rtt_p99<5ms": true, "echoes_per_s>1": true, "send_lag_p99<1ms": true, "drain_ms<1s": true,
		"late==0": false, "corrupt==0": false, "wait_echo_count==0": false, "rtt_count>1": false,
	} {
		th, err := ParseThreshold(expr)
		if err != nil || th.Performance() != want {
			t.Errorf("%s: performance %v, %v; want %v", expr, th.Performance(), err, want)
		}
	}
}

func FuzzParseThreshold(f *testing.F) {
	for _, s := range []string{"rtt_p99<5ms", "late==0", "cpu_share<=50%", "x",
		"late!=1e3", "a<=>b",
		"drain_ms>1µs", "echoes_per_s>=200k", "late==1e-400"} {
		f.Add(s)
	}
	snap := goodRun()
	f.Fuzz(func(t *testing.T, expr string) {
		th, err := ParseThreshold(expr)
		if err != nil {
			if text := err.Error(); Clean(text) != text || text == "" {
				t.Fatalf("%q: error %q", expr, text)
			}
			return
		}
		again, err := ParseThreshold(th.String())
		if err != nil || again.limit != th.limit || again.op != th.op ||
			again.metric.Name != th.metric.Name || again.String() != th.String() {
			t.Fatalf("%q read as %q, and that as %q, %v", expr, th, again, err)
		}
		if th.limit < 0 || th.limit != th.limit {
			t.Fatalf("%q has the limit %v", expr, th.limit)
		}
		if r := th.Eval(snap); r.Expr != th.String() || r.Value == "" {
			t.Fatalf("%q gives %+v", expr, r)
		}
	})
}
