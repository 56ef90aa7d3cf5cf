package seeded

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// pkg is a package's sources, with the meaning of each name in them.
type pkg struct {
	fset    *token.FileSet
	texts   map[string]string // by the files' names
	files   []*ast.File
	info    *types.Info
	types   *types.Package
	imports types.Importer
}

// check reads the sources of a package.
func check(path string, texts map[string]string, imports types.Importer) (*pkg, error) {
	p := &pkg{fset: token.NewFileSet(), texts: texts, imports: imports, info: &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		file, err := parser.ParseFile(p.fset, name, texts[name], parser.ParseComments)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, file)
	}
	var err error
	conf := types.Config{Importer: imports}
	p.types, err = conf.Check(path, p.fset, p.files, p.info)
	return p, err
}

// name is the name of the file that a node stands in.
func (p *pkg) name(n ast.Node) string { return p.fset.PositionFor(n.Pos(), false).Filename }

// offset is where in its file's text a position is.
func (p *pkg) offset(pos token.Pos) int { return p.fset.PositionFor(pos, false).Offset }

// source is a node's text.
func (p *pkg) source(n ast.Node) string {
	return p.texts[p.name(n)][p.offset(n.Pos()):p.offset(n.End())]
}

// fileOf is the file that a node stands in.
func (p *pkg) fileOf(n ast.Node) *ast.File {
	i := slices.IndexFunc(p.files, func(f *ast.File) bool {
		return f.FileStart <= n.Pos() && n.Pos() < f.FileEnd
	})
	return p.files[i]
}

// operand is an expression's text as it may stand in another one.
func operand(n ast.Node, text string) string {
	if _, ok := n.(*ast.BinaryExpr); ok {
		return "(" + text + ")"
	}
	return text
}

// listed is what the go tool says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// load reads packages by their import paths, as they are built here.
func load(paths []string) (map[string]*pkg, error) {
	args := []string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles"}
	cmd := exec.Command("go", append(args, paths...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, said.String())
	}
	all := map[string]listed{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		all[l.ImportPath] = l
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(all[path].Export) }
	compiled := importer.ForCompiler(token.NewFileSet(), "gc", open)
	loaded := map[string]*pkg{}
	for _, path := range paths {
		texts := map[string]string{}
		for _, name := range all[path].GoFiles {
			name = filepath.Join(all[path].Dir, name)
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			texts[name] = string(text)
		}
		if loaded[path], err = check(path, texts, compiled); err != nil {
			return nil, err
		}
	}
	return loaded, nil
}
