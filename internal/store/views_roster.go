package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"qunluo/internal/community"
)

// roster takes a full list of members in: who is on it is here; who was here and is not on it has left since they were
// last seen.
func (f *figures) roster(ctx context.Context, g *groupFact, ev *community.Event) error {
	var list []community.Who
	if err := json.Unmarshal(ev.Body.Data, &list); err != nil {
		return fmt.Errorf("roster: %w", err)
	}
	at := ev.OccurredAt
	if at < g.rosterAt {
		return nil // an older list says nothing about now
	}
	here := make(map[community.MemberKey]bool, len(list))
	for i := range list {
		m, err := f.listed(ctx, g, &list[i])
		if err != nil {
			return err
		}
		if m == 0 {
			continue
		}
		here[m] = true
		if err := f.onList(ctx, g, m, &list[i], ev); err != nil {
			return err
		}
	}
	if err := f.missing(ctx, g, here, at); err != nil {
		return err
	}
	if g.rosterSince == 0 {
		g.rosterSince = at
	}
	g.rosterAt, g.dirty = at, true
	return nil
}

// listed finds the member that a list names; 0 when the registry does not know them.
func (f *figures) listed(ctx context.Context, g *groupFact, who *community.Who) (community.MemberKey, error) {
	realm := ""
	if who.Certainty == community.NameOnly {
		realm = strconv.FormatInt(int64(g.key), 10)
	}
	var key int64
	err := f.t.one(ctx, findAlias, []any{int64(g.org), "member", string(g.platform), realm, who.ID}, &key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return community.MemberKey(key), err
}

func (f *figures) onList(ctx context.Context, g *groupFact, m community.MemberKey, who *community.Who, ev *community.Event) error {
	p, err := f.person(ctx, g, m)
	if err != nil {
		return err
	}
	if err := f.seen(ctx, g, p, ev, ev.OccurredAt); err != nil {
		return err
	}
	f.takeRole(p, who.Role)
	return f.named(ctx, p, who.Name, who.Card, ev.OccurredAt)
}

// missing ends the stays of those who are not on a list read at a time.
func (f *figures) missing(ctx context.Context, g *groupFact, here map[community.MemberKey]bool, at int64) error {
	if err := f.flushPeople(ctx); err != nil { // the question below is asked of the table
		return err
	}
	rows, err := f.t.query(ctx, `SELECT member_key FROM views.people WHERE group_key = $1 AND present AND since < $2 ORDER BY member_key`, int64(g.key), at)
	if err != nil {
		return err
	}
	keys, err := ints(rows)
	if err != nil {
		return err
	}
	for _, key := range keys {
		m := community.MemberKey(key)
		if here[m] {
			continue
		}
		p, err := f.person(ctx, g, m)
		if err != nil {
			return err
		}
		if p.lastWord >= at {
			continue // spoke after the list was read
		}
		if err := f.closeStay(ctx, g, p, at, p.lastSeen(g, at), "unknown", community.Inferred); err != nil {
			return err
		}
	}
	return nil
}
