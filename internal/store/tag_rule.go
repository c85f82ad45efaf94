package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/tag"
)

const tagRuleColumns = `SELECT r.id, r.version, v.body, r.scope, r.tag, r.active, v.at, v.user_id, v.note, r.ran, r.trouble FROM tag_rule r
JOIN tag_rule_version v ON v.rule_id = r.id AND v.version = r.version`

func scanTagRule(r *sql.Rows, v *tag.Version) error {
	var id, raw []byte
	var scope tag.Scope
	var name string
	if err := r.Scan(&id, &v.Version, &raw, &scope, &name, &v.On, &v.At, &v.User, &v.Note, &v.Ran, &v.Trouble); err != nil {
		return err
	}
	copy(v.ID[:], id)
	err := json.Unmarshal(raw, &v.Rule)
	v.Scope, v.Tag = scope, name // as the tag is called now
	return err
}

// TagRules lists an organisation's live rules, by scope and tag.
func (s *Store) TagRules(ctx context.Context, org community.OrgKey) ([]tag.Version, error) {
	return rows(ctx, s, tagRuleColumns+` WHERE r.org_key = $1 AND r.ended = 0 ORDER BY r.scope, r.tag, r.id`, []any{int64(org)}, scanTagRule)
}

// TagRule gives a live rule as it stands; community.CodeNotFound.
func (s *Store) TagRule(ctx context.Context, org community.OrgKey, id community.ID) (tag.Version, error) {
	list, err := rows(ctx, s, tagRuleColumns+` WHERE r.org_key = $1 AND r.id = $2 AND r.ended = 0`, []any{int64(org), id[:]}, scanTagRule)
	return oneOf(list, err, "rule", id)
}

// TagRuleVersions lists what a rule was, the latest first; of an ended rule too.
func (s *Store) TagRuleVersions(ctx context.Context, org community.OrgKey, id community.ID) ([]tag.Version, error) {
	return rows(ctx, s, `SELECT r.id, v.version, v.body, r.scope, r.tag, v.active, v.at, v.user_id, v.note, r.ran, r.trouble FROM tag_rule r JOIN tag_rule_version v ON v.rule_id = r.id
WHERE r.org_key = $1 AND r.id = $2 ORDER BY v.version DESC LIMIT 100`, []any{int64(org), id[:]}, scanTagRule)
}

// AddTagRule keeps a new rule as version 1. CodeConflict: the tag has a live rule.
func (s *Store) AddTagRule(ctx context.Context, org community.OrgKey, r tag.Rule, on bool, audit community.Audit) (v tag.Version, err error) {
	v = tag.Version{Rule: r, ID: s.NewID(), Version: 1, On: on, At: s.now(), User: audit.User, Note: audit.Reason}
	err = s.writeTx(ctx, func(t *Tx) error {
		if v.Tag, err = t.tagNow(ctx, org, r.Scope, r.Tag); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE org SET name = name WHERE key = $1`, int64(org)); err != nil { // one at a time
			return err
		}
		var n int
		if err := t.one(ctx, `SELECT count(*) FROM tag_rule WHERE org_key = $1 AND scope = $2 AND tag = $3 AND ended = 0`, []any{int64(org), string(r.Scope), v.Tag}, &n); err != nil {
			return err
		}
		if n > 0 {
			return community.Errorf(community.CodeConflict, "tag %q has a rule", v.Tag)
		}
		if _, err := t.exec(ctx, `INSERT INTO tag_rule (id, org_key, scope, tag, version, active, ran, trouble, ended) VALUES ($1, $2, $3, $4, 1, $5, 0, '', 0)`,
			v.ID[:], int64(org), string(r.Scope), v.Tag, on); err != nil {
			return err
		}
		if err := t.knowTag(ctx, org, r.Scope, v.Tag, audit.User); err != nil {
			return err
		}
		return t.tagRuleVersion(ctx, org, v, audit)
	})
	return v, err
}

func (t *Tx) tagRuleVersion(ctx context.Context, org community.OrgKey, v tag.Version, audit community.Audit) error {
	raw, err := json.Marshal(v.Rule)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO tag_rule_version (rule_id, version, body, active, at, user_id, note) VALUES ($1, $2, $3, $4, $5, $6, $7)`, v.ID[:], v.Version, string(raw), v.On, v.At, v.User, v.Note); err != nil {
		return err
	}
	audit.Org, audit.Verb, audit.Subject = org, "tag.rule", "tag_rule:"+v.ID.String()
	audit.After, _ = json.Marshal(map[string]any{"version": v.Version, "on": v.On, "rule": v.Rule}) // plain values
	return t.AddAudit(ctx, audit)
}

// SetTagRule keeps a new version of a live rule, whose scope and tag stay. CodeConflict: base is not the latest. CodeNotFound.
func (s *Store) SetTagRule(ctx context.Context, org community.OrgKey, id community.ID, base int, r tag.Rule, on bool, audit community.Audit) (v tag.Version, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		v = tag.Version{Rule: r, ID: id, Version: base + 1, On: on, At: s.now(), User: audit.User, Note: audit.Reason}
		var scope tag.Scope
		err := t.one(ctx, `SELECT scope, tag FROM tag_rule WHERE org_key = $1 AND id = $2 AND ended = 0`, []any{int64(org), id[:]}, &scope, &v.Tag)
		if err != nil {
			return missing(err, "rule %s", id)
		}
		if scope != r.Scope {
			return community.Errorf(community.CodeBadInput, "a rule keeps its scope: %s", scope)
		}
		n, err := t.exec(ctx, `UPDATE tag_rule SET version = version + 1, active = $1, trouble = '' WHERE id = $2 AND version = $3`, on, id[:], base)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "rule %s: somebody changed it since version %d", id, base)
		}
		if err := t.knowTag(ctx, org, scope, v.Tag, audit.User); err != nil {
			return err
		}
		return t.tagRuleVersion(ctx, org, v, audit)
	})
	return v, err
}

