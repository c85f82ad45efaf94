package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"qunluo/internal/community"
)

// PosterRow is a version of an organisation's poster. Body is its layout as JSON; "" = it was taken away with this version.
type PosterRow struct {
	Org     community.OrgKey
	Name    string
	Version int
	Body    string
	Note    string
	User    string
	At      int64
}

const posterColumns = `SELECT p.org_key, p.name, p.version, p.body, p.note, p.user_id, p.at FROM poster p`

func scanPoster(r *sql.Rows, v *PosterRow) error {
	return r.Scan((*int64)(&v.Org), &v.Name, &v.Version, &v.Body, &v.Note, &v.User, &v.At)
}

// Posters lists an organisation's own posters, the newest version of each, by name; those taken away are left out.
func (s *Store) Posters(ctx context.Context, org community.OrgKey) ([]PosterRow, error) {
	return rows(ctx, s, posterColumns+` WHERE p.org_key = $1 AND p.body <> '' AND p.version = (SELECT max(x.version) FROM poster x WHERE x.org_key = p.org_key AND x.name = p.name) ORDER BY p.name`, []any{int64(org)}, scanPoster)
}

// PosterVersions lists the versions of one, the newest first.
func (s *Store) PosterVersions(ctx context.Context, org community.OrgKey, name string) ([]PosterRow, error) {
	return rows(ctx, s, posterColumns+` WHERE p.org_key = $1 AND p.name = $2 ORDER BY p.version DESC`, []any{int64(org), name}, scanPoster)
}

// PosterOf gives one version of a poster; 0 = the newest. CodeNotFound: there is none, or it was taken away with that version.
func (s *Store) PosterOf(ctx context.Context, org community.OrgKey, name string, version int) (PosterRow, error) {
	list, err := rows(ctx, s, posterColumns+` WHERE p.org_key = $1 AND p.name = $2 AND (p.version = $3 OR $3 = 0) ORDER BY p.version DESC LIMIT 1`, []any{int64(org), name, version}, scanPoster)
	row, err := oneOf(list, err, "poster", name)
	if err == nil && row.Body == "" {
		err = community.Errorf(community.CodeNotFound, "poster %q: it was taken away", name)
	}
	return row, err
}

