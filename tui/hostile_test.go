package tui

import (
	"strings"
	"testing"
	"unicode"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// hostile is text that a server, a host name or a system's error could hold. It tries to clear the
// screen, set a title, write to the clipboard, turn the direction, hide itself, and be a tag.
const hostile = "\x1b[2J\x1b]0;owned\x07\x1b]52;c;AAAA\x07\r\n\x00" +
	"\u202eevil\u200b\u009b31m\xff[red]tag[-]"

// Text from outside reaches the terminal only as text.
func TestHostileText(t *testing.T) {
	s := faulty()
	s.Target = hostile
	s.Events = append(s.Events, monitor.Event{At: began, Text: hostile})
	for i := range s.Evidence {
		s.Evidence[i].Note, s.Evidence[i].Local = hostile, hostile
		s.Evidence[i].TimelineNote = hostile
		s.Evidence[i].Timeline = []monitor.Footprint{{By: hostile, Of: hostile, What: hostile}}
	}
	s.Diagnoses[0].Why, s.Diagnoses[0].Name = hostile, hostile
	s.Owed = []monitor.Owed{{Client: 1, Connection: 1, First: 1, Last: 1, Count: 1, Local: hostile}}
	s.Server.Backend, s.Server.TraceFile, s.Generator.Backend = hostile, hostile, hostile
	for _, size := range [][2]int{{80, 24}, {160, 50}, {60, 10}} {
		u, fleet := newTestUI(t, size[0], size[1], nil)
		fleet.err = hostileError{}
		u.observe(s)
		seen := ""
		for _, keys := range []string{"1", "2", "3", "4", "5", "6", "s", "?"} {
			typed(u, keys)
			seen += checked(t, u)
			if keys == "4" {
				u.press(key(tcell.KeyEnter))
				seen += checked(t, u)
				u.press(key(tcell.KeyTab))
				seen += checked(t, u)
				u.press(key(tcell.KeyEscape))
			}
		}
		if size[0] == 160 && !strings.Contains(seen, `\x1b[2J`) {
			t.Error("the text is not shown at all")
		}
		if size[0] == 160 && !strings.Contains(seen, "[red]tag[-]") {
			t.Error("what looks like a tag is not shown as it is")
		}
	}
}

type hostileError struct{}

func (hostileError) Error() string { return hostile }

// checked draws the screen, and fails when a cell holds a character that is not printable.
func checked(t *testing.T, u *ui) string {
	t.Helper()
	text := drawn(u)
	w, h := u.screen.Size()
	for y := range h {
		for x := range w {
			text, style, _ := u.screen.Get(x, y)
			for _, c := range text {
				if !unicode.IsPrint(c) {
					t.Fatalf("%q stands at %d, %d", c, x, y)
				}
			}
			if fg, _, _ := style.Decompose(); fg == tcell.ColorRed {
				t.Fatalf("a tag was interpreted at %d, %d", x, y)
			}
		}
	}
	return text
}

// What is copied is as clean as what is shown.
func TestHostileTextIsNotCopied(t *testing.T) {
	d := newDetail(faulty().Evidence[1], hostile)
	d.e.Note, d.e.TimelineNote, d.e.Timeline[0].What = hostile, hostile, hostile
	if text := d.text(); strings.ContainsAny(text, "\x1b\x07\x00\r") {
		t.Errorf("copied %q", text)
	}
}

// Text that is pasted into a line for input is text as well.
func TestPastedControlCharactersAreRefused(t *testing.T) {
	u, _ := newTestUI(t, 80, 24, nil)
	u.observe(faulty())
	typedInto(u, runes("5/")...)
	newRoot(u).PasteHandler()("ab\x1b[2Jc", noFocus)
	checked(t, u)
	u.child = nil
	newRoot(u).PasteHandler()("qqq", noFocus) // pasted keys are no verbs
	select {
	case <-u.over:
		t.Error("a pasted q quit")
	default:
	}
}
