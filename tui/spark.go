package tui

import (
	"math"

	"github.com/gdamore/tcell/v2"
)

// sparkline fills c with one column for each value, from 0 to the largest of them. Each row of
// c has eight levels. A value above 0 always shows.
func sparkline(c canvas, values []float64, style tcell.Style) {
	top := 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			top = max(top, v)
		}
	}
	if top == 0 || c.h == 0 {
		return
	}
	for x, v := range values {
		if math.IsNaN(v) || v <= 0 {
			continue
		}
		level := max(int(math.Round(v/top*float64(8*c.h))), 1)
		for y := c.h - 1; y >= 0 && level > 0; y-- {
			c.text(x, y, style, c.look.glyphs.bars[min(level, 8)-1])
			level -= 8
		}
	}
}

// bar fills the first share (0 to 1) of w columns; a share above 0 shows at least one.
func bar(c canvas, x, y, w int, share float64, style tcell.Style) {
	n := int(math.Round(share * float64(w)))
	if share > 0 {
		n = max(n, 1)
	}
	for i := range w {
		if i < n {
			c.text(x+i, y, style, c.look.glyphs.full)
		} else {
			c.text(x+i, y, c.look.dim, c.look.glyphs.empty)
		}
	}
}
