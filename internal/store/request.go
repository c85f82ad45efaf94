package store

import (
	"context"
	"database/sql"

	"qunluo/internal/community"
)

// Asked notes a request to be let in. An earlier one of the same member that still waits is over.
func (t *Tx) Asked(ctx context.Context, ev *community.Event) error {
	if ev.Actor == 0 {
		return nil
	}
	_, err := t.exec(ctx, `UPDATE join_request SET answer = $1, answered = $2 WHERE group_key = $3 AND member_key = $4 AND answer = '' AND number < $5`,
		string(community.JoinAgain), ev.OccurredAt, int64(ev.Group), int64(ev.Actor), ev.Number)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO join_request (number, group_key, member_key, flag, asked, answer, answered) VALUES ($1, $2, $3, $4, $5, '', 0)
ON CONFLICT (number) DO NOTHING`, ev.Number, int64(ev.Group), int64(ev.Actor), ev.Body.Message, ev.OccurredAt)
	return err
}

// JoinAnswered notes what became of a member's request that waits; nothing happens where none does.
func (t *Tx) JoinAnswered(ctx context.Context, g community.GroupKey, m community.MemberKey, answer community.JoinAnswer, at int64) error {
	_, err := t.exec(ctx, `UPDATE join_request SET answer = $1, answered = $2 WHERE group_key = $3 AND member_key = $4 AND answer = ''`,
		string(answer), at, int64(g), int64(m))
	return err
}

const requestFrom = `FROM join_request q JOIN chat_group g ON g.key = q.group_key JOIN member m ON m.key = q.member_key`

// FindJoins lists requests to be let in, the oldest first. Sort: "asked".
func (d *Desk) FindJoins(ctx context.Context, f community.JoinFilter) ([]community.JoinRow, int, error) {
	var c clause
	d.in(&c, "g")
	tagged(&c, "g", f.Tag)
	if f.Group != 0 {
		c.and("q.group_key = ?", int64(f.Group))
	}
	switch {
	case f.Number != 0:
		c.and("q.number = ?", f.Number)
	case f.Answered:
		c.and("q.answer <> ''")
	default:
		c.and("q.answer = ''")
	}
	order, err := sorts{"asked": "q.asked"}.order(f.Page, "q.asked", "q.number")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, requestFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT q.number, q.group_key, g.id, g.name, q.member_key, m.id, m.called, m.external_id, q.flag, q.asked, q.answer, q.answered `+
		requestFrom+c.String()+order, c.args, scanJoin)
	if err != nil {
		return nil, 0, err
	}
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = list[i].Number
	}
	said, err := d.messagesAt(ctx, numbers)
	for i := range list {
		list[i].Text = said[list[i].Number].Text
	}
	return list, total, err
}

func scanJoin(r *sql.Rows, q *community.JoinRow) error {
	var group, member []byte
	var g, m int64
	err := r.Scan(&q.Number, &g, &group, &q.GroupName, &m, &member, &q.Name, &q.External, &q.Flag, &q.Asked, &q.Answer, &q.Answered)
	copy(q.GroupID[:], group)
	copy(q.MemberID[:], member)
	q.Group, q.Member = community.GroupKey(g), community.MemberKey(m)
	return err
}
