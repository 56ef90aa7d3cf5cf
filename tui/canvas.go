package tui

import (
	"strings"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/uniseg"

	"dummyload/monitor"
)

// canvas is a rectangle of the screen with its own origin. Nothing is drawn outside of it.
type canvas struct {
	screen tcell.Screen
	x, y   int
	w, h   int
	look   *look
	zones  *[]zone
}

// zone is a part of the screen that takes the mouse: a click runs its function.
type zone struct {
	x, y, w, h int
	click      func()
}

func (z zone) holds(x, y int) bool {
	return x >= z.x && x < z.x+z.w && y >= z.y && y < z.y+z.h
}

// sub is the part of c at (x, y), cut to what c has.
func (c canvas) sub(x, y, w, h int) canvas {
	x, y = max(x, 0), max(y, 0)
	s := c
	s.x, s.y = c.x+x, c.y+y
	s.w, s.h = max(min(w, c.w-x), 0), max(min(h, c.h-y), 0)
	return s
}

// onClick makes a part of c take the mouse.
func (c canvas) onClick(x, y, w, h int, click func()) {
	s := c.sub(x, y, w, h)
	if s.w > 0 && s.h > 0 {
		*c.zones = append(*c.zones, zone{s.x, s.y, s.w, s.h, click})
	}
}

// text writes s from column x of row y, cut at the right edge, and returns the column after it.
// This is the only way by which text reaches the screen: it is cleaned here.
func (c canvas) text(x, y int, style tcell.Style, s string) int {
	if y < 0 || y >= c.h {
		return x + c.width(s)
	}
	s = c.look.plain(monitor.Clean(s))
	state := -1
	for s != "" {
		var cluster string
		var width int
		cluster, s, width, state = uniseg.FirstGraphemeClusterInString(s, state)
		if width == 0 {
			continue
		}
		if x >= 0 && x+width <= c.w {
			runes := []rune(cluster)
			c.screen.SetContent(c.x+x, c.y+y, runes[0], runes[1:], style)
		}
		x += width
	}
	return x
}

// fit writes s into at most w columns; what does not fit is cut and marked.
func (c canvas) fit(x, y, w int, style tcell.Style, s string) int {
	return c.text(x, y, style, c.cut(s, w))
}

// right writes s so that it ends before column x.
func (c canvas) right(x, y int, style tcell.Style, s string) int {
	return c.text(x-c.width(s), y, style, s)
}

// center writes s in the middle of row y.
func (c canvas) center(y int, style tcell.Style, s string) {
	c.text(max((c.w-c.width(s))/2, 0), y, style, s)
}

// width is the number of columns that text needs for s.
func (c canvas) width(s string) int {
	return uniseg.StringWidth(c.look.plain(monitor.Clean(s)))
}

// cut shortens s to w columns; the mark at its end says that there is more.
func (c canvas) cut(s string, w int) string {
	s = c.look.plain(monitor.Clean(s))
	if uniseg.StringWidth(s) <= w {
		return s
	}
	mark := c.look.glyphs.more
	w -= uniseg.StringWidth(mark)
	if w < 0 {
		return ""
	}
	var b strings.Builder
	state := -1
	for s != "" {
		var cluster string
		var width int
		cluster, s, width, state = uniseg.FirstGraphemeClusterInString(s, state)
		if w -= width; w < 0 {
			break
		}
		b.WriteString(cluster)
	}
	return b.String() + mark
}

// wrap cuts s at blanks into lines of at most w columns; a word that is longer is cut short.
func (c canvas) wrap(s string, w int) []string {
	var lines []string
	text := ""
	for _, word := range strings.Fields(s) {
		switch {
		case text == "":
			text = word
		case c.width(text+" "+word) > w:
			lines = append(lines, c.cut(text, w))
			text = word
		default:
			text += " " + word
		}
	}
	return append(lines, c.cut(text, w))
}

// fill covers all of c with spaces of a style.
func (c canvas) fill(style tcell.Style) {
	for y := range c.h {
		for x := range c.w {
			c.screen.SetContent(c.x+x, c.y+y, ' ', nil, style)
		}
	}
}

// box draws a frame around c, a title on the left and a note on the right of its upper edge, and
// returns what is inside.
func (c canvas) box(title, note string, style tcell.Style) canvas {
	if c.w < 2 || c.h < 2 {
		return c.sub(0, 0, 0, 0)
	}
	g := c.look.glyphs
	edge := strings.Repeat(g.h, c.w-2)
	c.text(0, 0, style, g.tl+edge+g.tr)
	c.text(0, c.h-1, style, g.bl+edge+g.br)
	for y := 1; y < c.h-1; y++ {
		c.text(0, y, style, g.v)
		c.text(c.w-1, y, style, g.v)
	}
	end := 2
	if title != "" {
		end = c.text(2, 0, c.look.title, c.cut(" "+title+" ", c.w-4))
	}
	if room := c.w - end - c.width(note) - 3; note != "" && room >= 0 {
		c.right(c.w-1-min(room, 1), 0, c.look.dim, " "+note+" ")
	}
	return c.sub(1, 1, c.w-2, c.h-2)
}

// row writes a name on the left and a value that ends at the right edge, one column in from
// each. When both do not fit, the value is written closer, and then the name is cut.
func (c canvas) row(y int, name, value string, style tcell.Style) {
	if c.width(name)+c.width(value)+3 > c.w {
		value = strings.ReplaceAll(value, " / ", "/")
	}
	w := c.width(value)
	c.fit(1, y, c.w-w-3, c.look.text, name)
	c.right(c.w-1, y, style, value)
}
