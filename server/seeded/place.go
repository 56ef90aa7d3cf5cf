package seeded

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// spot is a place found: where code stands, and what it may name there.
type spot struct {
	*pkg
	role  string
	node  ast.Node      // the call, assignment, comparison, receive
	stmt  ast.Stmt      // of a list of statements, the innermost around node
	fn    *ast.FuncDecl // in which both stand; nil outside of functions
	file  *ast.File
	needs map[string]bool // packages that the code names, and the file does not import
}

// find looks for a place in a function.
func (p *pkg) find(fn *ast.FuncDecl, at Place) (*spot, error) {
	obj, err := p.resolve(at.role)
	if err != nil {
		return nil, err
	}
	var found []*spot
	var path []ast.Node
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		path = append(path, n)
		if p.is(n, at.what, obj) {
			if last := len(found) - 1; at.what == compares && last >= 0 &&
				n.End() <= found[last].node.End() {
				found = found[:last] // the comparison around this one
			}
			found = append(found,
				&spot{pkg: p, role: at.role, node: n, stmt: listedOn(path), fn: fn})
		}
		return true
	})
	if len(found) != 1 {
		return nil, fmt.Errorf("%s %s %s %d times, not once", fn.Name.Name, at.what,
			called(at.role), len(found))
	}
	return found[0], nil
}

// listedOn is the innermost statement on a path that is one of a list.
func listedOn(path []ast.Node) ast.Stmt {
	for i := len(path) - 1; i > 0; i-- {
		var list []ast.Stmt
		switch parent := path[i-1].(type) {
		case *ast.BlockStmt:
			list = parent.List
		case *ast.CaseClause:
			list = parent.Body
		case *ast.CommClause:
			list = parent.Body
		}
		for _, stmt := range list {
			switch stmt.(type) {
			case *ast.CaseClause, *ast.CommClause: // of a switch or select
			default:
				if stmt == path[i] {
					return stmt
				}
			}
		}
	}
	return nil
}

// is reports whether a node does with obj what a Place says.
func (p *pkg) is(n ast.Node, what verb, obj types.Object) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		return what == calls && p.named(n.Fun) == obj
	case *ast.AssignStmt:
		return what == sets && slices.ContainsFunc(n.Lhs, func(x ast.Expr) bool {
			return p.named(x) == obj
		})
	case *ast.IncDecStmt:
		return what == sets && p.named(n.X) == obj
	case *ast.UnaryExpr:
		return what == receives && n.Op == token.ARROW && p.named(n.X) == obj
	case *ast.BinaryExpr:
		return what == compares && comparisons[n.Op] && p.mentions(n, obj)
	}
	return false
}

var comparisons = map[token.Token]bool{token.EQL: true, token.NEQ: true, token.LSS: true,
	token.LEQ: true, token.GTR: true, token.GEQ: true}

// named is the symbol that an expression ends with.
func (p *pkg) named(x ast.Expr) types.Object {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return origin(p.info.Uses[x])
	case *ast.SelectorExpr:
		return origin(p.info.Uses[x.Sel])
	case *ast.IndexExpr:
		return p.named(x.X)
	}
	return nil
}

// mentions reports whether a symbol occurs in an expression.
func (p *pkg) mentions(n ast.Node, obj types.Object) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && origin(p.info.Uses[id]) == obj
		return !found
	})
	return found
}

// origin is the symbol as it was declared, when obj is of an instance of a generic type.
func origin(obj types.Object) types.Object {
	switch obj := obj.(type) {
	case *types.Func:
		return obj.Origin()
	case *types.Var:
		return obj.Origin()
	}
	return obj
}

// ident is where a symbol of this package is declared.
func (p *pkg) ident(role string) (*ast.Ident, error) {
	obj, err := p.resolve(role)
	if err != nil {
		return nil, err
	}
	for id, defined := range p.info.Defs {
		if defined == obj {
			return id, nil
		}
	}
	return nil, fmt.Errorf("%s is not declared in %s", called(role), p.types.Path())
}

// declared is the declaration of a symbol of this package.
func declared[T ast.Node](p *pkg, role string) (found T, err error) {
	id, err := p.ident(role)
	if err != nil {
		return found, err
	}
	err = fmt.Errorf("%s is not declared by a %T", called(role), found)
	ast.Inspect(p.fileOf(id), func(n ast.Node) bool {
		if d, ok := n.(T); ok && slices.Contains(names(n), id) {
			found, err = d, nil
		}
		return true
	})
	return found, err
}

// names are what a declaration declares.
func names(n ast.Node) []*ast.Ident {
	switch d := n.(type) {
	case *ast.FuncDecl:
		return []*ast.Ident{d.Name}
	case *ast.TypeSpec:
		return []*ast.Ident{d.Name}
	case *ast.ValueSpec:
		return d.Names
	case *ast.Field:
		return d.Names
	}
	return nil
}
