package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/replay"
)

const suggestionColumns = `SELECT u.id, u.group_key, u.state, u.at, u.seen, u.book, u.user_name, u.ended, u.reason, u.version, u.proposal, g.id, g.name FROM suggestion u JOIN chat_group g ON g.key = u.group_key`

func scanSuggestion(r *sql.Rows, v *replay.Suggestion) error {
	var id, proposal, group []byte
	if err := r.Scan(&id, (*int64)(&v.Group), &v.State, &v.At, &v.Seen, &v.Book, &v.User, &v.Ended, &v.Reason, &v.Version, &proposal, &group, &v.GroupName); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	return json.Unmarshal(proposal, &v.Proposal)
}

// SettleSuggestions keeps how a group's book was weighed, and what becomes of its suggestions: settle is given those that there
// are and says which rows to write; new ones have no id yet.
func (s *Store) SettleSuggestions(ctx context.Context, w replay.Weighing, settle func([]replay.Suggestion) []replay.Suggestion) error {
	had, err := rows(ctx, s, suggestionColumns+` WHERE u.group_key = $1 ORDER BY u.at, u.id`, []any{int64(w.Group)}, scanSuggestion)
	if err != nil {
		return err
	}
	list := settle(had)
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO suggestion_weighing (group_key, at, days, messages, judged, tried, better) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (group_key) DO UPDATE SET at = excluded.at, days = excluded.days, messages = excluded.messages, judged = excluded.judged, tried = excluded.tried, better = excluded.better`,
			int64(w.Group), w.At, w.Days, w.Messages, w.Judged, w.Tried, w.Better)
		if err != nil {
			return err
		}
		for _, one := range list {
			if err := t.putSuggestion(ctx, one); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *Tx) putSuggestion(ctx context.Context, one replay.Suggestion) error {
	if one.ID.IsZero() {
		one.ID = t.store.NewID()
	}
	proposal, err := json.Marshal(one.Proposal)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO suggestion (id, group_key, key, state, at, seen, book, user_name, ended, reason, version, proposal) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (group_key, key) DO UPDATE SET state = excluded.state, at = excluded.at, seen = excluded.seen, book = excluded.book, user_name = excluded.user_name, ended = excluded.ended,
 reason = excluded.reason, version = excluded.version, proposal = excluded.proposal`,
		one.ID[:], int64(one.Group), one.Key(), one.State, one.At, one.Seen, one.Book, one.User, one.Ended, one.Reason, one.Version, string(proposal))
	return err
}

// EndSuggestion notes what a person said of a suggestion that is open, with its audit row. community.CodeConflict: it is open
// no longer.
func (s *Store) EndSuggestion(ctx context.Context, one replay.Suggestion, audit community.Audit) error {
	one.Ended = s.now()
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE suggestion SET state = $1, user_name = $2, ended = $3, reason = $4, version = $5 WHERE id = $6 AND state = 'open'`,
			one.State, one.User, one.Ended, one.Reason, one.Version, one.ID[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "the suggestion is open no longer")
		}
		audit.Subject = "suggestion:" + one.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"group": one.Group, "change": one.Key(), "version": one.Version}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// FindSuggestions lists suggestions of a state ("" = all), of one group or (0) all: those weighed last first.
func (d *Desk) FindSuggestions(ctx context.Context, g community.GroupKey, state string, p community.Page) ([]replay.Suggestion, int, error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("u.group_key = ?", int64(g))
	}
	if state != "" {
		c.and("u.state = ?", state)
	}
	order, err := sorts{"seen": "u.seen"}.newest(p, "u.seen", "u.id")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM suggestion u JOIN chat_group g ON g.key = u.group_key"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, suggestionColumns+c.String()+order, c.args, scanSuggestion)
	return list, total, err
}

// SuggestionByID gives one; CodeNotFound.
func (d *Desk) SuggestionByID(ctx context.Context, id community.ID) (replay.Suggestion, error) {
	var c clause
	d.in(&c, "g")
	c.and("u.id = ?", id[:])
	list, err := rows(ctx, d.s, suggestionColumns+c.String(), c.args, scanSuggestion)
	return oneOf(list, err, "suggestion", id)
}

// Weighings tells how the books of one group, or (0) of all, were weighed last; the newest first, at most so many.
func (d *Desk) Weighings(ctx context.Context, g community.GroupKey, p community.Page) ([]replay.Weighing, error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("w.group_key = ?", int64(g))
	}
	order, err := sorts{"at": "w.at"}.newest(p, "w.at", "w.group_key")
	if err != nil {
		return nil, err
	}
	return rows(ctx, d.s, `SELECT w.group_key, w.at, w.days, w.messages, w.judged, w.tried, w.better, g.id, g.name FROM suggestion_weighing w JOIN chat_group g ON g.key = w.group_key`+c.String()+order, c.args,
		func(r *sql.Rows, v *replay.Weighing) error {
			var group []byte
			err := r.Scan((*int64)(&v.Group), &v.At, &v.Days, &v.Messages, &v.Judged, &v.Tried, &v.Better, &group, &v.GroupName)
			copy(v.GroupID[:], group)
			return err
		})
}

// BookedGroups lists the groups that have a rulebook in force.
func (s *Store) BookedGroups(ctx context.Context) ([]community.GroupKey, error) {
	return rows(ctx, s, `SELECT DISTINCT group_key FROM rulebook WHERE version > 0 ORDER BY group_key`, nil, func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
}
