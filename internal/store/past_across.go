package store

import (
	"cmp"
	"context"
	"database/sql"
	"iter"
	"slices"

	"qunluo/internal/community"
)

// spoken is where a message stands in time.
type spoken struct{ occurred, number int64 }

// Spoken reads the messages of several groups in the order of (occurred_at, number), within [from, to), imports among them. Of
// more than so many it gives none: community.CodeTooLarge. 16 bytes a message are held while it reads.
func (s *Store) Spoken(ctx context.Context, groups []community.GroupKey, from, to int64, most int) iter.Seq2[community.Event, error] {
	return func(yield func(community.Event, error) bool) {
		places, err := rows(ctx, s, `SELECT occurred_at, number FROM event WHERE group_key IN (`+keyList(groups)+`) AND type = 'message.created' AND occurred_at >= $1 AND occurred_at < $2 AND `+keptOnly,
			[]any{from, to}, func(r *sql.Rows, v *spoken) error { return r.Scan(&v.occurred, &v.number) })
		if err == nil && len(places) > most {
			err = community.Errorf(community.CodeTooLarge, "%d messages in all groups, at most %d: choose fewer days", len(places), most)
		}
		if err != nil {
			yield(community.Event{}, err)
			return
		}
		slices.SortFunc(places, func(a, b spoken) int {
			return cmp.Or(cmp.Compare(a.occurred, b.occurred), cmp.Compare(a.number, b.number))
		})
		for chunk := range slices.Chunk(places, scatter) {
			more, err := s.spokenAt(ctx, chunk, yield)
			if err != nil {
				yield(community.Event{}, err)
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// spokenAt gives the messages of a chunk in its order; false = somebody has had enough.
func (s *Store) spokenAt(ctx context.Context, chunk []spoken, yield func(community.Event, error) bool) (bool, error) {
	numbers := make([]int64, len(chunk))
	for i, p := range chunk {
		numbers[i] = p.number
	}
	list, err := rows(ctx, s, `SELECT `+eventColumns+` FROM event WHERE number IN (`+keyList(numbers)+`)`, nil, scanEvent)
	if err != nil {
		return false, err
	}
	at := make(map[int64]int, len(list))
	for i := range list {
		at[list[i].Number] = i
	}
	for _, n := range numbers {
		if i, here := at[n]; here && !yield(list[i], nil) {
			return false, nil
		}
	}
	return true, nil
}

// Siblings lists the groups of a group's organisation, itself among them; desks are none.
func (s *Store) Siblings(ctx context.Context, g community.GroupKey) (community.OrgKey, []community.GroupKey, error) {
	var org int64
	if err := s.read.QueryRowContext(ctx, `SELECT org_key FROM chat_group WHERE key = $1`, int64(g)).Scan(&org); err != nil {
		return 0, nil, missing(coded(s.dialect, err), "group %d", g)
	}
	keys, err := rows(ctx, s, `SELECT key FROM chat_group WHERE org_key = $1 AND NOT desk ORDER BY key`, []any{org},
		func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
	return community.OrgKey(org), keys, err
}

// Standing says who is more or less than a member in groups: roles by group and member, and the marks that hold everywhere.
func (s *Store) Standing(ctx context.Context, groups []community.GroupKey) (roles map[community.GroupKey]map[community.MemberKey]community.Role, marks map[community.MemberKey]community.Role, err error) {
	type row struct {
		group  community.GroupKey
		member community.MemberKey
		role   community.Role
	}
	list, err := rows(ctx, s, `SELECT group_key, member_key, role FROM views.people WHERE role NOT IN ('', 'member') AND group_key IN (`+keyList(groups)+`)`, nil,
		func(r *sql.Rows, v *row) error { return r.Scan((*int64)(&v.group), (*int64)(&v.member), &v.role) })
	if err != nil {
		return nil, nil, err
	}
	marked, err := rows(ctx, s, `SELECT key, mark FROM member WHERE mark <> ''`, nil,
		func(r *sql.Rows, v *row) error { return r.Scan((*int64)(&v.member), &v.role) })
	if err != nil {
		return nil, nil, err
	}
	roles, marks = map[community.GroupKey]map[community.MemberKey]community.Role{}, make(map[community.MemberKey]community.Role, len(marked))
	for _, r := range list {
		if roles[r.group] == nil {
			roles[r.group] = map[community.MemberKey]community.Role{}
		}
		roles[r.group][r.member] = r.role
	}
	for _, r := range marked {
		marks[r.member] = r.role
	}
	return roles, marks, nil
}
