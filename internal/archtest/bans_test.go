package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// outside is what a deciding room may not import: clock, chance, disk, net and log come in as values or not at all.
// "x/" bans the path and everything below.
func outside() map[string]string {
	return map[string]string{
		"os/": "disk and environment", "io/ioutil": "disk", "path/filepath": "disk", "syscall": "disk and net",
		"net/": "net (net/url and net/netip are only texts)", "math/rand": "chance", "crypto/rand": "chance",
		"hash/maphash": "chance: its seeds differ from run to run", "log/": "log", "database/sql/": "disk", "runtime/": "the machine",
		"testing": "tests", "plugin": "disk",
	}
}

// texts are standard packages below a banned path that only handle texts; of runtime only the type Error may be named.
func texts() []string { return []string{"net/url", "net/netip", "runtime"} }

// clock are the functions of package time that read a clock. LoadLocation is allowed: the zone table is data.
func clock() []string {
	return []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer"}
}

// seeded are the names of package math/rand/v2 that draw from a seed somebody gave; its other functions are chance.
func seeded() []string {
	return []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "PCG", "ChaCha8", "Source", "Zipf"}
}

func deciding() map[string]bool {
	out := map[string]bool{}
	for _, r := range plan() {
		out[r.path] = r.decides
	}
	return out
}

func TestWhatDecidesReadsNothingElse(t *testing.T) {
	decides := deciding()
	for _, s := range sources(t) {
		if s.test || !decides[s.room] {
			continue
		}
		for _, bad := range impure(s) {
			t.Error(bad)
		}
	}
}

// impure lists what a file does that a deciding room may not.
func impure(s source) []string {
	var bad []string
	for _, p := range s.imports() {
		if why := reaches(p); why != "" {
			bad = append(bad, s.name+" imports "+p+": "+why)
		}
	}
	ast.Inspect(s.tree, func(n ast.Node) bool {
		if what := reachesOut(n); what != "" {
			bad = append(bad, s.at(n)+": "+what+" in a room that decides")
		}
		return true
	})
	return bad
}

func reaches(p string) string {
	if slices.Contains(texts(), p) {
		return ""
	}
	for ban, why := range outside() {
		tree, below := strings.CutSuffix(ban, "/")
		if p == tree || below && strings.HasPrefix(p, ban) {
			return why
		}
	}
	return ""
}

func reachesOut(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a goroutine"
	case *ast.SelectStmt:
		return "a select"
	case *ast.ChanType:
		return "a channel"
	case *ast.SelectorExpr:
		x, ok := n.X.(*ast.Ident)
		if !ok || x.Obj != nil { // a variable that is called like the package
			return ""
		}
		if x.Name == "runtime" && n.Sel.Name != "Error" {
			return "runtime." + n.Sel.Name
		}
		if x.Name == "time" && slices.Contains(clock(), n.Sel.Name) || x.Name == "rand" && !slices.Contains(seeded(), n.Sel.Name) {
			return x.Name + "." + n.Sel.Name
		}
	}
	return ""
}

func TestNoInitAndNoVariableThatChanges(t *testing.T) {
	rooms := map[string][]source{}
	for _, s := range sources(t) {
		if !s.test && !s.made {
			rooms[s.room] = append(rooms[s.room], s)
		}
	}
	for _, files := range rooms {
		for _, bad := range changing(files) {
			t.Error(bad)
		}
	}
}

// changing lists init functions, and package variables that some function of the room writes to or that are made to be
// written to (locks, atomics, pools).
func changing(files []source) []string {
	var bad []string
	vars := map[string]bool{}
	for _, s := range files {
		for _, d := range s.tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					bad = append(bad, s.at(d)+": init; registries are built in app from an explicit list")
				}
			case *ast.GenDecl:
				bad = append(bad, s.variables(d, vars)...)
			}
		}
	}
	for _, s := range files {
		ast.Inspect(s.tree, func(n ast.Node) bool {
			for _, target := range written(n) {
				if id := rootOf(target); id != nil && vars[id.Name] && !s.local(id) {
					bad = append(bad, s.at(n)+": "+id.Name+" is a package variable that changes")
				}
			}
			return true
		})
	}
	return bad
}

// variables notes the package variables of a declaration and complains about those made to change.
func (s source) variables(d *ast.GenDecl, vars map[string]bool) []string {
	if d.Tok != token.VAR {
		return nil
	}
	var bad []string
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		for _, name := range v.Names {
			vars[name.Name] = name.Name != "_"
			if sel, ok := v.Type.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && (x.Name == "sync" || x.Name == "atomic") {
					bad = append(bad, s.at(v)+": "+name.Name+" is a package variable that changes")
				}
			}
		}
	}
	return bad
}

// written gives the expressions that a statement writes to.
func written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") && len(n.Args) > 0 {
			return n.Args[:1]
		}
	}
	return nil
}

// rootOf is the variable that an expression reaches into: x of x, x[i], x.f, *x.
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch v := e.(type) {
		case *ast.Ident:
			return v
		case *ast.IndexExpr:
			e = v.X
		case *ast.SelectorExpr:
			e = v.X
		case *ast.StarExpr:
			e = v.X
		case *ast.ParenExpr:
			e = v.X
		default:
			return nil
		}
	}
}

// local reports whether a name means something declared inside a function. The parser resolves names within one file;
// what it leaves open is declared in another file of the room.
func (s source) local(id *ast.Ident) bool {
	return id.Obj != nil && s.tree.Scope.Objects[id.Name] != id.Obj
}

func TestBansWouldNotice(t *testing.T) {
	const text = `package x
import ("math/rand/v2"; "net/url"; "time"; "os"; "crypto/rand")
var table = map[string]int{}
var Fixed = []string{"a"}
func init() {}
func f() { table["a"] = 1; go g(); time.Now(); _ = time.UnixMilli(0) }
func g() { table := map[string]int{}; table["a"] = 2; var Fixed []string; Fixed[0] = "b" }
func h(c chan int) { select {} }
func i() { _ = rand.New(rand.NewPCG(1, 2)); _ = rand.IntN(3) }
`
	s := snippet(t, text)
	want := []string{"imports os", "imports crypto/rand", ":6: a goroutine", ":6: time.Now", ":8: a channel", ":8: a select", ":9: rand.IntN"}
	compare(t, impure(s), want)
	compare(t, changing([]source{s}), []string{":5: init", ":6: table is"})
}

func snippet(t *testing.T, text string) source {
	t.Helper()
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, "x.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return source{room: "x", name: "x.go", tree: tree, fset: fset}
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("found %q, want %q", got, want)
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("found %q, want %q", got[i], want[i])
		}
	}
}
