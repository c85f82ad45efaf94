package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// mostQuestions bounds how many questions one answer holds: of more the latest are given.
const mostQuestions = 200_000

// Questions gives the questions that were asked in a group, in the groups with a tag, or (0 and "") in all of the scope, on
// the days [from, to], the latest first, with what is held to answer them, and how they were answered. Recalled messages and
// bots are left out. A question was watched until now; in a group that no account of ours serves, until its last event.
func (d *Desk) Questions(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) ([]measure.Question, measure.Response, error) {
	places, err := d.placesFor(ctx, g, tag, from, to)
	if err != nil {
		return nil, measure.Response{}, err
	}
	cover, err := d.coverage(ctx, places, from, to)
	if err != nil {
		return nil, measure.Response{}, err
	}
	list, err := d.questionsOf(ctx, places, from, to)
	if err != nil {
		return nil, measure.Response{}, err
	}
	until, err := d.watchedUntil(ctx, places)
	if err != nil {
		return nil, measure.Response{}, err
	}
	return list, measure.Respond(list, func(g community.GroupKey) int64 { return until[g] }, cover), nil
}

// coverage counts the group-days on which somebody listened.
func (d *Desk) coverage(ctx context.Context, places []measure.Place, from, to measure.Day) (c measure.Coverage, err error) {
	known, err := d.Covered(ctx, places, from, to)
	for _, days := range known {
		c.Of += len(days)
		for _, ok := range days {
			if ok {
				c.Covered++
			}
		}
	}
	return c, err
}

// spokenBy leaves out what was recalled, and what bots said.
const spokenBy = ` AND NOT EXISTS (SELECT 1 FROM views.recalled r WHERE r.number = x.number)
 AND NOT EXISTS (SELECT 1 FROM views.marked m WHERE m.member_key = x.member_key AND m.bot)`

// questionsOf reads the questions and their answers, zone by zone.
func (d *Desk) questionsOf(ctx context.Context, places []measure.Place, from, to measure.Day) ([]measure.Question, error) {
	zones, err := d.zonesOf(ctx, groupsOf(places))
	if err != nil {
		return nil, err
	}
	var list []measure.Question
	for _, z := range zones {
		args := []any{from.Start(z.zone), (to + 1).Start(z.zone)}
		asked, err := rows(ctx, d.s, `SELECT x.number, x.group_key, x.at, x.member_key FROM views.question x WHERE x.group_key IN (`+keyList(z.groups)+`) AND x.at >= $1 AND x.at < $2`+spokenBy+
			` AND NOT EXISTS (SELECT 1 FROM views.people p WHERE p.group_key = x.group_key AND p.member_key = x.member_key AND p.ours)`, args, scanQuestion)
		if err != nil {
			return nil, err
		}
		place := make(map[int64]*measure.Question, len(asked))
		for i := range asked {
			place[asked[i].Number] = &asked[i]
		}
		answers, err := rows(ctx, d.s, `SELECT x.question, x.number, x.at, x.member_key, x.evidence FROM views.answer x WHERE x.group_key IN (`+keyList(z.groups)+`) AND x.asked_at >= $1 AND x.asked_at < $2`+spokenBy,
			args, scanAnswer)
		if err != nil {
			return nil, err
		}
		for _, a := range answers {
			if q := place[a.question]; q != nil {
				q.Answers = append(q.Answers, measure.Answer{Number: a.number, At: a.at, Member: a.member, By: a.by})
			}
		}
		list = append(list, asked...)
	}
	slices.SortFunc(list, func(a, b measure.Question) int {
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.Number, a.Number))
	})
	return list[:min(len(list), mostQuestions)], nil
}

func scanQuestion(r *sql.Rows, q *measure.Question) error {
	return r.Scan(&q.Number, (*int64)(&q.Group), &q.At, (*int64)(&q.Member))
}

func scanAnswer(r *sql.Rows, a *answerRow) error {
	return r.Scan(&a.question, &a.number, &a.at, (*int64)(&a.member), (*int8)(&a.by))
}

// watchedUntil says until when each group is known.
func (d *Desk) watchedUntil(ctx context.Context, places []measure.Place) (map[community.GroupKey]int64, error) {
	type known struct {
		group, last int64
		live        bool
	}
	now := d.s.now()
	list, err := rows(ctx, d.s, `SELECT f.group_key, f.last_at, EXISTS (SELECT 1 FROM group_account a WHERE a.group_key = f.group_key) FROM views.group_fact f WHERE f.group_key IN (`+keyList(groupsOf(places))+`)`, nil,
		func(r *sql.Rows, v *known) error { return r.Scan(&v.group, &v.last, &v.live) })
	until := make(map[community.GroupKey]int64, len(list))
	for _, v := range list {
		if until[community.GroupKey(v.group)] = v.last; v.live {
			until[community.GroupKey(v.group)] = now
		}
	}
	return until, err
}

// MessagesByNumber gives messages of the scope by their place in the log, at most 1,000.
func (d *Desk) MessagesByNumber(ctx context.Context, numbers []int64) (map[int64]community.MessageRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("e.number IN (" + keyList(numbers[:min(len(numbers), 1000)]) + ")")
	events, err := rows(ctx, d.s, `SELECT `+eventOf+` FROM event e JOIN chat_group g ON g.key = +e.group_key`+c.String(), c.args, scanEvent) // by number, not group by group
	if err != nil {
		return nil, err
	}
	list, err := d.messageRows(ctx, events)
	out := make(map[int64]community.MessageRow, len(list))
	for _, m := range list {
		out[m.Number] = m
	}
	return out, err
}
