package monitor

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Unit says what a metric's number counts, and so how it is written and read.
type Unit uint8

// The units.
const (
	Number       Unit = iota
	ByteCount         // bytes
	PerSecond         // events per second
	Microseconds      // a duration, in µs
	Milliseconds      // a duration, in ms
	Share             // of a whole, 0 to 1
)

// Format writes a value in this unit for people. What was not measured (NaN) is "n/a".
func (u Unit) Format(v float64) string {
	if math.IsNaN(v) {
		return "n/a"
	}
	switch u {
	case Microseconds:
		return Micros(v)
	case Milliseconds:
		return Micros(v * 1e3)
	case PerSecond:
		return Short(v) + "/s"
	case ByteCount:
		return Short(v) + "B"
	case Share:
		return formatShare(v)
	}
	return Count(uint64(v))
}

// formatShare writes percent, and powers of ten where percent would be all zeros.
func formatShare(v float64) string {
	if v != 0 && math.Abs(v) < 1e-4 {
		return exponent(v)
	}
	return digits(v*100, 3) + "%"
}

// Kind says how a metric moves: a counter only goes up (until Reset or Mark), a gauge both ways.
type Kind uint8

// The kinds.
const (
	Counter Kind = iota
	Gauge
)

// Metric is one number that can be read off a view.
type Metric struct {
	Name  string // what thresholds call it
	Label string // in words that its users know, where there are some
	Group string // the line of the report that it stands on
	Key   string // what it is called on that line
	Path  string // of the field in the JSON summary, keys joined by dots
	Help  string
	Unit  Unit
	Kind  Kind

	Rare bool // left out of the report where it is 0

	// Performance is set when the tester's own speed has a part in the number. A threshold on it
	// proves nothing when the tester was the bottleneck.
	Performance bool

	// Get reads the metric. It is NaN when the view does not know it: nothing was recorded, or there
	// is no bundled server.
	Get func(*View) float64
}

// Groups to whose lines the report adds what is no metric.
const (
	rateGroup   = "rate"
	testerGroup = "tester"
	serverGroup = "server"
	faultGroup  = "faults"
	watchGroup  = "watch" // faults that fail no run by themselves
)

// Metrics is the table of all that is measured. The report, thresholds and the screen's list of all
// numbers go by it; Path ties each metric to its key in the JSON summary. The order is that of the
// report. The slice belongs to the package: do not change it.
func Metrics() []Metric { return metrics }

