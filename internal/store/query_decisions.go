package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// FindDecisions lists decisions: the hit ledger and, with Open, the review queue. The newest come first, with Desc the
// oldest; Sort: "at".
func (d *Desk) FindDecisions(ctx context.Context, f community.DecisionFilter) ([]community.DecisionRow, int, error) {
	var c clause
	d.in(&c, "g")
	tagged(&c, "g", f.Tag)
	column, tie := "d.at", "d.id"
	if f.Group != 0 {
		c.and("d.group_key = ?", int64(f.Group))
		column, tie = "d.seq", "d.id" // a group's times never run back
	}
	if f.Member != 0 {
		keys, err := d.accountsOf(ctx, f.Member, f.Person)
		if err != nil {
			return nil, 0, err
		}
		c.and("d.member_key IN (" + keyList(keys) + ")")
	}
	if f.Rule != "" {
		c.and(`d.rules LIKE ? ESCAPE '\'`, hasRule(f.Rule))
	}
	if f.Verdict != "" {
		c.and("d.verdict = ?", string(f.Verdict))
	}
	if f.Open {
		c.and("d.review = 'open'")
	}
	if f.Hits {
		c.and("(d.rules <> '' AND d.verdict IN ('hit', 'dry', 'spared') OR d.verdict = 'faulted')")
	}
	if f.Unresolved {
		c.and("d.resolution = ''")
	}
	noticedOnly(&c, f.Noticed)
	within(&c, "d.at", f.From, f.To)
	order, err := sorts{"at": column}.newest(f.Page, column, tie)
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM decision d JOIN chat_group g ON g.key = d.group_key"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := d.decisions(ctx, c.String()+order, c.args)
	return list, total, err
}

// DecisionByID gives one decision with its evidence.
func (d *Desk) DecisionByID(ctx context.Context, id community.ID) (community.DecisionRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("d.id = ?", id[:])
	list, err := d.decisions(ctx, c.String(), c.args)
	return oneOf(list, err, "decision", id)
}

func (d *Desk) decisions(ctx context.Context, rest string, args []any) ([]community.DecisionRow, error) {
	list, err := rows(ctx, d.s, `SELECT d.body, d.review, d.resolution, d.resolved_by, d.resolved_at, d.reason, d.event_number, d.group_key, d.member_key
FROM decision d JOIN chat_group g ON g.key = d.group_key`+rest, args, scanDecision)
	if err != nil {
		return nil, err
	}
	return list, d.evidence(ctx, list)
}

func scanDecision(r *sql.Rows, v *community.DecisionRow) error {
	var body []byte
	var number, g, m int64
	err := r.Scan(&body, &v.Review, &v.Resolution, &v.ResolvedBy, &v.ResolvedAt, &v.Reason, &number, &g, &m)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &v.Decision); err != nil {
		return fmt.Errorf("decision on event %d: %w", number, err)
	}
	v.Event, v.Group, v.Member = number, community.GroupKey(g), community.MemberKey(m)
	return nil
}

// evidence adds names, the event decided upon and the states of the actions.
func (d *Desk) evidence(ctx context.Context, list []community.DecisionRow) error {
	groups, members := map[community.GroupKey]label{}, map[community.MemberKey]label{}
	numbers := make([]int64, len(list))
	for i := range list {
		groups[list[i].Group], members[list[i].Member] = label{}, label{}
		numbers[i] = list[i].About()
	}
	l, err := d.label(ctx, groups, members)
	if err != nil {
		return err
	}
	messages, err := d.messagesAt(ctx, numbers)
	if err != nil {
		return err
	}
	for i := range list {
		v := &list[i]
		v.GroupID, v.GroupName = l.groups[v.Group].id, l.groups[v.Group].name
		v.MemberID, v.MemberName = l.members[v.Member].id, l.members[v.Member].name
		v.Message = messages[v.About()]
		if v.States, err = d.states(ctx, v.ID); err != nil {
			return err
		}
	}
	books := map[bookAt]bool{}
	for _, v := range list {
		if len(v.Hits) > 0 {
			books[bookAt{v.Group, v.Book}] = true
		}
	}
	called, err := d.rulesCalled(ctx, books)
	if err != nil {
		return err
	}
	for i := range list {
		if names := called[bookAt{list[i].Group, list[i].Book}]; len(list[i].Hits) > 0 {
			list[i].Called = names
		}
	}
	return d.noticed(ctx, list)
}

func (d *Desk) states(ctx context.Context, decision community.ID) (map[string]community.State, error) {
	type row struct {
		id    community.ID
		state community.State
	}
	list, err := rows(ctx, d.s, `SELECT id, state FROM action WHERE decision_id = $1`, []any{decision[:]}, func(r *sql.Rows, v *row) error {
		var id []byte
		err := r.Scan(&id, &v.state)
		copy(v.id[:], id)
		return err
	})
	states := map[string]community.State{}
	for _, v := range list {
		states[v.id.String()] = v.state
	}
	return states, err
}

