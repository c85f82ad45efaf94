package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// StoredDecisions reads what one decider decided in a group, in the order of sequence and then as it was decided.
func (s *Store) StoredDecisions(ctx context.Context, g community.GroupKey, decider string) iter.Seq2[community.Decision, error] {
	return func(yield func(community.Decision, error) bool) {
		after := int64(0)
		for {
			page, err := s.decisionPage(ctx, g, decider, after)
			if err != nil {
				yield(community.Decision{}, err)
				return
			}
			for _, d := range page {
				if !yield(d, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
			after = page[len(page)-1].Seq
		}
	}
}

// decisionPage reads the decisions about the next thousand events that have any.
func (s *Store) decisionPage(ctx context.Context, g community.GroupKey, decider string, after int64) ([]community.Decision, error) {
	return rows(ctx, s, `SELECT body FROM decision WHERE group_key = $1 AND decider = $2 AND seq IN
 (SELECT DISTINCT seq FROM decision WHERE group_key = $1 AND decider = $2 AND seq > $3 ORDER BY seq LIMIT 1000) ORDER BY seq, ordinal`,
		[]any{int64(g), decider, after}, func(r *sql.Rows, d *community.Decision) error {
			var raw []byte
			if err := r.Scan(&raw); err != nil {
				return err
			}
			return json.Unmarshal(raw, d)
		})
}

// place is where an event stands in a group and in time.
type place struct{ occurred, seq int64 }

// EventsByTime reads a group's events in the order of (occurred_at, number), up to but not including a time (UTC ms; 0 =
// to the end). What import runs brought that were undone is left out. A log that is in that order already, as most are,
// is streamed; else 16 bytes an event are held while it is read.
func (s *Store) EventsByTime(ctx context.Context, g community.GroupKey, to int64) iter.Seq2[community.Event, error] {
	return func(yield func(community.Event, error) bool) {
		places, sorted, err := s.places(ctx, g, to)
		if err != nil {
			yield(community.Event{}, err)
			return
		}
		if sorted {
			for ev, err := range s.Events(ctx, EventScan{Group: g, To: to, Kept: true}) {
				if !yield(ev, err) || err != nil {
					return
				}
			}
			return
		}
		slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.occurred, b.occurred), cmp.Compare(a.seq, b.seq)) })
		for chunk := range slices.Chunk(places, scatter) {
			list, err := s.eventsAt(ctx, g, chunk)
			if err != nil {
				yield(community.Event{}, err)
				return
			}
			for _, ev := range list {
				if !yield(ev, nil) {
					return
				}
			}
		}
	}
}

// scatter is how many events are fetched at a time when they stand out of order.
const scatter = 500

func (s *Store) places(ctx context.Context, g community.GroupKey, to int64) (list []place, sorted bool, err error) {
	if to == 0 {
		to = 1<<62 - 1
	}
	rows, err := s.read.QueryContext(ctx, `SELECT occurred_at, seq FROM event WHERE group_key = $1 AND occurred_at < $2 AND `+keptOnly+` ORDER BY seq`, int64(g), to)
	if err != nil {
		return nil, false, coded(s.dialect, err)
	}
	defer rows.Close()
	sorted = true
	last := int64(-1 << 62)
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.occurred, &p.seq); err != nil {
			return nil, false, err
		}
		sorted = sorted && p.occurred >= last
		last = p.occurred
		list = append(list, p)
	}
	return list, sorted, rows.Err()
}

// keptOnly leaves out what an undone import brought.
const keptOnly = `(import_key = 0 OR import_key NOT IN (SELECT key FROM import_run WHERE state = 'undone'))`

func (s *Store) eventsAt(ctx context.Context, g community.GroupKey, places []place) ([]community.Event, error) {
	marks := make([]string, len(places))
	args := []any{int64(g)}
	index := make(map[int64]int, len(places))
	for i, p := range places {
		args = append(args, p.seq)
		marks[i] = fmt.Sprintf("$%d", len(args))
		index[p.seq] = i
	}
	rows, err := s.read.QueryContext(ctx, `SELECT `+eventColumns+` FROM event WHERE group_key = $1 AND seq IN (`+strings.Join(marks, ",")+`)`, args...)
	if err != nil {
		return nil, coded(s.dialect, err)
	}
	defer rows.Close()
	list := make([]community.Event, len(places))
	for rows.Next() {
		var ev community.Event
		if err := scanEvent(rows, &ev); err != nil {
			return nil, err
		}
		list[index[ev.Seq]] = ev
	}
	return list, rows.Err()
}

// MessagesAt reads events of any type by number, as evidence beside decisions that are not stored.
func (s *Store) MessagesAt(ctx context.Context, numbers []int64) (map[int64]community.MessageRow, error) {
	all := make(map[int64]community.MessageRow, len(numbers))
	for chunk := range slices.Chunk(numbers, scatter) {
		some, err := (&Desk{s: s}).messagesAt(ctx, chunk)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, some)
	}
	return all, nil
}

// DecisionOn finds the first decision about an event; community.CodeNotFound when there is none.
func (s *Store) DecisionOn(ctx context.Context, number int64) (community.ID, error) {
	var id []byte
	err := s.read.QueryRowContext(ctx, `SELECT d.id FROM decision d JOIN event e ON e.group_key = d.group_key AND e.seq = d.seq
WHERE e.number = $1 ORDER BY d.ordinal LIMIT 1`, number).Scan(&id)
	if err != nil {
		return community.ID{}, missing(coded(s.dialect, err), "decision on event %d", number)
	}
	return community.ID(id), nil
}
