package store

import (
	"context"
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

// Restrict notes that the platform holds an account back since a time (UTC ms); the first time stays.
func (t *Tx) Restrict(ctx context.Context, account community.AccountKey, at int64) error {
	_, err := t.exec(ctx, `UPDATE account SET restricted = $1 WHERE key = $2 AND restricted = 0`, at, int64(account))
	return err
}
