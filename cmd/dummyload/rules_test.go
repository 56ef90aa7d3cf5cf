package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The limits of DESIGN's habits.
const (
	maxFileLines     = 500
	maxFunctionLines = 70
	maxColumns       = 120 // the habit is 100; this is where it ends
)

// mayImport lists, for each package, which of the project's own packages it may stand on:
// arrows point down only. A package that is not named here fails the test.
var mayImport = map[string][]string{
	"cmd/dummyload": {
		"tui",
		"dummy",
		"dummy/cluster",
		"dummy/diagnose",
		"dummy/hostile",
		"dummy/probe",
		"dummy/rig",
		"dummy/script",
		"server",
		"server/frame",
		"server/gallery",
		"server/gallery/show",
		"server/iocp",
		"monitor",
		"monitor/output",
		"monitor/trace",
	},
	"cmd/dummyload/whole": {"dummy", "server", "server/frame", "server/iocp", "monitor"}, // tests
	"tui":                 {"dummy", "monitor"},
	"dummy": {
		"dummy/conn",
		"dummy/diagnose",
		"dummy/hostile",
		"dummy/verify",
		"monitor",
		"monitor/trace",
		"server/iocp",
		"server/frame",
	},
	"dummy/cluster":  {"monitor", "monitor/trace"},
	"dummy/conn":     {"monitor/trace", "server/iocp"},
	"dummy/diagnose": {"monitor", "server/frame"},
	"dummy/hostile":  {"dummy/conn", "dummy/verify", "monitor", "server/frame", "server/iocp"},
	"dummy/probe":    {"dummy/diagnose", "monitor", "server/frame"},
	"dummy/rig":      {"dummy", "monitor", "monitor/trace", "server/frame"},
	"dummy/script":   {"dummy", "monitor"},
	"dummy/verify":   {"monitor", "server/frame"},
	"server": {"monitor", "monitor/trace", "server/iocp",
		"server/frame", "server/sendq"},
	"server/gallery": {"server", "server/frame", "server/iocp", "monitor"},
	"server/gallery/show": {"server/gallery", "dummy", "dummy/hostile", "dummy/rig", "dummy/script",
		"monitor", "server/frame"},
	"server/iocp":                   {},
	"server/iocp/iocptest":          {"server/iocp", "server/iocp/iocptest/deadport"},
	"server/iocp/sim":               {"server/iocp"},
	"server/iocp/iocptest/deadport": {},
	"server/iocp/iocptest/sandbox":  {},
	"server/seeded":                 {},
	"server/frame":                  {},
	"server/sendq":                  {},
	"monitor":                       {"monitor/trace"},
	"monitor/output":                {"monitor"},
	"monitor/trace":                 {},
	"server/peerbench":              {}, // a module of its own: it runs the built program
}

// onlyTests are packages that nothing but tests may import.
var onlyTests = []string{"server/iocp/iocptest", "server/iocp/iocptest/deadport",
	"server/iocp/iocptest/sandbox", "server/iocp/sim", "server/seeded"}

// onlyIn has, for each library, the one package that may import it, with those below it.
var onlyIn = map[string]string{
	"golang.org/x/sys":           "server/iocp",
	"github.com/gdamore/tcell":   "tui",
	"github.com/rivo/tview":      "tui",
	"github.com/spf13/cobra":     "cmd/dummyload",
	"github.com/HdrHistogram/hd": "monitor",
}

// pure are packages that judge by nothing but what they are given: no clock, socket, lock or goroutine
// is in them. Of package time they may use durations.
var pure = []string{"dummy/verify"}

// moving are what such a package may not import.
var moving = []string{"context", "io", "math/rand", "net", "os", "runtime", "sync", "syscall", "unsafe"}

