package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

const libraryColumns = `SELECT i.id, i.org_key, i.kind, i.body, i.archived, i.exclusive, i.short, i.version, i.maker, i.created, i.updated, i.changed FROM library_item i`

func scanLibrary(r *sql.Rows, v *shelf.Item) error {
	var id, body, short []byte
	if err := r.Scan(&id, (*int64)(&v.Org), &v.Kind, &body, &v.Archived, &v.Exclusive, &short, &v.Version, &v.Maker, &v.Created, &v.Updated, &v.Changed); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.Short[:], short)
	return json.Unmarshal(body, &v.Content)
}

// Library lists an organisation's items, the last changed first. Who sees only some groups does not see what is exclusive to others.
func (s *Store) Library(ctx context.Context, scope community.Scope, f shelf.Filter) ([]shelf.Item, int, error) {
	var c clause
	libraryWithin(&c, scope)
	c.and("i.archived = ?", f.Archived)
	if f.Kind != "" {
		c.and("i.kind = ?", string(f.Kind))
	}
	if f.Tag != "" {
		c.and("EXISTS (SELECT 1 FROM library_tag t WHERE t.item = i.id AND t.tag = ?)", f.Tag)
	}
	if f.Expired != "" {
		c.and("i.expires <> '' AND i.expires < ?", f.Expired)
	}
	if f.Text != "" {
		return s.librarySought(ctx, c, f)
	}
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM library_item i`+c.String(), c.args...).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, libraryColumns+c.String()+fmt.Sprintf(` ORDER BY i.updated DESC, i.id LIMIT %d OFFSET %d`, limitOf(f.Limit), max(f.Offset, 0)), c.args, scanLibrary)
	if err != nil {
		return nil, 0, err
	}
	return list, n, s.libraryGroups(ctx, list)
}

// librarySought looks at every item that the other conditions leave: a library is thousands of items at most.
func (s *Store) librarySought(ctx context.Context, c clause, f shelf.Filter) ([]shelf.Item, int, error) {
	all, err := rows(ctx, s, libraryColumns+c.String()+` ORDER BY i.updated DESC, i.id`, c.args, scanLibrary)
	if err != nil {
		return nil, 0, err
	}
	want := strings.ToLower(f.Text)
	all = slices.DeleteFunc(all, func(i shelf.Item) bool { return !strings.Contains(strings.ToLower(i.Title+"\n"+i.Text), want) })
	from := min(max(f.Offset, 0), len(all))
	list := all[from:min(from+limitOf(f.Limit), len(all))]
	return list, len(all), s.libraryGroups(ctx, list)
}

func libraryWithin(c *clause, scope community.Scope) {
	c.and("i.org_key = ?", int64(scope.Org))
	if scope.Groups != nil {
		c.and("(NOT i.exclusive OR EXISTS (SELECT 1 FROM library_group g WHERE g.item = i.id AND g.group_key IN (" + keyList(scope.Groups) + ")))")
	}
}

// libraryGroups reads to whose members exclusive items open.
func (s *Store) libraryGroups(ctx context.Context, list []shelf.Item) error {
	for i := range list {
		if !list[i].Exclusive {
			continue
		}
		groups, err := rows(ctx, s, `SELECT group_key FROM library_group WHERE item = $1 ORDER BY group_key`, []any{list[i].ID[:]}, func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
		if err != nil {
			return err
		}
		list[i].Groups = groups
	}
	return nil
}

// LibraryItem gives one item; CodeNotFound.
func (s *Store) LibraryItem(ctx context.Context, scope community.Scope, id community.ID) (shelf.Item, error) {
	var c clause
	libraryWithin(&c, scope)
	c.and("i.id = ?", id[:])
	list, err := rows(ctx, s, libraryColumns+c.String(), c.args, scanLibrary)
	if err == nil {
		err = s.libraryGroups(ctx, list)
	}
	return oneOf(list, err, "library item", id)
}

// LibraryVersions lists what an item was, the newest first.
func (s *Store) LibraryVersions(ctx context.Context, id community.ID) ([]shelf.Version, error) {
	return rows(ctx, s, `SELECT version, body, user_name, note, at FROM library_version WHERE item = $1 ORDER BY version DESC LIMIT 500`, []any{id[:]}, func(r *sql.Rows, v *shelf.Version) error {
		var body []byte
		if err := r.Scan(&v.Version, &body, &v.User, &v.Note, &v.At); err != nil {
			return err
		}
		return json.Unmarshal(body, &v.Content)
	})
}

// LibraryTags lists the tags that items in use wear, by name.
func (s *Store) LibraryTags(ctx context.Context, org community.OrgKey) ([]string, error) {
	return rows(ctx, s, `SELECT DISTINCT t.tag FROM library_tag t JOIN library_item i ON i.id = t.item WHERE i.org_key = $1 AND NOT i.archived ORDER BY t.tag LIMIT 500`, []any{int64(org)}, func(r *sql.Rows, v *string) error { return r.Scan(v) })
}

// SaveLibrary keeps a new item (ID zero), or the next version of one as the caller saw it (Changed); its files are kept with it.
// CodeConflict: it was changed meanwhile. CodeNotFound: a file is not kept.
func (s *Store) SaveLibrary(ctx context.Context, i shelf.Item, audit community.Audit) (shelf.Item, error) {
	now := s.now()
	fresh := i.ID.IsZero()
	if fresh {
		i.ID, i.Created, i.Maker = s.NewID(), now, audit.User
	}
	i.Version++
	i.Updated, i.Changed = now, i.Changed+1
	body, err := json.Marshal(i.Content)
	if err != nil {
		return i, err
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		if err := t.putLibrary(ctx, i, body, fresh); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO library_version (item, version, body, user_name, note, at) VALUES ($1, $2, $3, $4, $5, $6)`, i.ID[:], int64(i.Version), string(body), audit.User, audit.Reason, now); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM library_tag WHERE item = $1`, i.ID[:]); err != nil {
			return err
		}
		for _, tag := range i.Tags {
			if _, err := t.exec(ctx, `INSERT INTO library_tag (item, tag) VALUES ($1, $2)`, i.ID[:], tag); err != nil {
				return err
			}
		}
		ids := make([]community.ID, len(i.Files))
		for n, f := range i.Files {
			ids[n] = f.ID
			if _, err := t.exec(ctx, `INSERT INTO library_file (item, upload_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, i.ID[:], f.ID[:]); err != nil {
				return err
			}
		}
		if err := t.keepUploads(ctx, i.Org, ids, 0, false); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject, audit.After = i.Org, "library.save", "library:"+i.ID.String(), body
		return t.AddAudit(ctx, audit)
	})
	return i, err
}

