package seeded

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// change is an edit whose place is found: the text from..to becomes what expand makes of it.
type change struct {
	*spot
	edit     Edit
	from, to int // offsets; equal ones are an insertion
	rank     int // an expression stands in a statement of the same extent
}

// apply makes edits in a package and returns the texts of the files that they change.
func (p *pkg) apply(edits []Edit) (map[string]string, error) {
	changes := map[*ast.File][]*change{}
	for _, e := range edits {
		c, err := p.locate(e)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", e, err)
		}
		changes[c.file] = append(changes[c.file], c)
	}
	texts := map[string]string{}
	for file, some := range changes {
		name := p.name(file)
		text, err := p.edited(file, some)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		texts[name] = text
	}
	return texts, nil
}

// locate finds an edit's place.
func (p *pkg) locate(e Edit) (*change, error) {
	c := &change{spot: &spot{pkg: p}, edit: e}
	switch e.kind {
	case constant:
		d, err := declared[*ast.ValueSpec](p, e.in)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(d.Names, func(id *ast.Ident) bool {
			return id.Name == symbols[e.in].name
		})
		if i >= len(d.Values) {
			return nil, fmt.Errorf("%s has no value of its own", called(e.in))
		}
		return c.over(d.Values[i]), nil
	case field:
		d, err := declared[*ast.TypeSpec](p, e.in)
		if err != nil {
			return nil, err
		}
		s, ok := d.Type.(*ast.StructType)
		if !ok {
			return nil, fmt.Errorf("%s is no struct", called(e.in))
		}
		return c.into(d, s.Fields.Opening+1), nil
	case fieldType:
		d, err := declared[*ast.Field](p, e.in)
		if err != nil {
			return nil, err
		}
		if len(d.Names) != 1 {
			return nil, fmt.Errorf("%s shares its type with other fields", called(e.in))
		}
		return c.over(d.Type), nil
	case decl:
		id, err := p.ident(e.in)
		if err != nil {
			return nil, err
		}
		return c.into(id, p.fileOf(id).FileEnd), nil
	}
	return p.inFunction(c)
}

// inFunction finds the place of an edit that changes what a function does.
func (p *pkg) inFunction(c *change) (*change, error) {
	fn, err := declared[*ast.FuncDecl](p, c.edit.in)
	if err != nil {
		return nil, err
	}
	if c.edit.kind == entry {
		c.fn = fn
		return c.into(fn, fn.Body.Lbrace+1), nil
	}
	if c.spot, err = p.find(fn, c.edit.at); err != nil {
		return nil, err
	}
	if c.edit.kind == rewrite {
		return c.over(c.node), nil
	}
	return c.over(c.stmt), nil
}

// into makes a change an insertion, in the file of a node.
func (c *change) into(node ast.Node, at token.Pos) *change {
	c.file, c.needs = c.fileOf(node), map[string]bool{}
	c.from, c.to = c.offset(at), c.offset(at)
	return c
}

// over makes a change one of a node's text.
func (c *change) over(node ast.Node) *change {
	c.into(node, node.Pos())
	c.to = c.offset(node.End())
	if _, ok := node.(ast.Expr); ok {
		c.rank = 1
	}
	return c
}

// expand is what becomes of a text.
func (c *change) expand(it string) (string, error) {
	if c.edit.kind == rewrite {
		it = operand(c.node, it)
	}
	text, err := c.fill(c.edit.code, it)
	if err != nil {
		return "", fmt.Errorf("%v: %w", c.edit, err)
	}
	switch c.edit.kind {
	case entry, field, decl:
		return "\n" + text + "\n", nil
	case before:
		return text + "\n" + it, nil
	case after:
		return it + "\n" + text, nil
	case rewrite:
		x, err := parser.ParseExpr(text)
		if err != nil {
			return "", fmt.Errorf("%v: %w", c.edit, err)
		}
		return operand(x, text), nil
	}
	return text, nil
}

// keeps reports whether the text that was there is part of what becomes of it.
func (c *change) keeps() bool {
	return c.edit.kind == before || c.edit.kind == after || strings.Contains(c.edit.code, "$it")
}

// edited is a file's text with all changes made.
func (p *pkg) edited(file *ast.File, changes []*change) (string, error) {
	slices.SortStableFunc(changes, func(a, b *change) int {
		insertion := func(c *change) int { return min(1, c.to-c.from) }
		return cmp.Or(a.from-b.from, insertion(a)-insertion(b), b.to-a.to, a.rank-b.rank)
	})
	all := p.texts[p.name(file)]
	text, err := p.render(all, p.offset(file.Name.End()), len(all), changes)
	if err != nil {
		return "", err
	}
	needs := map[string]bool{}
	for _, c := range changes {
		maps.Copy(needs, c.needs)
	}
	text = all[:p.offset(file.Name.End())] + imports(slices.Sorted(maps.Keys(needs))) + text
	if text, err = p.unimport(file, text); err != nil {
		return "", err
	}
	out, err := format.Source([]byte(text))
	return string(out), err
}

// render is the text from..to with the changes made that stand in it.
func (p *pkg) render(all string, from, to int, changes []*change) (string, error) {
	var b strings.Builder
	for len(changes) > 0 {
		c := changes[0]
		same, n := 1, 1
		for n < len(changes) && c.from < c.to && changes[n].from < c.to {
			if d := changes[n]; d.from == c.from && d.to == c.to && d.rank == c.rank {
				same++
			}
			n++
		}
		it, err := p.render(all, c.from, c.to, changes[same:n])
		if err != nil {
			return "", err
		}
		for i := same - 1; i >= 0; i-- {
			if !changes[i].keeps() && n > i+1 {
				return "", fmt.Errorf("%v drops what is also changed by:\n%v", changes[i].edit,
					changes[i+1].edit)
			}
			if it, err = changes[i].expand(it); err != nil {
				return "", err
			}
		}
		b.WriteString(all[from:c.from] + it)
		from, changes = c.to, changes[n:]
	}
	return b.String() + all[from:to], nil
}

// unimport gives the name _ to the imports that a file does not use any more.
func (p *pkg) unimport(file *ast.File, text string) (string, error) {
	fset := token.NewFileSet()
	now, err := parser.ParseFile(fset, p.name(file), text, 0)
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	ast.Inspect(now, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				used[id.Name] = true
			}
		}
		return true
	})
	for _, spec := range slices.Backward(now.Imports) {
		name := p.imported(spec.Path.Value)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if !used[name] && name != "" && name != "_" && name != "." {
			text = text[:fset.Position(spec.Pos()).Offset] + "_ " +
				text[fset.Position(spec.Path.Pos()).Offset:]
		}
	}
	return text, nil
}

// imported is the name of a package that this one imports, empty for one that it does not.
func (p *pkg) imported(quoted string) string {
	for _, imported := range p.types.Imports() {
		if strconv.Quote(imported.Path()) == quoted {
			return imported.Name()
		}
	}
	return ""
}
