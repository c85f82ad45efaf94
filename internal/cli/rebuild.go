package cli

import (
	"slices"
	"strings"
)

type rebuildCmd struct {
	Names []string `arg:"" optional:"" help:"投影，默认全部|projections, by default all"`
}

func (rebuildCmd) Shape() any { return rowsOf[Rebuilt]() }
func (rebuildCmd) Examples() []example {
	return []example{{"rebuild search", [2]string{"只重建搜索", "only the search index"}}}
}

// Do throws projections away and reads the log again; the figures come out the same.
func (q *rebuildCmd) Do(c *call, h *House) error {
	keeping, err := need(h.Keeping)
	if err != nil {
		return err
	}
	known := keeping.Projections()
	for _, name := range q.Names {
		if !slices.Contains(known, name) {
			return badUsage("没有投影 %s，有：%s", "there is no projection %s; there are: %s", name, strings.Join(known, ", "))
		}
	}
	rows, err := keeping.Rebuild(c.ctx, q.Names, c.progress)
	if err != nil {
		return err
	}
	return printList(c, rows, len(rows))
}
