package store

import (
	"context"
	"database/sql"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// admitted are the answers by which somebody was let in.
var admitted = []community.JoinAnswer{community.JoinApproved, community.JoinedSince}

// Traces gives what happened on the ways of a group's members besides stays and words: requests, confirmations, first words,
// and who turned to a member in the seven days after joining.
func (d *Desk) Traces(ctx context.Context, g community.GroupKey, h measure.History) (out measure.Traces, err error) {
	if _, err := d.placesFor(ctx, g, "", h.Watched.To, h.Watched.To); err != nil || g == 0 {
		return out, err
	}
	key := []any{int64(g)}
	out.Requests, err = rows(ctx, d.s, `SELECT member_key, asked, answered, answer FROM join_request WHERE group_key = $1 ORDER BY number`, key,
		func(r *sql.Rows, q *measure.Request) error {
			var answer community.JoinAnswer
			err := r.Scan((*int64)(&q.Member), &q.Asked, &q.Answered, &answer)
			q.Admitted = slices.Contains(admitted, answer)
			return err
		})
	if err != nil {
		return out, err
	}
	if out.Confirmed, err = rows(ctx, d.s, `SELECT member_key, at FROM confirmation WHERE group_key = $1 ORDER BY number`, key, scanMoment); err != nil {
		return out, err
	}
	if out.FirstWords, err = rows(ctx, d.s, `SELECT p.member_key, p.first_word FROM views.people p WHERE p.group_key = $1 AND p.first_word > 0 ORDER BY p.member_key`, key, scanMoment); err != nil {
		return out, err
	}
	out.Contacts, err = d.contactsOf(ctx, g, ` JOIN views.stay s ON s.member_key = x.other_key AND s.group_key = x.group_key AND s.joined_at > 0
 AND x.at >= s.joined_at AND x.at <= s.joined_at + 604800000`, 0, h.Until+1)
	return out, err
}

func scanMoment(r *sql.Rows, m *measure.Moment) error { return r.Scan((*int64)(&m.Member), &m.At) }

// Contacts gives who turned to whom in a group on the days [from, to], in the order of time, and how many of the days are known.
func (d *Desk) Contacts(ctx context.Context, g community.GroupKey, from, to measure.Day) ([]measure.Contact, measure.Coverage, error) {
	places, err := d.placesFor(ctx, g, "", from, to)
	if err != nil {
		return nil, measure.Coverage{}, err
	}
	if g == 0 {
		return nil, measure.Coverage{}, community.Errorf(community.CodeBadInput, "who talks with whom is asked of one group")
	}
	cover, err := d.coverage(ctx, places, from, to)
	if err != nil {
		return nil, cover, err
	}
	list, err := d.contactsOf(ctx, g, "", from.Start(places[0].Zone), (to + 1).Start(places[0].Zone))
	return list, cover, err
}

// contactsOf reads contacts in [from, to). What was recalled, bots and accounts of ours are left out on both sides.
func (d *Desk) contactsOf(ctx context.Context, g community.GroupKey, join string, from, to int64) ([]measure.Contact, error) {
	return rows(ctx, d.s, `SELECT x.member_key, x.other_key, x.at, x.reply FROM views.contact x`+join+` WHERE x.group_key = $1 AND x.at >= $2 AND x.at < $3`+spokenBy+
		` AND NOT EXISTS (SELECT 1 FROM views.marked m WHERE m.member_key = x.other_key AND m.bot)
 AND NOT EXISTS (SELECT 1 FROM views.people p WHERE p.group_key = x.group_key AND p.member_key IN (x.member_key, x.other_key) AND p.ours) ORDER BY x.at, x.number, x.other_key`,
		[]any{int64(g), from, to}, func(r *sql.Rows, c *measure.Contact) error {
			return r.Scan((*int64)(&c.From), (*int64)(&c.To), &c.At, &c.Reply)
		})
}
