package store

import (
	"context"
	"encoding/json"
	"strconv"

	"qunluo/internal/community"
)

// Spending is what one attempt takes of an account's limits.
type Spending struct {
	Account community.AccountKey
	Verb    community.Verb
	Group   community.GroupKey
	Member  community.MemberKey
	Limits  []community.Limit
}

// windowParts is into how many parts a window is cut: a limit is never passed, and what leaves the window is noticed at most
// a tenth of it late.
const windowParts = 10

// scope is what a limit counts.
func (s Spending) scope(l community.Limit) string {
	switch l.Per {
	case community.PerGroup:
		return "g" + strconv.FormatInt(int64(s.Group), 10)
	case community.PerMember:
		return "m" + strconv.FormatInt(int64(s.Member), 10)
	}
	return ""
}

// spend takes one of every limit, or of none: then it says from when on (UTC ms) there may be room.
func (t *Tx) spend(ctx context.Context, s Spending, now int64) (until int64, err error) {
	for _, l := range s.Limits {
		wait, err := t.room(ctx, s, l, now)
		if err != nil {
			return 0, err
		}
		until = max(until, wait)
	}
	if until > 0 {
		return until, nil
	}
	for _, l := range s.Limits {
		if err := t.take(ctx, s, l, now); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// sliceOf is the length of a window's slice, in milliseconds.
func sliceOf(l community.Limit) int64 { return max(1, l.Window*1000/windowParts) }

// room says until when there is none; 0 = there is. Slices that reach into the window count whole.
func (t *Tx) room(ctx context.Context, s Spending, l community.Limit, now int64) (int64, error) {
	length := sliceOf(l)
	oldest := (now - l.Window*1000) / length
	var used, first int64
	err := t.one(ctx, `SELECT coalesce(sum(used), 0), coalesce(min(slice), 0) FROM budget
WHERE account_key = $1 AND verb = $2 AND scope = $3 AND span = $4 AND slice >= $5`,
		[]any{int64(s.Account), string(s.Verb), s.scope(l), l.Window, oldest}, &used, &first)
	if err != nil || used < int64(l.Count) {
		return 0, err
	}
	return (first+1)*length + l.Window*1000, nil
}

func (t *Tx) take(ctx context.Context, s Spending, l community.Limit, now int64) error {
	length := sliceOf(l)
	key := []any{int64(s.Account), string(s.Verb), s.scope(l), l.Window}
	_, err := t.exec(ctx, `DELETE FROM budget WHERE account_key = $1 AND verb = $2 AND scope = $3 AND span = $4 AND slice < $5`,
		append(key, (now-l.Window*1000)/length)...)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO budget (account_key, verb, scope, span, slice, used) VALUES ($1, $2, $3, $4, $5, 1)
ON CONFLICT (account_key, verb, scope, span, slice) DO UPDATE SET used = budget.used + 1`, append(key, now/length)...)
	return err
}

// Restrict notes that the platform holds an account back since a time (UTC ms), and what it said; the first time stays.
func (t *Tx) Restrict(ctx context.Context, account community.AccountKey, at int64, why string) error {
	_, err := t.exec(ctx, `UPDATE account SET restricted = $1, restricted_why = $2 WHERE key = $3 AND restricted = 0`, at, clip(why, maxWhy), int64(account))
	return err
}

// maxWhy bounds what is kept of a platform's words, in bytes.
const maxWhy = 500

// Unrestrict notes a person's word that the platform holds an account back no longer. community.CodeConflict when it was
// not held back.
func (s *Store) Unrestrict(ctx context.Context, org community.OrgKey, key community.AccountKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var id []byte
		var since int64
		var why string
		err := t.one(ctx, `SELECT id, restricted, restricted_why FROM account WHERE key = $1 AND org_key = $2`, []any{int64(key), int64(org)}, &id, &since, &why)
		switch {
		case err != nil:
			return missing(err, "account %d", key)
		case since == 0:
			return community.Errorf(community.CodeConflict, "account %d: the platform does not hold it back", key)
		}
		if _, err := t.exec(ctx, `UPDATE account SET restricted = 0, restricted_why = '' WHERE key = $1`, int64(key)); err != nil {
			return err
		}
		if err := t.recovered(ctx, key, s.now()); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "account.unrestrict", "account:"+community.ID(id).String()
		if audit.Before, err = json.Marshal(map[string]any{"restricted": since, "why": why}); err != nil {
			return err
		}
		return t.AddAudit(ctx, audit)
	})
}
