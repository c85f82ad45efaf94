package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/morning"
)

const feedColumns = `SELECT f.id, f.org_key, f.url, f.name, f.every, f.off, f.created, f.user_name, f.tried, f.fetched, f.next_at, f.failed, f.error, f.etag, f.modified,
 (SELECT count(*) FROM feed_entry e WHERE e.source = f.id) FROM feed_source f`

func scanFeed(r *sql.Rows, v *morning.Source) error {
	var id []byte
	err := r.Scan(&id, (*int64)(&v.Org), &v.URL, &v.Name, &v.Every, &v.Off, &v.Created, &v.User, &v.Tried, &v.Fetched, &v.Next, &v.Failed, &v.Error, &v.ETag, &v.Modified, &v.Entries)
	copy(v.ID[:], id)
	return err
}

// Feeds lists an organisation's feeds by name.
func (s *Store) Feeds(ctx context.Context, org community.OrgKey) ([]morning.Source, error) {
	return rows(ctx, s, feedColumns+` WHERE f.org_key = $1 ORDER BY f.name, f.url`, []any{int64(org)}, scanFeed)
}

// Feed gives one; CodeNotFound.
func (s *Store) Feed(ctx context.Context, org community.OrgKey, id community.ID) (morning.Source, error) {
	list, err := rows(ctx, s, feedColumns+` WHERE f.org_key = $1 AND f.id = $2`, []any{int64(org), id[:]}, scanFeed)
	return oneOf(list, err, "feed", id)
}

// DueFeeds lists the feeds of every organisation that are to be read now, who waits longest first.
func (s *Store) DueFeeds(ctx context.Context, most int) ([]morning.Source, error) {
	return rows(ctx, s, feedColumns+fmt.Sprintf(` WHERE NOT f.off AND f.next_at <= $1 ORDER BY f.next_at, f.id LIMIT %d`, most), []any{s.now()}, scanFeed)
}

// AddFeed keeps a new feed, to be read at once. CodeConflict: its address is read already; CodeTooLarge: there are as many as may be.
func (s *Store) AddFeed(ctx context.Context, f morning.Source, audit community.Audit) (morning.Source, error) {
	f.ID, f.Created, f.User = s.NewID(), s.now(), audit.User
	f.Next = f.Created
	return f, s.writeTx(ctx, func(t *Tx) error {
		if err := t.mayLeadOut(ctx, f.Org); err != nil {
			return err
		}
		var had int
		if err := t.one(ctx, `SELECT count(*) FROM feed_source WHERE org_key = $1`, []any{int64(f.Org)}, &had); err != nil {
			return err
		}
		if had >= morning.MaxSources {
			return community.Errorf(community.CodeTooLarge, "feeds: at most %d", morning.MaxSources)
		}
		n, err := t.exec(ctx, `INSERT INTO feed_source (id, org_key, url, name, every, off, created, user_name, tried, fetched, next_at, failed, error, etag, modified) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $7, 0, '', '', '')
ON CONFLICT (org_key, url) DO NOTHING`, f.ID[:], int64(f.Org), f.URL, f.Name, int64(f.Every), f.Off, f.Created, f.User)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "feed: this address is read already")
		}
		if err != nil {
			return err
		}
		return t.feedAudit(ctx, f, "feed.add", audit)
	})
}

// feedAudit notes a change with what the feed is after it.
func (t *Tx) feedAudit(ctx context.Context, f morning.Source, verb string, audit community.Audit) error {
	audit.Org, audit.Verb, audit.Subject = f.Org, verb, "feed:"+f.ID.String()
	audit.After, _ = json.Marshal(map[string]any{"url": f.URL, "name": f.Name, "every": f.Every, "off": f.Off}) // plain values
	return t.AddAudit(ctx, audit)
}