func (t *Tx) putLibrary(ctx context.Context, i shelf.Item, body []byte, fresh bool) error {
	if fresh {
		_, err := t.exec(ctx, `INSERT INTO library_item (id, org_key, kind, body, title, expires, archived, exclusive, short, version, maker, created, updated, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $11, $12)`, i.ID[:], int64(i.Org), string(i.Kind), string(body), i.Title, i.Expires, false, []byte{}, int64(i.Version), i.Maker, i.Created, i.Changed)
		return err
	}
	n, err := t.exec(ctx, `UPDATE library_item SET body = $1, title = $2, expires = $3, version = $4, updated = $5, changed = $6 WHERE id = $7 AND changed = $8`,
		string(body), i.Title, i.Expires, int64(i.Version), i.Updated, i.Changed, i.ID[:], i.Changed-1)
	return moved(n, err)
}

// ArchiveLibrary puts an item, as the caller saw it, away or takes it out again. CodeConflict: it was changed meanwhile.
func (s *Store) ArchiveLibrary(ctx context.Context, i shelf.Item, away bool, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE library_item SET archived = $1, updated = $2, changed = changed + 1 WHERE id = $3 AND changed = $4`, away, s.now(), i.ID[:], i.Changed)
		if err := moved(n, err); err != nil {
			return err
		}
		audit.Org, audit.Subject = i.Org, "library:"+i.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"archived": away}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// CountLibrary notes the short link that counts an item's openings, if it has none.
func (s *Store) CountLibrary(ctx context.Context, item, short community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE library_item SET short = $1 WHERE id = $2 AND short = $3`, short[:], item[:], []byte{})
		return err
	})
}

