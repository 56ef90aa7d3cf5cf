package tui

import (
	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
)

// The smallest screen that shows the pages, and the smallest that shows more panes on them.
const (
	minWidth, minHeight   = 80, 24
	wideWidth, wideHeight = 120, 38
)

// root is the application's only primitive, but for the settings and the line for input. Each time
// it draws it chooses the layout by its own rectangle: to change tview's pages while it draws would
// deadlock.
type root struct {
	*tview.Box
	u *ui
}

func newRoot(u *ui) *root { return &root{tview.NewBox(), u} }

// Draw draws the whole screen.
func (r *root) Draw(screen tcell.Screen) {
	x, y, w, h := r.GetRect()
	r.u.zones = r.u.zones[:0]
	r.u.draw(canvas{screen, x, y, w, h, r.u.look, &r.u.zones})
}

// Focus passes the focus on to a widget that takes the keys.
func (r *root) Focus(delegate func(tview.Primitive)) {
	if r.u.child != nil {
		delegate(r.u.child)
		return
	}
	r.Box.Focus(delegate)
}

// HasFocus reports whether the screen or a widget on it has the focus.
func (r *root) HasFocus() bool {
	return r.u.child != nil && r.u.child.HasFocus() || r.Box.HasFocus()
}

// InputHandler gives a key to the widget that takes the keys, or to the screen.
func (r *root) InputHandler() func(*tcell.EventKey, func(tview.Primitive)) {
	return func(event *tcell.EventKey, focus func(tview.Primitive)) {
		if child := r.u.child; child != nil {
			child.InputHandler()(event, focus)
		} else {
			r.u.press(event)
		}
		r.settle(focus)
	}
}

// PasteHandler pastes text into a widget, and nowhere else: pasted keys would be verbs.
func (r *root) PasteHandler() func(string, func(tview.Primitive)) {
	return func(text string, focus func(tview.Primitive)) {
		if child := r.u.child; child != nil {
			child.PasteHandler()(text, focus)
		}
	}
}

// MouseHandler runs what lies under a click; the wheel moves like the arrow keys.
func (r *root) MouseHandler() func(tview.MouseAction, *tcell.EventMouse,
	func(tview.Primitive)) (bool, tview.Primitive) {
	return func(action tview.MouseAction, event *tcell.EventMouse,
		focus func(tview.Primitive)) (consumed bool, capture tview.Primitive) {
		if child := r.u.child; child != nil {
			consumed, capture = child.MouseHandler()(action, event, focus)
		} else {
			consumed = r.u.point(action, event)
		}
		r.settle(focus)
		return consumed, capture
	}
}

// settle moves the focus to what takes the keys now.
func (r *root) settle(focus func(tview.Primitive)) {
	if child := r.u.child; child != nil {
		if !child.HasFocus() {
			focus(child)
		}
	} else if !r.Box.HasFocus() {
		focus(r)
	}
}

// point handles the mouse.
func (u *ui) point(action tview.MouseAction, event *tcell.EventMouse) bool {
	switch action {
	case tview.MouseScrollUp:
		u.press(tcell.NewEventKey(tcell.KeyUp, 0, tcell.ModNone))
	case tview.MouseScrollDown:
		u.press(tcell.NewEventKey(tcell.KeyDown, 0, tcell.ModNone))
	case tview.MouseLeftClick, tview.MouseLeftDoubleClick:
		x, y := event.Position()
		for i := len(u.zones) - 1; i >= 0; i-- {
			if u.zones[i].holds(x, y) {
				u.zones[i].click()
				return true
			}
		}
		return false
	default:
		return false
	}
	return true
}

// draw draws the screen: two lines, the page, two lines, and the overlay in front of them.
func (u *ui) draw(c canvas) {
	if c.w < minWidth || c.h < minHeight {
		u.drawSmall(c)
		return
	}
	u.drawHeader(c.sub(0, 0, c.w, 1))
	u.drawButtons(c.sub(0, 1, c.w, 1))
	u.drawPage(c.sub(0, 2, c.w, c.h-4))
	u.drawVerdict(c.sub(0, c.h-2, c.w, 1))
	u.drawLastLine(c.sub(0, c.h-1, c.w, 1))
	if u.front != nil {
		u.zones = u.zones[:0]
		u.front.draw(u, c)
	}
}

// drawPage draws the page, or the one pane that fills it.
func (u *ui) drawPage(c canvas) {
	if u.zoomed && u.page == 0 {
		panes[u.pane](u, c)
		return
	}
	pages[u.page].draw(u, c)
}
