package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// LeadRule gives an organisation's rule as it stands; Version 0: nobody wrote one.
func (s *Store) LeadRule(ctx context.Context, org community.OrgKey) (measure.LeadRuleVersion, error) {
	list, err := s.LeadRules(ctx, org)
	if err != nil || len(list) == 0 {
		return measure.LeadRuleVersion{LeadRule: measure.DefaultLeadRule()}, err
	}
	return list[0], nil
}

// LeadRules lists an organisation's rules, the newest first.
func (s *Store) LeadRules(ctx context.Context, org community.OrgKey) ([]measure.LeadRuleVersion, error) {
	return rows(ctx, s, `SELECT version, body, note, user_name, at FROM lead_rule WHERE org_key = $1 ORDER BY version DESC LIMIT 50`, []any{int64(org)}, func(r *sql.Rows, v *measure.LeadRuleVersion) error {
		var body []byte
		if err := r.Scan(&v.Version, &body, &v.Note, &v.User, &v.At); err != nil {
			return err
		}
		return json.Unmarshal(body, &v.LeadRule)
	})
}

// SetLeadRule keeps a new version of an organisation's rule.
func (s *Store) SetLeadRule(ctx context.Context, org community.OrgKey, r measure.LeadRule, note string, audit community.Audit) (v measure.LeadRuleVersion, err error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return v, err
	}
	return v, s.writeTx(ctx, func(t *Tx) error {
		v = measure.LeadRuleVersion{LeadRule: r, Note: note, User: audit.User, At: s.now()}
		var was []byte
		err := t.one(ctx, `SELECT version, body FROM lead_rule WHERE org_key = $1 ORDER BY version DESC LIMIT 1`, []any{int64(org)}, &v.Version, &was)
		if err != nil && err != sql.ErrNoRows {
			return err
		}
		v.Version++
		if _, err := t.exec(ctx, `INSERT INTO lead_rule (org_key, version, body, note, user_name, at) VALUES ($1, $2, $3, $4, $5, $6)`, int64(org), v.Version, string(raw), v.Note, v.User, v.At); err != nil {
			return err
		}
		audit.Before, audit.After = was, raw
		return t.AddAudit(ctx, audit)
	})
}

