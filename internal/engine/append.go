package engine

import (
	"context"
	"time"

	"qunluo/internal/community"
)

// AppendBatch is how many imported rows one transaction takes.
const AppendBatch = 5000

// Run is an import under way.
type Run struct {
	Key      int64 // import_run.key
	Org      community.OrgKey
	Platform community.Platform
	Zone     string // for groups first seen in it
	Exporter string // the program that wrote the file
	// Live: people bring what no connection hears (人工通道). It is decided about, and can still be undone as one.
	Live bool
}

// Append writes recorded events: same keys, no deciding, no action, strike or state (DESIGN §3.1, Origin), unless the run is
// live. A list of members ends what people were asked to do and is seen to be done, in either case. It gives way to live
// batches. Facts that are there already are counted as repeated; at most AppendBatch rows a call.
func (e *Engine) Append(ctx context.Context, run Run, in []community.Inbound) (added, repeated int, err error) {
	for e.waiting.Load() > 0 {
		select {
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	out, err := e.commit(ctx, in, &run)
	if err != nil {
		return 0, 0, err
	}
	for i := range out {
		switch {
		case out[i].Number != 0 && !out[i].Repeated:
			added++
		case out[i].Repeated:
			repeated++
		}
	}
	return added, repeated, nil
}

// recordImport notes which numbers the run got, so that it can be undone as one.
func (e *Engine) recordImport(ctx context.Context, b *batch) error {
	type span struct{ first, last int64 }
	spans := map[community.GroupKey]*span{}
	order := []community.GroupKey{}
	for _, it := range b.items {
		ev := &it.draft.Event
		if s, ok := spans[ev.Group]; ok {
			s.last = ev.Number
			continue
		}
		spans[ev.Group] = &span{ev.Number, ev.Number}
		order = append(order, ev.Group)
	}
	for _, g := range order {
		if err := b.tx.AddImportRange(ctx, b.run.Key, b.run.Exporter, g, spans[g].first, spans[g].last); err != nil {
			return err
		}
	}
	return nil
}
