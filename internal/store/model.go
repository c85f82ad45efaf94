package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/draft"
)

// SettingModel is the name of an organisation's settings of its language model (draft.Settings).
const SettingModel = "model"

// JobModel is the kind of job that asks a language model. Its key is the proposal's id.
const JobModel = "model"

// usedSince is how far back (ms) calls count against a day's limits.
const usedSince = 24 * 3600_000

// ModelSettings are an organisation's; those it begins with where nothing was set.
func (s *Store) ModelSettings(ctx context.Context, org community.OrgKey) (draft.Settings, error) {
	v := draft.Default()
	_, err := s.Setting(ctx, org, SettingModel, &v)
	return v, err
}

// ModelUsed says what went out in the 24 hours before now.
func (s *Store) ModelUsed(ctx context.Context, org community.OrgKey) (u draft.Used, err error) {
	err = s.read.QueryRowContext(ctx, modelUsed, int64(org), s.now()-usedSince).Scan(&u.Calls, &u.Chars)
	return u, coded(s.dialect, err)
}

const modelUsed = `SELECT count(*), coalesce(sum(sent_chars + got_chars), 0) FROM model_call WHERE org_key = $1 AND at > $2`

// BeginModelCall puts on record that a model is about to be asked, if it still may be: looked at in the same transaction, so that of many at once no more go out
// than a day's limits let, and none once it is switched off. CodeRefused, CodeLimited: see draft.Standing; CodeTooLarge: what would go out is more than is left.
func (s *Store) BeginModelCall(ctx context.Context, c draft.Call, jurisdiction string) (draft.Call, error) {
	c.ID, c.At, c.State = s.NewID(), s.now(), draft.CallAsked
	return c, s.writeTx(ctx, func(t *Tx) error {
		v := draft.Default()
		if _, err := t.setting(ctx, c.Org, SettingModel, &v); err != nil {
			return err
		}
		var used draft.Used
		if err := t.one(ctx, modelUsed, []any{int64(c.Org), c.At - usedSince}, &used.Calls, &used.Chars); err != nil {
			return err
		}
		if err := v.Standing(jurisdiction, used).Refusal(); err != nil {
			return err
		}
		if v.Host != c.Host || v.Model != c.Model || v.Region != c.Region {
			return community.Errorf(community.CodeConflict, "model: the settings were changed meanwhile")
		}
		if c.Purpose == draft.ForDigest && !v.Digests {
			return community.Errorf(community.CodeRefused, "model: digests are not sent to it")
		}
		if used.Chars+c.SentChars > v.Chars {
			return community.Errorf(community.CodeLimited, "model: %d characters, %d are left", c.SentChars, v.Chars-used.Chars)
		}
		_, err := t.exec(ctx, `INSERT INTO model_call (id, org_key, user_id, group_key, purpose, at, host, region, model, sent, sent_chars, got_chars, tokens_in, tokens_out, took, state, code, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 0, 0, $12, '', '')`, c.ID[:], int64(c.Org), c.User, int64(c.Group), string(c.Purpose), c.At, c.Host, c.Region, c.Model, c.Sent, c.SentChars, c.State)
		return err
	})
}

