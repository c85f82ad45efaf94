package store

import (
	"context"
	"errors"

	"qunluo/internal/community"
)

// errTakenBack ends a transaction that is not to stay.
var errTakenBack = errors.New("taken back")

// CountAgain counts messages into the days of their groups and circles once more and takes it all back: what these counters cost
// by themselves, without reading the log and without people, stays and names. For measuring.
func (s *Store) CountAgain(ctx context.Context, events []community.Event) error {
	f := newFigures(s)
	err := s.project(ctx, func(t *session) error {
		f.t = t
		if err := f.readMarks(ctx); err != nil {
			return err
		}
		for i := range events {
			if err := f.countAgain(ctx, &events[i]); err != nil {
				return err
			}
		}
		for _, part := range []func(*figures, context.Context) error{(*figures).flushDays, (*figures).flushSums} {
			if err := part(f, ctx); err != nil {
				return err
			}
		}
		return errTakenBack
	})
	if errors.Is(err, errTakenBack) {
		return nil
	}
	return err
}

func (f *figures) countAgain(ctx context.Context, ev *community.Event) error {
	if ev.Type != community.MessageCreated || ev.Group == 0 || ev.Origin == community.OriginSim {
		return nil
	}
	g, err := f.group(ctx, ev.Group)
	if err != nil {
		return err
	}
	g.cut(ev.OccurredAt)
	f.day(g.key, g.day).events++
	f.day(g.key, g.day).note(ev.Number)
	if content(ev) {
		f.tally(g, ev, 1)
	}
	return nil
}
