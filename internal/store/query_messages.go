package store

import (
	"context"
	"database/sql"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
	"qunluo/internal/measure"
)

// messageTypes are the types of events that lists of messages show.
const messageTypes = `('message.created', 'message.edited')`

// maxNamed bounds how many groups are named in a search of the text index; with more, all are searched and the rest left
// out afterwards.
const maxNamed = 200

// maxRechecked bounds how many candidates are read to count the results of a search whose terms do not decide alone.
const maxRechecked = 10000

// FindMessages lists messages, the newest (by number) first. The total is exact up to community.CountCap; only where a
// search of several words has more than 10,000 candidates it is the count among the newest of them.
func (d *Desk) FindMessages(ctx context.Context, f community.MessageFilter) ([]community.MessageRow, int, error) {
	q, err := d.ask(ctx, f)
	if err != nil || q == nil {
		return nil, 0, err
	}
	events, err := q.page(ctx, limitOf(f.Limit))
	if err != nil {
		return nil, 0, err
	}
	total := 0
	if !f.Bare {
		if total, err = q.total(ctx); err != nil {
			return nil, 0, err
		}
	}
	list, err := d.messageRows(ctx, events)
	return list, total, err
}

// question is a search for messages, ready to be asked.
type question struct {
	d      *Desk
	f      community.MessageFilter
	groups []community.GroupKey         // nil = all of the organisation
	whose  []int64                      // the accounts whose messages are asked for; nil = everybody's
	marks  map[community.MemberKey]bool // with Counted or Recalled: who is marked, and whether as a bot
	source string                       // FROM … JOIN event e
	key    string                       // the column of the number in it that pages follow
	where  clause
	before int64
	exact  bool // the conditions decide alone: nothing to recheck
	alone  bool // the text index decides alone
}

// ask prepares the question; nil when nothing can be found.
func (d *Desk) ask(ctx context.Context, f community.MessageFilter) (*question, error) {
	q := &question{d: d, f: f, before: f.Before, exact: true}
	terms := lexicon.Query(f.Text)
	if f.Text != "" && len(terms) == 0 {
		return nil, nil
	}
	if f.Days.To < f.Days.From || f.Days.To-f.Days.From > maxSpan {
		return nil, community.Errorf(community.CodeBadInput, "from %s to %s: want 1 to %d days", measure.Day(f.Days.From), measure.Day(f.Days.To), maxSpan)
	}
	if f.Group != 0 || f.Tag != "" || d.scope.Groups != nil || !f.Days.IsZero() {
		groups, err := d.groupKeys(ctx, f.Group, f.Tag)
		if err != nil || len(groups) == 0 {
			return nil, err
		}
		q.groups = groups
	}
	q.exact = len(terms) <= 1 && !q.counts()
	if q.counts() {
		if err := q.readMarks(ctx); err != nil {
			return nil, err
		}
	}
	if f.Member != 0 {
		var err error
		if q.whose, err = d.accountsOf(ctx, f.Member, f.Person); err != nil {
			return nil, err
		}
	}
	q.choose(terms)
	if err := q.conditions(ctx); err != nil {
		return nil, err
	}
	return q, nil
}

// choose picks what leads: the hits, the text index, or the log itself.
func (q *question) choose(terms []lexicon.Term) {
	f := q.f
	if f.Recalled {
		q.source, q.key = "FROM views.recalled h CROSS JOIN event e", "h.number" // in this order: recalls are few
		q.where.and("e.number = h.number")
		q.onEvent()
		return
	}
	if f.Hits {
		q.source, q.key = "FROM (SELECT DISTINCT event_number FROM views.hit"+q.hitGroups()+") h JOIN event e ON e.number = h.event_number", "e.number"
		q.exact = f.Text == ""
		q.onEvent()
		return
	}
	if len(terms) == 0 && f.Member == 0 && f.Class == nil {
		q.source, q.key = "FROM event e", "e.number"
		q.onEvent()
		return
	}
	match := condition{All: terms}
	if len(q.whose) == 1 {
		match.All = append(match.All, lexicon.Term{Text: memberTerm(f.Member)})
	}
	if f.Class != nil {
		match.All = append(match.All, lexicon.Term{Text: classTerm(*f.Class)})
	}
	switch n := len(q.groups); {
	case n == 1:
		match.All = append(match.All, lexicon.Term{Text: groupTerm(q.groups[0])})
	case len(q.whose) > 1: // what follows is one list of alternatives: several groups are left to the conditions
	case n > 1 && n <= maxNamed:
		for _, g := range q.groups {
			match.Any = append(match.Any, groupTerm(g))
		}
	}
	q.alone = q.exact && !q.dated() && (len(match.Any) > 0 || len(q.groups) == 1)
	if len(q.whose) > 1 {
		for _, m := range q.whose {
			match.Any = append(match.Any, memberTerm(community.MemberKey(m)))
		}
	}
	q.source, q.key = "FROM views.search JOIN event e ON e.number = search.rowid", "search.rowid"
	q.where.arg(match.print(q.d.s.dialect)) // the first: searchMatch names $1
	q.where.and(q.d.s.dialect.searchMatch())
}

