package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/tag"
)

// tagNow is what a tag is called now: of an organisation, in a scope, asked by an older name.
const tagNow = `SELECT name FROM tag_alias WHERE org_key = $1 AND scope = $2 AND old = $3`

// TagNow gives what a tag is called now: names from before it was renamed or merged lead to it.
func (s *Store) TagNow(ctx context.Context, org community.OrgKey, scope tag.Scope, name string) (string, error) {
	now := name
	err := s.read.QueryRowContext(ctx, tagNow, int64(org), string(scope), name).Scan(&now)
	if err == sql.ErrNoRows {
		return name, nil
	}
	return now, coded(s.dialect, err)
}

// tagNow is TagNow within a transaction.
func (t *Tx) tagNow(ctx context.Context, org community.OrgKey, scope tag.Scope, name string) (string, error) {
	now := name
	err := t.one(ctx, tagNow, []any{int64(org), string(scope), name}, &now)
	if err == sql.ErrNoRows {
		return name, nil
	}
	return now, err
}

// tagTable says where the tags of a scope are worn, and by what.
type tagTable struct {
	name    string
	columns []string
	of      func(tag.Target) []any // the values of the columns
	mine    string                 // a condition on the row x: that it is of the organisation ?
}

var tagTables = map[tag.Scope]tagTable{
	tag.Person: {"member_tag", []string{"member_key"}, func(t tag.Target) []any { return []any{int64(t.Member)} },
		"EXISTS (SELECT 1 FROM member m WHERE m.key = x.member_key AND m.org_key = ?)"},
	tag.Stay: {"stay_tag", []string{"group_key", "member_key", "stay_id"}, func(t tag.Target) []any { return []any{int64(t.Group), int64(t.Member), t.Stay[:]} },
		"EXISTS (SELECT 1 FROM chat_group g WHERE g.key = x.group_key AND g.org_key = ?)"},
	tag.Group: {"group_tag", []string{"group_key"}, func(t tag.Target) []any { return []any{int64(t.Group)} },
		"EXISTS (SELECT 1 FROM chat_group g WHERE g.key = x.group_key AND g.org_key = ?)"},
}

// put is the statement that sticks a tag on: the values of the columns, then tag, source, created, why, user.
func (w tagTable) put() string {
	marks := make([]string, len(w.columns)+5)
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return "INSERT INTO " + w.name + " (" + strings.Join(w.columns, ", ") + ", tag, source, created, why, user_id) VALUES (" + strings.Join(marks, ", ") + ") ON CONFLICT DO NOTHING"
}

// where is the condition on a row: the values of the columns, then the tag.
func (w tagTable) where() string {
	var parts []string
	for i, c := range w.columns {
		parts = append(parts, fmt.Sprintf("%s = $%d", c, i+1))
	}
	return " WHERE " + strings.Join(parts, " AND ") + fmt.Sprintf(" AND tag = $%d", len(w.columns)+1)
}

// noArgs are the values of a row of tag_no, but for who and when.
func noArgs(scope tag.Scope, t tag.Target, name string) []any {
	stay := []byte{}
	if scope == tag.Stay {
		stay = t.Stay[:]
	}
	return []any{string(scope), int64(t.Group), int64(t.Member), stay, name}
}

