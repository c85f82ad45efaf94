package store

import (
	"context"
	"database/sql"
	"errors"

	"qunluo/internal/community"
)

// Medium is content that is kept in the data folder.
type Medium struct {
	Hash  string
	Bytes int64
	Type  string
	Name  string
}

// MediumRef is what an address led to.
type MediumRef struct {
	Medium                // Hash "" = to nothing
	Code   community.Code // why it led to nothing
	Tried  int64          // UTC ms
}

// MediumOf tells what an address (its SHA-256) of an account led to. CodeNotFound: it was not tried.
func (s *Store) MediumOf(ctx context.Context, account community.AccountKey, ref string) (MediumRef, error) {
	var m MediumRef
	err := s.read.QueryRowContext(ctx, `SELECT r.hash, r.code, r.tried, coalesce(m.bytes, 0), coalesce(m.type, ''), coalesce(m.name, '')
FROM medium_ref r LEFT JOIN medium m ON m.hash = r.hash WHERE r.account_key = $1 AND r.ref = $2`, int64(account), ref).
		Scan(&m.Hash, &m.Code, &m.Tried, &m.Bytes, &m.Type, &m.Name)
	return m, missing(coded(s.dialect, err), "medium")
}

// PutMedium notes what an address led to, and that the content was wanted now.
func (s *Store) PutMedium(ctx context.Context, account community.AccountKey, ref string, m MediumRef) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if m.Hash != "" {
			if _, err := t.exec(ctx, `INSERT INTO medium (hash, bytes, type, name, kept, used) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (hash) DO UPDATE SET used = excluded.used`, m.Hash, m.Bytes, m.Type, m.Name, m.Tried); err != nil {
				return err
			}
		}
		_, err := t.exec(ctx, `INSERT INTO medium_ref (account_key, ref, hash, code, tried) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_key, ref) DO UPDATE SET hash = excluded.hash, code = excluded.code, tried = excluded.tried`,
			int64(account), ref, m.Hash, string(m.Code), m.Tried)
		return err
	})
}

// ForgetMedia drops the rows of content not wanted since a time (UTC ms), then of the longest unwanted until at most
// most bytes remain, and gives the hashes whose files may go. What people gave to be sent stays until its time is over.
func (s *Store) ForgetMedia(ctx context.Context, since, most int64) ([]string, error) {
	var gone []string
	err := s.writeTx(ctx, func(t *Tx) error {
		list, err := t.mediaToForget(ctx, since, most)
		if err != nil {
			return err
		}
		for _, hash := range list {
			if _, err := t.exec(ctx, `DELETE FROM medium WHERE hash = $1`, hash); err != nil {
				return err
			}
			if _, err := t.exec(ctx, `DELETE FROM medium_ref WHERE hash = $1`, hash); err != nil {
				return err
			}
			if _, err := t.exec(ctx, `DELETE FROM upload WHERE hash = $1`, hash); err != nil {
				return err
			}
		}
		gone = list
		_, err = t.exec(ctx, `DELETE FROM medium_ref WHERE hash = '' AND tried < $1`, since)
		return err
	})
	return gone, err
}

func (t *Tx) mediaToForget(ctx context.Context, since, most int64) ([]string, error) {
	found, err := t.query(ctx, `SELECT m.hash, m.bytes, m.used, EXISTS (SELECT 1 FROM upload u WHERE u.hash = m.hash AND `+pinned+`) FROM medium m ORDER BY m.used DESC, m.hash`, t.store.now())
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var out []string
	sum := int64(0)
	for found.Next() {
		var hash string
		var bytes, used int64
		var held bool
		if err := found.Scan(&hash, &bytes, &used, &held); err != nil {
			return nil, err
		}
		if sum += bytes; !held && (used < since || sum > most) {
			out = append(out, hash)
		}
	}
	return out, found.Err()
}

// MediaKept counts what is kept.
func (s *Store) MediaKept(ctx context.Context) (files, bytes int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT count(*), CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM medium`).Scan(&files, &bytes)
	return files, bytes, err
}

// MediumKnown reports whether content is still wanted.
func (s *Store) MediumKnown(ctx context.Context, hash string) (bool, error) {
	var one int64
	err := s.read.QueryRowContext(ctx, `SELECT 1 FROM medium WHERE hash = $1`, hash).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// HeardBy is the account through which an event came; 0 = none.
func (s *Store) HeardBy(ctx context.Context, number int64) (community.AccountKey, error) {
	var key int64
	err := s.read.QueryRowContext(ctx, `SELECT account_key FROM event WHERE number = $1`, number).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return community.AccountKey(key), err
}
