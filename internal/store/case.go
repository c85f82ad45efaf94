package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"qunluo/internal/community"
)

// Label keeps what a person said ought to come of a message; what was said of the same message before is replaced.
func (t *Tx) Label(ctx context.Context, c community.Case) error {
	if c.Spans == nil {
		c.Spans = []community.Span{}
	}
	spans, err := json.Marshal(c.Spans)
	if err != nil {
		return err
	}
	var decision []byte
	if !c.Decision.IsZero() {
		decision = c.Decision[:]
	}
	_, err = t.exec(ctx, `INSERT INTO labelled_case (id, group_key, event_number, wide, want, rule, spans, decision_id, user_name, at, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (group_key, event_number) DO UPDATE SET id = excluded.id, wide = excluded.wide, want = excluded.want, rule = excluded.rule, spans = excluded.spans,
 decision_id = excluded.decision_id, user_name = excluded.user_name, at = excluded.at, why = excluded.why`,
		c.ID[:], int64(c.Group), c.Event, c.Wide, string(c.Want), c.Rule, string(spans), decision, c.User, c.At, c.Why)
	return err
}

// LabelDecision makes a labelled case of a decision about a message that a person found right or wrong. What a person takes
// back no longer says that the message was bad.
func (t *Tx) LabelDecision(ctx context.Context, c community.Case) error {
	if c.Want == "" {
		_, err := t.exec(ctx, `DELETE FROM labelled_case WHERE decision_id = $1 AND want = 'hit'`, c.Decision[:])
		return err
	}
	var body []byte
	var about string
	err := t.one(ctx, `SELECT d.body, d.event_number, d.group_key, e.type FROM decision d JOIN event e ON e.number = d.event_number WHERE d.id = $1`,
		[]any{c.Decision[:]}, &body, &c.Event, (*int64)(&c.Group), &about)
	if err == sql.ErrNoRows || err == nil && about != string(community.MessageCreated) {
		return nil // what is no message is judged by more than words
	}
	if err != nil {
		return err
	}
	var d community.Decision
	if err := json.Unmarshal(body, &d); err != nil {
		return fmt.Errorf("decision on event %d: %w", c.Event, err)
	}
	i := slices.IndexFunc(d.Hits, func(h community.RuleHit) bool { return h.Chose })
	if len(d.Hits) == 0 || c.Want == community.WantHit && d.Verdict != community.Hit && d.Verdict != community.DryHit {
		return nil
	}
	hit := d.Hits[max(i, 0)]
	c.Rule, c.Spans = hit.Rule, hit.Spans
	return t.Label(ctx, c)
}

// AddCase keeps a case that a person made, with its audit row.
func (s *Store) AddCase(ctx context.Context, c community.Case, audit community.Audit) (community.Case, error) {
	c.ID, c.At = s.NewID(), s.now()
	return c, s.writeTx(ctx, func(t *Tx) error {
		if err := t.Label(ctx, c); err != nil {
			return err
		}
		audit.Subject, audit.After = "case:"+c.ID.String(), caseFacts(c)
		return t.AddAudit(ctx, audit)
	})
}

func caseFacts(c community.Case) json.RawMessage {
	raw, _ := json.Marshal(map[string]any{"group": c.Group, "event": c.Event, "want": c.Want, "rule": c.Rule, "wide": c.Wide, "why": c.Why}) // plain values
	return raw
}

// RemoveCase forgets a case, with its audit row; CodeNotFound when it is gone.
func (s *Store) RemoveCase(ctx context.Context, c community.Case, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `DELETE FROM labelled_case WHERE id = $1`, c.ID[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeNotFound, "case %s: not found", c.ID)
		}
		audit.Subject, audit.Before = "case:"+c.ID.String(), caseFacts(c)
		return t.AddAudit(ctx, audit)
	})
}

