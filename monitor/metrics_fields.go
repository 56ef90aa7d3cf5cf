package monitor

import (
	"math"
	"reflect"
	"strings"
)

// fieldMetrics makes a metric of each field of a noun that has the tag metric: its label and what it
// means. A field that the JSON leaves out when it is 0 is left out of the report, too:
//
//	Failed uint64 `json:"failed" metric:"Connect Fail; connections refused, unreachable or timed out"`
//	Peak   uint64 `json:"peak" kind:"gauge" metric:"Connected peak; the most connections up at once"`
//	Sent   uint64 `json:"sent" unit:"bytes" metric:"Bytes sent; bytes sent, headers included"`
//
// of returns nil when the view has no such noun.
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

// spaced puts blanks in place of the underscores of the keys.
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
