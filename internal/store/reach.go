package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/tier"
)

// AddReach keeps a reach.
func (s *Store) AddReach(ctx context.Context, r tier.Reach, audit community.Audit) (tier.Reach, error) {
	r.ID, r.Created, r.User = s.NewID(), s.now(), audit.User
	return r, s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `INSERT INTO tier_reach (id, group_key, text, starts, ends, gap, per_day, created, user_id, stopped) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
			r.ID[:], int64(r.Group), r.Text, r.Starts, r.Ends, r.Gap, r.PerDay, r.Created, r.User); err != nil {
			return err
		}
		audit.Verb, audit.Subject = "reach.add", fmt.Sprintf("group:%d", r.Group)
		audit.After, _ = json.Marshal(r) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// StopReach ends a reach; CodeConflict when it was stopped before.
func (s *Store) StopReach(ctx context.Context, r tier.Reach, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE tier_reach SET stopped = $1 WHERE id = $2 AND stopped = 0`, s.now(), r.ID[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "reach %s: stopped before", r.ID)
		}
		audit.Verb, audit.Subject = "reach.stop", fmt.Sprintf("group:%d", r.Group)
		return t.AddAudit(ctx, audit)
	})
}

// Reaches lists the reaches of a group (0 = all), the latest first; one with id; only those with something left to do with busy.
func (s *Store) Reaches(ctx context.Context, g community.GroupKey, id community.ID, busy bool) ([]tier.Reach, error) {
	where, args := `(r.group_key = $1 OR $1 = 0)`, []any{int64(g)}
	if !id.IsZero() {
		where, args = `r.id = $1`, []any{id[:]}
	}
	if busy {
		where += fmt.Sprintf(` AND (r.stopped = 0 AND r.starts <= $%d AND r.ends > $%d OR EXISTS (SELECT 1 FROM tier_reach_item i WHERE i.reach_id = r.id AND i.state = 'asked'))`, len(args)+1, len(args)+1)
		args = append(args, s.now())
	}
	list, err := rows(ctx, s, `SELECT r.id, r.group_key, r.text, r.starts, r.ends, r.gap, r.per_day, r.created, r.user_id, r.stopped FROM tier_reach r WHERE `+where+` ORDER BY r.created DESC, r.id DESC LIMIT 500`, args, func(q *sql.Rows, v *tier.Reach) error {
		var id []byte
		err := q.Scan(&id, (*int64)(&v.Group), &v.Text, &v.Starts, &v.Ends, &v.Gap, &v.PerDay, &v.Created, &v.User, &v.Stopped)
		copy(v.ID[:], id)
		v.Counts = map[string]int{}
		return err
	})
	for i := range list {
		type counted struct {
			state string
			n     int
		}
		found, err := rows(ctx, s, `SELECT state, count(*) FROM tier_reach_item WHERE reach_id = $1 GROUP BY state`, []any{list[i].ID[:]}, func(q *sql.Rows, v *counted) error { return q.Scan(&v.state, &v.n) })
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			list[i].Counts[c.state] = c.n
		}
	}
	return list, err
}

// Reach gives one; CodeNotFound.
func (s *Store) Reach(ctx context.Context, id community.ID) (tier.Reach, error) {
	list, err := s.Reaches(ctx, 0, id, false)
	return oneOf(list, err, "reach", id)
}

// Souls gives the lurkers of a reach's group and everybody it addressed.
func (s *Store) Souls(ctx context.Context, r tier.Reach) ([]tier.Soul, error) {
	return rows(ctx, s, `SELECT x.member_key, m.id, m.called, x.tier, coalesce(p.present, FALSE), coalesce(p.last_word, 0), coalesce((SELECT max(o.at) FROM tier_reach_item o WHERE o.member_key = x.member_key), 0),
 i.state IS NOT NULL, coalesce(i.state, ''), coalesce(i.at, 0), coalesce(i.ended, 0), i.action_id, d.at IS NOT NULL
FROM tier_standing x JOIN member m ON m.key = x.member_key LEFT JOIN views.people p ON p.group_key = x.group_key AND p.member_key = x.member_key
 LEFT JOIN tier_reach_item i ON i.reach_id = $1 AND i.member_key = x.member_key LEFT JOIN tier_declined d ON d.group_key = x.group_key AND d.member_key = x.member_key
WHERE x.group_key = $2 AND (x.tier = 'lurker' OR i.state IS NOT NULL) ORDER BY x.place, x.member_key`, []any{r.ID[:], int64(r.Group)}, func(q *sql.Rows, v *tier.Soul) error {
		var id, action []byte
		err := q.Scan((*int64)(&v.Member), &id, &v.Called, &v.Tier, &v.Present, &v.LastWord, &v.LastAsk, &v.Mine, &v.State, &v.Asked, &v.Ended, &action, &v.Declined)
		copy(v.MemberID[:], id)
		copy(v.Action[:], action)
		return err
	})
}

// AskSoul notes that a reach addresses a member, once; false = it was noted before.
func (s *Store) AskSoul(ctx context.Context, r tier.Reach, m community.MemberKey) (fresh bool, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO tier_reach_item (reach_id, group_key, member_key, state, at, ended, action_id) VALUES ($1, $2, $3, 'asked', $4, 0, $5) ON CONFLICT DO NOTHING`,
			r.ID[:], int64(r.Group), int64(m), s.now(), []byte{})
		fresh = n == 1
		return err
	})
	return fresh, err
}

// SoulAsked notes by which action a member is addressed.
func (s *Store) SoulAsked(ctx context.Context, r tier.Reach, m community.MemberKey, action community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE tier_reach_item SET action_id = $1 WHERE reach_id = $2 AND member_key = $3`, action[:], r.ID[:], int64(m))
		return err
	})
}

// EndSoul ends what a reach has with a member.
func (s *Store) EndSoul(ctx context.Context, r tier.Reach, m community.MemberKey, state string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE tier_reach_item SET state = $1, ended = $2 WHERE reach_id = $3 AND member_key = $4 AND state = 'asked'`, state, s.now(), r.ID[:], int64(m))
		return err
	})
}

// DeclineReach notes that a member wants no more messages of reaches in a group; CodeConflict: it is noted.
func (s *Store) DeclineReach(ctx context.Context, g community.GroupKey, m community.MemberKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO tier_declined (group_key, member_key, at, user_id, note) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, int64(g), int64(m), s.now(), audit.User, audit.Reason)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "declined before")
		}
		audit.Verb, audit.Subject = "reach.decline", fmt.Sprintf("group:%d", g)
		return t.AddAudit(ctx, audit)
	})
}
