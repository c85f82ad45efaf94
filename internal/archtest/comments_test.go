package archtest

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

func TestEveryRoomSaysWhatIsKeptThere(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		doc := s.tree.Doc.Text()
		begins := strings.HasPrefix(doc, "Package "+s.tree.Name.Name+" ") || s.tree.Name.Name == "main" && doc != ""
		said[s.room] = said[s.room] || begins
	}
	for name, ok := range said {
		if !ok {
			t.Errorf("room %q has no doc comment that begins with “Package …”", name)
		}
	}
}

func TestEveryExportedNameHasAComment(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.made || s.tree.Name.Name == "main" {
			continue
		}
		for _, bad := range mute(s) {
			t.Error(bad)
		}
	}
}

// mute lists exported names without a comment. A comment on a group of constants or variables speaks for all of them;
// the methods of error need none: their names say all.
func mute(s source) []string {
	var bad []string
	complain := func(n ast.Node, name string) { bad = append(bad, s.at(n)+": "+name+" has no comment") }
	for _, d := range s.tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && !ofError(d) && (d.Recv == nil || ast.IsExported(receiver(d))) {
				complain(d, d.Name.Name)
			}
		case *ast.GenDecl:
			if d.Tok == token.IMPORT || d.Doc != nil {
				continue
			}
			for _, spec := range d.Specs {
				if name := muteSpec(spec); name != "" {
					complain(spec, name)
				}
			}
		}
	}
	return bad
}

func ofError(d *ast.FuncDecl) bool {
	return d.Recv != nil && (d.Name.Name == "Error" || d.Name.Name == "Unwrap")
}

func muteSpec(spec ast.Spec) string {
	switch v := spec.(type) {
	case *ast.TypeSpec:
		if v.Name.IsExported() && v.Doc == nil && v.Comment == nil {
			return v.Name.Name
		}
	case *ast.ValueSpec:
		for _, name := range v.Names {
			if name.IsExported() && v.Doc == nil && v.Comment == nil {
				return name.Name
			}
		}
	}
	return ""
}

func receiver(d *ast.FuncDecl) string {
	e := d.Recv.List[0].Type
	for {
		switch v := e.(type) {
		case *ast.StarExpr:
			e = v.X
		case *ast.IndexExpr:
			e = v.X
		case *ast.IndexListExpr:
			e = v.X
		case *ast.Ident:
			return v.Name
		default:
			return ""
		}
	}
}

func TestCommentsWouldBeMissed(t *testing.T) {
	s := snippet(t, `package x
// A is said.
func A() {}
func B() {}
type c struct{}
func (c) D() {}
type E struct{}
// Both.
const (
	F = 1
	G = 2
)
const H = 3
func (*E) I() {}
`)
	compare(t, mute(s), []string{"B has no", "E has no", "H has no", "I has no"})
}
