package tui

import (
	"math"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// axisWidth is the width of the axis on the left of a plot: its numbers, and the line beside them.
const axisWidth = 8

// plot draws two lines over one axis of microseconds, logarithmic or from 0. There is one value
// for each column right of the axis. It reports whether there was anything to draw.
func plot(c canvas, first, second []float64, logarithmic bool) bool {
	scale, ok := newScale(c.h, logarithmic, first, second)
	if !ok {
		return false
	}
	for y := range c.h {
		c.text(axisWidth-1, y, c.look.frame, c.look.glyphs.v)
	}
	for y, value := range scale.labels() {
		c.right(axisWidth-2, y, c.look.dim, monitor.Micros(value))
	}
	area := c.sub(axisWidth, 0, c.w-axisWidth, c.h)
	drawCurve(area, second, scale, c.look.glyphs.second, c.look.second)
	drawCurve(area, first, scale, c.look.glyphs.first, c.look.first)
	return true
}

// drawCurve draws one series. Where two columns differ in height, the later one has the turn:
//
//	 ╭─   riseHigh        ─╮   fallHigh
//	 │    vertical         │
//	─╯    riseLow          ╰─  fallLow
func drawCurve(c canvas, values []float64, s scale, with stroke, style tcell.Style) {
	before := -1
	for x, v := range values {
		if x >= c.w || math.IsNaN(v) {
			before = -1
			continue
		}
		y := s.row(v)
		low, high := with.riseLow, with.riseHigh
		if before >= 0 && y > before {
			low, high = with.fallLow, with.fallHigh
		}
		if before < 0 || y == before {
			c.text(x, y, style, with.level)
		} else {
			top, bottom := min(y, before), max(y, before)
			c.text(x, top, style, high)
			c.text(x, bottom, style, low)
			for k := top + 1; k < bottom; k++ {
				c.text(x, k, style, with.vertical)
			}
		}
		before = y
	}
}

// scale turns microseconds into rows, row 0 on top.
type scale struct {
	rows        int
	low, high   float64
	logarithmic bool
}

// newScale spans all values and ends on round numbers. It fails when there is nothing to span.
func newScale(rows int, logarithmic bool, series ...[]float64) (scale, bool) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, values := range series {
		for _, v := range values {
			if !math.IsNaN(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if rows < 1 || high <= 0 || math.IsInf(low, 1) {
		return scale{}, false
	}
	s := scale{rows: rows, high: roundUp(high), logarithmic: logarithmic}
	if logarithmic {
		s.low = roundDown(max(low, high/1e6))
		if s.low == s.high {
			s.low = roundDown(s.low * 0.99)
		}
	}
	return s, true
}

// row is the row that shows a value. A value beyond the scale is at its edge.
func (s scale) row(v float64) int {
	part := (v - s.low) / (s.high - s.low)
	if s.logarithmic {
		part = math.Log(max(v, s.low)/s.low) / math.Log(s.high/s.low)
	}
	return min(max(int(math.Round((1-part)*float64(s.rows-1))), 0), s.rows-1)
}

// labels are the round numbers beside the rows: both ends, and as many between them as can stand
// two rows apart. Whole decades come first.
func (s scale) labels() map[int]float64 {
	labels := map[int]float64{s.rows - 1: s.low, 0: s.high}
	add := func(v float64) {
		row := s.row(v)
		for near := row - 1; near <= row+1; near++ {
			if _, taken := labels[near]; taken {
				return
			}
		}
		labels[row] = v
	}
	if !s.logarithmic {
		by := roundUp(s.high / float64(max(s.rows/2, 1)))
		for v := by; v < s.high; v += by {
			add(v)
		}
		return labels
	}
	for _, step := range steps[:len(steps)-1] {
		decade := math.Pow(10, math.Floor(math.Log10(s.low)))
		for ; step*decade < s.high; decade *= 10 {
			if step*decade > s.low {
				add(step * decade)
			}
		}
	}
	return labels
}

// steps are the round numbers of a decade.
var steps = [...]float64{1, 2, 5, 10}

func roundUp(v float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(v)))
	for _, s := range steps {
		if s*decade >= v*(1-1e-9) {
			return s * decade
		}
	}
	return 10 * decade
}

func roundDown(v float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(v)))
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i]*decade <= v*(1+1e-9) {
			return steps[i] * decade
		}
	}
	return decade
}
