package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// mostQuestions bounds how many questions one answer holds: of more the latest are given.
const mostQuestions = 1_000_000

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

// fewGroups is how many groups' questions are read group by group; those of more are read from the days of the organisation.
const fewGroups = 20

// questionsOf reads the questions and their answers. What does not count is sorted out here: asked of each row, it would cost
// more than the rows.
func (d *Desk) questionsOf(ctx context.Context, places []measure.Place, from, to measure.Day) ([]measure.Question, error) {
	zones, err := d.zonesOf(ctx, groupsOf(places))
	if err != nil {
		return nil, err
	}
	spans := map[community.GroupKey]during{}
	for _, z := range zones {
		for _, g := range z.groups {
			spans[g] = during{from.Start(z.zone), (to + 1).Start(z.zone)}
		}
	}
	read := d.askedByDay
	if len(places) <= fewGroups {
		read = d.askedByGroup
	}
	list, err := read(ctx, spans)
	if err != nil {
		return nil, err
	}
	if list, err = d.theirs(ctx, list); err != nil {
		return nil, err
	}
	latest := func(a, b measure.Question) int {
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.Number, a.Number))
	}
	if !slices.IsSortedFunc(list, latest) {
		slices.SortFunc(list, latest)
	}
	return list[:min(len(list), mostQuestions)], nil
}

// during is from a moment until before another.
type during struct{ from, to int64 }

// askedByGroup reads the questions of each group in its span, with all answers.
func (d *Desk) askedByGroup(ctx context.Context, spans map[community.GroupKey]during) (list []measure.Question, err error) {
	for g, s := range spans {
		args := []any{int64(g), s.from, s.to}
		asked, err := rows(ctx, d.s, `SELECT number, group_key, at, member_key FROM views.question WHERE group_key = $1 AND at >= $2 AND at < $3`, args, scanQuestion)
		if err != nil {
			return nil, err
		}
		answers, err := rows(ctx, d.s, `SELECT question, number, at, member_key, evidence FROM views.answer WHERE group_key = $1 AND asked_at >= $2 AND asked_at < $3`, args, scanAnswer)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(asked, func(a, b measure.Question) int { return cmp.Compare(a.Number, b.Number) })
		answerThem(asked, answers)
		list = append(list, asked...)
	}
	return list, nil
}

// askedByDay reads the same from the days of the organisation: much faster for many groups, for there are few rows.
func (d *Desk) askedByDay(ctx context.Context, spans map[community.GroupKey]during) (list []measure.Question, err error) {
	all := during{from: 1<<63 - 1}
	for _, s := range spans {
		all = during{min(all.from, s.from), max(all.to, s.to)}
	}
	args := []any{int64(d.scope.Org), utcDay(all.from), utcDay(all.to)}
	size, err := rows(ctx, d.s, `SELECT CAST(coalesce(sum(length(list)), 0) AS BIGINT) FROM views.asked_day WHERE org_key = $1 AND day >= $2 AND day <= $3`, args,
		func(r *sql.Rows, v *int) error { return r.Scan(v) })
	if err != nil {
		return nil, err
	}
	list = make([]measure.Question, 0, size[0]/askedLeast)
	r, err := d.s.read.QueryContext(ctx, `SELECT day, list FROM views.asked_day WHERE org_key = $1 AND day >= $2 AND day <= $3 ORDER BY day, part`, args...)
	if err != nil {
		return nil, coded(d.s.dialect, err)
	}
	defer r.Close()
	var raw sql.RawBytes
	var day, last int64
	first := 0 // of the day, in list
	var answers []answerRow
	for r.Next() {
		if err := r.Scan(&day, &raw); err != nil {
			return nil, err
		}
		if day != last {
			answerThem(list[first:], answers)
			first, answers, last = len(list), answers[:0], day
		}
		err := decodeAsked(raw, day, func(e *askedEntry) {
			if e.question != 0 {
				answers = append(answers, answerRow{question: e.question, number: e.number, at: e.at, member: e.member, by: e.by})
			} else if s, ok := spans[e.group]; ok && e.at >= s.from && e.at < s.to {
				list = append(list, measure.Question{Number: e.number, Group: e.group, At: e.at, Member: e.member})
			}
		})
		if err != nil {
			return nil, fmt.Errorf("questions of day %d: %w", day, err)
		}
	}
	answerThem(list[first:], answers)
	slices.Reverse(list)
	return list, r.Err()
}

