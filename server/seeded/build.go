// Package seeded builds test binaries in which the server has yield points and seeded bugs. They
// stand in edited copies of the sources, which take the place of the product's by go build's
// -overlay: the product has no hook for its tests, and pays for none.
//
//	points.go  where the simulation may hold a worker up, and sizes of a simulated server
//	bugs.go    M01 to M23: one rule broken each
package seeded

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Edit is one change to a source file, named from package server's directory: Old occurs in it
// exactly once, or the build fails, so that a change of the product cannot leave a point or a
// bug behind unseen.
type Edit struct{ File, Old, New string }

// Build builds the calling test's package with some edits in. dir is the way to package server.
// It returns the binary's path, "" where there is no go tool to build it (a test binary that was
// brought here): the simulation is the same anywhere.
func Build(t *testing.T, dir string, edits ...[]Edit) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Logf("the simulation needs the go tool: %v", err)
		return ""
	}
	texts, err := edited(dir, edits)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	replace := map[string]string{}
	for name, text := range texts {
		original, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(out, fmt.Sprintf("%d.go", len(replace)))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[original] = copied
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	list, binary := filepath.Join(out, "overlay.json"), filepath.Join(out, "simulation.exe")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "test", "-c", "-overlay", list, "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the instrumented program does not build: %v\n%s", err, out)
	}
	return binary
}

// AllBugs are the edits of all Bugs.
func AllBugs() (all []Edit) {
	for _, b := range Bugs {
		all = append(all, b.Edits...)
	}
	return all
}

// edited applies all edits and returns the texts by their files' names.
func edited(dir string, edits [][]Edit) (map[string]string, error) {
	texts := map[string]string{}
	for _, some := range edits {
		for _, e := range some {
			e.File = filepath.Join(dir, filepath.FromSlash(e.File))
			if err := e.apply(texts); err != nil {
				return nil, err
			}
		}
	}
	for name, text := range texts {
		if strings.Contains(text, "sim.") {
			texts[name] = strings.Replace(text, "\n\nimport", "\n\n"+
				`import "dummyload/server/iocp/sim"`+"\n\nimport", 1)
		}
	}
	return texts, nil
}

// apply makes one edit in texts, which holds the files read so far.
func (e Edit) apply(texts map[string]string) error {
	text, ok := texts[e.File]
	if !ok {
		source, err := os.ReadFile(e.File)
		if err != nil {
			return err
		}
		text = string(source)
	}
	if n := strings.Count(text, e.Old); n != 1 {
		return fmt.Errorf("%s holds this %d times, not once:\n%s", e.File, n, e.Old)
	}
	texts[e.File] = strings.Replace(text, e.Old, e.New, 1)
	return nil
}
