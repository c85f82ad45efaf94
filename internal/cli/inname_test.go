package cli

import (
	"testing"

	"github.com/alecthomas/kong"
)

// TestVerbsInSomebodysNameDeclareTheirPower: a verb with --as says which power it takes.
func TestVerbsInSomebodysNameDeclareTheirPower(t *testing.T) {
	found := 0
	leaves(t, zh, func(n *kong.Node) {
		as := false
		for _, f := range n.Flags {
			as = as || f.Name == "as"
		}
		if !as {
			return
		}
		found++
		v, ok := n.Target.Addr().Interface().(inName)
		if !ok {
			t.Errorf("%s takes --as and declares no power", n.FullPath())
			return
		}
		if !v.Needs().Known() {
			t.Errorf("%s takes %q, which is no power", n.FullPath(), v.Needs())
		}
	})
	if found < 20 {
		t.Errorf("%d verbs with --as, want at least 20", found)
	}
}
