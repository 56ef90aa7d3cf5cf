package seeded

import (
	"go/ast"
	"go/types"
	"path/filepath"
	"slices"
)

// renamed gives files, receivers, parameters and locals other names.
func renamed(p *pkg) (*pkg, error) {
	const behind = "Renamed"
	ends := map[string][]int{} // where these names end, by file
	note := func(id *ast.Ident) { ends[p.name(id)] = append(ends[p.name(id)], p.offset(id.End())) }
	for id, obj := range p.info.Defs {
		clause := func(f *ast.File) bool { return f.Name == id }
		ofSwitch := obj == nil && !slices.ContainsFunc(p.files, clause)
		if id.Name != "_" && (ofSwitch || p.local(obj)) {
			note(id)
		}
	}
	for id, obj := range p.info.Uses {
		if p.local(obj) {
			note(id)
		}
	}
	texts := map[string]string{}
	for name, text := range p.texts {
		slices.Sort(ends[name])
		for _, end := range slices.Backward(ends[name]) {
			text = text[:end] + behind + text[end:]
		}
		dir, base := filepath.Split(name)
		texts[dir+"renamed_"+base] = text
	}
	return check(p.types.Path(), texts, p.imports)
}

// local reports whether obj is a variable of a function.
func (p *pkg) local(obj types.Object) bool {
	v, ok := obj.(*types.Var)
	return ok && !v.IsField() && v.Pkg() == p.types && v.Parent() != p.types.Scope()
}
