package tui

import (
	"github.com/gdamore/tcell/v2"
)

// overlay lies in front of the page and has the keys until it is closed.
type overlay interface {
	draw(u *ui, c canvas)
	press(u *ui, event *tcell.EventKey)
}

// window clears the middle of the screen and frames it.
func (u *ui) window(c canvas, w, h int, title, note string) canvas {
	w, h = min(w, c.w), min(h, c.h)
	s := c.sub((c.w-w)/2, (c.h-h)/2, w, h)
	s.fill(u.look.text)
	return s.box(title, note, u.look.focus)
}

// isBack reports whether a key closes what is in front.
func isBack(event *tcell.EventKey) bool {
	return event.Key() == tcell.KeyEscape || event.Key() == tcell.KeyRune && event.Rune() == 'q'
}

// ask is a question that is answered by yes or no.
type ask struct {
	question string
	yes      func(*ui)
}

func (a *ask) draw(u *ui, c canvas) {
	in := u.window(c, c.width(a.question)+6, 5, "", "")
	in.center(0, u.look.title, a.question)
	const yes, no = "[ Yes y ]", "[ No n ]"
	x := (in.w - len(yes) - 2 - len(no)) / 2
	in.onClick(x, 2, len(yes), 1, func() { a.answer(u, true) })
	x = in.text(x, 2, u.look.key, yes) + 2
	in.onClick(x, 2, len(no), 1, func() { a.answer(u, false) })
	in.text(x, 2, u.look.key, no)
}

func (a *ask) press(u *ui, event *tcell.EventKey) {
	switch r := event.Rune(); {
	case event.Key() == tcell.KeyEnter, event.Key() == tcell.KeyRune && (r == 'y' || r == 'Y'):
		a.answer(u, true)
	case isBack(event), event.Key() == tcell.KeyRune && (r == 'n' || r == 'N'):
		a.answer(u, false)
	}
}

func (a *ask) answer(u *ui, yes bool) {
	u.front = nil
	if yes {
		a.yes(u)
	} else {
		u.keep = false
	}
}

// help lists the keys that have a function, on this page or on another, in two columns.
type help struct{}

func (h *help) draw(u *ui, c canvas) {
	var lines []binding
	for _, b := range u.keys {
		if b.has == nil || b.has(u) {
			lines = append(lines, b)
		}
	}
	half := (len(lines) + 1) / 2
	in := u.window(c, 80, half+4, "Help", "dummyload "+u.o.Version)
	for i, b := range lines {
		x, y := 1+i/half*(in.w/2), i%half
		in.text(x, y, u.look.key, b.name)
		text := b.en
		if u.korean {
			text = b.ko
		}
		in.fit(x+8, y, in.w/2-9, u.look.text, text)
	}
	in.text(1, in.h-1, u.look.dim, "Esc closes. Green is right, yellow a warning, red is broken.")
}

func (h *help) press(u *ui, event *tcell.EventKey) {
	if isBack(event) || event.Key() == tcell.KeyEnter || event.Key() == tcell.KeyF1 ||
		event.Rune() == '?' {
		u.front = nil
	}
}
