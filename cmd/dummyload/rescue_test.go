package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dummyload/server/seeded"
)

// TestAPanicGivesTheTerminalBack: after a panic of a worker the terminal is as it was, and the text of
// the panic is in a file that is named there.
func TestAPanicGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	tool(t, "tmux")
	build := damaged(t, seeded.After("dummyReport", seeded.Calls("balance"),
		`if $recv.@dummyMode == @echoing {
			panic("seeded")
		}`))
	dir := t.TempDir()
	p := openPaneOf(t, build, dir, "LANG=C.UTF-8", "--clients", "3")
	p.shows(`IDLE`)
	if on := p.alternate(); on != "1 0\n" {
		t.Fatalf("alternate screen and cursor while the screen is on: %q", on)
	}
	p.press("s")
	p.shows(`dummyload: crashed: panic: seeded\s+dummyload: all of it is in dummyload-\S+-crash.txt`)
	p.isUsable()
	paths, _ := filepath.Glob(dir + "/dummyload-*-crash.txt")
	if len(paths) != 1 {
		t.Fatalf("files: %q", paths)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil || !strings.Contains(string(text), "(*worker).report") ||
		!strings.Contains(string(text), "(*Fleet).conduct") { // of another goroutine
		t.Errorf("%v: %s", err, text)
	}
}

// TestAKilledScreenGivesTheTerminalBack: after SIGKILL the rescuer does it.
func TestAKilledScreenGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	p := openPane(t, "--clients", "3")
	p.shows(`IDLE`)
	p.signal("KILL")
	p.shows(`dummyload: ended without a word`)
	p.isUsable()
}

// alternate is whether the alternate screen and the cursor are on.
func (p *pane) alternate() string {
	p.t.Helper()
	return p.do("display-message", "-p", "#{alternate_on} #{cursor_flag}")
}

// isUsable checks that nothing of the screen is left: a line can be typed and seen, and the next
// program reads it (the pane's sleep, and then its shell).
func (p *pane) isUsable() {
	p.t.Helper()
	if on := p.alternate(); on != "0 1\n" {
		p.t.Errorf("alternate screen and cursor: %q", on)
	}
	if mode := p.do("display-message", "-p", "#{mouse_any_flag}"); mode != "0\n" {
		p.t.Errorf("mouse: %q", mode)
	}
	p.press("t", "y", "p", "e", "d")
	p.shows(`typed`)
}