// UseLibrary notes that an item was used somewhere; used there again it is the later use that stands.
func (s *Store) UseLibrary(ctx context.Context, org community.OrgKey, u shelf.Use, audit community.Audit) error {
	groups, err := json.Marshal(append([]community.GroupKey{}, u.Groups...))
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO library_use (item, place, ref, version, title, groups, user_name, at, override_why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (item, place, ref) DO UPDATE SET version = excluded.version, title = excluded.title, groups = excluded.groups, user_name = excluded.user_name, at = excluded.at, override_why = excluded.override_why`,
			u.Item[:], u.Place, u.Ref[:], int64(u.Version), u.Title, string(groups), audit.User, s.now(), u.Override)
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject, audit.Reason = org, "library.use", "library:"+u.Item.String(), u.Override
		audit.After, _ = json.Marshal(map[string]any{"place": u.Place, "ref": u.Ref.String(), "version": u.Version}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

const useColumns = `SELECT u.item, u.place, u.ref, u.version, u.title, u.groups, u.user_name, u.at, u.override_why FROM library_use u`

func scanUse(r *sql.Rows, v *shelf.Use) error {
	var item, ref, groups []byte
	if err := r.Scan(&item, &v.Place, &ref, &v.Version, &v.Title, &groups, &v.User, &v.At, &v.Override); err != nil {
		return err
	}
	copy(v.Item[:], item)
	copy(v.Ref[:], ref)
	return json.Unmarshal(groups, &v.Groups)
}

// LibraryUses lists where an item was used, the latest first.
func (s *Store) LibraryUses(ctx context.Context, item community.ID) ([]shelf.Use, error) {
	return rows(ctx, s, useColumns+` WHERE u.item = $1 ORDER BY u.at DESC, u.ref LIMIT 500`, []any{item[:]}, scanUse)
}

// UsedIn lists the items that something was made of.
func (s *Store) UsedIn(ctx context.Context, place string, ref community.ID) ([]shelf.Use, error) {
	return rows(ctx, s, useColumns+` WHERE u.place = $1 AND u.ref = $2 ORDER BY u.item`, []any{place, ref[:]}, scanUse)
}

// SOPNames is an SOP that goes on, or is paused, with its steps and the groups in it.
type SOPNames struct {
	plan.SOP
	In []community.GroupKey
}

// SOPsNaming lists the SOPs of an organisation with a step that names an item of the library, the oldest first.
func (s *Store) SOPsNaming(ctx context.Context, org community.OrgKey, item community.ID) ([]SOPNames, error) {
	all, err := rows(ctx, s, sopColumns+` WHERE p.org_key = $1 AND p.state <> 'cancelled' ORDER BY p.created, p.id`, []any{int64(org)}, scanSOP)
	if err != nil {
		return nil, err
	}
	var out []SOPNames
	for _, p := range all {
		if len(p.Naming(item)) == 0 {
			continue
		}
		in, err := rows(ctx, s, `SELECT group_key FROM sop_group WHERE sop_id = $1 AND left_at = 0 ORDER BY group_key`, []any{p.ID[:]}, scanGroupKey)
		if err != nil {
			return nil, err
		}
		out = append(out, SOPNames{p, in})
	}
	return out, nil
}

// LibrarySaid counts what was said of an item by name, by its versions, the latest first; what is not known to have gone is not counted.
// groups bounds it, nil = all.
func (s *Store) LibrarySaid(ctx context.Context, item community.ID, groups []community.GroupKey) ([]shelf.SaidOf, error) {
	within := ""
	if groups != nil {
		within = ` AND coalesce(k.group_key, x.group_key) IN (` + keyList(groups) + `)`
	}
	return rows(ctx, s, `SELECT x.version, sum(CASE WHEN x.rule = '' THEN 1 ELSE 0 END), sum(CASE WHEN x.rule <> '' THEN 1 ELSE 0 END), max(x.at) FROM library_said x JOIN action a ON a.id = x.action_id
 LEFT JOIN broadcast_target k ON k.action_id = x.action_id WHERE x.item = $1 AND a.state IN ('acked', 'confirmed')`+within+` GROUP BY x.version ORDER BY x.version DESC LIMIT 500`, []any{item[:]}, func(r *sql.Rows, v *shelf.SaidOf) error {
		return r.Scan(&v.Version, &v.Steps, &v.Welcomes, &v.At)
	})
}

// Book is the rulebook in force in a group.
type Book struct {
	Group   community.GroupKey
	Version int
	At      int64
	User    string
	Body    []byte
}

// BooksInForce hands the books in force of a scope's groups to fn, group by group.
func (d *Desk) BooksInForce(ctx context.Context, fn func(Book) error) error {
	var c clause
	d.in(&c, "g")
	c.and("b.state = 'published'")
	r, err := d.s.read.QueryContext(ctx, `SELECT b.group_key, b.version, b.at, b.user_name, b.body FROM rulebook b JOIN chat_group g ON g.key = b.group_key`+c.String()+
		` AND b.version = (SELECT max(x.version) FROM rulebook x WHERE x.group_key = b.group_key AND x.state = 'published') ORDER BY b.group_key`, c.args...)
	if err != nil {
		return coded(d.s.dialect, err)
	}
	defer r.Close()
	for r.Next() {
		var b Book
		if err := r.Scan((*int64)(&b.Group), &b.Version, &b.At, &b.User, &b.Body); err != nil {
			return err
		}
		if err := fn(b); err != nil {
			return err
		}
	}
	return r.Err()
}
