package monitor

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// contractNames are the threshold names that scripts rely on.
var contractNames = []string{
	"rtt_count", "rtt_min", "rtt_mean", "rtt_p50", "rtt_p90", "rtt_p99", "rtt_p99_9", "rtt_p99_99",
	"rtt_max", "echoes_per_s", "connects_per_s", "corrupt", "truncated", "crossed", "stale",
	"reordered", "duplicate", "missing", "unsolicited", "login_missing", "login_duplicate",
	"closed_by_server", "reset_by_server", "connect_failed", "late", "not_reading", "not_drained",
	"wait_echo_count", "drain_ms", "send_lag_p99", "cpu_share",
}

// knownLabels are the counters of the tester that the users have now.
var knownLabels = []string{
	"Wait Echo Count", "Connect Try", "Connect Success", "Connect Fail", "Disconnect from Server",
	"LoginPacket Duplication", "LoginPacket Not Recv", "Echo Not Recv (500ms)",
	"Packet Error (corrupt)", "RecvPacket TPS",
}

func TestMetricsNameWhatTheContractNames(t *testing.T) {
	for _, name := range contractNames {
		if _, ok := MetricByName(name); !ok {
			t.Errorf("no metric %s", name)
		}
	}
	labels := map[string]bool{}
	for _, m := range Metrics() {
		labels[m.Label] = true
	}
	for _, label := range knownLabels {
		if !labels[label] {
			t.Errorf("no metric is labelled %q", label)
		}
	}
	if _, ok := MetricByName("rtt_p98"); ok {
		t.Error("a metric that does not exist was found")
	}
}

func TestMetricsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Metrics() {
		for what, text := range map[string]string{"name": m.Name, "label": m.Label,
			"group": m.Group, "key": m.Key, "path": m.Path, "help": m.Help} {
			if text == "" {
				t.Errorf("%s has no %s", m.Name, what)
			}
		}
		for _, id := range []string{"name " + m.Name, "path " + m.Path,
			"cell " + m.Group + "/" + m.Key} {
			if seen[id] {
				t.Errorf("%s twice", id)
			}
			seen[id] = true
		}
	}
}

// Every metric must be found in every consumer, with the same value.
func TestEveryMetricAppearsEverywhere(t *testing.T) {
	for name, s := range map[string]*View{"good": goodRun(), "bad": badRun()} {
		v := Judge(s, Rules{})
		var out, report bytes.Buffer
		if err := WriteJSON(&out, NewSummary(s, v, Meta{})); err != nil {
			t.Fatal(err)
		}
		if err := WriteReport(&report, s, v, Meta{}); err != nil {
			t.Fatal(err)
		}
		for _, m := range Metrics() {
			value := m.Get(s)
			if got := atPath(t, out.Bytes(), m.Path); math.Abs(got-value) > 1e-3 {
				t.Errorf("%s run: JSON %s is %v, the metric is %v", name, m.Path, got, value)
			}
			cell := m.Key + " " + m.Unit.Format(value)
			if value != 0 && !onLine(report.String(), m.Group, cell) {
				t.Errorf("%s run: the report has no %q on %q", name, cell, m.Group)
			}
			thresholdFollows(t, m, s)
		}
	}
}

// atPath reads a number of a JSON document.
func atPath(t *testing.T, doc []byte, path string) float64 {
	t.Helper()
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	for key := range strings.SplitSeq(path, ".") {
		object, ok := v.(map[string]any)
		if !ok || object[key] == nil {
			t.Errorf("the summary has no %s", path)
			return math.NaN()
		}
		v = object[key]
	}
	f, ok := v.(float64)
	if !ok {
		t.Errorf("%s is %T, not a number", path, v)
	}
	return f
}

// onLine reports whether a report has the cell on the line (with its continuations) of a label.
func onLine(report, label, cell string) bool {
	inside := false
	for line := range strings.SplitSeq(report, "\n") {
		if !strings.HasPrefix(line, " ") {
			inside = strings.HasPrefix(line, label+" ")
		}
		if inside && (strings.Contains(line+"  ", " "+cell+"  ")) {
			return true
		}
	}
	return false
}