// MetricByName finds a metric by its name.
func MetricByName(name string) (Metric, bool) {
	for _, m := range metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

var metrics = table(
	echoMetrics(), rateMetrics(),
	distributionMetrics("rtt", "RTT", "round trip of an echo (open loop: from its due time)",
		true, func(s *View) Distribution { return s.RTT }),
	fieldMetrics("connections", func(v *View) *Connections { return &v.Connections }),
	distributionMetrics("connect", "Connect time", "time from connect to connected",
		false, func(s *View) Distribution { return s.ConnectTime }),
	fieldMetrics("bytes", func(v *View) *Bytes { return &v.Bytes }),
	fieldMetrics("packets", func(v *View) *Packets { return &v.Packets }),
	fairnessMetrics(), generatorMetrics(),
	fieldMetrics("server", (*View).ServerSince),
	spaced(fieldMetrics("hostile", func(v *View) *Hostile { return v.Hostile })),
	faultMetrics(),
)

func table(lists ...[]Metric) []Metric { return slices.Concat(lists...) }

func count(n uint64) float64 { return float64(n) }

func millis[D ~int64](d D) float64 { return float64(d) / 1e6 }

func echoMetrics() []Metric {
	const group = "echoes"
	return []Metric{
		{Name: "echoes_sent", Label: "Echo sent", Group: group, Key: "sent", Path: "ledger.sent",
			Help: "echoes sent",
			Get:  func(s *View) float64 { return count(s.Ledger.Sent) }},
		{Name: "echoes_received", Label: "Echo recv", Group: group, Key: "echoed",
			Path: "ledger.echoed", Help: "echoes that came back, every byte verified",
			Get: func(s *View) float64 { return count(s.Ledger.Echoed) }},
		{Name: "wait_echo_count", Label: "Wait Echo Count", Group: group, Key: "wait",
			Path: "wait_echo_count", Kind: Gauge, Help: "echoes sent and not yet answered",
			Get: func(s *View) float64 { return count(s.WaitEchoCount()) }},
		{Name: "echoes_abandoned", Label: "Echo abandoned", Group: group, Key: "abandoned",
			Path: "ledger.abandoned", Help: "echoes unanswered when the dummy itself closed",
			Get: func(s *View) float64 { return count(s.Ledger.Abandoned) }},
		{Name: "echoes_lost", Label: "Echo lost", Group: group, Key: "lost", Path: "ledger.lost",
			Kind: Gauge, // an echo that was counted as missing may still come
			Help: "echoes unanswered when the server closed, or proved missing",
			Get:  func(s *View) float64 { return count(s.Ledger.Lost) }},
		{Name: "drain_ms", Label: "Drain time", Group: group, Key: "drain", Path: "drain_ms",
			Unit: Milliseconds, Kind: Gauge, Performance: true,
			Help: "time from STOP until Wait Echo Count was 0",
			Get:  func(s *View) float64 { return millis(s.Drain.Elapsed) }},
	}
}

func rateMetrics() []Metric {
	const group = rateGroup
	return []Metric{
		{Name: "echoes_per_s", Label: "RecvPacket TPS", Group: group, Key: "echoes",
			Path: "rate.echoes_per_s", Unit: PerSecond, Kind: Gauge, Performance: true,
			Help: "verified echoes per second while Echo was on",
			Get:  func(s *View) float64 { return s.Averages().Echoes }},
		{Name: "connects_per_s", Label: "Connects per second", Group: group, Key: "connects",
			Path: "rate.connects_per_s", Unit: PerSecond, Kind: Gauge, Performance: true,
			Help: "connections made, the first ones included, per second while Echo was on",
			Get:  func(s *View) float64 { return s.Averages().Connects }},
		{Name: "fault_rate_upper_95", Label: "Fault rate below", Group: group, Key: "faults below",
			Path: "confidence.fault_rate_upper_95", Unit: Share, Kind: Gauge,
			Help: "upper bound of the faults per echo, with 95 % confidence",
			Get:  func(s *View) float64 { return s.FaultRate().Upper95 }},
	}
}

// perSecond is a rate over the time that Echo was on; 0 before it was.
func perSecond(n uint64, on time.Duration) float64 {
	if on <= 0 {
		return 0
	}
	return float64(n) / on.Seconds()
}

// distributionMetrics are the numbers of one histogram: all of them for round trips, the
// summary's four for the others.
func distributionMetrics(name, label, help string, all bool,
	of func(*View) Distribution) []Metric {
	fields := []struct {
		key  string
		full bool
		get  func(Distribution) float64
	}{
		{"min", true, func(d Distribution) float64 { return d.Min }},
		{"mean", true, func(d Distribution) float64 { return d.Mean }},
		{"p50", false, func(d Distribution) float64 { return d.P50 }},
		{"p90", true, func(d Distribution) float64 { return d.P90 }},
		{"p99", false, func(d Distribution) float64 { return d.P99 }},
		{"p99_9", true, func(d Distribution) float64 { return d.P999 }},
		{"p99_99", true, func(d Distribution) float64 { return d.P9999 }},
		{"max", false, func(d Distribution) float64 { return d.Max }},
	}
	ms := []Metric{{Name: name + "_count", Label: label + " count", Group: name, Key: "count",
		Path: name + "_us.count", Help: "how many were measured: " + help,
		Get: func(s *View) float64 { return count(of(s).Count) }}}
	for _, f := range fields {
		if f.full && !all {
			continue
		}
		plain := strings.ReplaceAll(f.key, "_", ".")
		ms = append(ms, Metric{Name: name + "_" + f.key, Label: label + " " + plain, Group: name,
			Key: plain, Path: name + "_us." + f.key, Unit: Microseconds, Kind: Gauge,
			Performance: true, Help: plain + " of the " + help,
			Get: func(s *View) float64 { return measured(of(s), f.get) }})
	}
	return ms
}

// measured is NaN for an empty distribution: 0 would look very fast.
func measured(d Distribution, get func(Distribution) float64) float64 {
	if d.Count == 0 {
		return math.NaN()
	}
	return get(d)
}

func fairnessMetrics() []Metric {
	row := func(name, label, key, help string, get func(Fairness) uint64) Metric {
		return Metric{Name: name, Label: label, Group: "per client", Key: key,
			Path: "fairness." + name, Kind: Gauge, Help: help,
			Get: func(s *View) float64 { return count(get(s.Fairness)) }}
	}
	return []Metric{
		row("echoes_per_client_min", "Echoes per client min", "min",
			"echoes of the client that got the fewest",
			func(f Fairness) uint64 { return f.Min }),
		row("echoes_per_client_median", "Echoes per client median", "median",
			"echoes of the client in the middle",
			func(f Fairness) uint64 { return f.Median }),
		row("echoes_per_client_max", "Echoes per client max", "max",
			"echoes of the client that got the most",
			func(f Fairness) uint64 { return f.Max }),
		row("silent_clients", "Silent clients", "silent",
			"clients that sent at least one echo and never got any back",
			func(f Fairness) uint64 { return f.Silent }),
	}
}

func generatorMetrics() []Metric {
	return []Metric{
		{Name: "cpu_share", Label: "Tester CPU", Group: testerGroup, Key: "cpu",
			Path: "generator.cpu_share", Unit: Share, Kind: Gauge, Performance: true,
			Help: "the busiest dummy worker's share of one core",
			Get:  func(s *View) float64 { return s.Generator.CPUShare }},
		{Name: "send_lag_p99", Label: "Send lag p99", Group: testerGroup, Key: "send lag p99",
			Path: "generator.send_lag_p99_us", Unit: Microseconds, Kind: Gauge, Performance: true,
			Help: "open loop: p99 of how late an echo was sent that was due and had room",
			Get: func(s *View) float64 {
				return measured(s.Generator.SendLag.Distribution, func(d Distribution) float64 { return d.P99 })
			}},
		{Name: "held_up_ms", Label: "Tester held up", Group: testerGroup, Key: "held up",
			Path: "generator.held_up_ms", Unit: Milliseconds, Kind: Gauge,
			Help: "how long the tester stood still while Echo was on: stopped, or without a processor",
			Get:  func(s *View) float64 { return millis(s.Generator.HeldUp) }},
		{Name: "rss_bytes", Label: "Tester memory", Group: testerGroup, Key: "memory",
			Path: "generator.rss_bytes", Unit: ByteCount, Kind: Gauge,
			Help: "resident memory of this process",
			Get:  func(s *View) float64 { return count(s.Generator.RSS) }},
	}
}

func faultMetrics() []Metric {
	var ms, watched []Metric
	for f := range NumFaults {
		m := Metric{Name: f.String(), Label: f.Label(), Group: faultGroup,
			Key: f.String(), Path: "faults." + f.String(), Help: f.Help(),
			Get: func(s *View) float64 { return count(s.Faults[f]) }}
		if f.Watched() {
			m.Group = watchGroup
			watched = append(watched, m)
			continue
		}
		ms = append(ms, m)
	}
	return append(ms, watched...)
}
