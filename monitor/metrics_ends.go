package monitor

import (
	"math"
	"reflect"
	"strings"
)

// The metrics that are computed of the dummies' side (fairness, generator), and those that are fields.

// fieldMetrics are the metrics that the fields of a noun carry. A field says, beside its JSON key, its
// label and what it means; what is left out of the JSON where it is 0 is left out of the report, too:
//
//	Failed uint64 `json:"failed" metric:"Connect Fail; connections refused, unreachable or timed out"`
//	Peak   uint64 `json:"peak" kind:"gauge" metric:"Connected peak; the most connections up at once"`
//	Sent   uint64 `json:"sent" unit:"bytes" metric:"Bytes sent; bytes sent, headers included"`
//
// of is nil where there is no such noun.
func fieldMetrics[T any](noun string, of func(*View) *T) []Metric {
	var ms []Metric
	for i := range reflect.TypeFor[T]().NumField() {
		f := reflect.TypeFor[T]().Field(i)
		label, help, ok := strings.Cut(f.Tag.Get("metric"), "; ")
		if !ok {
			continue
		}
		key, omit, _ := strings.Cut(f.Tag.Get("json"), ",")
		m := Metric{Name: noun + "_" + key, Label: label, Group: noun, Key: key,
			Path: noun + "." + key, Help: help, Rare: omit == "omitempty",
			Get: func(v *View) float64 {
				p := of(v)
				if p == nil {
					return math.NaN()
				}
				return number(reflect.ValueOf(p).Elem().Field(i))
			}}
		if f.Tag.Get("unit") == "bytes" {
			m.Unit = ByteCount
		}
		if f.Tag.Get("kind") == "gauge" {
			m.Kind = Gauge
		}
		ms = append(ms, m)
	}
	return ms
}

// spaced has the report call the metrics by words.
func spaced(ms []Metric) []Metric {
	for i := range ms {
		ms[i].Key = strings.ReplaceAll(ms[i].Key, "_", " ")
	}
	return ms
}

// number is a field's value.
func number(v reflect.Value) float64 {
	if v.CanUint() {
		return float64(v.Uint())
	}
	return float64(v.Int())
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
