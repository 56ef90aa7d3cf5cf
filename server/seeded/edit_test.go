package seeded

import (
	"fmt"
	"go/format"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Roles of the small sources below.
func init() {
	maps.Copy(symbols, map[string]symbol{
		"tWork":  in("work", "box", "work"),
		"tStep":  in("work", "box", "step"),
		"tN":     in("work", "box", "n"),
		"tCh":    in("work", "box", "ch"),
		"tBox":   in("work", "", "box"),
		"tSize":  in("work", "", "size"),
		"tOther": in("work", "", "other"),
		"tFar":   in("far", "", "Far"),
		"tGone":  in("work", "box", "gone"),
	})
}

// small is a package as a first author wrote it; moved is the same with other names, files and
// another layout.
var (
	small = map[string]string{"a.go": `package work

import "far"

const size, more = 3, 4

type box struct {
	n  int
	ch chan int
}

// work does it.
func (b *box) work(from, to int) int {
	sum, ok := b.step(from+1, to) // once
	if !ok || b.n == size {
		return far.Far(sum)
	}
	b.n = sum
	select {
	case sum = <-b.ch:
	default:
	}
	return other()
}
`, "b.go": `package work

func (b *box) step(x, y int) (int, bool) { return x + y, true }

func other() int { return 0 }
`}
	moved = map[string]string{"z.go": `package work
type box struct { ch chan int; n int }
func other() int { return 0 }
func (self *box) step(x, y int) (int, bool) { return x + y, true }
`, "y.go": `package work
import f "far"
func (self *box) work(lo, hi int) int {
	total, fine := self.step(lo+1,
		hi)
	if !fine || self.n == size { return f.Far(total) }
	self.n = total; select { case total = <-self.ch:
	default: }; return other()
}
const (
	more = 4
	size = 3
)
`}
)

// universe has the packages that small sources may import.
type universe map[string]*types.Package

func (u universe) Import(path string) (*types.Package, error) {
	if p := u[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %s", path)
}

// must checks small sources.
func must(t *testing.T, texts map[string]string) *pkg {
	t.Helper()
	text := "package far\nfunc Far(int) int { return 1 }\n"
	far, err := check("far", map[string]string{"far.go": text}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := check("work", texts, universe{"far": far.types})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// operations are all there are: a part of what becomes of small and of moved by each.
var operations = []struct {
	edits        []Edit
	small, moved string
}{
	{[]Edit{Entry("tWork", "$recv.@tN = $p1")},
		"int {\n\tb.n = to\n\n\tsum", "int {\n\tself.n = hi\n\n\ttotal"},
	{[]Edit{Before("tWork", Sets("tN"), "$on.@tN++")},
		"b.n++\n\tb.n = sum", "self.n++\n\tself.n = total"},
	{[]Edit{Before("tWork", Receives("tCh"), "$recv.@tN = $out0@tStep")},
		"b.n = sum\n\tselect", "self.n = total\n\tselect"},
	{[]Edit{After("tWork", Calls("tStep"), "_ = $out0 * $arg0")},
		"b.step(from+1, to)\n\t_ = sum * (from + 1) // once", "\t_ = total * (lo + 1)\n"},
	{[]Edit{Instead("tWork", Sets("tN"), "$recv.@tStep($p0, $p1)")},
		"}\n\tb.step(from, to)\n\tselect", "}\n\tself.step(lo, hi)\n\tselect"},
	{[]Edit{Instead("tWork", Calls("tFar"), "")}, "size {\n\n\t}", "size {\n\t}"},
	{[]Edit{Instead("tWork", Calls("tFar"), "")}, `import _ "far"`, `import _ "far"`},
	{[]Edit{When("tWork", Sets("tN"), "$p0 > 0")},
		"if from > 0 {\n\t\tb.n = sum\n\t}", "if lo > 0 {\n\t\tself.n = total\n\t}"},
	{[]Edit{Rewrite("tWork", Compares("tN"), "!$it || @tOther() > 0")},
		"!ok || (!(b.n == size) || other() > 0) {",
		"!fine || (!(self.n == size) || other() > 0) {"},
	{[]Edit{Rewrite("tWork", Calls("tOther"), "@tFar($it)")},
		"return far.Far(other())", "return f.Far(other())"},
	{[]Edit{Const("tSize", "9")}, "size, more = 9, 4", "size = 9"},
	{[]Edit{Field("tBox", "more int")}, "struct {\n\tmore int\n", "struct {\n\tmore int\n"},
	{[]Edit{FieldType("tCh", "<-chan int")}, "ch <-chan int\n", "ch <-chan int\n"},
	{[]Edit{Decl("tOther", "func added() int { return @tFar(2) }")},
		"added() int { return far.Far(2) }", "added() int { return far.Far(2) }"},
	// An earlier edit stands around a later one, and what is inside a place is changed, too.
	{[]Edit{Before("tWork", Sets("tN"), "$p0 = 1"), When("tWork", Sets("tN"), "$p0 > 1"),
		When("tWork", Sets("tN"), "$p0 > 2")},
		"from = 1\n\tif from > 1 {\n\t\tif from > 2 {\n\t\t\tb.n = sum",
		"lo = 1\n\tif lo > 1 {\n\t\tif lo > 2 {\n\t\t\tself.n = total"},
	{[]Edit{When("tWork", Calls("tFar"), "$p0 > 0"), Rewrite("tWork", Calls("tFar"), "2")},
		"if from > 0 {\n\t\t\treturn 2\n", "if lo > 0 {\n\t\t\treturn 2\n"},
}

// TestEachOperation: each is made in both sources, which are right Go afterwards.
func TestEachOperation(t *testing.T) {
	for _, o := range operations {
		for i, texts := range []map[string]string{small, moved} {
			p := must(t, texts)
			edited, err := p.apply(o.edits)
			if err != nil {
				t.Errorf("%v: %v", o.edits, err)
				continue
			}
			all := ""
			for _, text := range edited {
				all += text
				if tidy, err := format.Source([]byte(text)); err != nil || string(tidy) != text {
					t.Errorf("%v: %v, not gofmt's:\n%s", o.edits, err, text)
				}
			}
			if want := []string{o.small, o.moved}[i]; !strings.Contains(all, want) {
				t.Errorf("%v: %q is not in\n%s", o.edits, want, all)
			}
			left := maps.Clone(texts)
			maps.Copy(left, edited)
			must(t, left)
		}
	}
}

// TestAnEditFitsOnceOrIsAnError that names it, and what it looks for.
func TestAnEditFitsOnceOrIsAnError(t *testing.T) {
	twice := maps.Clone(small)
	twice["c.go"] = "package work\n\nfunc (b *box) gone(_ int, n, ch int) int {\n" +
		"\tb.n = b.n\n\tb.n++\n\treturn other() + other()\n}\n"
	for _, c := range []struct {
		texts map[string]string
		edits []Edit
		want  []string
	}{
		{small, []Edit{Entry("tGone", "")},
			[]string{"(entry) of work.box.gone", symbols["tGone"].line}},
		{small, []Edit{Entry("none", "")}, []string{`"none"`, "symbols.go"}},
		{small, []Edit{Before("tWork", Calls("none"), "")}, []string{`"none"`, "symbols.go"}},
		{small, []Edit{Entry("tStep", "@none()")}, []string{"@none", "symbols.go"}},
		{small, []Edit{Entry("tFar", "")}, []string{"far.Far is not declared in work"}},
		{small, []Edit{Entry("tBox", "")}, []string{"work.box is not declared by a *ast.FuncDecl"}},
		{small, []Edit{Before("tStep", Calls("tWork"), "")},
			[]string{"(before) of work.box.step, where it calls work.box.work", "0 times"}},
		{twice, []Edit{Before("tGone", Calls("tOther"), "")}, []string{"calls work.other 2 times"}},
		{twice, []Edit{Before("tGone", Sets("tN"), "")}, []string{"sets work.box.n 2 times"}},
		{twice, []Edit{Entry("tGone", "$p0++")}, []string{"$p0", "does not name"}},
		{small, []Edit{Entry("tOther", "$recv.f()")}, []string{"$recv", "does not name"}},
		{small, []Edit{Entry("tStep", "$on.f()")}, []string{"$on", "no call"}},
		{small, []Edit{Entry("tStep", "$call@tOther")}, []string{"$call@tOther", "0 times"}},
		{small, []Edit{Before("tWork", Calls("tStep"), "$arg2++")},
			[]string{"$arg2", "b.step(from+1, to)"}},
		{small, []Edit{Before("tWork", Calls("tOther"), "$out0++")},
			[]string{"$out0", "return other()"}},
		{small, []Edit{Before("tWork", Calls("tOther"), "$what++")}, []string{"$what"}},
		{small, []Edit{Entry("tStep", "if {")}, []string{"b.go"}},
		{small, []Edit{Rewrite("tWork", Calls("tOther"), "a b")},
			[]string{"(rewrite) of work.box.work"}},
		{small, []Edit{Field("tWork", "f int")},
			[]string{"work.box.work is not declared by a *ast.TypeSpec"}},
		{small, []Edit{Instead("tWork", Calls("tFar"), ""), Rewrite("tWork", Calls("tFar"), "2")},
			[]string{"(instead) of work.box.work, where it calls far.Far drops", "(rewrite)"}},
		{small, []Edit{Const("tSize", "1"), Const("tSize", "2")},
			[]string{"drops", "(constant) of work.size"}},
	} {
		_, err := must(t, c.texts).apply(c.edits)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want %q", c.edits, err, want)
			}
		}
	}
}

// TestTheProductHasEverySymbol: what was renamed is told by the lines that have to say so.
func TestTheProductHasEverySymbol(t *testing.T) {
	needsGo(t)
	var product []string
	for _, s := range symbols {
		if strings.HasPrefix(s.pkg, "dummyload/") && !slices.Contains(product, s.pkg) {
			product = append(product, s.pkg)
		}
	}
	all, err := load(product)
	if err != nil {
		t.Fatal(err)
	}
	for role, s := range symbols {
		p := all[s.pkg]
		if p == nil {
			p = all[serverPkg] // which knows the others
		}
		if !strings.HasPrefix(s.line, "symbols.go") {
			continue // of this test's own
		}
		if _, err := p.resolve(role); err != nil {
			t.Error(err)
		}
	}
}

// TestEverySymbolHasAUse: a line that nothing needs any more goes.
func TestEverySymbolHasAUse(t *testing.T) {
	var code strings.Builder
	for _, pattern := range []string{"[^s]*.go", "../*_test.go", "../../cmd/dummyload/*_test.go",
		"../../cmd/dummyload/whole/*_test.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(text)
		}
	}
	for role, s := range symbols {
		used := regexp.MustCompile(`\("` + role + `"|@` + role + `\b`)
		if strings.HasPrefix(s.line, "symbols.go") && !used.MatchString(code.String()) {
			t.Errorf("%s: nothing needs the role %q", s.line, role)
		}
	}
}

// TestNoGoToolSkips: a test that needs a build does not pass where there can be none.
func TestNoGoToolSkips(t *testing.T) {
	t.Setenv("PATH", "")
	for name, build := range map[string]func(*testing.T, ...[]Edit) string{
		"Build": Build, "Program": Program, "BuildRenamed": BuildRenamed} {
		skipped := false
		t.Run(name, func(t *testing.T) {
			defer func() { skipped = t.Skipped() }()
			t.Errorf("built %q", build(t))
		})
		if !skipped {
			t.Errorf("%s does not skip", name)
		}
	}
}
