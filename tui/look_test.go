package tui

import (
	"testing"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/uniseg"
)

// eachStyle calls f with the style of every cell, on every page and with everything that can be
// in front.
func eachStyle(t *testing.T, u *ui, f func(keys string, style tcell.Style)) {
	t.Helper()
	for _, s := range minute() {
		u.observe(s)
	}
	u.observe(faulty())
	for _, keys := range []string{"1", "2", "3", "4", "5", "6", "4/", "?", "q", "e"} {
		u.front, u.child = nil, nil
		typedInto(u, runes(keys)...)
		drawn(u)
		w, h := u.screen.Size()
		for y := range h {
			for x := range w {
				_, style, _ := u.screen.Get(x, y)
				f(keys, style)
			}
		}
	}
}

// The terminal's own background shows through everywhere: tview would paint it black.
func TestNoBackgroundIsPainted(t *testing.T) {
	u, _ := newTestUI(t, 120, 40, nil)
	for i := range u.themes {
		u.setTheme(i)
		eachStyle(t, u, func(keys string, style tcell.Style) {
			if _, bg, _ := style.Decompose(); bg != tcell.ColorDefault {
				t.Fatalf("theme %s, after %q: background %v", u.look.name, keys, bg)
			}
		})
	}
}

// With NO_COLOR tcell would write a dark foreground as reverse: there must be none.
func TestNoColor(t *testing.T) {
	screen := newScreen(t, 120, 40)
	t.Cleanup(screen.Fini)
	t.Setenv("NO_COLOR", "1")
	fleet := &fakeFleet{}
	u := newUI(Options{Control: fleet, Latest: fleet.latest}, screen)
	eachStyle(t, u, func(keys string, style tcell.Style) {
		if fg, bg, _ := style.Decompose(); fg != tcell.ColorDefault || bg != tcell.ColorDefault {
			t.Fatalf("after %q: %v on %v", keys, fg, bg)
		}
	})
}

func TestNeedsASCII(t *testing.T) {
	for charset, want := range map[string]bool{
		"UTF-8": false, "utf-8": false, "UTF-16LE": false, "US-ASCII": true,
		"EUC-KR": true, "": true,
	} {
		if got := needsASCII(charset); got != want {
			t.Errorf("needsASCII(%q) = %v", charset, got)
		}
	}
}

// On a terminal whose ambiguous characters are two columns wide nothing may be lost.
func TestEastAsianWidths(t *testing.T) {
	before := uniseg.EastAsianAmbiguousWidth
	uniseg.EastAsianAmbiguousWidth = 2
	defer func() { uniseg.EastAsianAmbiguousWidth = before }()
	u, _ := newTestUI(t, 80, 24, nil)
	for _, s := range minute() {
		u.observe(s)
	}
	if !u.ascii {
		t.Fatal("drawing characters that are two columns wide were chosen")
	}
	for _, r := range drawn(u) {
		if r > '~' {
			t.Errorf("%q may be two columns wide", r)
		}
	}
}

// LANG=C: the character set has no Hangul, so K has no function.
func TestASCIITerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	screen := tcell.NewSimulationScreen("US-ASCII")
	if err := screen.Init(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(screen.Fini)
	fleet := &fakeFleet{}
	u := newUI(Options{Control: fleet, Latest: fleet.latest}, screen)
	if !u.ascii {
		t.Error("the drawing characters are not ASCII")
	}
	typed(u, "K")
	if u.korean {
		t.Error("K shows what the terminal cannot")
	}
}

// Every glyph is one column wide, and so is every one of its replacements' cells.
func TestGlyphsAreOneColumn(t *testing.T) {
	for _, g := range []*glyphs{unicodeGlyphs, asciiGlyphs} {
		all := append([]string{g.tl, g.tr, g.bl, g.br, g.h, g.v, g.full, g.empty, g.run, g.more,
			g.up, g.down}, g.bars...)
		for _, s := range []stroke{g.first, g.second} {
			all = append(all, s.level, s.vertical, s.riseLow, s.riseHigh, s.fallHigh, s.fallLow)
		}
		for _, glyph := range all {
			if uniseg.StringWidth(glyph) != 1 {
				t.Errorf("%q is %d columns wide", glyph, uniseg.StringWidth(glyph))
			}
		}
		if len(g.bars) != 8 {
			t.Errorf("%d bars", len(g.bars))
		}
	}
}

// Every name with Korean words is on the screen.
func TestKoreanNamesExist(t *testing.T) {
	u, _ := newTestUI(t, 160, 50, nil)
	s := running(5)
	s.Server.ReleasedTwice, s.Hostile = 1, besieged().Hostile
	u.observe(s)
	names := map[string]bool{"Sessions": true, "Workers": true, "Released": true,
		"Released twice": true, "Connect Total": true}
	for _, l := range u.counters(s) {
		names[l.name] = true
	}
	for name := range korean {
		if !names[name] {
			t.Errorf("%q has Korean words and is on no screen", name)
		}
	}
}