func (q *question) hitGroups() string {
	if q.groups == nil {
		return ""
	}
	return " WHERE group_key IN (" + keyList(q.groups) + ")"
}

// onEvent puts the conditions that the text index answers elsewhere on the event itself.
func (q *question) onEvent() {
	q.where.and("e.type IN " + messageTypes)
	if q.f.Member != 0 {
		q.where.and("e.actor_key IN (" + keyList(q.whose) + ")")
	}
	if q.f.Class != nil {
		q.exact = false
	}
	q.where.and("(e.import_key = 0 OR NOT EXISTS (SELECT 1 FROM import_run r WHERE r.key = e.import_key AND r.state = 'undone'))")
}

// dated reports whether the question is bounded in time.
func (q *question) dated() bool { return q.f.From != 0 || q.f.To != 0 || !q.f.Days.IsZero() }

func (q *question) conditions(ctx context.Context) error {
	if err := q.counted(ctx); err != nil {
		return err
	}
	if q.groups == nil {
		if only, err := q.d.onlyOrg(ctx); err != nil || only {
			q.alone = q.exact && q.key == "search.rowid" && !q.dated()
			return q.within(ctx, err)
		}
		q.where.and("EXISTS (SELECT 1 FROM chat_group g WHERE g.key = e.group_key AND g.org_key = ?)", int64(q.d.scope.Org))
	} else {
		q.where.and(q.inGroups())
	}
	return q.within(ctx, nil)
}

// inGroups bounds the question to its groups. Of several groups pages follow the log's order, not the groups' own.
func (q *question) inGroups() string {
	plus := ""
	if len(q.groups) > 1 && q.key == "e.number" {
		plus = "+"
	}
	return plus + "e.group_key IN (" + keyList(q.groups) + ")"
}