const caseColumns = `SELECT c.id, c.group_key, c.event_number, c.wide, c.want, c.rule, c.spans, c.decision_id, c.user_name, c.at, c.why, g.id, g.name
FROM labelled_case c JOIN chat_group g ON g.key = c.group_key`

func scanCase(r *sql.Rows, v *community.CaseRow) error {
	var id, spans, decision, group []byte
	err := r.Scan(&id, (*int64)(&v.Group), &v.Event, &v.Wide, &v.Want, &v.Rule, &spans, &decision, &v.User, &v.At, &v.Why, &group, &v.GroupName)
	if err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.Decision[:], decision)
	copy(v.GroupID[:], group)
	return json.Unmarshal(spans, &v.Spans)
}

// FindCases lists labelled cases with their messages, the newest first.
func (d *Desk) FindCases(ctx context.Context, f community.CaseFilter) ([]community.CaseRow, int, error) {
	var c clause
	d.in(&c, "g")
	switch {
	case f.Group != 0 && f.For:
		c.and("(c.group_key = ? OR c.wide)", int64(f.Group))
	case f.Group != 0:
		c.and("c.group_key = ?", int64(f.Group))
	}
	if f.Want != "" {
		c.and("c.want = ?", string(f.Want))
	}
	if f.Rule != "" {
		c.and("c.rule = ?", f.Rule)
	}
	order, err := sorts{"at": "c.at"}.newest(f.Page, "c.at", "c.id")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM labelled_case c JOIN chat_group g ON g.key = c.group_key"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, caseColumns+c.String()+order, c.args, scanCase)
	if err != nil {
		return nil, 0, err
	}
	return list, total, d.caseWords(ctx, list)
}

func (d *Desk) caseWords(ctx context.Context, list []community.CaseRow) error {
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = list[i].Event
	}
	messages, err := d.messagesAt(ctx, numbers)
	for i := range list {
		if m := messages[list[i].Event]; m.Group == list[i].Group {
			list[i].Message = m
		}
	}
	return err
}

// CaseByID gives one case; CodeNotFound.
func (d *Desk) CaseByID(ctx context.Context, id community.ID) (community.CaseRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("c.id = ?", id[:])
	list, err := rows(ctx, d.s, caseColumns+c.String(), c.args, scanCase)
	row, err := oneOf(list, err, "case", id)
	if err != nil {
		return row, err
	}
	one := []community.CaseRow{row}
	err = d.caseWords(ctx, one)
	return one[0], err
}

// MaxCases is how many labelled cases a book is judged on: the newest.
const MaxCases = 5000

// CasesFor gives the labelled cases that a book of a group is judged on, the newest first: the group's own and those of the
// organisation, whatever the reader may see of them. said are the events they rest on, by number.
func (s *Store) CasesFor(ctx context.Context, org community.OrgKey, g community.GroupKey) (list []community.CaseRow, said map[int64]community.Event, err error) {
	list, err = rows(ctx, s, caseColumns+fmt.Sprintf(` WHERE g.org_key = $1 AND (c.group_key = $2 OR c.wide) ORDER BY c.at DESC, c.id DESC LIMIT %d`, MaxCases), []any{int64(org), int64(g)}, scanCase)
	if err != nil {
		return nil, nil, err
	}
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = list[i].Event
	}
	said, err = s.eventsNumbered(ctx, numbers)
	return list, said, err
}

// eventsNumbered reads events by number.
func (s *Store) eventsNumbered(ctx context.Context, numbers []int64) (map[int64]community.Event, error) {
	all := make(map[int64]community.Event, len(numbers))
	for chunk := range slices.Chunk(numbers, scatter) {
		r, err := s.read.QueryContext(ctx, `SELECT `+eventOf+` FROM event e WHERE e.number IN (`+keyList(chunk)+`)`)
		if err != nil {
			return nil, coded(s.dialect, err)
		}
		events, err := scanEvents(r)
		if err != nil {
			return nil, err
		}
		for _, ev := range events {
			all[ev.Number] = ev
		}
	}
	return all, nil
}
