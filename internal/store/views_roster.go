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
	if ev.Body.Scene != community.Presence {
		if err := f.missing(ctx, g, here, at); err != nil {
			return err
		}
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
	if err := f.came(ctx, g, p, who, ev); err != nil {
		return err
	}
	if err := f.seen(ctx, g, p, ev, ev.OccurredAt); err != nil {
		return err
	}
	f.takeRole(p, who.Role)
	return f.named(ctx, p, who.Name, who.Card, ev.OccurredAt)
}

// came takes in what a list tells about how a person came to be here. A joining that happened since the first list counts
// for its day; older ones happened while nobody watched.
func (f *figures) came(ctx context.Context, g *groupFact, p *person, who *community.Who, ev *community.Event) error {
	at := who.JoinedAt
	if at <= 0 || at > ev.OccurredAt {
		return nil
	}
	st := stayStart{since: at, joined: at, counted: g.rosterSince != 0 && at >= g.rosterSince, scene: who.Scene, state: who.State, certainty: community.Inferred}
	if who.Inviter != "" {
		var err error
		if st.inviter, err = f.listed(ctx, g, &community.Who{ID: who.Inviter}); err != nil {
			return err
		}
	}
	switch {
	case p.present && p.joinedThen(at):
		return f.learnSource(ctx, p, st)
	case p.joined != 0 && at < p.since, !p.present && p.stays > 0 && at < p.left:
		return nil // what we know is younger than what the list says
	}
	return f.arrive(ctx, g, p, ev, st)
}

// learnSource fills in where a person came from, told after the joining itself.
func (f *figures) learnSource(ctx context.Context, p *person, st stayStart) error {
	if p.scene != "" && (p.state != "" || st.state == "") && (p.inviter != 0 || st.inviter == 0) || st.scene == "" && st.state == "" && st.inviter == 0 {
		return nil
	}
	if p.scene == "" {
		p.scene = st.scene
	}
	if p.state == "" {
		p.state = st.state
	}
	if p.inviter == 0 {
		p.inviter = st.inviter
	}
	p.dirty = true
	return f.saveStay(ctx, p, 0, "", "")
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
