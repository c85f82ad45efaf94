package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "qunluo"

// source is one Go file of the project.
type source struct {
	room string // directory below internal/, or the directory itself outside it
	name string // slash path below the root
	test bool
	made bool // generated
	tree *ast.File
	fset *token.FileSet
}

func (s source) at(n ast.Node) string {
	p := s.fset.Position(n.Pos())
	return s.name + ":" + strconv.Itoa(p.Line)
}

// root is the folder with go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// sources parses every Go file below the root.
func sources(t *testing.T) []source {
	t.Helper()
	base := root(t)
	var out []source
	err := filepath.WalkDir(base, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != base && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(base, name)
		if err != nil {
			return err
		}
		s, err := parse(name, filepath.ToSlash(rel))
		out = append(out, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("only %d Go files found below %s", len(out), base)
	}
	return out
}

func parse(name, rel string) (source, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
	if err != nil {
		return source{}, err
	}
	return source{
		room: strings.TrimPrefix(path.Dir(rel), "internal/"), name: rel, test: strings.HasSuffix(rel, "_test.go"),
		made: ast.IsGenerated(tree), tree: tree, fset: fset,
	}, nil
}

// imports gives the paths a file imports.
func (s source) imports() []string {
	out := make([]string, len(s.tree.Imports))
	for i, spec := range s.tree.Imports {
		out[i] = strings.Trim(spec.Path.Value, `"`)
	}
	return out
}

// standard reports whether an import path is of the standard library.
func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".") && first != module
}