// SetFeed changes a feed's name, rhythm and whether it is read. It is read anew when it is switched on.
func (s *Store) SetFeed(ctx context.Context, f morning.Source, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE feed_source SET name = $1, every = $2, off = $3, next_at = CASE WHEN off AND NOT $3 THEN $4 ELSE next_at END WHERE id = $5 AND org_key = $6`,
			f.Name, int64(f.Every), f.Off, s.now(), f.ID[:], int64(f.Org))
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeNotFound, "feed %s: not found", f.ID)
		}
		if err != nil {
			return err
		}
		return t.feedAudit(ctx, f, "feed.set", audit)
	})
}

// DropFeed forgets a feed and its entries; reports keep what they took from it.
func (s *Store) DropFeed(ctx context.Context, f morning.Source, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `DELETE FROM feed_entry WHERE source = $1`, f.ID[:]); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM feed_source WHERE id = $1 AND org_key = $2`, f.ID[:], int64(f.Org)); err != nil {
			return err
		}
		return t.feedAudit(ctx, f, "feed.drop", audit)
	})
}

// FeedRead keeps how a reading went (f as [morning.Source.Read] gives it) with the entries that the document held; same says that it had not
// changed. An entry that is known already keeps when it was first seen. What stood in no document for morning.KeepDays is forgotten.
// A feed that was dropped meanwhile stays dropped.
func (s *Store) FeedRead(ctx context.Context, f morning.Source, list []morning.Entry, same bool) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var before int64
		if err := t.one(ctx, `SELECT coalesce(max(fetched), -1) FROM feed_source WHERE id = $1`, []any{f.ID[:]}, &before); err != nil || before < 0 {
			return err
		}
		_, err := t.exec(ctx, `UPDATE feed_source SET tried = $1, fetched = $2, next_at = $3, failed = $4, error = $5, etag = $6, modified = $7, name = CASE WHEN name = '' THEN $8 ELSE name END WHERE id = $9`,
			f.Tried, f.Fetched, f.Next, int64(f.Failed), f.Error, f.ETag, f.Modified, f.Name, f.ID[:])
		if err != nil {
			return err
		}
		if same {
			if _, err := t.exec(ctx, `UPDATE feed_entry SET heard = $1 WHERE source = $2 AND heard = $3`, f.Tried, f.ID[:], before); err != nil {
				return err
			}
		}
		for i, e := range list {
			_, err := t.exec(ctx, `INSERT INTO feed_entry (source, entry, link, title, summary, at, seen, heard, place) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)
ON CONFLICT (source, entry) DO UPDATE SET link = excluded.link, title = excluded.title, summary = excluded.summary, at = excluded.at, heard = excluded.heard`,
				f.ID[:], e.ID, e.Link, e.Title, e.Summary, e.At, f.Tried, int64(i))
			if err != nil {
				return err
			}
		}
		_, err = t.exec(ctx, `DELETE FROM feed_entry WHERE source = $1 AND heard < $2`, f.ID[:], f.Tried-morning.KeepDays*24*3600_000)
		return err
	})
}

// maxEntries bounds how many entries are looked at for a report.
const maxEntries = 2000

// FeedEntries lists the entries of an organisation's feeds (of some, or nil = of all that are on) that were first seen since a time,
// the latest first.
func (s *Store) FeedEntries(ctx context.Context, org community.OrgKey, sources []community.ID, since int64) ([]morning.Entry, error) {
	var c clause
	c.and("f.org_key = ?", int64(org))
	c.and("NOT f.off")
	c.and("e.seen >= ?", since)
	if len(sources) > 0 {
		ids := make([][]byte, len(sources))
		for i := range sources {
			ids[i] = sources[i][:]
		}
		in, args := oneOfThem(ids)
		c.and("f.id "+in, args...)
	}
	return rows(ctx, s, `SELECT e.source, CASE WHEN f.name = '' THEN f.url ELSE f.name END, e.entry, e.title, e.summary, e.link, e.at, e.seen, e.place FROM feed_entry e JOIN feed_source f ON f.id = e.source`+
		c.String()+fmt.Sprintf(` ORDER BY e.seen DESC, e.place, e.entry LIMIT %d`, maxEntries), c.args,
		func(r *sql.Rows, v *morning.Entry) error {
			var id []byte
			err := r.Scan(&id, &v.From, &v.ID, &v.Title, &v.Summary, &v.Link, &v.At, &v.Seen, &v.Place)
			copy(v.Source[:], id)
			return err
		})
}
