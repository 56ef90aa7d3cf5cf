package seeded

import (
	"errors"
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// hole is what code has filled in: $word, $word@role and @role.
var hole = regexp.MustCompile(`\$([a-z]+)([0-9]*)(?:@(\w+))?|@(\w+)`)

// simPath is the package that yields, and says which bug is on; usesSim finds code that needs it.
const simPath = "dummyload/server/iocp/sim"

var usesSim = regexp.MustCompile(`\bsim\.`)

// fill makes Go of an edit's code.
func (s *spot) fill(code, it string) (string, error) {
	if usesSim.MatchString(code) {
		s.needs[simPath] = true
	}
	var failed error
	text := hole.ReplaceAllStringFunc(code, func(found string) string {
		part := hole.FindStringSubmatch(found)
		text, err := "", error(nil)
		switch {
		case part[4] != "":
			text, err = s.symbol(part[4])
		case part[1] == "it":
			text = it
		default:
			text, err = s.capture(part[1], part[2], part[3])
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s: %w", found, err)
		}
		return text
	})
	return text, failed
}

// capture is the text of what code calls $word, number behind, of the place or of the function's
// call of role.
func (s *spot) capture(word, number, role string) (string, error) {
	n, err := strconv.Atoi("0" + number)
	if err != nil {
		return "", err
	}
	if s.fn == nil {
		return "", errors.New("there is no function around it")
	}
	switch word {
	case "recv":
		return nameOf(s.fn.Recv, 0)
	case "p":
		return nameOf(s.fn.Type.Params, n)
	}
	at := s
	if role != "" {
		if at, err = s.find(s.fn, Calls(role)); err != nil {
			return "", err
		}
	}
	call, _ := at.node.(*ast.CallExpr)
	switch {
	case word == "on" && at.node != nil:
		return at.on()
	case call == nil:
		return "", errors.New("no call stands there")
	case word == "call":
		return s.source(call), nil
	case word == "arg" && n < len(call.Args):
		return operand(call.Args[n], s.source(call.Args[n])), nil
	case word == "out":
		as, ok := at.stmt.(*ast.AssignStmt)
		if ok && n < len(as.Lhs) && as.Rhs[0] == ast.Expr(call) {
			return s.source(as.Lhs[n]), nil
		}
	}
	return "", fmt.Errorf("there is nothing of that name in: %s", s.source(at.stmt))
}

// on is what stands before the dot of the symbol that a call or an assignment is found by.
func (s *spot) on() (string, error) {
	obj, err := s.resolve(s.role)
	if err != nil {
		return "", err
	}
	var among []ast.Expr
	switch n := s.node.(type) {
	case *ast.CallExpr:
		among = []ast.Expr{n.Fun}
	case *ast.AssignStmt:
		among = n.Lhs
	case *ast.IncDecStmt:
		among = []ast.Expr{n.X}
	}
	for _, x := range among {
		if sel, ok := ast.Unparen(x).(*ast.SelectorExpr); ok && s.named(sel) == obj {
			return operand(sel.X, s.source(sel.X)), nil
		}
	}
	return "", fmt.Errorf("nothing stands before %s", called(s.role))
}

// nameOf is the name of a receiver or of the n-th parameter.
func nameOf(list *ast.FieldList, n int) (string, error) {
	var names []string
	if list != nil {
		for _, f := range list.List {
			for _, id := range f.Names {
				names = append(names, id.Name)
			}
		}
	}
	if n >= len(names) || names[n] == "_" {
		return "", errors.New("the function does not name it")
	}
	return names[n], nil
}

// symbol is the name of a symbol as it is called in the spot's file.
func (s *spot) symbol(role string) (string, error) {
	obj, err := s.resolve(role)
	if err != nil {
		return "", err
	}
	if obj.Pkg() == s.types || symbols[role].owner != "" {
		return obj.Name(), nil
	}
	name, path := obj.Pkg().Name(), obj.Pkg().Path()
	i := slices.IndexFunc(s.file.Imports, func(spec *ast.ImportSpec) bool {
		return spec.Path.Value == strconv.Quote(path)
	})
	if i < 0 {
		s.needs[path] = true
	} else if other := s.file.Imports[i].Name; other != nil {
		name = other.Name
	}
	return name + "." + obj.Name(), nil
}

// imports are the declarations of what a file needs besides.
func imports(paths []string) string {
	var b strings.Builder
	for _, path := range paths {
		fmt.Fprintf(&b, "\n\nimport %q", path)
	}
	return b.String()
}
