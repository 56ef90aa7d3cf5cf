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
func p50(f *figures) float64        { return f.P50 }

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

// ratioOf compares a with b. Rounds belong together by their order; where one of a row failed
// the rows are compared as far as both reach.
func ratioOf(a, b *result, of metric) ratio {
	q := ratio{of: a.median(of) / b.median(of)}
	for i := range min(len(a.Rounds), len(b.Rounds)) {
		v := of(&a.Rounds[i]) / of(&b.Rounds[i])
		if i == 0 {
			q.least, q.most = v, v
		}
		q.least, q.most = min(q.least, v), max(q.most, v)
	}
	return q
}

func (q ratio) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", q.of, q.least, q.most) }
