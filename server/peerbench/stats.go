package main

import (
	"fmt"
	"slices"
)

// metric takes one number out of a measurement.
type metric func(*figures) float64

func throughput(f *figures) float64 { return f.EchoesPerSecond }
func serverCPU(f *figures) float64  { return f.ServerCPU }
func clientCPU(f *figures) float64  { return f.ClientCPU }
func bothCPU(f *figures) float64    { return f.ServerCPU + f.ClientCPU }
func serverMB(f *figures) float64   { return float64(f.ServerRSS) / 1e6 }
func clientMB(f *figures) float64   { return float64(f.ClientRSS) / 1e6 }
func sendLag(f *figures) float64    { return f.Lag }
func waited(f *figures) float64     { return f.Waited }
func p50(f *figures) float64        { return f.P50 }
func p99(f *figures) float64        { return f.P99 }
func p999(f *figures) float64       { return f.P999 }

// median is of the rounds' numbers; 0 when there are none.
func (r *result) median(of metric) float64 {
	var v []float64
	for i := range r.Rounds {
		v = append(v, of(&r.Rounds[i]))
	}
	return median(v)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// ratio is of two medians; the spread is the least and the most that a single round shows.
type ratio struct{ of, least, most float64 }

// ratioOf compares a with b, and for the spread what was measured in the same round.
func ratioOf(a, b *result, of metric) ratio {
	q := ratio{of: a.median(of) / b.median(of)}
	for i := range a.Rounds {
		j := slices.IndexFunc(b.Rounds, func(f figures) bool { return f.Round == a.Rounds[i].Round })
		if j < 0 {
			continue // that one failed
		}
		v := of(&a.Rounds[i]) / of(&b.Rounds[j])
		if q.most == 0 {
			q.least, q.most = v, v
		}
		q.least, q.most = min(q.least, v), max(q.most, v)
	}
	return q
}

func (q ratio) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", q.of, q.least, q.most) }
