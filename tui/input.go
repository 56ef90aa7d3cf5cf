package tui

import (
	"strings"
	"unicode"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
)

// prompt lets one line be typed on the last line of the screen. Enter runs done, Esc does not.
func (u *ui) prompt(label, text string, accept func(rune) bool, done func(string)) {
	field := tview.NewInputField().SetLabel(label).SetText(text)
	field.SetFieldStyle(u.look.selected).SetLabelStyle(u.look.title)
	field.SetAcceptanceFunc(only(accept))
	field.SetDoneFunc(func(key tcell.Key) {
		u.child = nil
		if key == tcell.KeyEnter {
			done(field.GetText())
		}
	})
	u.child = field
}

// only accepts a text of acceptable characters. It does not look at the last one alone, of
// which a paste tells nothing.
func only(accept func(rune) bool) func(string, rune) bool {
	return func(text string, _ rune) bool {
		return !strings.ContainsFunc(text, func(r rune) bool { return !accept(r) })
	}
}

// isDigit accepts what a count is typed with.
func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// isNumeral accepts what a rate is typed with.
func isNumeral(r rune) bool { return isDigit(r) || r == '.' }

// isPrintable accepts text; pasted control characters would reach the terminal.
func isPrintable(r rune) bool { return unicode.IsPrint(r) }
