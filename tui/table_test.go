package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
)

// numbers is a list of n rows: a number, and its remainder by three as a word.
func numbers(n int) rows {
	text := func(row, col int) string {
		if col == 0 {
			return fmt.Sprint(row)
		}
		return [...]string{"zero", "one", "two"}[row%3]
	}
	return rows{key: n, n: n, text: text, less: func(a, b, col int) bool {
		if col == 0 {
			return a < b
		}
		return text(a, 1) < text(b, 1)
	}}
}

func newTable() table {
	return table{sortable: true, by: -1, columns: []column{{"Number", 6, true}, {"Word", 0, false}}}
}

func plainStyle(int) tcell.Style { return tcell.StyleDefault }

func TestTableDraws(t *testing.T) {
	c, text := newCanvas(t, 18, 4)
	c.fill(c.look.text)
	tab := newTable()
	tab.load(numbers(5))
	tab.draw(c, "empty", plainStyle, nil)
	want := "....................\n" +
		". Number  Word     .\n" +
		".      0  zero     .\n" +
		".      1  one      .\n" +
		".      2  two      .\n" +
		"....................\n"
	if got := text(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// The mark stays in sight wherever it goes, and within the list.
func TestTableScrolls(t *testing.T) {
	tab := newTable()
	for _, press := range []struct {
		event *tcell.EventKey
		want  string
	}{
		{key(tcell.KeyUp), "0"}, {key(tcell.KeyDown), "1"}, {key(tcell.KeyPgDn), "4"},
		{key(tcell.KeyEnd), "99"}, {key(tcell.KeyDown), "99"}, {key(tcell.KeyPgUp), "96"},
		{runes("g")[0], "0"}, {runes("G")[0], "99"}, {runes("k")[0], "98"}, {runes("j")[0], "99"},
		{key(tcell.KeyHome), "0"},
	} {
		c, text := newCanvas(t, 18, 4)
		c.fill(c.look.text)
		tab.load(numbers(100))
		tab.draw(c, "", plainStyle, nil)
		tab.move(press.event)
		tab.draw(c, "", plainStyle, nil)
		row, ok := tab.chosen()
		if !ok || fmt.Sprint(row) != press.want || !strings.Contains(text(), " "+press.want+" ") {
			t.Errorf("after %v row %d is chosen, want %s\n%s", press.event.Name(), row,
				press.want, text())
		}
	}
}

func TestTableSorts(t *testing.T) {
	tab := newTable()
	shown := func() string {
		tab.load(numbers(4))
		return fmt.Sprint(tab.order)
	}
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() {}, "[0 1 2 3]"},
		{func() { tab.sortBy(true) }, "[0 1 2 3]"},
		{tab.invert, "[3 2 1 0]"},
		{func() { tab.sortBy(true) }, "[0 3 2 1]"},
		{tab.invert, "[1 2 0 3]"},
		{func() { tab.sortBy(true) }, "[0 1 2 3]"}, // as they come
		{func() { tab.sortBy(false) }, "[1 2 0 3]"},
		{func() { tab.clickHead(0) }, "[0 1 2 3]"},
		{func() { tab.clickHead(0) }, "[3 2 1 0]"},
	} {
		c.do()
		if got := shown(); got != c.want {
			t.Errorf("sorted by %d, down %v: %s, want %s", tab.by, tab.down, got, c.want)
		}
	}
}

func TestTableFilters(t *testing.T) {
	tab := newTable()
	tab.setFilter("TWO")
	tab.load(numbers(9))
	if got := fmt.Sprint(tab.order); got != "[2 5 8]" {
		t.Errorf("shown are %s", got)
	}
	tab.setFilter("none")
	tab.load(numbers(9))
	if _, ok := tab.chosen(); ok {
		t.Error("a row is chosen in an empty list")
	}
	c, text := newCanvas(t, 24, 3)
	tab.draw(c, "", plainStyle, nil)
	if !strings.Contains(text(), "nothing holds none") {
		t.Error(text())
	}
}

// A log follows its end until one moves away from it.
func TestTableFollows(t *testing.T) {
	tab := newTable()
	tab.follow = true
	tab.load(numbers(5))
	tab.load(numbers(9))
	if row, _ := tab.chosen(); row != 8 {
		t.Errorf("row %d is chosen", row)
	}
	tab.move(key(tcell.KeyUp))
	tab.load(numbers(12))
	if row, _ := tab.chosen(); row != 7 {
		t.Errorf("row %d is chosen after moving away", row)
	}
}

// A list of a million is not sorted again for every frame.
func TestTableKeepsItsOrder(t *testing.T) {
	tab := newTable()
	asked := 0
	r := numbers(1000)
	text := r.text
	r.text = func(row, col int) string { asked++; return text(row, col) }
	tab.setFilter("o")
	tab.load(r)
	first := asked
	tab.load(r)
	if asked != first {
		t.Errorf("%d texts were asked for again", asked-first)
	}
}
