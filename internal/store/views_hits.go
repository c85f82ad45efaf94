package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// ruleCount is what a batch adds to a rule's day.
type ruleCount struct {
	hits, dry, undone, last int64
}

type ruleKey struct {
	dayKey
	rule string
}

// hits counts the rules that hit in a range of the log and links messages with decisions. skip: groups that are made
// anew afterwards.
func (f *figures) hits(ctx context.Context, where string, skip map[community.GroupKey]bool, args ...any) error {
	rows, err := f.t.query(ctx, `SELECT id, group_key, event_number, at, body FROM decision WHERE rules <> '' AND `+where+` ORDER BY event_number, id`, args...)
	if err != nil {
		return err
	}
	list, err := scanHits(rows)
	if err != nil {
		return err
	}
	counts := map[ruleKey]*ruleCount{}
	links := make([][]any, 0, len(list))
	for i := range list {
		d := &list[i]
		if skip[d.Group] {
			continue
		}
		g, err := f.group(ctx, d.Group)
		if err != nil {
			return err
		}
		day, _ := measure.DayOf(d.At, g.zone)
		links = append(links, []any{d.Event, d.ID[:], int64(d.Group), false})
		for _, h := range d.Hits {
			c := ruleOf(counts, ruleKey{dayKey{d.Group, day}, h.Rule})
			c.last = max(c.last, d.At)
			if h.Dry {
				c.dry++
				continue
			}
			c.hits++
		}
	}
	_, err = f.t.dialect.bulk(ctx, f.t, `INSERT INTO views.hit (event_number, decision_id, group_key, undone) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, links)
	if err != nil {
		return err
	}
	return f.addRules(ctx, counts)
}

func ruleOf(counts map[ruleKey]*ruleCount, k ruleKey) *ruleCount {
	c, ok := counts[k]
	if !ok {
		c = &ruleCount{}
		counts[k] = c
	}
	return c
}

type hitRows interface {
	Next() bool
	Scan(...any) error
	Err() error
	Close() error
}

func scanHits(rows hitRows) ([]community.Decision, error) {
	defer rows.Close()
	var list []community.Decision
	for rows.Next() {
		var d community.Decision
		var id, body []byte
		var g int64
		if err := rows.Scan(&id, &g, &d.Event, &d.At, &body); err != nil {
			return nil, err
		}
		copy(d.ID[:], id)
		d.Group = community.GroupKey(g)
		var said struct {
			Hits []community.RuleHit `json:"hits"`
		}
		if err := json.Unmarshal(body, &said); err != nil {
			return nil, fmt.Errorf("decision %s: %w", d.ID, err)
		}
		d.Hits = said.Hits
		list = append(list, d)
	}
	return list, rows.Err()
}

func (f *figures) addRules(ctx context.Context, counts map[ruleKey]*ruleCount) error {
	rows := make([][]any, 0, len(counts))
	for k, c := range counts {
		rows = append(rows, []any{int64(k.group), int64(k.day), k.rule, c.hits, c.dry, c.undone, c.last})
	}
	_, err := f.t.dialect.bulk(ctx, f.t, `INSERT INTO views.rule_day (group_key, day, rule, hits, dry, undone, last_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (group_key, day, rule) DO UPDATE SET hits = rule_day.hits + excluded.hits,
 dry = rule_day.dry + excluded.dry, undone = rule_day.undone + excluded.undone,
 last_at = CASE WHEN excluded.last_at > rule_day.last_at THEN excluded.last_at ELSE rule_day.last_at END`, rows)
	return err
}

// verdicts counts the decisions that people found to be wrong, on the day of the decision; each once.
func (f *figures) verdicts(ctx context.Context, events []community.Event, skip map[community.GroupKey]bool) error {
	counts := map[ruleKey]*ruleCount{}
	for i := range events {
		ev := &events[i]
		if ev.Type != community.PersonDecided || skip[ev.Group] {
			continue
		}
		var p community.PersonDecision
		if err := json.Unmarshal(ev.Body.Data, &p); err != nil {
			return fmt.Errorf("event %d: %w", ev.Number, err)
		}
		if p.Kind != "undo" && p.Kind != "false_hit" || p.Decision.IsZero() {
			continue
		}
		if err := f.wrong(ctx, counts, p.Decision); err != nil {
			return err
		}
	}
	return f.addRules(ctx, counts)
}

func (f *figures) wrong(ctx context.Context, counts map[ruleKey]*ruleCount, id community.ID) error {
	rows, err := f.t.query(ctx, `SELECT id, group_key, event_number, at, body FROM decision WHERE id = $1`, id[:])
	if err != nil {
		return err
	}
	list, err := scanHits(rows)
	if err != nil || len(list) == 0 {
		return err
	}
	d := &list[0]
	n, err := f.t.exec(ctx, `UPDATE views.hit SET undone = $1 WHERE event_number = $2 AND decision_id = $3 AND NOT undone`, true, d.Event, id[:])
	if err != nil || n == 0 {
		return err
	}
	g, err := f.group(ctx, d.Group)
	if err != nil {
		return err
	}
	day, _ := measure.DayOf(d.At, g.zone)
	for _, h := range d.Hits {
		if !h.Dry {
			ruleOf(counts, ruleKey{dayKey{d.Group, day}, h.Rule}).undone++
		}
	}
	return nil
}

// hasRule is the pattern that finds a rule in decision.rules.
func hasRule(rule string) string {
	return "%|" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(clip(rule, maxSought)) + "|%"
}
