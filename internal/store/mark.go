package store

import (
	"context"
	"database/sql"

	"qunluo/internal/community"
)

// telling is a member's mark in a group's log.
type telling struct {
	group  community.GroupKey
	member community.MemberKey
}

// Untold gives the mark of a member that a group's log does not hold yet; "" when there is nothing to tell. Nearly all
// members have none, which costs a look into a small map.
func (r *Registry) Untold(ctx context.Context, t *Tx, g community.GroupKey, m community.MemberKey) (community.Role, error) {
	if r.marks == nil {
		if err := r.readMarks(ctx, t); err != nil {
			return "", err
		}
	}
	mark, marked := r.marks[m]
	if !marked {
		return "", nil
	}
	at := telling{g, m}
	told, known := r.told[at]
	if !known {
		err := t.one(ctx, `SELECT mark FROM member_told WHERE group_key = $1 AND member_key = $2`, []any{int64(g), int64(m)}, &told)
		if err != nil && err != sql.ErrNoRows {
			return "", err
		}
		r.told[at] = told
	}
	if told == mark {
		return "", nil
	}
	r.told[at] = mark // it is on its way
	return mark, nil
}

func (r *Registry) readMarks(ctx context.Context, t *Tx) error {
	rows, err := t.query(ctx, `SELECT key, mark FROM member WHERE (bot OR mark <> '') AND mark <> ''`)
	if err != nil {
		return err
	}
	defer rows.Close()
	r.marks = map[community.MemberKey]community.Role{}
	for rows.Next() {
		var m int64
		var mark community.Role
		if err := rows.Scan(&m, &mark); err != nil {
			return err
		}
		r.marks[community.MemberKey(m)] = mark
	}
	return rows.Err()
}

// Mark keeps what a member.marked event says: the member's mark, and that the group's log holds it.
func (r *Registry) Mark(ctx context.Context, t *Tx, ev *community.Event) error {
	mark := ev.Body.Role
	_, err := t.exec(ctx, `UPDATE member SET mark = $1, bot = $2 WHERE key = $3 AND mark <> $1`, string(mark), mark == community.RoleBot, int64(ev.Subject))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO member_told (group_key, member_key, mark) VALUES ($1, $2, $3)
ON CONFLICT (group_key, member_key) DO UPDATE SET mark = excluded.mark`, int64(ev.Group), int64(ev.Subject), string(mark))
	if r.marks != nil {
		r.marks[ev.Subject] = mark
	}
	r.told[telling{ev.Group, ev.Subject}] = mark
	return err
}
