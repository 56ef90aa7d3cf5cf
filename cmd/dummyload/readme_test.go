package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readme is README.md by its lines.
func readme(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

// What README names in backticks: a path of the repository, and after a file and a colon some names
// in it.
var (
	readmePath  = regexp.MustCompile("`((?:cmd|dummy|monitor|server|tui|\\.ci)/[^` ]+)`")
	readmeNames = regexp.MustCompile("`([a-z_/]+\\.go)`: (`\\w+`(?:, `\\w+`)*)")
	readmeName  = regexp.MustCompile("`(\\w+)`")
)

func TestWhatREADMENamesIsThere(t *testing.T) {
	paths, names := 0, 0
	for i, line := range readme(t) {
		for _, m := range readmePath.FindAllStringSubmatch(line, -1) {
			paths++
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("README.md:%d: %v", i+1, err)
			}
		}
		for _, m := range readmeNames.FindAllStringSubmatch(line, -1) {
			text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(m[1])))
			if err != nil {
				t.Errorf("README.md:%d: %v", i+1, err)
			}
			for _, n := range readmeName.FindAllStringSubmatch(m[2], -1) {
				names++
				if !regexp.MustCompile(`\b` + n[1] + `\b`).Match(text) {
					t.Errorf("README.md:%d: %s has no %s", i+1, m[1], n[1])
				}
			}
		}
	}
	if paths < 20 || names < 5 {
		t.Errorf("only %d paths and %d names were found", paths, names)
	}
}

// The drawing of the layers has every package of the program, and each stands above what it may
// import.
func TestREADMEDrawsTheLayers(t *testing.T) {
	at, begun := map[string]int{}, false
	for i, line := range readme(t) {
		begun = begun || strings.HasPrefix(line, "The layers.")
		if !begun || !strings.HasPrefix(line, "    ") {
			if begun && len(at) > 0 && line != "" {
				break
			}
			continue
		}
		for _, word := range strings.Fields(line) {
			if _, known := mayImport[word]; known {
				at[word] = i + 1
			}
		}
	}
	notDrawn := append([]string{"cmd/dummyload/whole", "server/peerbench"}, onlyTests...)
	for pkg, imports := range mayImport {
		if slices.Contains(notDrawn, pkg) {
			continue
		}
		if at[pkg] == 0 {
			t.Errorf("package %s is not in the drawing", pkg)
		}
		for _, below := range imports {
			if at[below] > 0 && at[below] <= at[pkg] {
				t.Errorf("README.md:%d: %s stands above %s, which imports it", at[below], below, pkg)
			}
		}
	}
}

// TestREADMEsOwnServer: the description that README has runs against the bundled server, and the echo that
// it shows is what `frames` shows of it.
func TestREADMEsOwnServer(t *testing.T) {
	text := strings.Join(readme(t), "\n")
	_, after, _ := strings.Cut(text, "```yaml\n")
	description, after, _ := strings.Cut(after, "```\n")
	_, after, _ = strings.Cut(after, "\n```\n")
	shown, _, found := strings.Cut(after, "```\n")
	if !found {
		t.Fatal("README has no description with a dump")
	}
	path := tempFile(t, "mine.yaml")
	if err := os.WriteFile(path, []byte(description), 0o600); err != nil {
		t.Fatal(err)
	}
	r := dummyload(t, "frames", path)
	if r.code != 0 || !strings.Contains(r.stdout, description) || !strings.Contains(r.stdout, shown) {
		t.Errorf("exit %d, want in it\n%s\n%s%s", r.code, shown, r.stdout, r.stderr)
	}
	run, s := runJSON(t, "--frame", path, "--clients", "20", "--duration", "200ms")
	mustPass(t, run, s)
}