// thresholdFollows checks that a threshold on the metric goes by its value.
func thresholdFollows(t *testing.T, m Metric, s *View) {
	t.Helper()
	unit := map[Unit]string{Microseconds: "us", Milliseconds: "ms"}[m.Unit]
	above, err := ParseThreshold(m.Name + "<1e18" + unit)
	if err != nil {
		t.Fatal(err)
	}
	if r := above.Eval(s); !r.OK || r.Value == "" {
		t.Errorf("%+v for %v", r, m.Get(s))
	}
	below, err := ParseThreshold(m.Name + ">1e18" + unit)
	if err != nil {
		t.Fatal(err)
	}
	if r := below.Eval(s); r.OK {
		t.Errorf("%+v for %v", r, m.Get(s))
	}
}

func TestMetricsOfNothing(t *testing.T) {
	s := &View{}
	for _, name := range []string{"rtt_p99", "connect_max", "send_lag_p99", "server_live"} {
		m, _ := MetricByName(name)
		if v := m.Get(s); !math.IsNaN(v) {
			t.Errorf("%s of nothing is %v, want NaN", name, v)
		}
	}
	for _, name := range []string{"rtt_count", "echoes_per_s", "wait_echo_count", "late"} {
		m, _ := MetricByName(name)
		if v := m.Get(s); v != 0 {
			t.Errorf("%s of nothing is %v, want 0", name, v)
		}
	}
}

func TestUnitFormat(t *testing.T) {
	for _, c := range []struct {
		unit Unit
		in   float64
		want string
	}{
		{Number, 1312, "1,312"}, {PerSecond, 212345, "212k/s"}, {Microseconds, 92, "92µs"},
		{Milliseconds, 3.1, "3.1ms"}, {ByteCount, 51e6, "51MB"}, {Share, 0.314, "31.4%"},
		{Share, 0, "0%"}, {Share, 1.64e-7, "1.6e-7"}, {Share, 1, "100%"},
		{Number, math.NaN(), "n/a"}, {Share, math.NaN(), "n/a"},
	} {
		if got := c.unit.Format(c.in); got != c.want {
			t.Errorf("unit %d of %v is %q, want %q", c.unit, c.in, got, c.want)
		}
	}
}

// TestAFieldIsAMetric: a counter with a line on its field needs nothing else, neither to be merged nor
// to be read by name.
func TestAFieldIsAMetric(t *testing.T) {
	type tries struct {
		Made  uint64 `json:"made" metric:"Tries; tries made"`
		Most  int64  `json:"most" kind:"gauge" merge:"max" metric:"Tries at once; the most tries at once"`
		Bytes uint64 `json:"bytes,omitempty" unit:"bytes" metric:"Tried bytes; bytes in tries"`
		Inner uint64 `json:"-"`
	}
	a := &tries{Made: 2, Most: 5, Bytes: 1}
	merge(a, &tries{Made: 3, Most: 4, Inner: 9})
	ms := fieldMetrics("tries", func(*View) *tries { return a })
	want := []Metric{
		{Name: "tries_made", Label: "Tries", Key: "made", Path: "tries.made", Help: "tries made"},
		{Name: "tries_most", Label: "Tries at once", Key: "most", Path: "tries.most",
			Help: "the most tries at once", Kind: Gauge},
		{Name: "tries_bytes", Label: "Tried bytes", Key: "bytes", Path: "tries.bytes",
			Help: "bytes in tries", Unit: ByteCount, Rare: true},
	}
	if len(ms) != len(want) {
		t.Fatalf("%d metrics, want %d", len(ms), len(want))
	}
	for i, value := range []float64{5, 5, 1} {
		m, w := ms[i], want[i]
		if got := m.Get(&View{}); got != value || m.Name != w.Name || m.Label != w.Label || m.Key != w.Key ||
			m.Path != w.Path || m.Help != w.Help || m.Kind != w.Kind || m.Unit != w.Unit || m.Rare != w.Rare ||
			m.Group != "tries" {
			t.Errorf("%+v is %v, want %+v, %v", m, got, w, value)
		}
	}
	none := fieldMetrics("tries", func(*View) *tries { return nil })
	if v := none[0].Get(&View{}); !math.IsNaN(v) {
		t.Errorf("without the noun %v, want NaN", v)
	}
}