// AddSignals keeps signals that people entered; the same of one person at one time is kept once. It gives how many are new.
func (s *Store) AddSignals(ctx context.Context, org community.OrgKey, list []measure.Signal, audit community.Audit) (added int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		added = 0
		for _, v := range list {
			id := s.NewID()
			n, err := t.exec(ctx, `INSERT INTO lead_signal (id, org_key, member_key, who, kind, at, source, user_name, entered) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
				id[:], int64(org), int64(v.Member), v.Who, v.Kind, v.At, v.Source, audit.User, s.now())
			if err != nil {
				return err
			}
			added += int(n)
		}
		if added == 0 {
			return nil
		}
		audit.After, _ = json.Marshal(map[string]int{"signals": added, "of": len(list)}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return added, err
}

// signalSources are the questions for signals, each giving person, member, words, kind, time, source and whether a person entered it. $1 is the
// organisation, $2 the time (UTC ms) since which. Bots are left out.
var signalSources = []string{
	`SELECT ` + personOf + `, p.member_key, '', CASE WHEN e.type = 'follower.added' THEN 'follow' ELSE 'menu' END, e.at, g.name, 0
 FROM views.trail p JOIN chat_group g ON g.key = p.group_key JOIN event e ON e.number = p.number JOIN member m ON m.key = p.member_key LEFT JOIN person_member pm ON pm.member_key = p.member_key
 WHERE g.org_key = $1 AND e.at >= $2 AND e.type IN ('follower.added', 'menu.clicked') AND NOT m.bot ORDER BY e.at DESC, p.number DESC`,
	`SELECT ` + personOf + `, p.member_key, '', 'link', p.first_at, l.title, 0
 FROM short_person p JOIN short_link l ON l.key = p.link_key JOIN member m ON m.key = p.member_key LEFT JOIN person_member pm ON pm.member_key = p.member_key
 WHERE l.org_key = $1 AND p.first_at >= $2 AND p.opens > 0 AND NOT m.bot ORDER BY p.first_at DESC, p.token`,
	`SELECT ` + personOf + `, p.member_key, '', 'moment', p.last_at, p.moment, 0
 FROM moment_reaction p JOIN member m ON m.key = p.member_key LEFT JOIN person_member pm ON pm.member_key = p.member_key
 WHERE p.org_key = $1 AND p.last_at >= $2 AND NOT m.bot ORDER BY p.last_at DESC, p.member_key, p.moment`,
	`SELECT CASE WHEN p.member_key = 0 THEN 0 ELSE ` + personOf + ` END, p.member_key, p.who, p.kind, p.at, p.source, 1
 FROM lead_signal p LEFT JOIN person_member pm ON pm.member_key = p.member_key
 WHERE p.org_key = $1 AND p.at >= $2 ORDER BY p.at DESC, p.id`,
}

// Signals gives what people of the organisation did since a time (UTC ms) that may make them potential users. Whoever is known by words
// alone is one person by those words.
func (d *Desk) Signals(ctx context.Context, since int64) ([]measure.Signal, error) {
	var out []measure.Signal
	for _, query := range signalSources {
		list, err := rows(ctx, d.s, query+` LIMIT 200000`, []any{int64(d.scope.Org), since}, func(r *sql.Rows, v *measure.Signal) error {
			var hand int
			err := r.Scan(&v.Person, (*int64)(&v.Member), &v.Who, &v.Kind, &v.At, &v.Source, &hand)
			v.Hand = hand == 1
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	words := map[string]int64{} // persons' keys are above zero, members' below: words alone come after all of them
	for i := range out {
		v := &out[i]
		if v.Member != 0 {
			continue
		}
		if _, ok := words[v.Who]; !ok {
			words[v.Who] = wordsAlone - int64(len(words))
		}
		v.Person = words[v.Who]
	}
	return out, nil
}

// wordsAlone is from where on downwards people are told apart who are known by their words alone; no member's key goes so far.
const wordsAlone = -(1 << 60)

// Activations says when people of the scope were activated since a time (UTC ms): somebody answered, quoted or addressed them after their
// first word, within seven days of joining. A person counts from the first time in any group.
func (d *Desk) Activations(ctx context.Context, since int64) (map[int64]int64, error) {
	var c clause
	d.in(&c, "g")
	c.and("NOT g.desk")
	c.and("p.first_word > 0")
	c.and("NOT p.ours")
	c.and("NOT m.bot")
	c.and("x.member_key <> p.member_key")
	c.and("x.at >= p.first_word")
	c.and("x.at >= y.joined_at")
	c.and("x.at <= y.joined_at + 604800000")
	type active struct{ person, at int64 }
	list, err := rows(ctx, d.s, `SELECT `+personOf+`, min(x.at) FROM views.people p JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key
 JOIN views.stay y ON y.group_key = p.group_key AND y.member_key = p.member_key AND y.joined_at > 0 JOIN views.contact x ON x.group_key = p.group_key AND x.other_key = p.member_key
 LEFT JOIN person_member pm ON pm.member_key = p.member_key`+c.String()+spokenBy+` AND NOT EXISTS (SELECT 1 FROM views.people o WHERE o.group_key = x.group_key AND o.member_key = x.member_key AND o.ours)
 GROUP BY `+personOf, c.args, func(r *sql.Rows, v *active) error { return r.Scan(&v.person, &v.at) })
	out := make(map[int64]int64, len(list))
	for _, a := range list {
		if a.at >= since {
			out[a.person] = a.at
		}
	}
	return out, err
}

// MembersCalled finds the members of the organisation that a text may mean: by their platform's id, else by their name.
func (d *Desk) MembersCalled(ctx context.Context, text string) ([]community.MemberKey, error) {
	for _, column := range []string{"external_id", "called"} {
		list, err := rows(ctx, d.s, `SELECT key FROM member WHERE org_key = $1 AND `+column+` = $2 ORDER BY key LIMIT 3`, []any{int64(d.scope.Org), text}, func(r *sql.Rows, v *community.MemberKey) error { return r.Scan((*int64)(v)) })
		if err != nil || len(list) > 0 {
			return list, err
		}
	}
	return nil, nil
}