// EndTagRule takes a rule away: what it had put on is taken off, or (keep) left as put there by hand. CodeNotFound.
func (s *Store) EndTagRule(ctx context.Context, org community.OrgKey, id community.ID, keep bool, audit community.Audit) (touched int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		var scope tag.Scope
		var name string
		if err := t.one(ctx, `SELECT scope, tag FROM tag_rule WHERE org_key = $1 AND id = $2 AND ended = 0`, []any{int64(org), id[:]}, &scope, &name); err != nil {
			return missing(err, "rule %s", id)
		}
		if _, err := t.exec(ctx, `UPDATE tag_rule SET ended = $1, active = FALSE WHERE id = $2`, s.now(), id[:]); err != nil {
			return err
		}
		query := `DELETE FROM ` + tagTables[scope].name + ` WHERE tag = $1 AND source = $2`
		if keep {
			query = `UPDATE ` + tagTables[scope].name + ` SET source = 'hand' WHERE tag = $1 AND source = $2`
		}
		n, err := t.exec(ctx, query, name, tag.ByRule(id))
		if err != nil {
			return err
		}
		touched = int(n)
		audit.Org, audit.Verb, audit.Subject = org, "tag.rule_end", "tag_rule:"+id.String()
		audit.After, _ = json.Marshal(map[string]any{"tag": name, "kept": keep, "touched": touched}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return touched, err
}

// tagChunk is how many tags are put on or taken off in one transaction: a run over many must not hold up the belt.
const tagChunk = 2000

// CommitTagRun does what a run comes to, in parts, and notes when. CodeConflict: the rule changed or ended meanwhile; what was done until
// then stays, the next run by the new version rights it.
func (s *Store) CommitTagRun(ctx context.Context, org community.OrgKey, v tag.Version, out tag.Outcome, audit community.Audit) error {
	w, source := tagTables[v.Scope], tag.ByRule(v.ID)
	changes := append(append([]tag.Change{}, out.Take...), out.Put...)
	for begin := 0; ; begin += tagChunk {
		part := changes[min(begin, len(changes)):min(begin+tagChunk, len(changes))]
		last := begin+tagChunk >= len(changes)
		err := s.writeTx(ctx, func(t *Tx) error {
			n, err := t.exec(ctx, `UPDATE tag_rule SET ran = $1, trouble = '' WHERE id = $2 AND org_key = $3 AND version = $4 AND ended = 0 AND tag = $5`, s.now(), v.ID[:], int64(org), v.Version, v.Tag)
			if err != nil {
				return err
			}
			if n == 0 {
				return community.Errorf(community.CodeConflict, "rule %s: changed since version %d", v.ID, v.Version)
			}
			var put, take [][]any
			for _, c := range part {
				if c.Put {
					put = append(put, append(w.of(c.Target), v.Tag, source, s.now(), c.Why, ""))
				} else {
					take = append(take, append(w.of(c.Target), v.Tag, source))
				}
			}
			if len(take) > 0 {
				if _, err := t.bulk(ctx, "DELETE FROM "+w.name+w.where()+fmt.Sprintf(" AND source = $%d", len(w.columns)+2), take); err != nil {
					return err
				}
			}
			if len(put) > 0 {
				if _, err := t.bulk(ctx, w.put(), put); err != nil {
					return err
				}
			}
			if !last || len(changes) == 0 {
				return nil
			}
			audit.Org, audit.Verb, audit.Subject = org, "tag.run", "tag_rule:"+v.ID.String()
			audit.After, _ = json.Marshal(map[string]any{"version": v.Version, "tag": v.Tag, "put": len(out.Put), "taken": len(out.Take)}) // plain values
			return t.AddAudit(ctx, audit)
		})
		if err != nil || last {
			return err
		}
	}
}

// TagRuleTrouble notes why a run did nothing, of the version that was run.
func (s *Store) TagRuleTrouble(ctx context.Context, v tag.Version, why string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE tag_rule SET ran = $1, trouble = $2 WHERE id = $3 AND version = $4`, s.now(), why, v.ID[:], v.Version)
		return err
	})
}

// TagHave gives who wears a tag now, and from whom a person took it off by hand.
func (s *Store) TagHave(ctx context.Context, org community.OrgKey, scope tag.Scope, name string) (map[tag.Target]tag.Have, error) {
	out := map[tag.Target]tag.Have{}
	desk := s.For(community.Scope{Org: org})
	var c clause
	desk.wornHere(&c, scope)
	c.and("x.tag = ?", name)
	columns := map[tag.Scope]string{tag.Person: "0, x.member_key, NULL", tag.Stay: "x.group_key, x.member_key, x.stay_id", tag.Group: "x.group_key, 0, NULL"}[scope]
	type line struct {
		tag.Target
		source string
	}
	scan := func(r *sql.Rows, v *line) error {
		var stay []byte
		err := r.Scan((*int64)(&v.Group), (*int64)(&v.Member), &stay, &v.source)
		copy(v.Stay[:], stay)
		return err
	}
	worn, err := rows(ctx, s, `SELECT `+columns+`, x.source FROM `+tagTables[scope].name+` x`+c.String(), c.args, scan)
	if err != nil {
		return nil, err
	}
	for _, v := range worn {
		out[v.Target] = tag.Have{Source: v.source}
	}
	no, err := rows(ctx, s, `SELECT group_key, member_key, stay_id, '' FROM tag_no WHERE scope = $1 AND tag = $2`, []any{string(scope), name}, scan)
	for _, v := range no {
		out[v.Target] = tag.Have{No: true}
	}
	return out, err
}

// TagKnown gives what rules know of the people who are in a group now, with their days on [today-back, today); bots and accounts of ours
// are left out.
func (d *Desk) TagKnown(ctx context.Context, g community.GroupRow, back int) ([]tag.Known, int64, error) {
	today, err := d.Today(ctx, g.Key)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT p.member_key, s.id, p.joined_at, p.last_word, p.scene, p.state, i.id, coalesce(t.tier, ''),
 (SELECT count(*) FROM strike k WHERE k.member_key = p.member_key AND k.group_key = p.group_key AND k.revoked = 0 AND k.expires > $2),
 (SELECT count(*) FROM confirmation f WHERE f.member_key = p.member_key AND f.group_key = p.group_key)
FROM views.people p JOIN member m ON m.key = p.member_key JOIN views.stay s ON s.member_key = p.member_key AND s.group_key = p.group_key AND s.n = p.stay_n
 LEFT JOIN member i ON i.key = p.inviter_key AND p.inviter_key > 0 LEFT JOIN tier_standing t ON t.group_key = p.group_key AND t.member_key = p.member_key
WHERE p.group_key = $1 AND p.present AND NOT p.ours AND NOT m.bot AND m.mark <> 'bot' ORDER BY p.member_key`, []any{int64(g.Key), d.s.now()}, func(r *sql.Rows, v *tag.Known) error {
		var stay, inviter []byte
		var confirmed int
		err := r.Scan((*int64)(&v.Member), &stay, &v.Joined, &v.LastWord, &v.Scene, &v.State, &inviter, &v.Tier, &v.Strikes, &confirmed)
		copy(v.Stay[:], stay)
		copy(v.Inviter[:], inviter)
		v.Group, v.Form = g.Key, confirmed > 0
		return err
	})
	if err != nil || back == 0 {
		return list, int64(today), err
	}
	at := make(map[community.MemberKey]*tag.Known, len(list))
	for i := range list {
		at[list[i].Member] = &list[i]
	}
	return list, int64(today), d.DayRows(ctx, []community.GroupKey{g.Key}, today-measure.Day(back), today-1, func(row measure.DayRow) error {
		for _, one := range row.Speech {
			if k := at[one.Member]; k != nil {
				k.Daily = append(k.Daily, tag.Spoken{Day: int64(row.Day), Messages: one.Messages()})
			}
		}
		return nil
	})
}

// TagRuleDue is a rule that is to be run.
type TagRuleDue struct {
	Org community.OrgKey
	ID  community.ID
}

// TagRulesDue lists the rules that are switched on and were not run since a time (UTC ms).
func (s *Store) TagRulesDue(ctx context.Context, since int64) ([]TagRuleDue, error) {
	return rows(ctx, s, `SELECT org_key, id FROM tag_rule WHERE active AND ended = 0 AND ran < $1 ORDER BY org_key, id`, []any{since}, func(r *sql.Rows, v *TagRuleDue) error {
		var id []byte
		err := r.Scan((*int64)(&v.Org), &id)
		copy(v.ID[:], id)
		return err
	})
}
