package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"

	"dummyload/dummy"
	"dummyload/monitor"
)

// phaseStyle is the colour of a phase; its word is always beside it.
func (u *ui) phaseStyle(s *monitor.View) tcell.Style {
	if s.GaveUp() {
		return u.look.bad // a drain that was given up is never green
	}
	switch s.Phase {
	case monitor.Echoing, monitor.Drained:
		return u.look.ok
	case monitor.Connecting, monitor.Draining:
		return u.look.warn
	case monitor.Undrained:
		return u.look.bad
	}
	return u.look.text
}

// drawHeader is the first line: what runs, against what. Where there is no room, the seed is left
// out, then the backend.
func (u *ui) drawHeader(c canvas) {
	x := c.text(1, 0, u.look.title, "dummyload") + 2
	s := u.shown
	if s == nil {
		c.text(x, 0, u.look.warn, "waiting for the fleet")
		return
	}
	x = c.text(x, 0, u.phaseStyle(s),
		u.look.glyphs.run+" "+s.Where()+" "+clock(phaseClock(s)))
	if u.frozen {
		x = c.text(x+1, 0, u.look.warn, "FROZEN (f)")
	} else if d := u.stale(); d > 0 {
		x = c.text(x+1, 0, u.look.bad, "NO NEWS FOR "+clock(d))
	}
	load := fmt.Sprintf("%s dummies os=%d", count(s.Clients), s.OverSend)
	if s.Hostile != nil {
		load = fmt.Sprintf("%s dummies +%s hostile os=%d", count(s.Clients),
			count(s.Hostile.Dummies), s.OverSend)
	}
	for i, tail := range []string{
		s.Target + u.backend(s) + "  " + load + "  " + seed(s),
		s.Target + u.backend(s) + "  " + load,
		s.Target + "  " + load,
		load,
	} {
		if x+2+c.width(tail) <= c.w || i == 3 {
			u.seedLeftOut = i > 0
			c.fit(x+2, 0, c.w-x-2, u.look.text, tail)
			return
		}
	}
}

// phaseClock is the time on the first line: how long Echo has been on, or, in a phase that may
// hang, how long that phase has lasted.
func phaseClock(s *monitor.View) time.Duration {
	if s.Phase == monitor.Connecting || s.Phase == monitor.Draining {
		return s.At.Sub(s.Since)
	}
	return s.EchoOn
}

func seed(s *monitor.View) string { return fmt.Sprintf("seed %d", s.Seed) }

func (u *ui) backend(s *monitor.View) string {
	if s.Server == nil {
		return ""
	}
	return " (bundled, " + s.Server.Backend + ")"
}

// drawButtons is the second line: what the mouse may press, and the pages.
func (u *ui) drawButtons(c canvas) {
	echo := "START"
	if u.phase() == monitor.Echoing {
		echo = "STOP"
	}
	churn := u.load()[dummy.Churn]
	space, wide := "", c.w >= wideWidth
	if wide {
		echo, space = echo+" echo", " "
	}
	buttons := []struct {
		text, key string
		do        func(*ui)
	}{
		{echo, "s", (*ui).toggleEcho},
		{"Disconnect Test " + strings.ToUpper(onOff(churn > 0)), "c", (*ui).toggleChurn},
		{"Settings", "e", (*ui).openSettings},
	}
	if !wide {
		buttons = buttons[:2] // the last line has the settings
	}
	x := 1
	for _, b := range buttons {
		from := x
		x = c.text(x, 0, u.look.text, "["+space+b.text+" ")
		x = c.text(x, 0, u.look.key, b.key)
		x = c.text(x, 0, u.look.text, space+"]")
		c.onClick(from, 0, x-from, 1, func() { b.do(u) })
		x += len(space)
	}
	u.drawTabs(c)
}

func (u *ui) drawTabs(c canvas) {
	x := c.w
	for i := len(pages) - 1; i >= 0; i-- {
		style := u.look.text
		if i == u.page {
			style = u.look.selected
		}
		name := fmt.Sprintf("%d%s", i+1, pages[i].name)
		if u.korean && c.w >= wideWidth {
			name += "(" + pages[i].ko + ")"
		}
		x -= c.width(name)
		c.text(x, 0, style, name)
		c.onClick(x, 0, c.width(name), 1, func() { u.goTo(i) })
		x--
	}
}

// drawLastLine is what is being typed, or a message, or the keys.
func (u *ui) drawLastLine(c canvas) {
	if u.child != nil && u.front == nil {
		u.child.SetRect(c.x+1, c.y, c.w-2, c.h)
		u.child.Draw(c.screen)
		return
	}
	if u.now().Before(u.messageUntil) {
		c.fit(1, 0, c.w-2, u.messageStyle(u.look), u.message)
		return
	}
	x := 1
	if u.offersProbe() {
		x = u.drawOffer(c, x)
	}
	for _, b := range u.keys {
		if b.hint == "" || !b.works(u) || x+2+c.width(b.hint) > c.w {
			continue
		}
		from := x
		x = c.text(x, 0, u.look.key, b.runes[:1])
		x = c.text(x+1, 0, u.look.text, b.hint)
		event := tcell.NewEventKey(tcell.KeyRune, rune(b.runes[0]), tcell.ModNone)
		c.onClick(from, 0, x-from, 1, func() { u.press(event) })
		x += 2
	}
}

// drawSmall says that there is too little room, and then what matters most.
func (u *ui) drawSmall(c canvas) {
	lines := []struct {
		text  string
		style tcell.Style
	}{{fmt.Sprintf("needs %d×%d, has %d×%d", minWidth, minHeight, c.w, c.h), u.look.warn}}
	add := func(text string, style tcell.Style) {
		lines = append(lines, struct {
			text  string
			style tcell.Style
		}{text, style})
	}
	if s := u.shown; s != nil {
		add(s.Where()+" "+clock(phaseClock(s)), u.phaseStyle(s))
		add("Wait Echo Count "+count(s.Ledger.Wait), u.look.text)
		v := u.verdict(s, c.w)
		add("VERDICT "+v.word, v.style)
		add(v.why, u.look.text)
	}
	add("s echo  q quit", u.look.dim)
	if question, ok := u.front.(*ask); ok {
		lines = lines[:0]
		add(question.question, u.look.title)
		add("y yes  n no", u.look.key)
	} else if u.front != nil || u.child != nil {
		lines = lines[:1]
		add("something is open: Esc closes", u.look.text)
	}
	for y, l := range lines {
		c.fit(0, y, c.w, l.style, l.text)
	}
}
