package tui

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// scratch is an empty directory, removed at the end. T.TempDir is not for the working directory: Wine
// does not remove what is open.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dummyload")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		left, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, path := range append(left, dir) {
			if err := os.Remove(path); err != nil {
				t.Error(err)
			}
		}
	})
	return dir
}

// TestRescue is what the rescuer does, without a terminal.
func TestRescue(t *testing.T) {
	t.Chdir(scratch(t))
	for _, c := range []struct{ text, says, file string }{
		{"over\n", "", ""},
		{"", "ended without a word", ""},
		{"panic: no\x1b[31m\n\ngoroutine 7 [running]:\n", `crashed: panic: no\x1b[31m`,
			"panic: no\x1b[31m\n\ngoroutine 7 [running]:\n"},
	} {
		var out, ready bytes.Buffer
		if err := Rescue(strings.NewReader(c.text), &out, &ready); err != nil {
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

// TestACrashThatCannotBeKeptIsShown: where no directory takes the file, the terminal gets the text.
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