// marks are words of unfinished work.
var marks = []string{"TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "not imple" + "mented"}

type source struct {
	path, pkg string // slash-separated, from the module's root
	text      string
	file      *ast.File
	fset      *token.FileSet
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		rel = filepath.ToSlash(rel)
		all = append(all, source{rel, path.Dir(rel), string(text), file, fset})
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("read %d files: %v", len(all), err)
	}
	return all
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		allowed, known := mayImport[s.pkg]
		if !known {
			t.Errorf("%s: package %s has no line in mayImport", s.path, s.pkg)
		}
		if strings.HasSuffix(s.path, "_test.go") {
			allowed = append(slices.Clone(allowed), onlyTests...)
		}
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			own, isOwn := strings.CutPrefix(imported, "dummyload/")
			if isOwn && own != s.pkg && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s: the layers do not allow it", s.path, own)
			}
			for library, room := range onlyIn {
				inRoom := s.pkg == room || strings.HasPrefix(s.pkg, room+"/")
				if strings.HasPrefix(imported, library) && !inRoom {
					t.Errorf("%s imports %s, which only %s may", s.path, imported, room)
				}
			}
		}
	}
}

func TestEveryPackageThatJudgesIsPure(t *testing.T) {
	for _, s := range sources(t) {
		if !slices.Contains(pure, s.pkg) || strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			root, _, _ := strings.Cut(imported, "/")
			if slices.Contains(moving, imported) || slices.Contains(moving, root) {
				t.Errorf("%s imports %s: it is not pure", s.path, imported)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt, *ast.ChanType:
				t.Errorf("%v: a pure package has no goroutines", s.fset.Position(n.Pos()))
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if ok && x.Name == "time" && !slices.Contains(durations, n.Sel.Name) {
					t.Errorf("%v: a pure package has no clock", s.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

// durations are the names of package time that need no clock.
var durations = []string{"Duration", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour"}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		documented[s.pkg] = documented[s.pkg] || s.file.Doc != nil
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no doc comment", pkg)
		}
	}
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	for _, s := range sources(t) {
		lines := strings.Split(s.text, "\n")
		if len(lines) > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", s.path, len(lines), maxFileLines)
		}
		for i, line := range lines {
			if n := len([]rune(strings.ReplaceAll(line, "\t", "    "))); n > maxColumns {
				t.Errorf("%s:%d has %d columns, more than %d", s.path, i+1, n, maxColumns)
			}
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			first, last := s.fset.Position(f.Pos()).Line, s.fset.Position(f.End()).Line
			if n := last - first + 1; n > maxFunctionLines {
				t.Errorf("%s:%d: %s has %d lines, more than %d", s.path, first, f.Name.Name, n,
					maxFunctionLines)
			}
		}
	}
}

func TestNothingIsMarkedUnfinished(t *testing.T) {
	for _, s := range sources(t) {
		for i, line := range strings.Split(s.text, "\n") {
			for _, mark := range marks {
				if strings.Contains(line, mark) {
					t.Errorf("%s:%d: %q", s.path, i+1, mark)
				}
			}
		}
	}
}

// TestSystemsAreToldApartInFewPlaces: only the port, the signals and the console may ask which system
// they are on.
func TestSystemsAreToldApartInFewPlaces(t *testing.T) {
	for _, s := range sources(t) {
		name := path.Base(s.path)
		if strings.HasPrefix(s.pkg, "server/iocp") || strings.HasPrefix(name, "signals_") ||
			strings.HasPrefix(name, "console_") {
			continue
		}
		constrained := strings.Contains(s.text, "\n//go:build") ||
			strings.HasPrefix(s.text, "//go:build")
		if constrained || strings.Contains(s.text, "runtime."+"GOOS") {
			t.Errorf("%s asks which system it is on", s.path)
		}
	}
}

func TestTopLevelIsWhatTheUserFixed(t *testing.T) {
	want := []string{"README.md", "cmd", "dummy", "go.mod", "go.sum", "monitor", "server", "tui"}
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && e.Name() != "dummyload" &&
			!slices.Contains(want, e.Name()) {
			t.Errorf("top level has %s", e.Name())
		}
	}
}
