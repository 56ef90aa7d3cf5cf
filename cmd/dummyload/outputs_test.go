package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dummyload/server/iocp"
)

// TestTwoOutputsToOneFile: it is bad input by whatever names. Nothing starts, and the file stays as it
// was. A file for each is right, and so is the null device for both.
func TestTwoOutputsToOneFile(t *testing.T) {
	t.Parallel()
	dir := scratch(t)
	path, hard, soft := filepath.Join(dir, "a"), filepath.Join(dir, "hard"), filepath.Join(dir, "soft")
	if err := os.WriteFile(path, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	pairs := [][]string{
		{"--json", path, "--trace", path},
		{"--json", path, "--trace", filepath.Join(dir, ".", "a")},
		{"--json", "-", "--trace", "-"},
		{"--json", filepath.Join(dir, "new"), "--trace", filepath.Join(dir, "new")},
	}
	if os.Link(path, hard) == nil {
		pairs = append(pairs, []string{"--json", hard, "--trace", path})
	}
	// Wine gives a link a life of its own, and shows the devices of the system below it.
	unix := !slices.Contains(iocp.Backends(), "iocp")
	if unix && os.Symlink(path, soft) == nil {
		pairs = append(pairs, []string{"--json", path, "--trace", soft})
	}
	if _, err := os.Stat("/dev/stdout"); unix && err == nil {
		pairs = append(pairs, []string{"--json", "-", "--trace", "/dev/stdout"},
			[]string{"--json", "/dev/stdout"}, []string{"--json", "/dev/stderr"})
	}
	for _, pair := range pairs {
		r := dummyload(t, append([]string{"run", "--clients", "2", "--duration", "10ms"}, pair...)...)
		if r.code != exitUsage || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 ||
			!strings.Contains(r.stderr, "want a file") {
			t.Errorf("%v: exit %d: %s%s", pair, r.code, r.stdout, r.stderr)
		}
	}
	if kept, err := os.ReadFile(path); string(kept) != "kept" {
		t.Errorf("the file holds %q: %v", kept, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "new")); left != nil {
		t.Errorf("%v is left", left)
	}
	for _, trace := range []string{filepath.Join(dir, "trace"), os.DevNull} {
		r := dummyload(t, "run", "--clients", "2", "--duration", "100ms", "--json", path,
			"--trace", trace)
		data, err := os.ReadFile(path)
		if err != nil || r.code != 0 || !json.Valid(data) {
			t.Errorf("exit %d, %v: %s", r.code, err, r.stderr)
		}
	}
	r := dummyload(t, "run", "--clients", "2", "--duration", "100ms", "--json", os.DevNull,
		"--trace", os.DevNull)
	if r.code != 0 {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
}
