package store

import (
	"context"
	"strconv"

	"qunluo/internal/community"
)

// Judgements lists decisions about a group that people said something of (Resolution), with the messages they rest on: the
// newest first, at most so many.
func (d *Desk) Judgements(ctx context.Context, g community.GroupKey, most int) ([]community.DecisionRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("d.group_key = ?", int64(g))
	c.and("d.resolution <> ''")
	return d.decisions(ctx, c.String()+" ORDER BY d.seq DESC, d.id LIMIT "+strconv.Itoa(most), c.args)
}
