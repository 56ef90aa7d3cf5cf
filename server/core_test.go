package server

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// outer are the files around the core: starting, stopping, counting, naming and being asked, and what
// only a process that serves needs.
var outer = []string{"audit.go", "config.go", "counters.go", "doc.go", "handler.go", "peer.go",
	"process.go", "reason.go", "run.go", "server.go", "sweep.go"}

// The core is driven by the port alone, so that a simulated port decides everything that
// happens in it: no goroutine, channel, lock, clock, chance or map order of its own.
func TestTheCoreIsDrivenByThePortAlone(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	queue, err := filepath.Glob("sendq/*.go")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, name := range append(files, queue...) {
		if strings.HasSuffix(name, "_test.go") || slices.Contains(outer, name) {
			continue
		}
		checked++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if what := forbidden(n); what != "" {
				t.Errorf("%v: %s in the core", set.Position(n.Pos()), what)
			}
			return true
		})
	}
	if checked < 10 {
		t.Errorf("only %d files checked", checked)
	}
}

func forbidden(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a go statement"
	case *ast.ChanType, *ast.SelectStmt, *ast.SendStmt:
		return "a channel"
	case *ast.MapType:
		return "a map"
	case *ast.ImportSpec:
		switch path := strings.Trim(n.Path.Value, `"`); path {
		case "time", "math/rand", "math/rand/v2", "os", "runtime":
			return "package " + path
		}
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && x.Name == "sync" && n.Sel.Name != "Pool" {
			return "sync." + n.Sel.Name
		}
	}
	return ""
}

func TestForbiddenSeesWhatItIsFor(t *testing.T) {
	source := `package p
import ("time"; "sync")
var m map[int]int
var c chan int
var l sync.Mutex
func f() { go f(); c <- 1 }`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		if what := forbidden(n); what != "" {
			found = append(found, what)
		}
		return true
	})
	want := []string{"package time", "a map", "a channel", "sync.Mutex", "a go statement",
		"a channel"}
	if !slices.Equal(found, want) {
		t.Errorf("%q, want %q", found, want)
	}
}

// The worker loop fits on one screen.
func TestTheLoopFitsOnOneScreen(t *testing.T) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "worker.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "run" {
			lines := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1
			if lines > 40 {
				t.Errorf("%d lines", lines)
			}
			return
		}
	}
	t.Error("worker.run not found")
}

func TestAnIdleSessionIsSmall(t *testing.T) {
	size := unsafe.Sizeof(session{})
	t.Logf("a session is %d bytes", size)
	if size > 384 {
		t.Errorf("a session is %d bytes, want at most 384", size)
	}
	if pointer := unsafe.Sizeof(uintptr(0)); pointer == 8 && size%64 != 0 {
		t.Errorf("a session is %d bytes: two share a cache line, and two workers wait for it", size)
	}
}
