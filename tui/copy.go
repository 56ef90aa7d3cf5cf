package tui

import (
	"strings"

	"github.com/gdamore/tcell/v2"
)

// screenText is what is on the screen, as lines without the blanks at their ends.
func screenText(screen tcell.Screen) string {
	var b strings.Builder
	w, h := screen.Size()
	for y := range h {
		var l strings.Builder
		for x := 0; x < w; {
			text, _, width := screen.Get(x, y)
			l.WriteString(text)
			x += width
		}
		b.WriteString(strings.TrimRight(l.String(), " "))
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