// messagesAt reads events of any type by number. The caller has checked that they lie in the scope.
func (d *Desk) messagesAt(ctx context.Context, numbers []int64) (map[int64]community.MessageRow, error) {
	r, err := d.s.read.QueryContext(ctx, `SELECT `+eventOf+` FROM event e WHERE e.number IN (`+keyList(numbers)+`)`)
	if err != nil {
		return nil, coded(d.s.dialect, err)
	}
	events, err := scanEvents(r)
	if err != nil {
		return nil, err
	}
	list, err := d.messageRows(ctx, events)
	messages := map[int64]community.MessageRow{}
	for _, m := range list {
		messages[m.Number] = m
	}
	return messages, err
}

// RuleHits counts what each rule did since a time (UTC ms), from the beginning of its day on; the busiest first. Group 0
// means all groups of the scope.
func (d *Desk) RuleHits(ctx context.Context, g community.GroupKey, since int64) ([]community.RuleHits, error) {
	return d.RuleHitsWithin(ctx, g, since, 0)
}

// RuleHitsWithin is RuleHits up to the day that holds the instant before to; 0 = until now. Days are cut in the group's
// zone, over all groups in Asia/Shanghai.
func (d *Desk) RuleHitsWithin(ctx context.Context, g community.GroupKey, from, to int64) ([]community.RuleHits, error) {
	zone := zoneOf(DefaultZone)
	if g != 0 {
		row, err := d.GroupByKey(ctx, g)
		if err != nil {
			return nil, err
		}
		zone = zoneOf(row.Zone)
	}
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("v.group_key = ?", int64(g))
	}
	if from != 0 {
		day, _ := measure.DayOf(from, zone)
		c.and("v.day >= ?", int64(day))
	}
	if to != 0 {
		day, _ := measure.DayOf(to-1, zone)
		c.and("v.day <= ?", int64(day))
	}
	return rows(ctx, d.s, `SELECT v.rule, CAST(sum(v.hits) AS BIGINT), CAST(sum(v.dry) AS BIGINT), max(v.last_at), CAST(sum(v.undone) AS BIGINT)
FROM views.rule_day v JOIN chat_group g ON g.key = v.group_key`+c.String()+` GROUP BY v.rule ORDER BY sum(v.hits) DESC, sum(v.dry) DESC, v.rule`, c.args,
		func(r *sql.Rows, v *community.RuleHits) error {
			return r.Scan(&v.Rule, &v.Hits, &v.Dry, &v.Last, &v.Undone)
		})
}

// FindStrikes lists strikes, the newest first.
func (d *Desk) FindStrikes(ctx context.Context, f community.StrikeFilter) ([]community.StrikeRow, int, error) {
	var c clause
	d.in(&c, "g")
	tagged(&c, "g", f.Tag)
	if f.Group != 0 {
		c.and("s.group_key = ?", int64(f.Group))
	}
	if f.Member != 0 {
		keys, err := d.accountsOf(ctx, f.Member, f.Person)
		if err != nil {
			return nil, 0, err
		}
		c.and("s.member_key IN (" + keyList(keys) + ")")
	}
	if f.Live {
		c.and("s.revoked = 0")
		c.and("s.expires > ?", f.Now)
	}
	order, err := sorts{"at": "s.at", "expires": "s.expires"}.newest(f.Page, "s.at", "s.id")
	if err != nil {
		return nil, 0, err
	}
	from := "FROM strike s JOIN chat_group g ON g.key = s.group_key LEFT JOIN member m ON m.key = s.member_key LEFT JOIN appeal ap ON ap.decision_id = s.decision_id" + c.String()
	total, err := d.count(ctx, from, c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT s.id, s.decision_id, s.group_key, s.member_key, s.rule, s.book, s.event_number, s.user_name, s.at, s.expires,
 s.revoked, s.revoked_by, s.why, g.name, coalesce(m.called, ''), m.id, coalesce(ap.state, ''), s.article `+from+order, c.args, scanStrike)
	if err != nil {
		return nil, 0, err
	}
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = list[i].Event
	}
	messages, err := d.messagesAt(ctx, numbers)
	if err != nil {
		return nil, 0, err
	}
	books := map[bookAt]bool{}
	for i := range list {
		if m := messages[list[i].Event]; m.Group == list[i].Group {
			list[i].Message = m
		}
		books[bookAt{list[i].Group, list[i].Book}] = true
	}
	called, err := d.rulesCalled(ctx, books)
	for i := range list {
		list[i].Called = called[bookAt{list[i].Group, list[i].Book}][list[i].Rule]
	}
	return list, total, err
}

func scanStrike(r *sql.Rows, v *community.StrikeRow) error {
	var id, decision, member []byte
	var g, m int64
	err := r.Scan(&id, &decision, &g, &m, &v.Rule, &v.Book, &v.Event, &v.User, &v.At, &v.Expires, &v.Revoked, &v.RevokedBy, &v.Why,
		&v.GroupName, &v.MemberName, &member, &v.Appeal, &v.Article)
	copy(v.ID[:], id)
	copy(v.Decision[:], decision)
	copy(v.MemberID[:], member)
	v.Group, v.Member = community.GroupKey(g), community.MemberKey(m)
	return err
}
