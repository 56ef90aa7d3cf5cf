package tui

import (
	"strings"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/uniseg"
)

// look is how things are drawn: the styles of a theme and the glyphs that the terminal has.
type look struct {
	name   string
	glyphs *glyphs

	text, dim, title, frame, focus, key, selected tcell.Style
	ok, warn, bad                                 tcell.Style
	first, second                                 tcell.Style // the two lines of a plot
}

// glyphs are the drawing characters, each one column wide.
type glyphs struct {
	tl, tr, bl, br, h, v string
	bars                 []string // a column filled by 1/8, 2/8 … 8/8
	full, empty          string   // of a bar that lies
	run, more, up, down  string
	first, second        stroke
	fallback             *strings.Replacer // what this set cannot show; nil when it can
}

// stroke draws one line of a plot: level, rising (from its lower end and at its upper), falling.
type stroke struct {
	level, vertical   string
	riseLow, riseHigh string
	fallHigh, fallLow string
}

var unicodeGlyphs = &glyphs{
	tl: "┌", tr: "┐", bl: "└", br: "┘", h: "─", v: "│",
	bars: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
	full: "█", empty: "░", run: "●", more: "…", up: "▲", down: "▼",
	first:  stroke{"─", "│", "╯", "╭", "╮", "╰"},
	second: stroke{"┄", "┊", "┘", "┌", "┐", "└"},
}

// asciiGlyphs serve where the others are missing or two columns wide.
var asciiGlyphs = &glyphs{
	tl: "+", tr: "+", bl: "+", br: "+", h: "-", v: "|",
	bars: []string{".", ".", ":", ":", "|", "|", "#", "#"},
	full: "#", empty: ".", run: "*", more: "~", up: "^", down: "v",
	first:    stroke{"-", "|", "/", "/", "\\", "\\"},
	second:   stroke{".", ":", "'", ".", ".", "'"},
	fallback: strings.NewReplacer("µ", "u", "≠", "!=", "✓", "ok", "…", "~", "×", "x"),
}

// plain replaces what the glyph set cannot show by what it can.
func (l *look) plain(s string) string {
	if l.glyphs.fallback == nil {
		return s
	}
	return l.glyphs.fallback.Replace(s)
}

// themes in the order in which the key t goes through them. None sets a background: the
// terminal's own shows through.
var themes = []func() *look{colourLook, brightLook, monoLook}

func colourLook() *look {
	d := tcell.StyleDefault
	return &look{
		name: "colour", text: d, dim: d.Dim(true), title: d.Bold(true), frame: d.Dim(true),
		focus: d.Foreground(tcell.ColorTeal), key: d.Foreground(tcell.ColorTeal),
		selected: d.Reverse(true),
		ok:       d.Foreground(tcell.ColorGreen), warn: d.Foreground(tcell.ColorOlive),
		bad:   d.Foreground(tcell.ColorMaroon).Bold(true),
		first: d.Foreground(tcell.ColorTeal), second: d.Foreground(tcell.ColorOlive),
	}
}

func brightLook() *look {
	d := tcell.StyleDefault
	return &look{
		name: "bright", text: d, dim: d, title: d.Bold(true), frame: d,
		focus: d.Foreground(tcell.ColorAqua).Bold(true),
		key:   d.Foreground(tcell.ColorAqua).Bold(true), selected: d.Reverse(true),
		ok:    d.Foreground(tcell.ColorLime).Bold(true),
		warn:  d.Foreground(tcell.ColorYellow).Bold(true),
		bad:   d.Foreground(tcell.ColorRed).Bold(true),
		first: d.Foreground(tcell.ColorAqua), second: d.Foreground(tcell.ColorYellow),
	}
}

// monoLook uses no colour at all; the two lines of a plot differ by their glyphs.
func monoLook() *look {
	d := tcell.StyleDefault
	return &look{
		name: "mono", text: d, dim: d, title: d.Bold(true), frame: d, focus: d.Bold(true),
		key: d.Bold(true), selected: d.Reverse(true), ok: d, warn: d.Bold(true),
		bad: d.Reverse(true), first: d, second: d,
	}
}

// needsASCII reports whether this terminal lacks the drawing characters, or gives each two columns:
// its character set is not Unicode (LANG=C names US-ASCII), or it has East Asian widths.
func needsASCII(charset string) bool {
	return !isUnicode(charset) || uniseg.StringWidth("─") != 1
}

// isUnicode reports whether a character set, by tcell's name for it, has every character.
func isUnicode(charset string) bool { return strings.HasPrefix(strings.ToUpper(charset), "UTF") }
