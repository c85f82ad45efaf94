package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

const webPageColumns = `SELECT p.id, p.code, p.org_key, p.kind, p.ref, p.version, p.withdrawn, p.why, p.short, p.created, p.updated, v.body FROM web_page p JOIN web_page_version v ON v.page = p.id AND v.version = p.version`

func scanWebPage(r *sql.Rows, v *plan.WebPage) error {
	var id, ref, short, body []byte
	if err := r.Scan(&id, &v.Code, (*int64)(&v.Org), &v.Kind, &ref, &v.Version, &v.Withdrawn, &v.Why, &short, &v.Created, &v.Updated, &body); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.Ref[:], ref)
	copy(v.Short[:], short)
	return json.Unmarshal(body, &v.Sheet)
}

// WebPageByCode gives the page of a public address, withdrawn or not; it is for everybody. CodeNotFound.
func (s *Store) WebPageByCode(ctx context.Context, code string) (plan.WebPage, error) {
	list, err := rows(ctx, s, webPageColumns+` WHERE p.code = $1`, []any{code}, scanWebPage)
	return oneOf(list, err, "page", code)
}

// WebPageOf gives the page that was made of something; CodeNotFound: there is none.
func (s *Store) WebPageOf(ctx context.Context, org community.OrgKey, kind string, ref community.ID) (plan.WebPage, error) {
	list, err := rows(ctx, s, webPageColumns+` WHERE p.org_key = $1 AND p.kind = $2 AND p.ref = $3`, []any{int64(org), kind, ref[:]}, scanWebPage)
	return oneOf(list, err, "page of", ref)
}

// WebPageVersions lists what a page showed, the newest first.
func (s *Store) WebPageVersions(ctx context.Context, id community.ID) ([]plan.SheetVersion, error) {
	return rows(ctx, s, `SELECT version, body, user_name, note, at FROM web_page_version WHERE page = $1 ORDER BY version DESC LIMIT 500`, []any{id[:]}, func(r *sql.Rows, v *plan.SheetVersion) error {
		var body []byte
		if err := r.Scan(&v.Version, &body, &v.User, &v.Note, &v.At); err != nil {
			return err
		}
		return json.Unmarshal(body, &v.Sheet)
	})
}

// PublishPage shows a sheet on the page of something, made when there is none; a page that was withdrawn stands again. Its code is drawn here.
func (s *Store) PublishPage(ctx context.Context, p plan.WebPage, audit community.Audit) (plan.WebPage, error) {
	body, err := json.Marshal(p.Sheet)
	if err != nil {
		return p, err
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		id, now := s.NewID(), s.now()
		if _, err := t.exec(ctx, `INSERT INTO web_page (id, code, org_key, kind, ref, version, withdrawn, why, short, created, updated) VALUES ($1, $2, $3, $4, $5, 0, 0, '', $6, $7, $7)
ON CONFLICT (kind, ref) DO UPDATE SET updated = excluded.updated`, id[:], strings.ToLower(rand.Text()[:10]), int64(p.Org), p.Kind, p.Ref[:], []byte{}, now); err != nil {
			return err
		}
		var raw, short []byte
		if err := t.one(ctx, `SELECT id, code, version, short, created FROM web_page WHERE kind = $1 AND ref = $2 AND org_key = $3`, []any{p.Kind, p.Ref[:], int64(p.Org)}, &raw, &p.Code, &p.Version, &short, &p.Created); err != nil {
			return err
		}
		copy(p.ID[:], raw)
		copy(p.Short[:], short)
		p.Version++
		p.Updated, p.Withdrawn, p.Why = now, 0, ""
		if _, err := t.exec(ctx, `UPDATE web_page SET version = $1, withdrawn = 0, why = '', updated = $2 WHERE id = $3`, int64(p.Version), now, p.ID[:]); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO web_page_version (page, version, body, user_name, note, at) VALUES ($1, $2, $3, $4, $5, $6)`, p.ID[:], int64(p.Version), string(body), audit.User, audit.Reason, now); err != nil {
			return err
		}
		if err := t.ownFiles(ctx, p.Org, p.ID, p.Files()); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject, audit.After = p.Org, "page.publish", p.Kind+":"+p.Ref.String(), body
		return t.AddAudit(ctx, audit)
	})
	return p, err
}

// CountWebPage notes the short link that counts a page's openings, if it has none.
func (s *Store) CountWebPage(ctx context.Context, page, short community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE web_page SET short = $1 WHERE id = $2 AND short = $3`, short[:], page[:], []byte{})
		return err
	})
}

// WithdrawPage takes a page, as the caller saw it, off. CodeConflict: it is off already, or shows something else by now.
func (s *Store) WithdrawPage(ctx context.Context, p plan.WebPage, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE web_page SET withdrawn = $1, why = $2, updated = $1 WHERE id = $3 AND version = $4 AND withdrawn = 0`, s.now(), audit.Reason, p.ID[:], int64(p.Version))
		if err := moved(n, err); err != nil {
			return err
		}
		why, err := json.Marshal([2]string{audit.Reason, audit.Reason})
		if err != nil {
			return err
		}
		if p.Kind == plan.PageOfManuscript {
			if _, err := t.exec(ctx, `UPDATE manuscript_channel SET state = $1, user_name = $2, at = $3, why = $4 WHERE manuscript = $5 AND channel = $6`,
				string(plan.ChannelWithdrawn), audit.User, s.now(), string(why), p.Ref[:], string(plan.ChannelPage)); err != nil {
				return err
			}
		}
		audit.Org, audit.Verb, audit.Subject = p.Org, "page.withdraw", p.Kind+":"+p.Ref.String()
		return t.AddAudit(ctx, audit)
	})
}
