package tui

import (
	"sort"
	"strings"

	"github.com/gdamore/tcell/v2"
)

// column is one column of a table; the last one takes what is left of the width.
type column struct {
	name  string
	width int
	right bool // numbers end at the same place
}

// rows is what a table shows: how many there are, the text of each, and how two compare.
type rows struct {
	key  any // changes when the rows do; comparable
	n    int
	text func(row, col int) string
	less func(a, b, col int) bool // nil: not sortable
}

// table is a list with a mark that moves, a filter and a sort. It holds row numbers only, and works
// them out again only when something has changed: there can be a million.
type table struct {
	columns  []column
	sortable bool
	filter   string
	follow   bool // stay at the last line when lines are added

	rows  rows
	order []int // the numbers of the rows shown, in the order of the screen
	at    int   // the marked one, an index into order
	top   int   // the first one on the screen
	page  int   // how many fit
	by    int   // the column sorted by, -1: as they come
	down  bool
	dirty bool
}

// load takes the rows as they are now.
func (t *table) load(r rows) {
	same := !t.dirty && t.rows.key == r.key && t.rows.n == r.n
	t.rows = r
	if same {
		return
	}
	t.dirty = false
	atEnd := t.at >= len(t.order)-1
	t.order = t.order[:0]
	for i := range r.n {
		if t.matches(i) {
			t.order = append(t.order, i)
		}
	}
	if t.by >= 0 && r.less != nil {
		sort.SliceStable(t.order, func(a, b int) bool {
			if t.down {
				a, b = b, a
			}
			return r.less(t.order[a], t.order[b], t.by)
		})
	}
	if t.follow && atEnd {
		t.at = len(t.order) - 1
	}
	t.at = max(min(t.at, len(t.order)-1), 0)
}

// matches reports whether any column of a row holds the filter's text.
func (t *table) matches(row int) bool {
	if t.filter == "" {
		return true
	}
	for col := range t.columns {
		if strings.Contains(strings.ToLower(t.rows.text(row, col)), t.filter) {
			return true
		}
	}
	return false
}

func (t *table) setFilter(text string) { t.filter, t.dirty = strings.ToLower(text), true }

// sortBy sorts by the next or the previous column. Before the first one is "as they come".
func (t *table) sortBy(next bool) {
	n := len(t.columns) + 1
	add := n - 1 // which is one less, modulo n
	if next {
		add = 1
	}
	t.by = (t.by+1+add)%n - 1
	t.dirty = true
}

func (t *table) invert() { t.down, t.dirty = !t.down, true }

// chosen is the row that the mark is on.
func (t *table) chosen() (row int, ok bool) {
	if t.at >= len(t.order) {
		return 0, false
	}
	return t.order[t.at], true
}

// move moves the mark.
func (t *table) move(event *tcell.EventKey) {
	last := len(t.order) - 1
	switch key, r := event.Key(), event.Rune(); {
	case key == tcell.KeyUp, key == tcell.KeyRune && r == 'k':
		t.at--
	case key == tcell.KeyDown, key == tcell.KeyRune && r == 'j':
		t.at++
	case key == tcell.KeyPgUp:
		t.at -= t.page
	case key == tcell.KeyPgDn:
		t.at += t.page
	case key == tcell.KeyHome, key == tcell.KeyRune && r == 'g':
		t.at = 0
	case key == tcell.KeyEnd, key == tcell.KeyRune && r == 'G':
		t.at = last
	}
	t.at = max(min(t.at, last), 0)
}

// draw draws the head, and as many rows as fit around the mark. A click on the marked row calls
// open.
func (t *table) draw(c canvas, empty string, style func(row int) tcell.Style, open func()) {
	x := 1
	for i, col := range t.columns {
		t.drawCell(c, i, x, 0, c.look.title, t.head(c, i))
		c.onClick(x, 0, t.widthOf(c, i, x), 1, func() { t.clickHead(i) })
		x += col.width + 2
	}
	t.page = max(c.h-1, 1)
	t.top = max(min(t.top, t.at, len(t.order)-t.page), 0)
	t.top = max(t.top, t.at-t.page+1)
	if len(t.order) == 0 {
		if t.filter != "" {
			empty = "nothing holds " + t.filter
		}
		c.text(1, 1, c.look.dim, empty)
	}
	for y := 1; y < c.h && t.top+y-1 < len(t.order); y++ {
		at := t.top + y - 1
		t.drawRow(c, y, t.order[at], at == t.at, style)
		c.onClick(0, y, c.w, 1, func() {
			if t.at == at && open != nil {
				open()
			}
			t.at = at
		})
	}
}

func (t *table) drawRow(c canvas, y, row int, marked bool, style func(int) tcell.Style) {
	s := style(row)
	if marked {
		s = c.look.selected
		c.sub(0, y, c.w, 1).fill(s)
	}
	x := 1
	for i, col := range t.columns {
		t.drawCell(c, i, x, y, s, t.rows.text(row, i))
		x += col.width + 2
	}
}

func (t *table) drawCell(c canvas, col, x, y int, style tcell.Style, text string) {
	w := t.widthOf(c, col, x)
	text = c.cut(text, w)
	if t.columns[col].right {
		c.right(x+w, y, style, text)
	} else {
		c.text(x, y, style, text)
	}
}

func (t *table) widthOf(c canvas, col, x int) int {
	if col == len(t.columns)-1 {
		return max(c.w-x-1, 0)
	}
	return t.columns[col].width
}

func (t *table) head(c canvas, col int) string {
	name := t.columns[col].name
	if !t.sortable || t.by != col {
		return name
	}
	if t.down {
		return name + c.look.glyphs.down
	}
	return name + c.look.glyphs.up
}

// clickHead sorts by a column. Where the list is sorted by it already, the order turns round.
func (t *table) clickHead(col int) {
	if !t.sortable {
		return
	}
	if t.by == col {
		t.invert()
	}
	t.by, t.dirty = col, true
}

// note says how much of the list is shown, for the frame.
func (t *table) note() string {
	text := count(len(t.order))
	if t.filter != "" {
		text += " of " + count(t.rows.n) + " with \"" + t.filter + "\", Esc shows all"
	} else {
		text += "  / filters"
	}
	return text
}
