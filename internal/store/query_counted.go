package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Lists of exactly the messages that a figure counts, or that it left out because they were recalled.

// counts reports whether the question is about messages that figures count.
func (q *question) counts() bool { return q.f.Counted || q.f.Recalled }

func (q *question) readMarks(ctx context.Context) error {
	type mark struct {
		member community.MemberKey
		bot    bool
	}
	list, err := rows(ctx, q.d.s, `SELECT member_key, bot FROM views.marked`, nil, func(r *sql.Rows, v *mark) error { return r.Scan((*int64)(&v.member), &v.bot) })
	q.marks = map[community.MemberKey]bool{}
	for _, m := range list {
		q.marks[m.member] = m.bot
	}
	return err
}

// isOwn reports whether a message is content of a person (methods.md §0.3), recalled or not.
func (q *question) isOwn(ev *community.Event) bool {
	bot, marked := q.marks[ev.Actor]
	if !marked {
		bot = ev.Body.Role == community.RoleBot
	}
	return ev.Type == community.MessageCreated && content(ev) && !bot
}

// counted adds the conditions of what figures count: the days, cut in each group's zone, and that nothing recalled counts.
func (q *question) counted(ctx context.Context) error {
	if q.f.Counted {
		q.where.and("NOT EXISTS (SELECT 1 FROM views.recalled r WHERE r.number = e.number)")
	}
	if q.f.Days.IsZero() {
		return nil
	}
	zones, err := q.d.zonesOf(ctx, q.groups)
	if err != nil {
		return err
	}
	parts := make([]string, len(zones))
	for i, z := range zones {
		parts[i] = fmt.Sprintf("(e.occurred_at >= %s AND e.occurred_at < %s", q.where.arg(measure.Day(q.f.Days.From).Start(z.zone)), q.where.arg((measure.Day(q.f.Days.To) + 1).Start(z.zone)))
		if len(zones) > 1 {
			parts[i] += " AND e.group_key IN (" + keyList(z.groups) + ")"
		}
		parts[i] += ")"
	}
	q.where.and("(" + strings.Join(parts, " OR ") + ")")
	return q.numbersOfDays(ctx)
}

// numbersOfDays bounds the log to the messages of the days. Where the days reach up to now, the newest are among them and
// nothing needs to be bounded above.
func (q *question) numbersOfDays(ctx context.Context) error {
	var first, last int64
	err := q.d.s.read.QueryRowContext(ctx, `SELECT coalesce(min(first_number), 0), coalesce(max(last_number), 0) FROM views.group_day
WHERE group_key IN (`+keyList(q.groups)+`) AND day >= $1 AND day <= $2 AND first_number > 0`, q.f.Days.From, q.f.Days.To).Scan(&first, &last)
	if err != nil {
		return coded(q.d.s.dialect, err)
	}
	reachNow := q.f.Days.To >= q.d.s.now()/86_400_000-1
	if first == 0 && reachNow { // the counters may be behind the log: only what they have not seen can be of these days
		var seen sql.NullInt64
		err := q.d.s.read.QueryRowContext(ctx, `SELECT max(number) FROM views.cursor WHERE name = $1`, FiguresView).Scan(&seen)
		if err != nil {
			return coded(q.d.s.dialect, err)
		}
		first = seen.Int64 + 1
	}
	q.where.and(q.key+" >= ?", first)
	if !reachNow {
		q.where.and(q.key+" <= ?", last)
	}
	return nil
}

// summed reports whether the counters answer how many there are.
func (q *question) summed() bool {
	f := q.f
	return q.counts() && !f.Days.IsZero() && f.Text == "" && f.Member == 0 && f.Class == nil && !f.Hits && f.From == 0 && f.To == 0
}

func (q *question) sum(ctx context.Context) (int, error) {
	var n int64
	err := q.d.DaySums(ctx, q.groups, measure.Day(q.f.Days.From), measure.Day(q.f.Days.To), func(s *measure.DaySum) error {
		if q.f.Recalled {
			n += s.Recalled
		} else {
			n += s.Messages
		}
		return nil
	})
	return int(min(n, community.CountCap+1)), err
}
