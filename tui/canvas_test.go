package tui

import (
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
)

// newCanvas is a canvas of a size with something to see around it.
func newCanvas(t *testing.T, w, h int) (canvas, func() string) {
	t.Helper()
	screen := newScreen(t, w+2, h+2)
	t.Cleanup(screen.Fini)
	l := monoLook()
	l.glyphs = unicodeGlyphs
	all := canvas{screen, 0, 0, w + 2, h + 2, l, &[]zone{}}
	for y := range h + 2 {
		for x := range w + 2 {
			screen.SetContent(x, y, '.', nil, tcell.StyleDefault)
		}
	}
	return all.sub(1, 1, w, h), func() string { return screenText(screen) }
}

func TestCanvasStaysInside(t *testing.T) {
	c, text := newCanvas(t, 6, 2)
	c.text(-2, 0, c.look.text, "abcdefghijk")
	c.text(4, 1, c.look.text, "한글")
	c.text(0, 2, c.look.text, "below")
	c.text(0, -1, c.look.text, "above")
	want := "........\n.cdefgh.\n.....한.\n........\n"
	if got := text(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestCut(t *testing.T) {
	c, _ := newCanvas(t, 10, 1)
	for _, x := range []struct {
		text string
		w    int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"한글말", 6, "한글말"},
		{"한글말", 5, "한글…"},
		{"한글말", 4, "한…"}, {"ab", 1, "…"}, {"ab", 0, ""}, {"", 0, ""}, {"ab", -1, ""},
		{"a\x1bb", 6, `a\x1bb`}, {"a\x1bb", 4, `a\x…`}, {"e\u0301e\u0301", 2, "e\u0301e\u0301"},
	} {
		if got := c.cut(x.text, x.w); got != x.want {
			t.Errorf("cut(%q, %d) = %q, want %q", x.text, x.w, got, x.want)
		}
	}
}

func TestRow(t *testing.T) {
	c, text := newCanvas(t, 16, 3)
	c.row(0, "name", "1 / 2", c.look.text)
	c.row(1, "long name", "1 / 22", c.look.text)
	c.row(2, "a very long name", "1 / 22", c.look.text)
	want := "..................\n" +
		"..name.....1 / 2..\n" +
		"..long name.1/22..\n" +
		"..a very l….1/22..\n" +
		"..................\n"
	if got := text(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestWrap(t *testing.T) {
	c, _ := newCanvas(t, 10, 1)
	got := c.wrap("one two three abcdefghijklmn four", 9)
	want := []string{"one two", "three", "abcdefgh…", "four"}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestBoxOfAnySize(t *testing.T) {
	for w := range 12 {
		for h := range 4 {
			c, text := newCanvas(t, 12, 4)
			c.sub(0, 0, w, h).box("title", "note", c.look.frame)
			got := []rune(text())
			if got[0] != '.' || got[len(got)-2] != '.' {
				t.Errorf("%d×%d: drawn outside:\n%s", w, h, string(got))
			}
		}
	}
	c, text := newCanvas(t, 16, 2)
	c.box("title", "note", c.look.frame)
	want := "..................\n.┌─ title  note ┐.\n"
	if got := text(); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	c, text = newCanvas(t, 20, 3)
	c.box("title", "note", c.look.frame)
	want = "......................\n" +
		".┌─ title ─── note ─┐.\n" +
		".│..................│.\n" +
		".└──────────────────┘.\n" +
		"......................\n"
	if got := text(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
