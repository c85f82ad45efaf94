package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/engine"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// Sizes and target of replay.
const (
	replayRows   = 200_000
	replayGroups = 4
	replayTarget = 0.35
)

// past compares a what-if over whole groups, with rules of every kind on, with a bare scan of the same rows in the same
// order: each group's, one after the other.
func past(ctx context.Context, o Options) (rows []Row, err error) {
	at, away, err := o.base(ctx, "replay")
	if err != nil {
		return nil, err
	}
	defer away()
	h, err := openHouse(ctx, at)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	n := o.rows(replayRows, 2000)
	o.tell("replay: %d messages in %d groups, a list of a thousand words", n, replayGroups)
	if err := h.history(ctx, newSpeaker(o.Seed), n, replayGroups); err != nil {
		return nil, err
	}
	book, err := policy.Parse(h.book)
	if err != nil {
		return nil, err
	}
	decisions := int64(0)
	judge := &side{name: "what-if", prepare: nothing, tidy: func() error { return nil }}
	judge.run = func(ctx context.Context, _ part) (int, error) {
		seen := int64(0)
		decisions = 0
		for g := community.GroupKey(1); g <= replayGroups; g++ {
			out, err := replay.WhatIf(g, book, h.store.EventsByTime(context.WithoutCancel(ctx), g, 0), replay.Span{})
			if err != nil {
				return 0, err
			}
			seen, decisions = seen+out.Messages, decisions+out.Decisions
		}
		if seen != int64(n) || decisions < int64(n)*hitsIn1000/2000 {
			return 0, fmt.Errorf("%d of %d messages judged, %d decisions", seen, n, decisions)
		}
		return n, nil
	}
	rows, err = o.besideScan(ctx, judge, filepath.Join(at.dir, "qunluo.db"), n)
	return append(rows, told("replay.hits", 100*float64(decisions)/float64(n), "%")), err
}

// besideScan compares with a bare scan of the same file; on PostgreSQL the side runs alone.
func (o Options) besideScan(ctx context.Context, judge *side, path string, n int) (rows []Row, err error) {
	if o.Database != "" {
		row, err := alone(ctx, o, "replay", judge)
		return []Row{row}, err
	}
	scan, db, err := scanSide(ctx, path, n)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := compare(ctx, o, 1, scan, judge); err != nil {
		return nil, err
	}
	return []Row{ratioRow("replay", scan, judge, replayTarget), told("replay.wall", median(judge.walls), "rows/s")}, nil
}

func nothing(context.Context) error { return nil }

// history appends n messages to groups, one group after the other as imports do.
func (h *house) history(ctx context.Context, s *speaker, n, groups int) error {
	run := engine.Run{Key: 1, Org: h.org, Platform: "qq"}
	batch := make([]community.Inbound, 0, engine.AppendBatch)
	for g := range groups {
		for i := g * n / groups; i < (g+1)*n/groups; i++ {
			batch = append(batch, spoken(s, i, g))
			if len(batch) < cap(batch) && i < (g+1)*n/groups-1 {
				continue
			}
			added, _, err := h.engine.Append(ctx, run, batch)
			if err != nil {
				return err
			}
			if added != len(batch) {
				return fmt.Errorf("%d of %d messages added", added, len(batch))
			}
			batch = batch[:0]
		}
	}
	return nil
}

// spoken is the ith message of a history: 200 people in a group, a message every 20 seconds.
func spoken(s *speaker, i, group int) community.Inbound {
	member := s.chance.IntN(200)
	return community.Inbound{
		Type: community.MessageCreated, Key: strconv.Itoa(i), OccurredAt: (firstSecond + int64(i)*20) * 1000,
		Group: community.Ref{ID: fmt.Sprint("g", group), Name: fmt.Sprintf("读书%d群", group)},
		Actor: community.Who{ID: fmt.Sprintf("u%d-%d", group, member), Name: fmt.Sprint("书友", member), Role: community.RoleMember},
		Body:  community.Body{Text: s.line(s.chance.IntN(1000) < hitsIn1000), Message: strconv.Itoa(i)},
	}
}

// scanQuery reads what a replay reads of an event.
const scanQuery = `SELECT number, id, group_key, seq, account_key, type, origin, mark, occurred_at, received_at, at,
 actor_key, subject_key, by_key, import_key, key_id, body FROM event WHERE group_key = $1 ORDER BY seq`

// scanSide reads the rows into plain values and decodes nothing.
func scanSide(ctx context.Context, path string, n int) (*side, *sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)"+
		"&_pragma=cache_size(-65536)&_pragma=mmap_size(268435456)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	s := &side{name: "bare scan", prepare: nothing, tidy: func() error { return nil }}
	s.run = func(ctx context.Context, _ part) (int, error) {
		read, bytes := 0, 0
		for g := 1; g <= replayGroups; g++ {
			k, b, err := scan(context.WithoutCancel(ctx), db, g)
			if err != nil {
				return 0, err
			}
			read, bytes = read+k, bytes+b
		}
		if read != n || bytes == 0 {
			return 0, fmt.Errorf("%d of %d rows read", read, n)
		}
		return n, nil
	}
	return s, db, nil
}

func scan(ctx context.Context, db *sql.DB, group int) (n, bytes int, err error) {
	rows, err := db.QueryContext(ctx, scanQuery, group)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	var number, key, seq, account, origin, mark, occurred, received, at, actor, subject, by, imported, sealed int64
	var kind string
	var id, body []byte
	for rows.Next() {
		err := rows.Scan(&number, &id, &key, &seq, &account, &kind, &origin, &mark, &occurred, &received, &at, &actor, &subject, &by, &imported, &sealed, &body)
		if err != nil {
			return n, bytes, err
		}
		n, bytes = n+1, bytes+len(body)
	}
	return n, bytes, rows.Err()
}
