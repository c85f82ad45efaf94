package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
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
	rows, err := s.read.QueryContext(ctx, `SELECT body FROM decision WHERE group_key = $1 AND decider = $2 AND seq IN
 (SELECT DISTINCT seq FROM decision WHERE group_key = $1 AND decider = $2 AND seq > $3 ORDER BY seq LIMIT 1000) ORDER BY seq, ordinal`,
		int64(g), decider, after)
	if err != nil {
		return nil, coded(s.dialect, err)
	}
	defer rows.Close()
	var list []community.Decision
	for rows.Next() {
		var raw []byte
		var d community.Decision
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("decision after %d: %w", after, err)
		}
		list = append(list, d)
	}
	return list, rows.Err()
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

// MessageAt reads the message with a number, for evidence beside a decision that is not stored.
func (s *Store) MessageAt(ctx context.Context, number int64) (community.MessageRow, error) {
	row := community.MessageRow{Number: number}
	var id, memberID, body []byte
	var g, m, origin, importKey int64
	err := s.read.QueryRowContext(ctx, `SELECT e.id, e.group_key, g.name, e.seq, e.type, e.actor_key, m.id, coalesce(m.name, ''), e.occurred_at, e.origin,
 e.import_key, e.body FROM event e JOIN chat_group g ON g.key = e.group_key LEFT JOIN member m ON m.key = e.actor_key WHERE e.number = $1`, number).
		Scan(&id, &g, &row.GroupName, &row.Seq, &row.Type, &m, &memberID, &row.Name, &row.OccurredAt, &origin, &importKey, &body)
	if err != nil {
		return row, missing(coded(s.dialect, err), "event %d", number)
	}
	copy(row.ID[:], id)
	copy(row.MemberID[:], memberID)
	row.Group, row.Member, row.Origin = community.GroupKey(g), community.MemberKey(m), community.Origin(origin)
	var b community.Body
	if err := decodeBody(body, &b); err != nil {
		return row, fmt.Errorf("event %d: %w", number, err)
	}
	row.Text, row.Class, row.ReplyTo, row.Message = b.Text, b.Class, b.ReplyTo, b.Message
	if shown := (community.Who{Name: b.Name, Card: b.Card}).Shown(); shown != "" {
		row.Name = shown
	}
	return row, nil
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
