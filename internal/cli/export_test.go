package cli

import (
	"testing"

	"github.com/alecthomas/kong"
)

// Leaves gives every command that can be run, in the order of the grammar, for tests that go through all of them.
func Leaves(t *testing.T) []*kong.Node {
	t.Helper()
	var out []*kong.Node
	leaves(t, en, func(n *kong.Node) {
		if n.Leaf() && n.Parent != nil {
			out = append(out, n)
		}
	})
	return out
}
