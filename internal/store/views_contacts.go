package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// contactKey is a message and one to whom it turns.
type contactKey struct {
	number int64
	other  community.MemberKey
}

// contactRow is a message that turns to somebody.
type contactRow struct {
	group  community.GroupKey
	at     int64
	member community.MemberKey
	reply  bool
	run    int64
}

// replyRow is a message that answers or quotes another, of which the author is still to be found.
type replyRow struct {
	number int64
	key    [16]byte // of the message that is answered
	row    contactRow
}

// meet notes to whom a message turns: everybody who is addressed, and the author of what it answers.
func (q *questions) meet(ev *community.Event, said measure.Said, whom community.MemberKey) {
	row := contactRow{group: ev.Group, at: ev.OccurredAt, member: ev.Actor, run: ev.Import}
	turn := func(m community.MemberKey) {
		if m != 0 && m != ev.Actor {
			q.met[contactKey{ev.Number, m}] = row
		}
	}
	for _, m := range said.Mentions {
		turn(m)
	}
	turn(whom)
	if id := answersID(ev); id != "" {
		row.reply = true
		d := Draft{Event: community.Event{Type: community.MessageCreated, Account: ev.Account, Group: ev.Group}, Key: id}
		q.replies[ev.Account] = append(q.replies[ev.Account], replyRow{ev.Number, d.dedupKey(0), row})
	}
}

// answersID is the platform's id of the message that one answers or quotes; "" = none.
func answersID(ev *community.Event) string {
	if ev.Body.ReplyTo != "" {
		return ev.Body.ReplyTo
	}
	for _, part := range ev.Body.Segments {
		if part.Kind == "quote" && part.Ref != "" {
			return part.Ref
		}
	}
	return ""
}

// flushContacts finds the authors of what was answered and keeps who turned to whom. Only what stood in the log before counts,
// so that the length of a batch changes nothing.
func (q *questions) flushContacts(ctx context.Context) error {
	for account, list := range q.replies {
		for part := range slices.Chunk(list, 400) {
			if err := q.authors(ctx, account, part); err != nil {
				return err
			}
		}
	}
	clear(q.replies)
	rows := make([][]any, 0, len(q.met))
	for k, c := range q.met {
		rows = append(rows, []any{k.number, int64(c.group), c.at, int64(c.member), int64(k.other), c.reply, c.run})
	}
	clear(q.met)
	_, err := q.t.dialect.bulk(ctx, q.t, `INSERT INTO views.contact (number, group_key, at, member_key, other_key, reply, import_key) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING`, rows)
	return err
}

// author is who said a message, and where.
type author struct {
	number int64
	group  community.GroupKey
	member community.MemberKey
}

func (q *questions) authors(ctx context.Context, account community.AccountKey, list []replyRow) error {
	args, marks := []any{int64(account)}, make([]string, len(list))
	for i := range list {
		args, marks[i] = append(args, list[i].key[:]), fmt.Sprintf("$%d", i+2)
	}
	rows, err := q.t.query(ctx, `SELECT dedup, number, group_key, actor_key FROM event WHERE account_key = $1 AND dedup IN (`+strings.Join(marks, ",")+`)`, args...)
	if err != nil {
		return err
	}
	known, err := scanAuthors(rows)
	if err != nil {
		return err
	}
	for _, r := range list {
		a, ok := known[r.key]
		if ok && a.number < r.number && a.group == r.row.group && a.member != 0 && a.member != r.row.member {
			q.met[contactKey{r.number, a.member}] = r.row
		}
	}
	return nil
}

func scanAuthors(rows *sql.Rows) (map[[16]byte]author, error) {
	defer rows.Close()
	known := map[[16]byte]author{}
	for rows.Next() {
		var key []byte
		var a author
		if err := rows.Scan(&key, &a.number, (*int64)(&a.group), (*int64)(&a.member)); err != nil {
			return nil, err
		}
		known[[16]byte(key)] = a
	}
	return known, rows.Err()
}