// answerThem gives each question its answers; the questions stand in order of their numbers. Answers to others are left out.
func answerThem(asked []measure.Question, answers []answerRow) {
	at, n := make([]int, len(answers)), make([]int, len(asked))
	for i, a := range answers {
		k, ok := slices.BinarySearchFunc(asked, a.question, func(q measure.Question, number int64) int { return cmp.Compare(q.Number, number) })
		if at[i] = -1; ok {
			at[i] = k
			n[k]++
		}
	}
	all := make([]measure.Answer, len(answers)) // one piece of memory
	for k := range asked {
		if n[k] > 0 {
			asked[k].Answers, all = all[:0:n[k]], all[n[k]:]
		}
	}
	for i, a := range answers {
		if k := at[i]; k >= 0 {
			asked[k].Answers = append(asked[k].Answers, measure.Answer{Number: a.number, At: a.at, Member: a.member, By: a.by})
		}
	}
}

// theirs takes out the questions and the answers that do not count.
func (d *Desk) theirs(ctx context.Context, list []measure.Question) ([]measure.Question, error) {
	out, err := d.uncounted(ctx, list)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(q measure.Question) bool {
		return out.said(q.Number, q.Member) || out.ours[personKey{q.Group, q.Member}]
	})
	for i := range list {
		q := &list[i]
		if q.Answers = slices.DeleteFunc(q.Answers, func(a measure.Answer) bool { return out.said(a.Number, a.Member) }); len(q.Answers) == 0 {
			q.Answers = nil
		}
	}
	return list, nil
}

// uncounted is what counts neither as a question nor as an answer.
type uncounted struct {
	recalled map[int64]bool
	bots     map[community.MemberKey]bool
	ours     map[personKey]bool // own accounts and bots, whose questions wait for nobody
}

func (u uncounted) said(number int64, by community.MemberKey) bool {
	return u.recalled[number] || u.bots[by]
}

// uncounted reads what does not count among questions and answers of groups.
func (d *Desk) uncounted(ctx context.Context, asked []measure.Question) (u uncounted, err error) {
	if len(asked) == 0 {
		return u, nil
	}
	first, last := asked[0].Number, asked[0].Number
	for _, q := range asked {
		first, last = min(first, q.Number), max(last, q.Number)
		for _, a := range q.Answers {
			last = max(last, a.Number)
		}
	}
	if u.recalled, err = setOf(ctx, d.s, `SELECT number FROM views.recalled WHERE number >= $1 AND number <= $2`, []any{first, last},
		func(r *sql.Rows, v *int64) error { return r.Scan(v) }); err != nil {
		return u, err
	}
	if u.bots, err = setOf(ctx, d.s, `SELECT member_key FROM views.marked WHERE bot`, nil,
		func(r *sql.Rows, v *community.MemberKey) error { return r.Scan((*int64)(v)) }); err != nil {
		return u, err
	}
	u.ours, err = setOf(ctx, d.s, `SELECT group_key, member_key FROM views.people WHERE ours`, nil, // of all groups: they are few, and have an index
		func(r *sql.Rows, v *personKey) error { return r.Scan((*int64)(&v.group), (*int64)(&v.member)) })
	return u, err
}

// setOf is what rows gives, as a set.
func setOf[T comparable](ctx context.Context, s *Store, query string, args []any, scan func(*sql.Rows, *T) error) (map[T]bool, error) {
	list, err := rows(ctx, s, query, args, scan)
	set := make(map[T]bool, len(list))
	for _, v := range list {
		set[v] = true
	}
	return set, err
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
