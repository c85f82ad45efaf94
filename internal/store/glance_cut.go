package store

import (
	"context"
	"database/sql"
	"strings"

	"qunluo/internal/community"
)

// copiedBy is the format of talk that people copy by hand: where a copy ends, its last message may be cut.
const copiedBy = "wechat-paste"

// maxTails bounds how many copies of a group are looked at: the latest.
const maxTails = 200

// tail is the last message that a copy brought.
type tail struct {
	number int64
	actor  community.MemberKey
	at     int64 // UTC ms
	text   string
	alone  bool // the copy brought nothing before it
}

// tails reads where the copies of a group end, the latest first.
func (s *Store) tails(ctx context.Context, g community.GroupKey) ([]tail, error) {
	type run struct{ key, first, last int64 }
	runs, err := rows(ctx, s, `SELECT r.import_key, min(r.first_number), max(r.last_number) FROM import_range r JOIN import_run i ON i.key = r.import_key
WHERE r.group_key = $1 AND i.format = $2 AND i.state <> 'undone' GROUP BY r.import_key ORDER BY r.import_key DESC LIMIT $3`, []any{int64(g), copiedBy, maxTails},
		func(r *sql.Rows, v *run) error { return r.Scan(&v.key, &v.first, &v.last) })
	var out []tail
	for _, v := range runs {
		list, err := rows(ctx, s, `SELECT number, actor_key, occurred_at, body FROM event WHERE number BETWEEN $1 AND $2 AND import_key = $3 AND group_key = $4 AND type IN `+messageTypes+`
ORDER BY number DESC LIMIT 2`, []any{v.first, v.last, v.key, int64(g)}, scanTail)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			list[0].alone = len(list) == 1
			out = append(out, list[0])
		}
	}
	return out, err
}

func scanTail(r *sql.Rows, t *tail) error {
	var raw []byte
	var body community.Body
	if err := r.Scan(&t.number, (*int64)(&t.actor), &t.at, &raw); err != nil {
		return err
	}
	err := decodeBody(raw, &body)
	t.text = body.Text
	return err
}

// longer reports whether a text begins with another and goes on.
func longer(text, beginning string) bool {
	beginning = strings.TrimRight(beginning, " \t\n")
	return len(text) > len(beginning) && strings.HasPrefix(text, beginning)
}

// cuts marks rows that complete a message which a copy before had cut at its end, and the last row when it is itself the
// beginning of a message that is there whole. It is the same message when sender and time are, and when what stands before
// it is there already; where the copy holds the shorter words too, they were said by themselves.
func (g *Glance) cuts(ctx context.Context, past *pastOf, in []community.Inbound, rows []int, fates []Fate) error {
	for n, i := range rows {
		row := &in[i]
		if fates[i].Known || row.Type != community.MessageCreated {
			continue
		}
		follows := n == 0 || fates[rows[n-1]].Known || fates[rows[n-1]].Cut != 0
		actor, err := g.member(ctx, past.key, row.Actor)
		if err != nil {
			return err
		}
		if n == len(rows)-1 && n > 0 && follows {
			if fates[i].Half, err = g.whole(ctx, past.key, actor, in, rows, row); err != nil || fates[i].Half {
				return err
			}
		}
		for _, t := range past.tails {
			if t.actor == actor && t.at == row.OccurredAt && longer(row.Body.Text, t.text) && (follows || t.alone) && !heldToo(in, rows, row, t.text) {
				fates[i].Cut, fates[i].From = t.number, len(strings.TrimRight(t.text, " \t\n"))
				break
			}
		}
	}
	return nil
}

// heldToo reports whether the rows hold a message of the same sender and time with just these words.
func heldToo(in []community.Inbound, rows []int, like *community.Inbound, text string) bool {
	for _, i := range rows {
		if in[i].OccurredAt == like.OccurredAt && in[i].Actor.ID == like.Actor.ID && strings.TrimRight(in[i].Body.Text, " \t\n") == strings.TrimRight(text, " \t\n") {
			return true
		}
	}
	return false
}

// whole reports whether a copy brought a message before of which the row is the beginning, and which the rows do not hold.
func (g *Glance) whole(ctx context.Context, key community.GroupKey, actor community.MemberKey, in []community.Inbound, places []int, row *community.Inbound) (bool, error) {
	list, err := rows(ctx, g.store, `SELECT e.number, e.actor_key, e.occurred_at, e.body FROM import_range r JOIN import_run i ON i.key = r.import_key
JOIN event e ON e.number BETWEEN r.first_number AND r.last_number AND e.import_key = r.import_key AND e.group_key = r.group_key
WHERE r.group_key = $1 AND i.format = $2 AND i.state <> 'undone' AND e.actor_key = $3 AND e.occurred_at = $4 AND e.type IN `+messageTypes+` ORDER BY e.number`,
		[]any{int64(key), copiedBy, int64(actor), row.OccurredAt}, scanTail)
	for _, t := range list {
		if longer(t.text, row.Body.Text) && !heldToo(in, places, row, t.text) {
			return true, err
		}
	}
	return false, err
}
