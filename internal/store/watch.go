package store

import (
	"context"
	"database/sql"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// AccountAlarm is the subject of the alarm about one of our accounts.
func AccountAlarm(key community.AccountKey) string { return fmt.Sprintf("account:%d", key) }

// AccountHeard notes that an account hears its groups at a moment. If it did not for longer than slack (ms), or was said
// to be down, the time between is kept as silence. What its loss began ends when it was down and is not held back.
func (s *Store) AccountHeard(ctx context.Context, key community.AccountKey, now, slack int64) error {
	return s.writeTx(ctx, func(t *Tx) error { return t.AccountHeard(ctx, key, now, slack) })
}

// AccountHeard is Store.AccountHeard in the transaction of the event that tells it.
func (t *Tx) AccountHeard(ctx context.Context, key community.AccountKey, now, slack int64) error {
	var seen, down int64
	err := t.one(ctx, `SELECT seen, down_at FROM account_watch WHERE account_key = $1`, []any{int64(key)}, &seen, &down)
	if err != nil && err != sql.ErrNoRows {
		return err
	}
	from := down
	if from == 0 && seen != 0 && now-seen > slack {
		from = seen // we were not there to hear it
	}
	if err := t.silence(ctx, key, from, now); err != nil {
		return err
	}
	if err := t.online(ctx, key, seen, now); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO account_watch (account_key, seen, down_at) VALUES ($1, $2, 0)
ON CONFLICT (account_key) DO UPDATE SET seen = excluded.seen, down_at = 0`, int64(key), now)
	if err != nil || down == 0 {
		return err
	}
	return t.recovered(ctx, key, now)
}

// recovered ends what the loss of an account began, once it both hears its groups and is not held back by the platform.
func (t *Tx) recovered(ctx context.Context, key community.AccountKey, now int64) error {
	var restricted, down int64
	err := t.one(ctx, `SELECT a.restricted, coalesce(w.down_at, 0) FROM account a LEFT JOIN account_watch w ON w.account_key = a.key WHERE a.key = $1`, []any{int64(key)}, &restricted, &down)
	if err == sql.ErrNoRows || err == nil && (restricted != 0 || down != 0) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.dropTakeovers(ctx, key, now); err != nil {
		return err
	}
	if err := t.endDetours(ctx, key, now); err != nil {
		return err
	}
	return t.endAlarm(ctx, AccountAlarm(key), "", "online", now)
}

// dropTakeovers closes the tasks of looking after the groups of an account that is back, and of telling where they go on.
func (t *Tx) dropTakeovers(ctx context.Context, key community.AccountKey, now int64) error {
	found, err := t.query(ctx, `SELECT k.id FROM task k JOIN group_account ga ON ga.group_key = k.group_key
WHERE ga.account_key = $1 AND k.verb IN ($2, $3) AND k.state IN ('open', 'claimed')`, int64(key), string(community.TakeOver), string(community.MoveOut))
	if err != nil {
		return err
	}
	ids, err := idsOf(found)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := t.cancel(ctx, id, &community.Decision{Why: "online"}, now); err != nil {
			return err
		}
	}
	return nil
}

// Watched reports whether an account was ever heard.
func (s *Store) Watched(ctx context.Context, key community.AccountKey) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM account_watch WHERE account_key = $1`, int64(key)).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

func (t *Tx) silence(ctx context.Context, key community.AccountKey, from, to int64) error {
	if from == 0 || to <= from {
		return nil
	}
	_, err := t.exec(ctx, `INSERT INTO account_silence (account_key, from_at, to_at) VALUES ($1, $2, $3)
ON CONFLICT (account_key, from_at) DO UPDATE SET to_at = excluded.to_at WHERE account_silence.to_at < excluded.to_at`, int64(key), from, to)
	return err
}

// accountDown notes that an account hears nothing since a moment, and reports whether that is news.
func (t *Tx) accountDown(ctx context.Context, key community.AccountKey, since int64) (bool, error) {
	n, err := t.exec(ctx, `INSERT INTO account_watch (account_key, seen, down_at) VALUES ($1, $2, $2)
ON CONFLICT (account_key) DO UPDATE SET down_at = excluded.down_at WHERE account_watch.down_at = 0`, int64(key), since)
	return n > 0, err
}

// AccountLost opens the alarm about one of our accounts in the transaction of the event that tells it. deaf says that it
// hears nothing any more.
func (t *Tx) AccountLost(ctx context.Context, key community.AccountKey, detail string, deaf bool, at, now int64) error {
	var org int64
	if err := t.one(ctx, `SELECT org_key FROM account WHERE key = $1`, []any{int64(key)}, &org); err != nil {
		return missing(err, "account %d", key)
	}
	if deaf {
		if news, err := t.accountDown(ctx, key, at); err != nil || !news {
			return err
		}
	}
	fresh, err := t.OpenAlarm(ctx, duty.Alarm{Org: community.OrgKey(org), Kind: duty.KindAccount, Subject: AccountAlarm(key), Account: key, Detail: detail}, now)
	if err == nil && fresh {
		t.Enqueue(Job{Kind: JobTakeover, Key: fmt.Sprintf("%d/%d", int64(key), now), RunAt: now})
	}
	return err
}

// JobTakeover is the kind of job that makes the tasks of taking a lost account's groups over. Its key is the account's
// and, after a slash, when it was lost: a second loss does not wait for what is still done about the first.
const JobTakeover = "takeover"

// LostAccount is AccountLost in a transaction of its own.
func (s *Store) LostAccount(ctx context.Context, key community.AccountKey, detail string, deaf bool, at int64) error {
	return s.writeTx(ctx, func(t *Tx) error { return t.AccountLost(ctx, key, detail, deaf, at, s.now()) })
}

// Silences lists when the accounts that serve a group heard nothing, in [from, to), one list per account. An account
// that is off is none of them.
func (s *Store) Silences(ctx context.Context, g community.GroupKey, from, to int64) ([][]duty.Span, error) {
	accounts, err := rows(ctx, s, `SELECT a.key FROM group_account ga JOIN account a ON a.key = ga.account_key WHERE ga.group_key = $1 AND a.enabled ORDER BY a.key`,
		[]any{int64(g)}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	if err != nil {
		return nil, err
	}
	out := make([][]duty.Span, 0, len(accounts))
	for _, key := range accounts {
		list, err := rows(ctx, s, `SELECT from_at, to_at FROM account_silence WHERE account_key = $1 AND to_at > $2 AND from_at < $3
UNION ALL SELECT down_at, $3 FROM account_watch WHERE account_key = $1 AND down_at > 0 AND down_at < $3 ORDER BY 1`, []any{key, from, to},
			func(r *sql.Rows, v *duty.Span) error { return r.Scan(&v.From, &v.To) })
		if err != nil {
			return nil, err
		}
		for i := range list {
			list[i].From, list[i].To = max(list[i].From, from), min(list[i].To, to)
		}
		out = append(out, list)
	}
	return out, nil
}

// GroupsOf lists the groups that an account serves, by their keys; desks are none.
func (s *Store) GroupsOf(ctx context.Context, key community.AccountKey) ([]community.GroupKey, error) {
	return rows(ctx, s, `SELECT group_key FROM group_account WHERE account_key = $1 ORDER BY group_key`, []any{int64(key)},
		func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
}
