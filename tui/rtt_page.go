package tui

import (
	"dummyload/monitor"
)

// drawRTTPage draws the times in full: over time, as a table and as a histogram.
func (u *ui) drawRTTPage(c canvas) {
	const tableWidth = 42
	top := c.h * 2 / 5
	u.drawRTT(c.sub(0, 0, c.w, top))
	u.drawDistributions(c.sub(0, top, tableWidth, c.h-top))
	u.drawSpread(c.sub(tableWidth, top, c.w-tableWidth, c.h-top))
}

// quantiles are the lines of the table of distributions.
var quantiles = []struct {
	name string
	of   func(monitor.Distribution) float64
}{
	{"min", func(d monitor.Distribution) float64 { return d.Min }},
	{"mean", func(d monitor.Distribution) float64 { return d.Mean }},
	{"p50", func(d monitor.Distribution) float64 { return d.P50 }},
	{"p90", func(d monitor.Distribution) float64 { return d.P90 }},
	{"p99", func(d monitor.Distribution) float64 { return d.P99 }},
	{"p99.9", func(d monitor.Distribution) float64 { return d.P999 }},
	{"p99.99", func(d monitor.Distribution) float64 { return d.P9999 }},
	{"max", func(d monitor.Distribution) float64 { return d.Max }},
}

func (u *ui) drawDistributions(c canvas) {
	in := u.frame(c, "", "Distribution", "")
	s := u.shown
	if s == nil {
		return
	}
	const first, width = 7, 8
	for i, d := range []struct {
		name string
		of   monitor.Distribution
	}{
		{"RTT", s.RTT}, {"now", s.RTTRecent}, {"connect", s.ConnectTime},
		{"lag", s.Generator.SendLag.Distribution},
	} {
		x := first + (i+1)*width
		in.right(x, 0, u.look.title, d.name)
		in.right(x, 1, u.look.text, short(d.of.Count))
		for k, q := range quantiles {
			text := "-"
			if d.of.Count > 0 {
				text = monitor.Micros(q.of(d.of))
			}
			in.right(x, k+2, u.look.text, text)
		}
	}
	in.text(1, 1, u.look.dim, "count")
	for k, q := range quantiles {
		in.text(1, k+2, u.look.dim, q.name)
	}
}
