package server

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// instrument writes the core's sources with the yield points and every seeded bug in, and
// builds this package's test binary from them: go build's -overlay puts them in the place of
// the product's, which stay as they are. It returns the binary's path, "" where there is no go
// tool to build it (a test binary that was brought here): the simulation is the same anywhere.
func instrument(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Logf("the simulation needs the go tool: %v", err)
		return ""
	}
	dir := t.TempDir()
	texts, err := editedSources()
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for name, text := range texts {
		original, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		edited := filepath.Join(dir, strings.NewReplacer("/", "_", "..", "").Replace(name))
		if err := os.WriteFile(edited, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[original] = edited
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	list, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "simulation.exe")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "test", "-c", "-overlay", list, "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the instrumented server does not build: %v\n%s", err, out)
	}
	return binary
}

// editedSources applies all edits.
func editedSources() (map[string]string, error) {
	texts := map[string]string{}
	apply := func(edits []edit) error {
		for _, e := range edits {
			if err := e.apply(texts); err != nil {
				return err
			}
		}
		return nil
	}
	for _, edits := range [][]edit{around, points} {
		if err := apply(edits); err != nil {
			return nil, err
		}
	}
	for _, b := range seededBugs {
		if err := apply(b.edits); err != nil {
			return nil, fmt.Errorf("M%02d: %w", b.number, err)
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
func (e edit) apply(texts map[string]string) error {
	text, ok := texts[e.file]
	if !ok {
		source, err := os.ReadFile(e.file)
		if err != nil {
			return err
		}
		text = string(source)
	}
	if n := strings.Count(text, e.old); n != 1 {
		return fmt.Errorf("%s holds this %d times, not once:\n%s", e.file, n, e.old)
	}
	texts[e.file] = strings.Replace(text, e.old, e.new, 1)
	return nil
}

func TestAnEditFitsOnceOrIsAnError(t *testing.T) {
	for old, fits := range map[string]bool{"one": true, "two": false, "none": false} {
		texts := map[string]string{"f.go": "one two two"}
		err := edit{"f.go", old, "new"}.apply(texts)
		if (err == nil) != fits || fits && texts["f.go"] != "new two two" {
			t.Errorf("%s: %v, %q", old, err, texts["f.go"])
		}
	}
}
