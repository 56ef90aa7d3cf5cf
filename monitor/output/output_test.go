package output

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// place is a path in a directory of the test's own. T.TempDir is not for it: Wine refuses the way in
// which it is removed.
func place(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dummyload")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	t.Cleanup(func() { _, _ = os.Remove(path), os.Remove(dir) })
	return path
}

// holds checks what a file holds; "" is for no file.
func holds(t *testing.T, path, want string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if string(text) != want || (want == "") != errors.Is(err, os.ErrNotExist) {
		t.Errorf("it holds %q, want %q: %v", text, want, err)
	}
}

// TestAFileThatIsNotBegun: it stays as it was, and where there was none, there is none.
func TestAFileThatIsNotBegun(t *testing.T) {
	path := place(t, "summary.json")
	for _, older := range []string{"", "older"} {
		if older != "" {
			if err := os.WriteFile(path, []byte(older), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f, err := Open("--json", path)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		holds(t, path, older)
	}
}

// TestAFileThatIsBegun has nothing of an older run, however long that was.
func TestAFileThatIsBegun(t *testing.T) {
	path := place(t, "summary.json")
	if err := os.WriteFile(path, []byte(strings.Repeat("older ", 1<<12)), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open("--json", path)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(f.Begin(), f.WriteJSON([]string{"<"}))
	_, werr := io.WriteString(f, "and more")
	if err := errors.Join(err, werr, f.Close()); err != nil || !f.Wanted() {
		t.Error(err)
	}
	holds(t, path, "[\n  \"<\"\n]\nand more")
}

// TestNothingWasAskedFor: all that is written goes nowhere.
func TestNothingWasAskedFor(t *testing.T) {
	f, err := Open("--json", "")
	if err != nil || f.Wanted() {
		t.Fatalf("wanted %v, %v", f.Wanted(), err)
	}
	n, err := f.Write([]byte("text"))
	if err := errors.Join(err, f.Begin(), f.WriteJSON(7), f.Close()); n != 4 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// TestAPathThatCannotBeWritten: the error is one line with the flag.
func TestAPathThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(filepath.Dir(place(t, "x")), "none", "summary.json")
	f, err := Open("--json", path)
	if f != nil || err == nil || !strings.HasPrefix(err.Error(), "--json "+path+": want a file ") {
		t.Errorf("%v, %v", f, err)
	}
}

// TestOneFileForTwo: it is refused by whatever names; the null device is not.
func TestOneFileForTwo(t *testing.T) {
	path := place(t, "a")
	dir := filepath.Dir(path)
	for _, c := range []struct {
		first, second string
		refused       bool
	}{
		{path, path, true},
		{path, filepath.Join(dir, "b", "..", "a"), true},
		{path, "", false},
		{"-", path, false},
		{os.DevNull, os.DevNull, false},
	} {
		one, err1 := Open("--json", c.first)
		two, err2 := Open("--trace", c.second)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		err := Apart(one, two)
		if (err != nil) != c.refused || err != nil && (!strings.HasPrefix(err.Error(), "--trace ") ||
			!strings.Contains(err.Error(), "this one is --json ")) {
			t.Errorf("%q and %q: %v", c.first, c.second, err)
		}
		if err := errors.Join(two.Close(), one.Close()); err != nil {
			t.Error(err)
		}
		holds(t, path, "")
	}
}