// onlyOrg reports whether the installation holds no other organisation's groups: then nothing needs to be left out.
func (d *Desk) onlyOrg(ctx context.Context) (bool, error) {
	var others int64
	err := d.s.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM chat_group WHERE org_key <> $1 LIMIT 1) AS other`, int64(d.scope.Org)).Scan(&others)
	return others == 0, coded(d.s.dialect, err)
}

// within bounds the time.
func (q *question) within(ctx context.Context, err error) error {
	if err != nil || q.f.From == 0 && q.f.To == 0 {
		return err
	}
	within(&q.where, "e.occurred_at", q.f.From, q.f.To)
	if q.groups == nil || len(q.groups) > maxNamed {
		return nil
	}
	first, last, err := q.numbers(ctx)
	if err == nil {
		q.where.and(q.key+" >= ?", first)
		q.where.and(q.key+" <= ?", last)
	}
	return err
}

// numbers is the range of the log in which the messages of the asked days lie. A day more on each side allows for zones.
func (q *question) numbers(ctx context.Context) (first, last int64, err error) {
	var c clause
	c.and("group_key IN (" + keyList(q.groups) + ")")
	c.and("first_number > 0")
	if q.f.From != 0 {
		c.and("day >= ?", q.f.From/86_400_000-1)
	}
	if q.f.To != 0 {
		c.and("day <= ?", q.f.To/86_400_000+1)
	}
	err = q.d.s.read.QueryRowContext(ctx, `SELECT coalesce(min(first_number), 0), coalesce(max(last_number), 0) FROM views.group_day`+c.String(), c.args...).
		Scan(&first, &last)
	if q.f.To == 0 || q.f.To > q.d.s.now()-2*86_400_000 {
		last = 1<<63 - 1 // the counters may be behind the log
	}
	return first, last, coded(q.d.s.dialect, err)
}

// page reads messages before q.before until the page is full, rechecking each candidate.
func (q *question) page(ctx context.Context, limit int) ([]community.Event, error) {
	var out []community.Event
	step := limit
	for before := q.before; ; step = min(step*4, 2000) {
		found, err := q.candidates(ctx, before, step)
		if err != nil {
			return nil, err
		}
		for i := range found {
			if q.holds(&found[i]) {
				out = append(out, found[i])
			}
			if len(out) == limit {
				return out, nil
			}
		}
		if len(found) < step {
			return out, nil
		}
		before = found[len(found)-1].Number
	}
}

// holds rechecks what the conditions alone do not decide.
func (q *question) holds(ev *community.Event) bool {
	if q.counts() && !q.isOwn(ev) {
		return false
	}
	if q.f.Class != nil && ev.Body.Class != *q.f.Class {
		return false
	}
	return q.exact || q.f.Text == "" || lexicon.Contains(ev.Body.Text, q.f.Text)
}

func (q *question) candidates(ctx context.Context, before int64, limit int) ([]community.Event, error) {
	c := clause{parts: append([]string(nil), q.where.parts...), args: append([]any(nil), q.where.args...)}
	order := q.key
	if q.key == "e.number" && len(q.groups) == 1 && !q.f.Hits {
		order = "e.seq" // the group's own order is the log's, and has an index
		if err := q.beforeSeq(ctx, &c, before); err != nil {
			return nil, err
		}
	} else if before != 0 {
		c.and(q.key+" < ?", before)
	}
	r, err := q.d.s.read.QueryContext(ctx, fmt.Sprintf("SELECT %s %s%s ORDER BY %s DESC LIMIT %d", eventOf, q.source, c.String(), order, limit), c.args...)
	if err != nil {
		return nil, coded(q.d.s.dialect, err)
	}
	return scanEvents(r)
}

// beforeSeq turns a number into a place of the group's log.
func (q *question) beforeSeq(ctx context.Context, c *clause, before int64) error {
	if before == 0 {
		return nil
	}
	var seq int64
	err := q.d.s.read.QueryRowContext(ctx, `SELECT seq FROM event WHERE number = $1 AND group_key = $2`, before, int64(q.groups[0])).Scan(&seq)
	if err == sql.ErrNoRows {
		c.and("e.number < ?", before)
		return nil
	}
	if err == nil {
		c.and("e.seq < ?", seq)
	}
	return err
}

const eventOf = `e.number, e.id, e.group_key, e.seq, e.account_key, e.type, e.origin, e.mark, e.occurred_at, e.received_at, e.at,
 e.actor_key, e.subject_key, e.by_key, e.import_key, e.key_id, e.body`

// total counts what is found, whatever page is shown.
func (q *question) total(ctx context.Context) (int, error) {
	switch {
	case q.summed():
		return q.sum(ctx)
	case q.alone:
		return q.d.count(ctx, "FROM views.search WHERE "+q.d.s.dialect.searchMatch(), q.where.args[:1])
	case q.exact:
		return q.d.count(ctx, q.source+q.where.String(), q.where.args)
	}
	n := 0
	r, err := q.d.s.read.QueryContext(ctx, fmt.Sprintf("SELECT e.body, e.type, e.actor_key %s%s ORDER BY %s DESC LIMIT %d", q.source, q.where.String(), q.key, maxRechecked), q.where.args...)
	if err != nil {
		return 0, coded(q.d.s.dialect, err)
	}
	defer r.Close()
	var raw sql.RawBytes
	var ev community.Event
	for r.Next() {
		if err := r.Scan(&raw, &ev.Type, (*int64)(&ev.Actor)); err != nil {
			return 0, err
		}
		if err := decodeBody(raw, &ev.Body); err != nil {
			return 0, err
		}
		if q.holds(&ev) {
			n++
		}
	}
	return n, r.Err()
}

// Around gives the messages next to an event in its group's order, the event itself included, the oldest first.
func (d *Desk) Around(ctx context.Context, g community.GroupKey, number int64, before, after int) ([]community.MessageRow, error) {
	groups, err := d.groupKeys(ctx, g, "")
	if err != nil {
		return nil, err
	}
	var seq int64
	if len(groups) == 1 && g != 0 {
		err = d.s.read.QueryRowContext(ctx, `SELECT seq FROM event WHERE number = $1 AND group_key = $2`, number, int64(g)).Scan(&seq)
	}
	if err == sql.ErrNoRows || seq == 0 {
		return nil, community.Errorf(community.CodeNotFound, "event %d in group %d: not found", number, g)
	}
	if err != nil {
		return nil, coded(d.s.dialect, err)
	}
	earlier, err := d.beside(ctx, g, seq, "e.seq <= $2", "DESC", max(0, min(before, maxLimit))+1)
	if err != nil {
		return nil, err
	}
	later, err := d.beside(ctx, g, seq, "e.seq > $2", "ASC", max(0, min(after, maxLimit)))
	if err != nil {
		return nil, err
	}
	events := make([]community.Event, 0, len(earlier)+len(later))
	for i := len(earlier) - 1; i >= 0; i-- {
		events = append(events, earlier[i])
	}
	return d.messageRows(ctx, append(events, later...))
}

func (d *Desk) beside(ctx context.Context, g community.GroupKey, seq int64, side, dir string, limit int) ([]community.Event, error) {
	if limit == 0 {
		return nil, nil
	}
	r, err := d.s.read.QueryContext(ctx, fmt.Sprintf(`SELECT %s FROM event e WHERE e.group_key = $1 AND %s AND (e.type IN %s OR e.seq = $2)
 ORDER BY e.seq %s LIMIT %d`, eventOf, side, messageTypes, dir, limit), int64(g), seq)
	if err != nil {
		return nil, coded(d.s.dialect, err)
	}
	return scanEvents(r)
}

// messageRows adds what rows show beside the event: names and whether it was recalled.
func (d *Desk) messageRows(ctx context.Context, events []community.Event) ([]community.MessageRow, error) {
	groups, members := map[community.GroupKey]label{}, map[community.MemberKey]label{}
	numbers := make([]int64, len(events))
	for i := range events {
		groups[events[i].Group] = label{}
		members[events[i].Actor] = label{}
		numbers[i] = events[i].Number
	}
	l, err := d.label(ctx, groups, members)
	if err != nil {
		return nil, err
	}
	gone, err := rows(ctx, d.s, `SELECT number FROM views.recalled WHERE number IN (`+keyList(numbers)+`)`, nil, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	if err != nil {
		return nil, err
	}
	recalled := map[int64]bool{}
	for _, n := range gone {
		recalled[n] = true
	}
	list := make([]community.MessageRow, len(events))
	for i := range events {
		list[i] = messageRow(&events[i], l)
		list[i].Recalled = recalled[events[i].Number] || events[i].Body.Class == community.Recalled
	}
	return list, nil
}

func messageRow(ev *community.Event, l labels) community.MessageRow {
	m := l.members[ev.Actor]
	who := community.Who{ID: m.external, Name: ev.Body.Name, Card: ev.Body.Card}
	if who.Name == "" {
		who.Name = m.name
	}
	b := &ev.Body
	return community.MessageRow{
		Number: ev.Number, ID: ev.ID, Group: ev.Group, GroupName: l.groups[ev.Group].name, Seq: ev.Seq, Type: ev.Type,
		Member: ev.Actor, MemberID: m.id, Name: who.Shown(), OccurredAt: ev.OccurredAt, Class: b.Class, Text: b.Text,
		ReplyTo: b.ReplyTo, Origin: ev.Origin, Message: b.Message,
		Erased: b.Text == "" && b.Message == "" && b.Name == "" && b.Class == 0 && len(b.Segments) == 0,
	}
}

// DayRows hands the daily counts of groups in [from, to] to fn, in order of group and day. Groups outside the scope are
// left out.
func (d *Desk) DayRows(ctx context.Context, groups []community.GroupKey, from, to measure.Day, fn func(measure.DayRow) error) error {
	var c clause
	d.in(&c, "g")
	c.and("v.group_key IN (" + keyList(groups) + ")")
	c.and("v.day >= ?", int64(from))
	c.and("v.day <= ?", int64(to))
	r, err := d.s.read.QueryContext(ctx, `SELECT v.group_key, v.day, v.events, v.messages, v.speakers, v.recalled, v.joins, v.leaves, v.detail, v.apart
FROM views.group_day v JOIN chat_group g ON g.key = v.group_key`+c.String()+` ORDER BY v.group_key, v.day`, c.args...)
	if err != nil {
		return coded(d.s.dialect, err)
	}
	defer r.Close()
	for r.Next() {
		var row measure.DayRow
		var detail, apart sql.RawBytes
		var g int64
		if err := r.Scan(&g, (*int64)(&row.Day), &row.Events, &row.Messages, &row.Speakers, &row.Recalled, &row.Joins, &row.Leaves, &detail, &apart); err != nil {
			return err
		}
		row.Group = community.GroupKey(g)
		if row.Speech, err = decodeSpeech(detail); err != nil {
			return fmt.Errorf("group %d, %s: %w", g, row.Day, err)
		}
		if row.Apart, err = decodeSpeech(apart); err != nil {
			return fmt.Errorf("group %d, %s, bots: %w", g, row.Day, err)
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return r.Err()
}
