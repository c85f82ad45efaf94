package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/tag"
)

// EditTags sticks a tag on many groups at once by a person's hand, or takes it off; those for whom that is nothing new are left out. The
// edit can be undone as a whole.
func (s *Store) EditTags(ctx context.Context, org community.OrgKey, name string, put bool, groups []community.GroupKey, audit community.Audit) (e tag.Edit, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		now, err := t.tagNow(ctx, org, tag.Group, name)
		if err != nil {
			return err
		}
		e = tag.Edit{ID: s.NewID(), Tag: now, Put: put, User: audit.User, Reason: audit.Reason, At: s.now()}
		was, err := t.groupsWear(ctx, now, groups)
		if err != nil {
			return err
		}
		var targets []tag.Target
		var items [][]any
		for _, g := range groups {
			h, worn := was[g]
			if !worn && !put || worn && put && !tag.Ruled(h.Source) {
				continue // it is so already; what a rule put there becomes a person's
			}
			targets = append(targets, tag.Target{Group: g})
			items = append(items, []any{e.ID[:], int64(g), h.Source, h.Why, h.User, h.At})
		}
		e.Total = len(targets)
		if e.Total == 0 {
			return community.Errorf(community.CodeConflict, "none of %d groups would change", len(groups))
		}
		if _, err := t.putTag(ctx, tag.Group, now, put, targets, audit.User); err != nil {
			return err
		}
		if err := t.knowTag(ctx, org, tag.Group, now, audit.User); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO tag_edit (id, org_key, tag, put, total, user_id, reason, at, undone, undone_by, undo_note, kept) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '', '', 0)`,
			e.ID[:], int64(org), now, put, e.Total, e.User, e.Reason, e.At); err != nil {
			return err
		}
		if _, err := t.bulk(ctx, `INSERT INTO tag_edit_item (edit_id, group_key, was_source, was_why, was_user, was_created) VALUES ($1, $2, $3, $4, $5, $6)`, items); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "tag.edit", "tag_edit:"+e.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"tag": now, "put": put, "groups": e.Total}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return e, err
}

// groupsWear gives which of the groups wear a tag, and how.
func (t *Tx) groupsWear(ctx context.Context, name string, groups []community.GroupKey) (map[community.GroupKey]tag.Worn, error) {
	out := map[community.GroupKey]tag.Worn{}
	r, err := t.query(ctx, `SELECT group_key, source, why, user_id, created FROM group_tag WHERE tag = $1 AND group_key IN (`+keyList(groups)+`)`, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for r.Next() {
		var v tag.Worn
		if err := r.Scan((*int64)(&v.Group), &v.Source, &v.Why, &v.User, &v.At); err != nil {
			return nil, err
		}
		out[v.Group] = v
	}
	return out, r.Err()
}

// UndoTagEdit gives every group back what it wore before an edit; a group that was tagged otherwise since keeps what it wears now and is
// counted. within bounds whose edits may be undone. CodeConflict: it was undone. CodeNotFound: there is none, or it touched groups outside.
func (s *Store) UndoTagEdit(ctx context.Context, scope community.Scope, id community.ID, audit community.Audit) (e tag.Edit, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		list, err := t.tagEdits(ctx, scope, `AND e.id = $2`, id[:])
		if e, err = oneOf(list, err, "edit", id); err != nil {
			return err
		}
		n, err := t.exec(ctx, `UPDATE tag_edit SET undone = $1, undone_by = $2, undo_note = $3 WHERE id = $4 AND undone = 0`, s.now(), audit.User, audit.Reason, id[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "edit %s: it was undone", id)
		}
		items, err := t.tagEditItems(ctx, id)
		if err != nil {
			return err
		}
		var keys []community.GroupKey
		for _, it := range items {
			keys = append(keys, it.Group)
		}
		now, err := t.groupsWear(ctx, e.Tag, keys)
		if err != nil {
			return err
		}
		var take, forget, restore [][]any
		e.Kept = 0
		for _, it := range items {
			h, worn := now[it.Group]
			if worn != e.Put || worn && h.Source != tag.Hand {
				e.Kept++ // somebody changed it since
				continue
			}
			take = append(take, []any{int64(it.Group), e.Tag})
			forget = append(forget, noArgs(tag.Group, tag.Target{Group: it.Group}, e.Tag))
			if it.Source != "" {
				restore = append(restore, []any{int64(it.Group), e.Tag, it.Source, it.At, it.Why, it.User})
			}
		}
		for _, q := range []struct {
			query string
			rows  [][]any
		}{{`DELETE FROM group_tag WHERE group_key = $1 AND tag = $2`, take}, {dropNo, forget}, {tagTables[tag.Group].put(), restore}} {
			if len(q.rows) == 0 {
				continue
			}
			if _, err := t.bulk(ctx, q.query, q.rows); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, `UPDATE tag_edit SET kept = $1 WHERE id = $2`, e.Kept, id[:]); err != nil {
			return err
		}
		e.Undone, e.UndoneBy, e.UndoNote = s.now(), audit.User, audit.Reason
		audit.Org, audit.Verb, audit.Subject = scope.Org, "tag.undo", "tag_edit:"+id.String()
		audit.After, _ = json.Marshal(map[string]any{"tag": e.Tag, "groups": e.Total - e.Kept, "kept": e.Kept}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return e, err
}

func (t *Tx) tagEditItems(ctx context.Context, id community.ID) ([]tag.Worn, error) {
	r, err := t.query(ctx, `SELECT group_key, was_source, was_why, was_user, was_created FROM tag_edit_item WHERE edit_id = $1 ORDER BY group_key`, id[:])
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []tag.Worn
	for r.Next() {
		var v tag.Worn
		if err := r.Scan((*int64)(&v.Group), &v.Source, &v.Why, &v.User, &v.At); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, r.Err()
}

const tagEditColumns = `SELECT e.id, e.tag, e.put, e.total, e.user_id, e.reason, e.at, e.undone, e.undone_by, e.undo_note, e.kept FROM tag_edit e WHERE e.org_key = $1 `

// inEdits bounds edits to those whose groups are all in a scope.
func inEdits(scope community.Scope) string {
	if scope.Groups == nil {
		return ""
	}
	return ` AND NOT EXISTS (SELECT 1 FROM tag_edit_item i WHERE i.edit_id = e.id AND i.group_key NOT IN (` + keyList(scope.Groups) + `))`
}

func scanTagEdit(r *sql.Rows, v *tag.Edit) error {
	var id []byte
	err := r.Scan(&id, &v.Tag, &v.Put, &v.Total, &v.User, &v.Reason, &v.At, &v.Undone, &v.UndoneBy, &v.UndoNote, &v.Kept)
	copy(v.ID[:], id)
	return err
}

func (t *Tx) tagEdits(ctx context.Context, scope community.Scope, more string, args ...any) ([]tag.Edit, error) {
	r, err := t.query(ctx, tagEditColumns+more+inEdits(scope), append([]any{int64(scope.Org)}, args...)...)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []tag.Edit
	for r.Next() {
		var v tag.Edit
		if err := scanTagEdit(r, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, r.Err()
}

// TagEdits lists edits of many groups, the latest first, at most so many.
func (s *Store) TagEdits(ctx context.Context, scope community.Scope, most int) ([]tag.Edit, error) {
	return rows(ctx, s, tagEditColumns+inEdits(scope)+` ORDER BY e.at DESC, e.id DESC LIMIT $2`, []any{int64(scope.Org), most}, scanTagEdit)
}