// EndModelCall keeps what came of a call.
func (s *Store) EndModelCall(ctx context.Context, c draft.Call) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE model_call SET got_chars = $1, tokens_in = $2, tokens_out = $3, took = $4, state = $5, code = $6, note = $7 WHERE id = $8`,
			c.GotChars, c.TokensIn, c.TokensOut, c.Took, c.State, string(c.Code), c.Note, c.ID[:])
		return err
	})
}

// ModelCalls lists what a model was asked, the newest first.
func (s *Store) ModelCalls(ctx context.Context, org community.OrgKey, p community.Page) ([]draft.Call, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM model_call WHERE org_key = $1`, int64(org)).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, modelCallColumns+fmt.Sprintf(` WHERE c.org_key = $1 ORDER BY c.at DESC, c.id LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), []any{int64(org)}, scanModelCall)
	return list, n, err
}

// ModelCall gives one; CodeNotFound.
func (s *Store) ModelCall(ctx context.Context, org community.OrgKey, id community.ID) (draft.Call, error) {
	list, err := rows(ctx, s, modelCallColumns+` WHERE c.org_key = $1 AND c.id = $2`, []any{int64(org), id[:]}, scanModelCall)
	return oneOf(list, err, "call", id)
}

const modelCallColumns = `SELECT c.id, c.org_key, c.user_id, c.group_key, coalesce(g.name, ''), c.purpose, c.at, c.host, c.region, c.model, c.sent, c.sent_chars, c.got_chars, c.tokens_in, c.tokens_out, c.took, c.state, c.code, c.note
FROM model_call c LEFT JOIN chat_group g ON g.key = c.group_key`

func scanModelCall(r *sql.Rows, c *draft.Call) error {
	var id []byte
	err := r.Scan(&id, (*int64)(&c.Org), &c.User, (*int64)(&c.Group), &c.GroupName, &c.Purpose, &c.At, &c.Host, &c.Region, &c.Model, &c.Sent, &c.SentChars, &c.GotChars, &c.TokensIn, &c.TokensOut, &c.Took, &c.State, &c.Code, &c.Note)
	copy(c.ID[:], id)
	return err
}

// keptCalls is how long (ms) a call stays on record without its text.
const keptCalls = 400 * 24 * 3600_000

// keptDrafts is how long (ms) a proposal is kept.
const keptDrafts = 90 * 24 * 3600_000

// SweepModel empties what went out longer ago than an organisation keeps it, and forgets calls and proposals that are old.
func (s *Store) SweepModel(ctx context.Context) error {
	orgs, err := rows(ctx, s, `SELECT DISTINCT org_key FROM model_call WHERE sent <> ''`, nil, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	if err != nil {
		return err
	}
	keep := make([]int64, len(orgs))
	for i, org := range orgs {
		v, err := s.ModelSettings(ctx, community.OrgKey(org))
		if err != nil {
			return err
		}
		keep[i] = int64(v.Keep) * 24 * 3600_000
	}
	return s.writeTx(ctx, func(t *Tx) error {
		for i, org := range orgs {
			if _, err := t.exec(ctx, `UPDATE model_call SET sent = '' WHERE org_key = $1 AND at < $2 AND sent <> ''`, org, s.now()-keep[i]); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, `DELETE FROM model_call WHERE at < $1`, s.now()-keptCalls); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM model_draft WHERE made < $1`, s.now()-keptDrafts)
		return err
	})
}

// AddProposal keeps a new proposal; one that waits gets its job.
func (s *Store) AddProposal(ctx context.Context, p draft.Proposal) (draft.Proposal, error) {
	p.ID, p.Made, p.Version = s.NewID(), s.now(), 1
	wish, choices, err := proposalJSON(p)
	if err != nil {
		return p, err
	}
	return p, s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO model_draft (id, org_key, group_key, user_id, wish, ref, state, choices, notes, model, made_into, made, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, 1)`,
			p.ID[:], int64(p.Org), int64(p.Group), p.User, wish, p.Ref, p.State, choices, strings.Join(p.Notes, " "), p.Model, p.Made)
		if err == nil && p.State == draft.Waiting {
			t.Enqueue(Job{Kind: JobModel, Key: p.ID.String(), RunAt: p.Made, Max: 3})
		}
		return err
	})
}

func proposalJSON(p draft.Proposal) (wish, choices string, err error) {
	raw, err := json.Marshal(p.Order)
	if err != nil {
		return "", "", err
	}
	if p.Choices == nil {
		return string(raw), "[]", nil
	}
	list, err := json.Marshal(p.Choices)
	return string(raw), string(list), err
}

// ChangeProposal keeps a proposal as it is now, if it still is as it was read. CodeConflict: somebody changed it meanwhile. audit.Verb "" = none is written.
func (s *Store) ChangeProposal(ctx context.Context, p draft.Proposal, audit community.Audit) (draft.Proposal, error) {
	_, choices, err := proposalJSON(p)
	if err != nil {
		return p, err
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE model_draft SET state = $1, choices = $2, notes = $3, model = $4, made_into = $5, version = version + 1 WHERE id = $6 AND org_key = $7 AND version = $8`,
			p.State, choices, strings.Join(p.Notes, " "), p.Model, p.Into, p.ID[:], int64(p.Org), p.Version)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "somebody changed this proposal meanwhile")
		}
		if err != nil || audit.Verb == "" {
			return err
		}
		audit.Org, audit.Subject = p.Org, "draft:"+p.ID.String()
		return t.AddAudit(ctx, audit)
	})
	p.Version++
	return p, err
}

const proposalColumns = `SELECT d.id, d.org_key, d.group_key, coalesce(g.id, d.id), coalesce(g.name, ''), d.user_id, d.wish, d.ref, d.state, d.choices, d.notes, d.model, d.made_into, d.made, d.version FROM model_draft d LEFT JOIN chat_group g ON g.key = d.group_key`

