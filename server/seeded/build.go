// Package seeded builds test binaries in which the server has yield points and seeded bugs. They
// stand in edited copies of the sources, which take the place of the product's by go build's
// -overlay: the product has no hook for its tests, and pays for none.
//
//	points.go   where the simulation may hold a worker up, and sizes of a simulated server
//	bugs.go     M01 to M23: one rule broken each
//	symbols.go  what the product's symbols are called
//	edit.go     how an edit says what it changes
//	apply.go    how it comes into the sources; source.go, place.go and snippet.go are its parts
package seeded

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// Build builds the calling test's package with some edits in, and returns the binary's path. Where
// there is no go tool to build it (a test binary that was brought here) the test is skipped.
func Build(t *testing.T, edits ...[]Edit) string {
	t.Helper()
	return build(t, []string{"test", "-c"}, slices.Concat(edits...), loaded)
}

// Program builds the program in the calling test's directory so.
func Program(t *testing.T, edits ...[]Edit) string {
	t.Helper()
	return build(t, []string{"build"}, slices.Concat(edits...), loaded)
}

// BuildRenamed is Build of sources in which every file, receiver, parameter and local has another
// name: the edits name none of them.
func BuildRenamed(t *testing.T, edits ...[]Edit) string {
	t.Helper()
	return build(t, []string{"test", "-c"}, slices.Concat(edits...), renamed)
}

// build runs the go tool with what sources make of the edited packages in the product's place.
func build(t *testing.T, command []string, edits []Edit, sources func(*pkg) (*pkg, error)) string {
	t.Helper()
	needsGo(t)
	out := t.TempDir()
	replace, err := overlay(out, edits, sources)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	list, binary := filepath.Join(out, "overlay.json"), filepath.Join(out, "built.exe")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append(command, "-overlay", list, "-o", binary, ".")...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the edited program does not build: %v\n%s", err, said)
	}
	return binary
}

// needsGo skips a test where there is no go tool.
func needsGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("it needs the go tool: %v", err)
	}
}

// loaded takes a package as it is.
func loaded(p *pkg) (*pkg, error) { return p, nil }

// overlay writes the sources that differ from the product's into dir, and returns which files they
// stand for.
func overlay(dir string, edits []Edit,
	sources func(*pkg) (*pkg, error)) (map[string]string, error) {
	in := map[string][]Edit{}
	for _, e := range edits {
		if _, ok := symbols[e.in]; !ok {
			return nil, errors.New(e.String())
		}
		in[symbols[e.in].pkg] = append(in[symbols[e.in].pkg], e)
	}
	all, err := load(slices.Sorted(maps.Keys(in)))
	if err != nil {
		return nil, err
	}
	replace := map[string]string{}
	for path, product := range all {
		p, err := sources(product)
		if err != nil {
			return nil, err
		}
		texts, err := p.apply(in[path])
		if err != nil {
			return nil, err
		}
		for name := range product.texts {
			if _, still := p.texts[name]; !still {
				replace[name] = "" // it is not there
			}
		}
		for name, text := range p.texts {
			if edited, ok := texts[name]; ok {
				text = edited
			} else if text == product.texts[name] {
				continue
			}
			replace[name] = filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
			if err := os.WriteFile(replace[name], []byte(text), 0o600); err != nil {
				return nil, err
			}
		}
	}
	return replace, nil
}
