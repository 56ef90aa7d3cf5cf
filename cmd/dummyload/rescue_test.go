package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAPanicGivesTheTerminalBack: a worker that panics under the screen leaves the terminal as it
// was, and its text in a file that is named there.
func TestAPanicGivesTheTerminalBack(t *testing.T) {
	tool(t, "tmux")
	build := damaged(t, "dummy/report.go", "w.count.balance()\n",
		"w.count.balance()\n\tif w.mode == echoing {\n\t\tpanic(\"seeded\")\n\t}\n")
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

// TestAKilledScreenGivesTheTerminalBack: SIGKILL leaves no one in the process to do it.
func TestAKilledScreenGivesTheTerminalBack(t *testing.T) {
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

// isUsable checks that the program left nothing of its screen behind: a line can be typed, seen,
// and read by the next program (which is the pane's sleep, and then its shell).
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

// TestRescue is the rescuer's part, without a terminal.
func TestRescue(t *testing.T) {
	t.Chdir(scratch(t))
	for _, c := range []struct{ text, says, file string }{
		{"over\n", "", ""},
		{"", "ended without a word", ""},
		{"panic: no\x1b[31m\n\ngoroutine 7 [running]:\n", `crashed: panic: no\x1b[31m`,
			"panic: no\x1b[31m\n\ngoroutine 7 [running]:\n"},
	} {
		var out, ready bytes.Buffer
		if err := rescue(strings.NewReader(c.text), &out, &ready); err != nil {
			t.Errorf("%q: %v", c.text, err)
		}
		if !strings.Contains(out.String(), c.says) || (c.says == "") != (out.Len() == 0) {
			t.Errorf("%q: says %q", c.text, out.String())
		}
		if ready.Len() == 0 {
			t.Errorf("%q: never ready", c.text)
		}
		var text []byte
		if paths, _ := filepath.Glob("dummyload-*-crash.txt"); len(paths) == 1 {
			text, _ = os.ReadFile(paths[0])
			if err := os.Remove(paths[0]); err != nil { // the next case's is the only one
				t.Error(err)
			}
		}
		if string(text) != c.file {
			t.Errorf("%q: kept %q", c.text, text)
		}
	}
}

// TestACrashThatCannotBeKeptIsShown: no directory takes the file.
func TestACrashThatCannotBeKeptIsShown(t *testing.T) {
	t.Chdir(scratch(t))
	nowhere := filepath.Join(scratch(t), "none")
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, nowhere)
	}
	now := time.Now()
	name := "dummyload-" + now.Format("20060102-150405.000") + "-crash.txt"
	if err := os.Mkdir(name, 0o777); err != nil { // where the file would be
		t.Fatal(err)
	}
	if path, err := keepCrash([]byte("text"), now); path != "" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%q, %v", path, err)
	}
	if got := cleanLines([]byte("a\x1b\n\tb")); got != "a\\x1b\n    b" {
		t.Errorf("%q", got)
	}
}