// SavePoster keeps the next version of a poster; base is the newest version that the caller knew, 0 = none. CodeConflict: there is
// another.
func (s *Store) SavePoster(ctx context.Context, base int, v PosterRow, audit community.Audit) (PosterRow, error) {
	v.Version, v.User, v.Note, v.At = base+1, audit.User, audit.Reason, s.now()
	return v, s.writeTx(ctx, func(t *Tx) error {
		var last int
		if err := t.one(ctx, `SELECT coalesce(max(version), 0) FROM poster WHERE org_key = $1 AND name = $2`, []any{int64(v.Org), v.Name}, &last); err != nil {
			return err
		}
		if last != base {
			return community.Errorf(community.CodeConflict, "poster %s: version %d is the newest, not %d", v.Name, last, base)
		}
		if _, err := t.exec(ctx, `INSERT INTO poster (org_key, name, version, body, note, user_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`, int64(v.Org), v.Name, v.Version, v.Body, v.Note, v.User, v.At); err != nil {
			return err
		}
		audit.Org, audit.Subject = v.Org, "poster:"+v.Name
		audit.After, _ = json.Marshal(map[string]any{"version": v.Version, "gone": v.Body == ""}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// KeepImage keeps an image by its SHA-256, in hexadecimal digits, which it gives.
func (s *Store) KeepImage(ctx context.Context, kind string, body []byte) (string, error) {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	return hash, s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO picture (hash, kind, body, created) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING`, hash, kind, body, t.store.now())
		return err
	})
}

// CodePoster is the poster that a code hands out. Filled are the fields that are nobody's own.
type CodePoster struct {
	Ref    string
	Filled map[string]string
	User   string
	At     int64
}

// SetCodePoster says which poster a code hands out; an empty Ref = none. id names the code in the audit row.
func (s *Store) SetCodePoster(ctx context.Context, org community.OrgKey, code int64, id community.ID, p CodePoster, audit community.Audit) error {
	filled, err := json.Marshal(p.Filled)
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		var was string
		if err := t.one(ctx, `SELECT coalesce(max(ref), '') FROM code_poster WHERE code_key = $1`, []any{code}, &was); err != nil {
			return err
		}
		if p.Ref == "" {
			_, err = t.exec(ctx, `DELETE FROM code_poster WHERE code_key = $1`, code)
		} else {
			_, err = t.exec(ctx, `INSERT INTO code_poster (code_key, ref, filled, user_id, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (code_key) DO UPDATE SET ref = excluded.ref, filled = excluded.filled, user_id = excluded.user_id, at = excluded.at`, code, p.Ref, string(filled), audit.User, s.now())
		}
		if err != nil {
			return err
		}
		audit.Org, audit.Subject = org, "code:"+id.String()
		audit.Before, _ = json.Marshal(map[string]string{"poster": was}) // plain values, as below
		audit.After, _ = json.Marshal(map[string]string{"poster": p.Ref})
		return t.AddAudit(ctx, audit)
	})
}

// CodePosterOf gives the poster that a code hands out; ok is false where there is none.
func (s *Store) CodePosterOf(ctx context.Context, code int64) (p CodePoster, ok bool, err error) {
	list, err := rows(ctx, s, `SELECT ref, filled, user_id, at FROM code_poster WHERE code_key = $1`, []any{code}, func(r *sql.Rows, v *CodePoster) error {
		var filled []byte
		if err := r.Scan(&v.Ref, &filled, &v.User, &v.At); err != nil {
			return err
		}
		return json.Unmarshal(filled, &v.Filled)
	})
	if err != nil || len(list) == 0 {
		return p, false, err
	}
	return list[0], true, nil
}

// Share is a person's own poster of a code. Member 0 = a visitor. First and Last say when somebody scanned it, UTC ms; 0 = nobody did.
type Share struct {
	Token  string
	Code   int64
	Member community.MemberKey
	Name   string
	At     int64
	Scans  int64
	First  int64
	Last   int64
}

const shareColumns = `SELECT token, code_key, member_key, name, at, scans, first_scan, last_scan FROM poster_share`

func scanShare(r *sql.Rows, v *Share) error {
	return r.Scan(&v.Token, &v.Code, (*int64)(&v.Member), &v.Name, &v.At, &v.Scans, &v.First, &v.Last)
}

// NewShare makes a person's own poster of a code; a member has one of each code, under the name of the last time.
func (s *Store) NewShare(ctx context.Context, code int64, m community.MemberKey, name string) (Share, error) {
	v := Share{Token: strings.ToLower(rand.Text()[:16]), Code: code, Member: m, Name: name, At: s.now()}
	err := s.writeTx(ctx, func(t *Tx) error {
		if m > 0 {
			n, err := t.exec(ctx, `UPDATE poster_share SET name = $1 WHERE code_key = $2 AND member_key = $3`, name, code, int64(m))
			if err != nil {
				return err
			}
			if n > 0 {
				return t.one(ctx, `SELECT token, at, scans, first_scan, last_scan FROM poster_share WHERE code_key = $1 AND member_key = $2`, []any{code, int64(m)}, &v.Token, &v.At, &v.Scans, &v.First, &v.Last)
			}
		}
		_, err := t.exec(ctx, `INSERT INTO poster_share (token, code_key, member_key, name, at, scans, first_scan, last_scan) VALUES ($1, $2, $3, $4, $5, 0, 0, 0)`, v.Token, code, int64(m), name, v.At)
		return err
	})
	return v, err
}

// ShareOf gives a person's own poster of a code by its token; CodeNotFound.
func (s *Store) ShareOf(ctx context.Context, code int64, token string) (Share, error) {
	list, err := rows(ctx, s, shareColumns+` WHERE token = $1 AND code_key = $2`, []any{token, code}, scanShare)
	return oneOf(list, err, "poster", token)
}

// Shares lists the personal posters of a code, those scanned most first, then the newest.
func (s *Store) Shares(ctx context.Context, code int64, most int) ([]Share, error) {
	return rows(ctx, s, shareColumns+` WHERE code_key = $1 ORDER BY scans DESC, at DESC, token LIMIT $2`, []any{code, most}, scanShare)
}

// ScanShare counts a scan of a personal poster, and that of the arm which unit has in what runs, or ran, on the code's poster (kind and
// subject of the experiment): its first one is kept.
func (s *Store) ScanShare(ctx context.Context, token, unit, kind, subject string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		now := s.now()
		n, err := t.exec(ctx, `UPDATE poster_share SET scans = scans + 1, last_scan = $1, first_scan = CASE WHEN first_scan = 0 THEN $1 ELSE first_scan END WHERE token = $2`, now, token)
		if err != nil || n == 0 {
			return err
		}
		_, err = t.exec(ctx, `UPDATE experiment_unit SET scanned_at = $1 WHERE unit = $2 AND scanned_at = 0 AND experiment_id IN (SELECT id FROM experiment WHERE state IN ('running', 'stopped') AND switch = $3 AND subject = $4)`, now, unit, kind, subject)
		return err
	})
}

// ShareFates counts who asked for their poster of a code within [from, to), and of how many somebody scanned it within 7 days.
func (s *Store) ShareFates(ctx context.Context, code, from, to int64) (asked, scanned int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT count(*), CAST(coalesce(sum(CASE WHEN first_scan > 0 AND first_scan <= at + 604800000 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM poster_share WHERE code_key = $1 AND at >= $2 AND at < $3`,
		code, from, to).Scan(&asked, &scanned)
	return asked, scanned, coded(s.dialect, err)
}

// JobPosters is the kind of job that draws a batch of posters; its key is the batch's id.
const JobPosters = "posters"

// States of a batch.
const (
	BatchWaits  = "waits"
	BatchDone   = "done"
	BatchFailed = "failed"
	BatchGone   = "gone" // its file was taken away
)

// Batch is a batch of personal posters. Bytes are those of its ZIP; People one set of values each.
type Batch struct {
	ID      community.ID
	Org     community.OrgKey
	Ref     string
	Title   string
	Body    string // the layout as it was when it was asked for
	People  []map[string]string
	Total   int
	Done    int
	Warned  []string // at most a few, as people read them
	State   string
	Why     string
	Bytes   int64
	User    string
	Created int64
	Ended   int64
}

// AddBatch keeps a batch and asks for its drawing.
func (s *Store) AddBatch(ctx context.Context, b Batch, audit community.Audit) (Batch, error) {
	b.ID, b.Created, b.State, b.Total, b.User = s.NewID(), s.now(), BatchWaits, len(b.People), audit.User
	people, err := json.Marshal(b.People)
	if err != nil {
		return b, err
	}
	return b, s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO poster_batch (id, org_key, ref, title, body, people, total, done, warned, state, why, bytes, user_id, created, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '[]', $8, '', 0, $9, $10, 0)`,
			b.ID[:], int64(b.Org), b.Ref, b.Title, b.Body, string(people), b.Total, b.State, b.User, b.Created)
		if err != nil {
			return err
		}
		t.Enqueue(Job{Kind: JobPosters, Key: b.ID.String(), RunAt: b.Created})
		audit.Org, audit.Subject = b.Org, "poster_batch:"+b.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"poster": b.Ref, "people": b.Total}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

const batchColumns = `SELECT id, org_key, ref, title, body, total, done, warned, state, why, bytes, user_id, created, ended`

func scanBatch(r *sql.Rows, b *Batch, more ...any) error {
	var id, warned []byte
	if err := r.Scan(append([]any{&id, (*int64)(&b.Org), &b.Ref, &b.Title, &b.Body, &b.Total, &b.Done, &warned, &b.State, &b.Why, &b.Bytes, &b.User, &b.Created, &b.Ended}, more...)...); err != nil {
		return err
	}
	copy(b.ID[:], id)
	return json.Unmarshal(warned, &b.Warned)
}

// Batches lists an organisation's batches, the newest first, without their people.
func (s *Store) Batches(ctx context.Context, org community.OrgKey, most int) ([]Batch, error) {
	return rows(ctx, s, batchColumns+` FROM poster_batch WHERE org_key = $1 ORDER BY created DESC, id DESC LIMIT $2`, []any{int64(org), most}, func(r *sql.Rows, b *Batch) error { return scanBatch(r, b) })
}

// BatchByID gives one with its people; CodeNotFound.
func (s *Store) BatchByID(ctx context.Context, id community.ID) (Batch, error) {
	list, err := rows(ctx, s, batchColumns+`, people FROM poster_batch WHERE id = $1`, []any{id[:]}, func(r *sql.Rows, b *Batch) error {
		var people []byte
		if err := scanBatch(r, b, &people); err != nil {
			return err
		}
		return json.Unmarshal(people, &b.People)
	})
	return oneOf(list, err, "batch", id)
}

// BatchStep says how far a batch is.
func (s *Store) BatchStep(ctx context.Context, id community.ID, done int, warned []string) error {
	raw, err := json.Marshal(orEmpty(warned))
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE poster_batch SET done = $1, warned = $2 WHERE id = $3 AND state = $4`, done, string(raw), id[:], BatchWaits)
		return err
	})
}

// EndBatch says what became of a batch. Of what is over no people are kept.
func (s *Store) EndBatch(ctx context.Context, id community.ID, from, state, why string, bytes int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE poster_batch SET state = $1, why = $2, bytes = $3, ended = CASE WHEN ended = 0 THEN $4 ELSE ended END, people = '[]' WHERE id = $5 AND state = $6`, state, why, bytes, s.now(), id[:], from)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "batch %s: it is not %s", id, from)
		}
		return err
	})
}

// OldBatches lists batches of every organisation that ended before a time and whose files are still there.
func (s *Store) OldBatches(ctx context.Context, before int64) ([]community.ID, error) {
	return rows(ctx, s, `SELECT id FROM poster_batch WHERE state = $1 AND ended < $2 ORDER BY ended LIMIT 200`, []any{BatchDone, before}, func(r *sql.Rows, id *community.ID) error {
		var raw []byte
		err := r.Scan(&raw)
		copy(id[:], raw)
		return err
	})
}

// PictureKind gives a kept picture with its media type; CodeNotFound.
func (s *Store) PictureKind(ctx context.Context, hash string) (body []byte, kind string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT body, kind FROM picture WHERE hash = $1`, hash).Scan(&body, &kind)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", community.Errorf(community.CodeNotFound, "picture %s: not found", hash)
	}
	return body, kind, coded(s.dialect, err)
}