func scanProposal(r *sql.Rows, p *draft.Proposal) error {
	var id, group, wish, choices []byte
	var notes string
	if err := r.Scan(&id, (*int64)(&p.Org), (*int64)(&p.Group), &group, &p.GroupName, &p.User, &wish, &p.Ref, &p.State, &choices, &notes, &p.Model, &p.Into, &p.Made, &p.Version); err != nil {
		return err
	}
	copy(p.ID[:], id)
	if p.Group != 0 {
		copy(p.GroupID[:], group)
	}
	if notes != "" {
		p.Notes = strings.Fields(notes)
	}
	if err := json.Unmarshal(wish, &p.Order); err != nil {
		return err
	}
	if err := json.Unmarshal(choices, &p.Choices); err != nil || len(p.Choices) > 0 {
		return err
	}
	p.Choices = nil
	return nil
}

// Proposal gives one of any organisation; CodeNotFound.
func (s *Store) Proposal(ctx context.Context, id community.ID) (draft.Proposal, error) {
	list, err := rows(ctx, s, proposalColumns+` WHERE d.id = $1`, []any{id[:]}, scanProposal)
	return oneOf(list, err, "proposal", id)
}

// Proposals lists what was made for a user of a scope, and for its groups, the newest first; ref "" = any.
func (s *Store) Proposals(ctx context.Context, scope community.Scope, user, ref string, p community.Page) ([]draft.Proposal, int, error) {
	var c clause
	c.and("d.org_key = ?", int64(scope.Org))
	if scope.Groups != nil {
		c.and("(d.user_id = ? OR d.group_key IN ("+keyList(scope.Groups)+"))", user)
	}
	if ref != "" {
		c.and("d.ref = ?", ref)
	}
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM model_draft d`+c.String(), c.args...).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, proposalColumns+c.String()+fmt.Sprintf(` ORDER BY d.made DESC, d.id LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), c.args, scanProposal)
	return list, n, err
}

// MaxKnown bounds whose names are read at once.
const MaxKnown = 200_000

// KnownName is a name, or an id on a platform, of somebody whom the house knows.
type KnownName struct {
	Member community.MemberKey // 0 = of one of ours: an account, somebody who signs in
	Name   string
	ID     bool // Name is an id
}

// KnownNames lists every name and id of whoever is or was in groups (nil = in any of the organisation), of our accounts and of those who sign in: as they are shown
// now, as they were, as they are called in one group or the other. CodeTooLarge: more than MaxKnown.
func (s *Store) KnownNames(ctx context.Context, org community.OrgKey, groups []community.GroupKey) ([]KnownName, error) {
	of := ""
	if groups != nil {
		of = ` AND m.key IN (SELECT p.member_key FROM views.people p WHERE p.group_key IN (` + keyList(groups) + `))`
	}
	list, err := rows(ctx, s, fmt.Sprintf(`SELECT m.key, m.name, false FROM member m WHERE m.org_key = $1%[1]s
UNION SELECT m.key, m.called, false FROM member m WHERE m.org_key = $1%[1]s
UNION SELECT m.key, m.external_id, true FROM member m WHERE m.org_key = $1%[1]s
UNION SELECT m.key, a.external_id, true FROM member m JOIN alias a ON a.key = m.key AND a.org_key = m.org_key AND a.kind = 'member' WHERE m.org_key = $1%[1]s
UNION SELECT m.key, n.name, false FROM member m JOIN views.name_span n ON n.member_key = m.key WHERE m.org_key = $1%[1]s
UNION SELECT m.key, p.shown, false FROM member m JOIN views.people p ON p.member_key = m.key WHERE m.org_key = $1%[1]s
UNION SELECT m.key, p.card, false FROM member m JOIN views.people p ON p.member_key = m.key WHERE m.org_key = $1%[1]s
UNION SELECT m.key, p.account, false FROM member m JOIN views.people p ON p.member_key = m.key WHERE m.org_key = $1%[1]s
UNION SELECT 0, a.name, false FROM account a WHERE a.org_key = $1
UNION SELECT 0, a.external_id, true FROM account a WHERE a.org_key = $1
UNION SELECT 0, u.name, false FROM console_user u WHERE u.org_key = $1
UNION SELECT 0, u.login, true FROM console_user u WHERE u.org_key = $1
ORDER BY 1, 3, 2 LIMIT %[2]d`, of, MaxKnown+1), []any{int64(org)}, func(r *sql.Rows, v *KnownName) error { return r.Scan((*int64)(&v.Member), &v.Name, &v.ID) })
	if err == nil && len(list) > MaxKnown {
		err = community.Errorf(community.CodeTooLarge, "names: more than %d: choose a group", MaxKnown)
	}
	return list, err
}