const (
	addNo  = `INSERT INTO tag_no (scope, group_key, member_key, stay_id, tag, user_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
	dropNo = `DELETE FROM tag_no WHERE scope = $1 AND group_key = $2 AND member_key = $3 AND stay_id = $4 AND tag = $5`
)

// PutTag sticks a tag on by a person's hand, or takes it off; changed counts those for whom that was new. What a rule had put there is
// from now on the person's; what is taken off no rule puts there again. The tag is known afterwards by what it is called now.
func (s *Store) PutTag(ctx context.Context, scope tag.Scope, name string, on bool, targets []tag.Target, audit community.Audit) (changed int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		name, err := t.tagNow(ctx, audit.Org, scope, name)
		if err != nil {
			return err
		}
		n, err := t.putTag(ctx, scope, name, on, targets, audit.User)
		if err != nil {
			return err
		}
		changed = 0
		for _, one := range n {
			changed += int(one)
		}
		if on {
			if err := t.knowTag(ctx, audit.Org, scope, name, audit.User); err != nil {
				return err
			}
		}
		if audit.Subject == "" {
			audit.Subject = "tag:" + string(scope) + ":" + name
		}
		audit.After, _ = json.Marshal(map[string]any{"tag": name, "scope": scope, "on": on, "changed": changed}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return changed, err
}

// putTag gives for each target whether that was new (1) or not (0).
func (t *Tx) putTag(ctx context.Context, scope tag.Scope, name string, on bool, targets []tag.Target, user string) (n []int64, err error) {
	w, now := tagTables[scope], t.store.now()
	if len(targets) == 0 {
		return nil, nil
	}
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	var put, own, no, away [][]any
	for _, one := range targets {
		of := w.of(one)
		put = append(put, append(append([]any{}, of...), name, tag.Hand, now, "", user))
		own = append(own, append(append([]any{}, of...), name, user))
		away = append(away, append(append([]any{}, of...), name))
		no = append(no, noArgs(scope, one, name))
	}
	if on {
		n, err = t.bulk(ctx, w.put(), put)
		if err == nil {
			_, err = t.bulk(ctx, "UPDATE "+w.name+" SET source = 'hand', why = ''"+fmt.Sprintf(", user_id = $%d", len(w.columns)+2)+w.where()+" AND source LIKE 'rule:%'", own)
		}
		if err == nil {
			_, err = t.bulk(ctx, dropNo, no)
		}
	} else {
		n, err = t.bulk(ctx, "DELETE FROM "+w.name+w.where(), away)
		for i := range no {
			no[i] = append(no[i], user, now)
		}
		if err == nil {
			_, err = t.bulk(ctx, addNo, no)
		}
	}
	return n, err
}

// knowTag writes a tag down that is worn, as nobody described it yet.
func (t *Tx) knowTag(ctx context.Context, org community.OrgKey, scope tag.Scope, name, user string) error {
	_, err := t.exec(ctx, `INSERT INTO tag (org_key, scope, name, family, colour, note, created, user_id) VALUES ($1, $2, $3, '', '', '', $4, $5) ON CONFLICT DO NOTHING`,
		int64(org), string(scope), name, t.store.now(), user)
	return err
}

// WriteTag writes down how a tag looks and what it means.
func (s *Store) WriteTag(ctx context.Context, org community.OrgKey, v tag.Tag, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if now, err := t.tagNow(ctx, org, v.Scope, v.Name); err != nil || now != v.Name {
			if err == nil {
				err = community.Errorf(community.CodeConflict, "tag %q is called %q now", v.Name, now)
			}
			return err
		}
		if err := t.knowTag(ctx, org, v.Scope, v.Name, audit.User); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE tag SET family = $1, colour = $2, note = $3 WHERE org_key = $4 AND scope = $5 AND name = $6`, v.Family, v.Colour, v.Note, int64(org), string(v.Scope), v.Name); err != nil {
			return err
		}
		audit.Org, audit.Subject = org, "tag:"+string(v.Scope)+":"+v.Name
		audit.After, _ = json.Marshal(map[string]any{"family": v.Family, "colour": v.Colour, "note": v.Note}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// known reports whether a tag is written down or worn.
func (t *Tx) tagKnown(ctx context.Context, org community.OrgKey, scope tag.Scope, name string) (bool, error) {
	w := tagTables[scope]
	var n int64
	err := t.one(ctx, `SELECT (SELECT count(*) FROM tag WHERE org_key = $1 AND scope = $2 AND name = $3) + (SELECT count(*) FROM `+w.name+` x WHERE x.tag = $3 AND `+strings.Replace(w.mine, "?", "$1", 1)+`)`,
		[]any{int64(org), string(scope), name}, &n)
	return n > 0, err
}

// RenameTag gives a tag another name; with merge that name may be another tag's, and both are one afterwards. The old name leads to
// the new one from then on. CodeConflict: the name is another tag's, or each has a live rule. CodeNotFound: there is no such tag.
func (s *Store) RenameTag(ctx context.Context, org community.OrgKey, scope tag.Scope, old, name string, merge bool, audit community.Audit) (moved int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		moved, err = t.renameTag(ctx, org, scope, old, name, merge)
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "tag.rename", "tag:"+string(scope)+":"+name
		if merge {
			audit.Verb = "tag.merge"
		}
		audit.Before, _ = json.Marshal(map[string]any{"tag": old})                 // plain values
		audit.After, _ = json.Marshal(map[string]any{"tag": name, "moved": moved}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return moved, err
}

func (t *Tx) renameTag(ctx context.Context, org community.OrgKey, scope tag.Scope, old, name string, merge bool) (int, error) {
	w := tagTables[scope]
	there, err := t.tagKnown(ctx, org, scope, old)
	if err != nil {
		return 0, err
	}
	if !there {
		return 0, community.Errorf(community.CodeNotFound, "tag %q: not found", old)
	}
	taken, err := t.tagKnown(ctx, org, scope, name)
	if err != nil {
		return 0, err
	}
	if taken != merge {
		return 0, community.Errorf(community.CodeConflict, "tag %q: merge is %v, and there is such a tag: %v", name, merge, taken)
	}
	var rules int
	if err := t.one(ctx, `SELECT count(*) FROM tag_rule WHERE org_key = $1 AND scope = $2 AND tag IN ($3, $4) AND ended = 0`, []any{int64(org), string(scope), old, name}, &rules); err != nil {
		return 0, err
	}
	if rules > 1 {
		return 0, community.Errorf(community.CodeConflict, "both tags have a rule: end one first")
	}
	mine := strings.Replace(w.mine, "?", "$2", 1)
	columns := strings.Join(w.columns, ", ")
	// A person's hand outlives a rule: where both are worn, the row that stays is the person's.
	if _, err = t.exec(ctx, `UPDATE `+w.name+` SET source = 'hand', why = '' WHERE tag = $1 AND source LIKE 'rule:%' AND (`+columns+`) IN (SELECT `+columns+` FROM `+w.name+` x WHERE x.tag = $3 AND x.source = 'hand' AND `+mine+`)`,
		name, int64(org), old); err != nil {
		return 0, err
	}
	if _, err = t.exec(ctx, `INSERT INTO `+w.name+` (`+columns+`, tag, source, created, why, user_id) SELECT `+columns+`, CAST($1 AS TEXT), source, created, why, user_id FROM `+w.name+` x WHERE x.tag = $3 AND `+mine+` ON CONFLICT DO NOTHING`,
		name, int64(org), old); err != nil {
		return 0, err
	}
	gone, err := t.exec(ctx, `DELETE FROM `+w.name+` AS x WHERE x.tag = $1 AND `+mine, old, int64(org))
	if err != nil {
		return 0, err
	}
	if err := t.forgetTag(ctx, org, scope, old, name, taken); err != nil {
		return 0, err
	}
	return int(gone), nil
}

// forgetTag lets everything that names a tag name another.
func (t *Tx) forgetTag(ctx context.Context, org community.OrgKey, scope tag.Scope, old, name string, taken bool) error {
	o, sc := int64(org), string(scope)
	inOrg := `(member_key > 0 AND member_key IN (SELECT m.key FROM member m WHERE m.org_key = $3) OR member_key = 0 AND group_key IN (SELECT g.key FROM chat_group g WHERE g.org_key = $3))`
	for _, q := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO tag_no (scope, group_key, member_key, stay_id, tag, user_id, at) SELECT scope, group_key, member_key, stay_id, CAST($1 AS TEXT), user_id, at FROM tag_no WHERE scope = $2 AND tag = $4 AND ` + inOrg + ` ON CONFLICT DO NOTHING`, []any{name, sc, o, old}},
		{`DELETE FROM tag_no WHERE tag = $1 AND scope = $2 AND ` + inOrg, []any{old, sc, o}},
		{`INSERT INTO tag (org_key, scope, name, family, colour, note, created, user_id) SELECT org_key, scope, CAST($1 AS TEXT), family, colour, note, created, user_id FROM tag WHERE org_key = $2 AND scope = $3 AND name = $4 ON CONFLICT DO NOTHING`, []any{name, o, sc, old}},
		{`DELETE FROM tag WHERE org_key = $1 AND scope = $2 AND name = $3`, []any{o, sc, old}},
		{`UPDATE tag_rule SET tag = $1 WHERE org_key = $2 AND scope = $3 AND tag = $4 AND ended = 0`, []any{name, o, sc, old}},
		{`UPDATE tag_alias SET name = $1 WHERE org_key = $2 AND scope = $3 AND name = $4`, []any{name, o, sc, old}},
		{`DELETE FROM tag_alias WHERE org_key = $1 AND scope = $2 AND old = $3`, []any{o, sc, name}},
		{`INSERT INTO tag_alias (org_key, scope, old, name, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (org_key, scope, old) DO UPDATE SET name = excluded.name, at = excluded.at`, []any{o, sc, old, name, t.store.now()}},
	} {
		if _, err := t.exec(ctx, q.query, q.args...); err != nil {
			return err
		}
	}
	return nil
}

// DeleteTag takes a tag off everything that wears it and forgets it; a rule that gives it stands still from then on and says why.
// CodeNotFound: there is no such tag.
func (s *Store) DeleteTag(ctx context.Context, org community.OrgKey, scope tag.Scope, name string, audit community.Audit) (off int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		there, err := t.tagKnown(ctx, org, scope, name)
		if err != nil {
			return err
		}
		if !there {
			return community.Errorf(community.CodeNotFound, "tag %q: not found", name)
		}
		w := tagTables[scope]
		n, err := t.exec(ctx, `DELETE FROM `+w.name+` AS x WHERE x.tag = $1 AND `+strings.Replace(w.mine, "?", "$2", 1), name, int64(org))
		if err != nil {
			return err
		}
		for _, query := range []string{`DELETE FROM tag WHERE name = $1 AND org_key = $2 AND scope = $3`, `DELETE FROM tag_alias WHERE name = $1 AND org_key = $2 AND scope = $3`,
			`UPDATE tag_rule SET active = FALSE, trouble = 'tag_gone' WHERE tag = $1 AND org_key = $2 AND scope = $3 AND ended = 0`} {
			if _, err := t.exec(ctx, query, name, int64(org), string(scope)); err != nil {
				return err
			}
		}
		off = int(n)
		audit.Org, audit.Verb, audit.Subject = org, "tag.delete", "tag:"+string(scope)+":"+name
		audit.Before, _ = json.Marshal(map[string]any{"tag": name, "worn": off}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return off, err
}
