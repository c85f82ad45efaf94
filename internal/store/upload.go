package store

import (
	"context"
	"database/sql"

	"qunluo/internal/community"
)

// Upload is a file that a person gave to be sent.
type Upload struct {
	Medium
	ID   community.ID
	Org  community.OrgKey
	User string
	Open bool  // whoever has its address may read it
	Keep int64 // until when it is kept at least, UTC ms
}

// AddUpload notes a file whose content is kept.
func (s *Store) AddUpload(ctx context.Context, u Upload) (Upload, error) {
	u.ID = s.NewID()
	return u, s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `INSERT INTO medium (hash, bytes, type, name, kept, used) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (hash) DO UPDATE SET used = excluded.used`, u.Hash, u.Bytes, u.Type, u.Name, s.now()); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO upload (id, org_key, hash, name, type, bytes, by_user, created, open, keep_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			u.ID[:], int64(u.Org), u.Hash, u.Name, u.Type, u.Bytes, u.User, s.now(), u.Open, u.Keep)
		return err
	})
}

// UploadByID gives one; CodeNotFound when there is none, or its content is no longer kept.
func (s *Store) UploadByID(ctx context.Context, id community.ID) (Upload, error) {
	list, err := rows(ctx, s, `SELECT id, org_key, hash, name, type, bytes, by_user, open, keep_until FROM upload WHERE id = $1`, []any{id[:]}, func(r *sql.Rows, u *Upload) error {
		var raw []byte
		err := r.Scan(&raw, (*int64)(&u.Org), &u.Hash, &u.Name, &u.Type, &u.Bytes, &u.User, &u.Open, &u.Keep)
		copy(u.ID[:], raw)
		return err
	})
	return oneOf(list, err, "upload", id)
}

// pinned is an upload (u) that must still be here at $1.
const pinned = `(u.keep_until > $1 OR EXISTS (SELECT 1 FROM sop_file f WHERE f.upload_id = u.id) OR EXISTS (SELECT 1 FROM library_file f WHERE f.upload_id = u.id)
 OR EXISTS (SELECT 1 FROM manuscript_file f WHERE f.upload_id = u.id))`

const pinnedQuery = `SELECT DISTINCT hash FROM upload u WHERE ` + pinned + ` ORDER BY hash`

// PinnedMedia gives the hashes of the files that must still be here: of sends that wait, or are not long over,
// of the steps of SOPs, of the library, of drafts and pages.
func (s *Store) PinnedMedia(ctx context.Context) ([]string, error) {
	return rows(ctx, s, pinnedQuery, []any{s.now()}, func(r *sql.Rows, hash *string) error { return r.Scan(hash) })
}

// keepUploads keeps an organisation's files until a time (UTC ms) at least, and opens them to whoever has their address.
// CodeNotFound when one is not there.
func (t *Tx) keepUploads(ctx context.Context, org community.OrgKey, ids []community.ID, until int64, open bool) error {
	for _, id := range ids {
		n, err := t.exec(ctx, `UPDATE upload SET keep_until = CASE WHEN keep_until < $1 THEN $1 ELSE keep_until END, open = open OR $2 WHERE id = $3 AND org_key = $4`, until, open, id[:], int64(org))
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeNotFound, "file %s: not kept (any more)", id)
		}
	}
	return nil
}
