package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"qunluo/internal/duty"
)

// Deadlines of what comes without one, in milliseconds after it came.
const (
	answerWithin = 24 * 3600_000     // applications, judgements, reports
	switchWithin = 7 * 24 * 3600_000 // a connected group whose rules only watch
)

// alarmsOfReview are the kinds of alarm that ask to look back; the others ask to act.
var alarmsOfReview = []string{"goal", "stage", "adjust", "growth", "drift"}

// dueQuery is a kind of what is due: query gives group, what, how many, the earliest deadline and who took it on; %s is the bounds of the scope.
type dueQuery struct {
	part  duty.Part
	kind  string
	query string
	after int64 // added to what the query gives for a deadline
	days  bool  // the deadline is a day, which ends the day after
}

var dueQueries = []dueQuery{
	{part: duty.Screening, kind: duty.DueRequest, after: answerWithin, query: `SELECT q.group_key, '', count(*), min(q.asked), '' FROM join_request q JOIN chat_group g ON g.key = q.group_key %s AND q.answer = '' GROUP BY q.group_key`},
	{part: duty.Screening, kind: duty.DueCode, query: `SELECT e.group_key, '', count(*), min(e.expires), '' FROM code_entry e JOIN code c ON c.key = e.code_key JOIN chat_group g ON g.key = e.group_key %s AND e.removed = 0 AND e.expires > 0 AND c.closed = 0 GROUP BY e.group_key`},
	{kind: duty.DueTask, query: `SELECT k.group_key, k.verb, count(*), min(k.due), k.assignee FROM task k JOIN chat_group g ON g.key = k.group_key %s AND k.state IN ('open', 'claimed') GROUP BY k.group_key, k.verb, k.assignee`},
	{part: duty.Content, kind: duty.DueSend, query: `SELECT k.group_key, '', count(*), min(k.due), '' FROM broadcast_target k JOIN chat_group g ON g.key = k.group_key %s AND k.state IN ('waiting', 'blocked')
 AND NOT EXISTS (SELECT 1 FROM broadcast b WHERE b.id = k.source AND b.state IN ('draft', 'paused', 'cancelled')) AND NOT EXISTS (SELECT 1 FROM sop p WHERE p.id = k.source AND p.state IN ('paused', 'cancelled')) GROUP BY k.group_key`},
	{part: duty.Order, kind: duty.DueReview, after: answerWithin, query: `SELECT d.group_key, '', count(*), min(d.at), '' FROM decision d JOIN chat_group g ON g.key = d.group_key %s AND d.review = 'open' GROUP BY d.group_key`},
	{part: duty.Order, kind: duty.DueAppeal, query: `SELECT a.group_key, '', count(*), min(a.due), '' FROM appeal a JOIN chat_group g ON g.key = a.group_key %s AND a.state = 'open' GROUP BY a.group_key`},
	{part: duty.Order, kind: duty.DueReport, after: answerWithin, query: `SELECT r.group_key, '', count(*), min(r.last_at), '' FROM report_case r JOIN chat_group g ON g.key = r.group_key %s AND r.state = 'raised' GROUP BY r.group_key`},
	{part: duty.Order, kind: duty.DueObserve, after: switchWithin, query: `SELECT g.key, '', 1, g.created, '' FROM chat_group g %s AND g.mode = 'observe' AND EXISTS (SELECT 1 FROM group_account x WHERE x.group_key = g.key)`},
	{kind: duty.DueAlarm, query: `SELECT a.group_key, a.kind, count(*), min(CASE WHEN a.due > 0 THEN a.due ELSE a.opened END), a.holder FROM alarm a JOIN chat_group g ON g.key = a.group_key %s AND a.state <> 'over' GROUP BY a.group_key, a.kind, a.holder`},
	{part: duty.Review, kind: duty.DueAdjust, days: true, query: `SELECT x.group_key, '', count(*), min(x.review), '' FROM adjustment x JOIN chat_group g ON g.key = x.group_key %s AND x.state IN ('open', 'due') GROUP BY x.group_key`},
	{part: duty.Review, kind: duty.DueDoc, days: true, query: `SELECT x.group_key, '', count(*), min(x.review), x.owner FROM outside_doc x JOIN chat_group g ON g.key = x.group_key %s AND x.gone = 0 AND x.review > 0 GROUP BY x.group_key, x.owner`},
}

// partOfVerb says which part of the loop a card belongs to.
func partOfVerb(verb string) duty.Part {
	switch verb {
	case "approve", "invite.create", "invite":
		return duty.Screening
	case "send", "announce", "mass_send", "moment":
		return duty.Content
	case "remove", "mute", "unmute", "recall", "warn", "rename", "set_card", "appeal", "report":
		return duty.Order
	}
	return duty.Review
}

// Dues gives what waits in the groups of the scope, each kind with its earliest deadline, in order of group.
func (d *Desk) Dues(ctx context.Context) ([]duty.Due, error) {
	var out []duty.Due
	for _, q := range dueQueries {
		var c clause
		d.in(&c, "g")
		c.and("NOT g.desk")
		list, err := rows(ctx, d.s, strings.Replace(q.query, "%s", c.String(), 1), c.args, func(r *sql.Rows, v *duty.Due) error {
			v.Part, v.Kind = q.part, q.kind
			return r.Scan((*int64)(&v.Group), &v.What, &v.N, &v.At, &v.Owner)
		})
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			switch {
			case q.kind == duty.DueTask:
				v.Part = partOfVerb(v.What)
			case q.kind == duty.DueAlarm && slices.Contains(alarmsOfReview, v.What):
				v.Part = duty.Review
			case q.kind == duty.DueAlarm:
				v.Part = duty.Order
			}
			if v.At += q.after; q.days {
				v.At = (v.At + 1) * 24 * 3600_000 // the end of the day, in UTC: close enough to order by
			}
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b duty.Due) int { return int(a.Group - b.Group) })
	return out, nil
}
