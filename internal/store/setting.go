package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/tag"
)

// Setting reads an organisation's setting into v (JSON); found is false when it was never set.
func (s *Store) Setting(ctx context.Context, org community.OrgKey, name string, v any) (found bool, err error) {
	var raw []byte
	err = s.read.QueryRowContext(ctx, readSetting, int64(org), name).Scan(&raw)
	return readInto(raw, coded(s.dialect, err), v)
}

const readSetting = `SELECT value FROM setting WHERE org_key = $1 AND name = $2`

func readInto(raw []byte, err error, v any) (bool, error) {
	if err == sql.ErrNoRows {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(raw, v)
}

func (t *Tx) setting(ctx context.Context, org community.OrgKey, name string, v any) (bool, error) {
	var raw []byte
	err := t.one(ctx, readSetting, []any{int64(org), name}, &raw)
	return readInto(raw, err, v)
}

func (t *Tx) putSetting(ctx context.Context, org community.OrgKey, name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO setting (org_key, name, value, updated) VALUES ($1, $2, $3, $4)
ON CONFLICT (org_key, name) DO UPDATE SET value = excluded.value, updated = excluded.updated`, int64(org), name, string(raw), t.store.now())
	return err
}

// PutSetting keeps a setting with its audit row.
func (s *Store) PutSetting(ctx context.Context, org community.OrgKey, name string, v any, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if name == SettingModel {
			if err := t.mayLeadOut(ctx, org); err != nil {
				return err
			}
		}
		if err := t.putSetting(ctx, org, name, v); err != nil {
			return err
		}
		audit.Org = org
		if audit.Subject == "" {
			audit.Subject = "setting:" + name
		}
		return t.AddAudit(ctx, audit)
	})
}

// Freeze holds (or frees) automatic actions of a group, or of the whole organisation with g = 0.
func (s *Store) Freeze(ctx context.Context, org community.OrgKey, g community.GroupKey, on bool, audit community.Audit) error {
	audit.Org, audit.Verb = org, "freeze"
	audit.Before, audit.After = boolJSON(!on), boolJSON(on)
	if g == 0 {
		audit.Subject = "org"
		return s.PutSetting(ctx, org, "freeze", on, audit)
	}
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE chat_group SET frozen = $1 WHERE key = $2 AND org_key = $3`, on, int64(g), int64(org))
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeNotFound, "group %d: not found", g)
		}
		audit.Subject = fmt.Sprintf("group:%d", g)
		return t.AddAudit(ctx, audit)
	})
}

func boolJSON(b bool) json.RawMessage {
	if b {
		return json.RawMessage("true")
	}
	return json.RawMessage("false")
}

// SetGroup changes a group's tags, zone and parent, with its audit row. A zone that the tables of zones do not know is
// the caller's mistake; check it before.
func (s *Store) SetGroup(ctx context.Context, g community.Group, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var zone, keeper string
		var parent int64
		err := t.one(ctx, `SELECT zone, parent_key, keeper FROM chat_group WHERE key = $1 AND org_key = $2`, []any{int64(g.Key), int64(g.Org)}, &zone, &parent, &keeper)
		if err != nil {
			return missing(err, "group %d", g.Key)
		}
		if _, err = t.exec(ctx, `UPDATE chat_group SET zone = $1, parent_key = $2, keeper = $3 WHERE key = $4`, g.Zone, int64(g.Parent), g.Keeper, int64(g.Key)); err != nil {
			return err
		}
		tags, err := t.retag(ctx, g, audit.User)
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = g.Org, "group.set", "group:"+g.ID.String()
		audit.Before, _ = json.Marshal(map[string]any{"zone": zone, "parent": parent, "tags": tags, "keeper": keeper})
		audit.After, _ = json.Marshal(map[string]any{"zone": g.Zone, "parent": g.Parent, "tags": g.Tags, "keeper": g.Keeper})
		return t.AddAudit(ctx, audit)
	})
}

// retag lets a group wear these tags and no others, and gives the ones before; those it wore already keep their source.
func (t *Tx) retag(ctx context.Context, g community.Group, user string) ([]string, error) {
	rows, err := t.query(ctx, `SELECT tag FROM group_tag WHERE group_key = $1 ORDER BY tag`, int64(g.Key))
	if err != nil {
		return nil, err
	}
	before, err := texts(rows)
	if err != nil {
		return nil, err
	}
	want := make([]string, 0, len(g.Tags))
	for _, name := range g.Tags {
		now, err := t.tagNow(ctx, g.Org, tag.Group, name)
		if err != nil {
			return nil, err
		}
		want = append(want, now)
	}
	here := []tag.Target{{Group: g.Key}}
	for _, name := range without(before, want) {
		if _, err := t.putTag(ctx, tag.Group, name, false, here, user); err != nil {
			return nil, err
		}
	}
	for _, name := range without(want, before) {
		if _, err := t.putTag(ctx, tag.Group, name, true, here, user); err != nil {
			return nil, err
		}
		if err := t.knowTag(ctx, g.Org, tag.Group, name, user); err != nil {
			return nil, err
		}
	}
	return before, nil
}

// SaveDraft keeps a group's one draft of its rulebook as version 0; an empty body deletes it.
func (s *Store) SaveDraft(ctx context.Context, org community.OrgKey, b community.BookRow) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if len(b.Body) == 0 {
			_, err := t.exec(ctx, `DELETE FROM rulebook WHERE group_key = $1 AND version = 0`, int64(b.Group))
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO rulebook (group_key, version, state, at, user_name, note, body) VALUES ($1, 0, 'draft', $2, $3, $4, $5)
ON CONFLICT (group_key, version) DO UPDATE SET at = excluded.at, user_name = excluded.user_name, note = excluded.note, body = excluded.body`,
			int64(b.Group), s.now(), b.User, b.Note, []byte(b.Body))
		if err != nil {
			return err
		}
		return t.AddAudit(ctx, community.Audit{Org: org, User: b.User, Verb: "rulebook.draft", Subject: fmt.Sprintf("group:%d", b.Group), Reason: b.Note})
	})
}

// LastBook is the number of a group's newest published rulebook version; 0 = none.
func (s *Store) LastBook(ctx context.Context, g community.GroupKey) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM rulebook WHERE group_key = $1`, int64(g)).Scan(&n)
	return n, coded(s.dialect, err)
}

// BookBody reads one version of a group's rulebook (0 = the draft).
func (s *Store) BookBody(ctx context.Context, g community.GroupKey, version int) (raw json.RawMessage, err error) {
	var body []byte
	err = s.read.QueryRowContext(ctx, `SELECT body FROM rulebook WHERE group_key = $1 AND version = $2`, int64(g), version).Scan(&body)
	return body, missing(coded(s.dialect, err), "rulebook version %d", version)
}
