package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/table"
)

const tableColumns = `SELECT x.key, x.id, x.org_key, x.group_key, g.id, g.name, x.title, x.note, x.cols, x.access, x.link, x.head, x.shape, x.rows_there, x.user_name, x.created, x.updated, x.closed`
const tableFrom = ` FROM shared_table x LEFT JOIN chat_group g ON g.key = x.group_key`

func scanTable(scan func(...any) error, v *table.Table) error {
	var id, group, cols []byte
	var name sql.NullString
	if err := scan(&v.Key, &id, (*int64)(&v.Org), (*int64)(&v.Group), &group, &name, &v.Title, &v.Note, &cols, (*string)(&v.Access), &v.Link, &v.Head, &v.Shape, &v.Rows, &v.User, &v.Created, &v.Updated, &v.Closed); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	v.GroupName = name.String
	return json.Unmarshal(cols, &v.Columns)
}

// ofGroups bounds what may belong to a group or (0) to the whole organisation: who sees only some groups sees nothing of the latter.
func (d *Desk) ofGroups(c *clause, x string) {
	c.and(x+".org_key = ?", int64(d.scope.Org))
	if d.scope.Groups != nil {
		c.and(x + ".group_key IN (" + keyList(d.scope.Groups) + ")")
	}
}

// Tables lists shared tables of the scope, of one group or (0) of all; those in use or those put away; what changed last comes first.
func (d *Desk) Tables(ctx context.Context, g community.GroupKey, closed bool, page community.Page) ([]table.Table, int, error) {
	var c clause
	d.ofGroups(&c, "x")
	if g != 0 {
		c.and("x.group_key = ?", int64(g))
	}
	c.and(map[bool]string{false: "x.closed = 0", true: "x.closed <> 0"}[closed])
	total, err := d.count(ctx, tableFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, tableColumns+tableFrom+c.String()+fmt.Sprintf(` ORDER BY x.updated DESC, x.key DESC LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), c.args,
		func(r *sql.Rows, v *table.Table) error { return scanTable(r.Scan, v) })
	return list, total, err
}

// TableByID gives one of the scope; CodeNotFound.
func (d *Desk) TableByID(ctx context.Context, id community.ID) (table.Table, error) {
	var c clause
	d.ofGroups(&c, "x")
	c.and("x.id = ?", id[:])
	list, err := rows(ctx, d.s, tableColumns+tableFrom+c.String(), c.args, func(r *sql.Rows, v *table.Table) error { return scanTable(r.Scan, v) })
	return oneOf(list, err, "table", id)
}

// TableByKey gives one, whoever's it is; CodeNotFound.
func (s *Store) TableByKey(ctx context.Context, key int64) (table.Table, error) {
	list, err := rows(ctx, s, tableColumns+tableFrom+` WHERE x.key = $1`, []any{key}, func(r *sql.Rows, v *table.Table) error { return scanTable(r.Scan, v) })
	return oneOf(list, err, "table", key)
}

func (t *Tx) table(ctx context.Context, key int64) (table.Table, error) {
	var v table.Table
	err := scanTable(func(dest ...any) error {
		return t.one(ctx, tableColumns+tableFrom+` WHERE x.key = $1`, []any{key}, dest...)
	}, &v)
	return v, missing(err, "table %d", key)
}

// AddTable keeps a new table with its first rows, which one edit each adds.
func (s *Store) AddTable(ctx context.Context, v table.Table, first []map[string]string, audit community.Audit) (table.Table, error) {
	cols, err := json.Marshal(v.Columns)
	if err != nil {
		return v, err
	}
	v.ID, v.Created, v.Link = s.NewID(), s.now(), 1
	v.Updated = v.Created
	return v, s.writeTx(ctx, func(t *Tx) error {
		var err error
		if v.Key, err = t.keys(ctx, "shared_table", 1); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO shared_table (key, id, org_key, group_key, title, note, cols, access, link, head, shape, rows_there, user_name, created, updated, closed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 0, 0, 0, $9, $10, $10, 0)`,
			v.Key, v.ID[:], int64(v.Org), int64(v.Group), v.Title, v.Note, string(cols), string(v.Access), v.User, v.Created); err != nil {
			return err
		}
		if err := t.addRows(ctx, &v, "first", first, v.User); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = v.Org, "table.add", "table:"+v.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"title": v.Title, "access": v.Access, "columns": len(v.Columns), "rows": len(first)}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// addRows adds rows with an edit each, and keeps how the table stands then.
func (t *Tx) addRows(ctx context.Context, v *table.Table, key string, list []map[string]string, by string) error {
	at := t.store.now()
	for i, values := range list {
		e := table.Edit{Key: key, Verb: table.Add, Values: values, By: by, At: at}
		if i > 0 {
			e.Key = fmt.Sprintf("%s.%d", key, i)
		}
		v.Head++
		row, e := table.Added(e, v.Head)
		if err := t.putRow(ctx, v.Key, row, true); err != nil {
			return err
		}
		if err := t.putEdit(ctx, v.Key, e); err != nil {
			return err
		}
	}
	v.Rows += len(list)
	return t.putHead(ctx, v, at)
}

func (t *Tx) putHead(ctx context.Context, v *table.Table, at int64) error {
	v.Updated = at
	_, err := t.exec(ctx, `UPDATE shared_table SET head = $1, shape = $2, rows_there = $3, updated = $4 WHERE key = $5`, v.Head, v.Shape, v.Rows, at, v.Key)
	return err
}

func (t *Tx) putRow(ctx context.Context, key int64, row table.Row, fresh bool) error {
	cells, err := json.Marshal(row.Cells)
	if err != nil {
		return err
	}
	if fresh {
		t.add(`INSERT INTO shared_row (table_key, no, rev, gone, cells) VALUES ($1, $2, $3, $4, $5)`, key, row.No, row.Rev, row.Gone, string(cells))
		return nil
	}
	_, err = t.exec(ctx, `UPDATE shared_row SET rev = $1, gone = $2, cells = $3 WHERE table_key = $4 AND no = $5`, row.Rev, row.Gone, string(cells), key, row.No)
	return err
}

func (t *Tx) putEdit(ctx context.Context, key int64, e table.Edit) error {
	value := e.Value
	if e.Verb == table.Add {
		raw, err := json.Marshal(e.Values)
		if err != nil {
			return err
		}
		value = string(raw)
	}
	t.add(`INSERT INTO shared_edit (table_key, no, edit_key, verb, row_no, col, seen, value, was, state, user_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, key, e.No, e.Key, e.Verb, e.Row, e.Column, e.Seen, value, e.Was, e.State, e.By, e.At)
	return nil
}

const editColumns = `SELECT no, edit_key, verb, row_no, col, seen, value, was, state, user_name, at FROM shared_edit`

func scanEdit(scan func(...any) error, v *table.Edit) error {
	if err := scan(&v.No, &v.Key, &v.Verb, &v.Row, &v.Column, &v.Seen, &v.Value, &v.Was, &v.State, &v.By, &v.At); err != nil {
		return err
	}
	if v.Verb == table.Add {
		raw := v.Value
		v.Value = ""
		return json.Unmarshal([]byte(raw), &v.Values)
	}
	return nil
}

// EditTable decides on edits of a table and keeps them all, in one transaction: what was kept and what was not is in the answer, and each with
// the row as it stands then. An edit whose key was taken before is not done again: the answer is the first one. may refuses by how the table stands;
// nil = nobody is refused. CodeNotFound: no such table, row or column; CodeConflict: the table was put away, or the key stands for another edit;
// CodeTooLarge: the table is full; CodeBadInput: a value does not fit. On an error nothing is kept.
func (s *Store) EditTable(ctx context.Context, key int64, list []table.Edit, may func(table.Table) error) (out []table.Edit, now []table.Row, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		out, now = nil, nil
		v, err := t.table(ctx, key)
		if err != nil {
			return err
		}
		if may != nil {
			if err := may(v); err != nil {
				return err
			}
		}
		head := v.Head
		for _, e := range list {
			done, row, err := t.edit(ctx, &v, e)
			if err != nil {
				return err
			}
			out, now = append(out, done), append(now, row)
		}
		if v.Head == head {
			return nil
		}
		return t.putHead(ctx, &v, s.now())
	})
	return out, now, err
}

func (t *Tx) edit(ctx context.Context, v *table.Table, e table.Edit) (table.Edit, table.Row, error) {
	var row table.Row
	e, err := v.Tidy(e)
	if err != nil {
		var was table.Edit // what was kept under columns that changed meanwhile is still kept
		if known, found := t.edited(ctx, v.Key, e.Key, &was); found == nil && known {
			row, err := t.row(ctx, v.Key, was.Row)
			return was, row, err
		}
		return e, row, err
	}
	var was table.Edit
	known, err := t.edited(ctx, v.Key, e.Key, &was)
	if err != nil {
		return e, row, err
	}
	if known {
		if !was.Alike(e) {
			return e, row, community.Errorf(community.CodeConflict, "key %s stands for another edit", e.Key)
		}
		row, err := t.row(ctx, v.Key, was.Row)
		return was, row, err
	}
	if v.Closed != 0 {
		return e, row, table.Fault(community.CodeConflict, "这张表已经收起，不能再改。", "this table was put away: nothing in it is changed any more")
	}
	e.At = t.store.now()
	if e.Verb == table.Add {
		if err := table.TooMany(1, v.Rows, 0); err != nil {
			return e, row, err
		}
		v.Head++
		v.Rows++
		row, e = table.Added(e, v.Head)
		if err := t.putRow(ctx, v.Key, row, true); err != nil {
			return e, row, err
		}
		return e, row, t.putEdit(ctx, v.Key, e)
	}
	if row, err = t.row(ctx, v.Key, e.Row); err != nil {
		return e, row, err
	}
	if e.Verb == table.Restore && row.Gone {
		if err := table.TooMany(1, v.Rows, 0); err != nil {
			return e, row, err
		}
	}
	v.Head++
	after, e := table.Apply(row, e, v.Head)
	if e.State == table.Kept {
		switch e.Verb {
		case table.Remove:
			v.Rows--
		case table.Restore:
			v.Rows++
		}
		if err := t.putRow(ctx, v.Key, after, false); err != nil {
			return e, row, err
		}
	}
	return e, after, t.putEdit(ctx, v.Key, e)
}

// edited finds the edit that took a key.
func (t *Tx) edited(ctx context.Context, key int64, taken string, v *table.Edit) (bool, error) {
	err := scanEdit(func(dest ...any) error {
		return t.one(ctx, editColumns+` WHERE table_key = $1 AND edit_key = $2`, []any{key, taken}, dest...)
	}, v)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

const rowColumns = `SELECT no, rev, gone, cells FROM shared_row`

func scanTableRow(scan func(...any) error, v *table.Row) error {
	var cells []byte
	if err := scan(&v.No, &v.Rev, &v.Gone, &cells); err != nil {
		return err
	}
	return json.Unmarshal(cells, &v.Cells)
}

func (t *Tx) row(ctx context.Context, key, no int64) (table.Row, error) {
	var v table.Row
	err := scanTableRow(func(dest ...any) error {
		return t.one(ctx, rowColumns+` WHERE table_key = $1 AND no = $2`, []any{key, no}, dest...)
	}, &v)
	return v, missing(err, "row %d", no)
}

// BringRows adds rows to a table under one key: sent again they are added once. It answers how many were added now, and the table. CodeTooLarge, CodeConflict as
// of EditTable.
func (s *Store) BringRows(ctx context.Context, key int64, taken string, list []map[string]string, by string, audit community.Audit) (n int, v table.Table, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		n = 0
		if v, err = t.table(ctx, key); err != nil {
			return err
		}
		var was table.Edit
		if known, err := t.edited(ctx, key, taken, &was); err != nil || known {
			return err
		}
		if v.Closed != 0 {
			return table.Fault(community.CodeConflict, "这张表已经收起，不能再改。", "this table was put away: nothing in it is changed any more")
		}
		if err := table.TooMany(len(list), v.Rows, 0); err != nil {
			return err
		}
		if err := t.addRows(ctx, &v, taken, list, by); err != nil {
			return err
		}
		n = len(list)
		audit.Org, audit.Verb, audit.Subject = v.Org, "table.import", "table:"+v.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"rows": n}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return n, v, err
}

// SetTable changes title, note, columns, access, links and whether a table is in use. seen is the number of its last change of that sort: CodeConflict when there
// was another meanwhile.
func (s *Store) SetTable(ctx context.Context, v table.Table, seen int64, audit community.Audit) (table.Table, error) {
	cols, err := json.Marshal(v.Columns)
	if err != nil {
		return v, err
	}
	return v, s.writeTx(ctx, func(t *Tx) error {
		had, err := t.table(ctx, v.Key)
		if err != nil {
			return err
		}
		if had.Shape != seen {
			return table.Fault(community.CodeConflict, "别人刚改过这张表的设置：重新打开再改。", "somebody changed how the table is set: look again")
		}
		at := s.now()
		v.Head, v.Rows = had.Head+1, had.Rows
		v.Shape = v.Head
		if _, err := t.exec(ctx, `UPDATE shared_table SET title = $1, note = $2, cols = $3, access = $4, link = $5, closed = $6 WHERE key = $7`, v.Title, v.Note, string(cols), string(v.Access), v.Link, v.Closed, v.Key); err != nil {
			return err
		}
		if err := t.putEdit(ctx, v.Key, table.Edit{Key: fmt.Sprintf("shape.%d", v.Head), Verb: table.Shape, No: v.Head, State: table.Kept, By: audit.User, At: at}); err != nil {
			return err
		}
		if err := t.putHead(ctx, &v, at); err != nil {
			return err
		}
		said := func(x table.Table) json.RawMessage {
			raw, _ := json.Marshal(map[string]any{"title": x.Title, "note": x.Note, "columns": x.Columns, "access": x.Access, "link": x.Link, "closed": x.Closed}) // plain values
			return raw
		}
		audit.Org, audit.Subject, audit.Before, audit.After = v.Org, "table:"+v.ID.String(), said(had), said(v)
		return t.AddAudit(ctx, audit)
	})
}

// TableRows gives all rows of a table, those taken out included, and a number: every edit up to it is in them.
func (s *Store) TableRows(ctx context.Context, key int64) (head int64, list []table.Row, err error) {
	if err := s.read.QueryRowContext(ctx, `SELECT head FROM shared_table WHERE key = $1`, key).Scan(&head); err != nil {
		return 0, nil, missing(coded(s.dialect, err), "table %d", key)
	}
	list, err = rows(ctx, s, rowColumns+` WHERE table_key = $1 ORDER BY no`, []any{key}, func(r *sql.Rows, v *table.Row) error { return scanTableRow(r.Scan, v) })
	return head, list, err
}

// TableRow gives one row; CodeNotFound.
func (s *Store) TableRow(ctx context.Context, key, no int64) (table.Row, error) {
	list, err := rows(ctx, s, rowColumns+` WHERE table_key = $1 AND no = $2`, []any{key, no}, func(r *sql.Rows, v *table.Row) error { return scanTableRow(r.Scan, v) })
	return oneOf(list, err, "row", no)
}

// TableEdits gives the edits that were kept after a number, in order, at most limit (1 to 1000).
func (s *Store) TableEdits(ctx context.Context, key, after int64, limit int) ([]table.Edit, error) {
	return rows(ctx, s, editColumns+fmt.Sprintf(` WHERE table_key = $1 AND no > $2 AND state = 'kept' ORDER BY no LIMIT %d`, min(max(limit, 1), 1000)), []any{key, after}, func(r *sql.Rows, v *table.Edit) error { return scanEdit(r.Scan, v) })
}

// RowHistory gives every edit of a row, the newest first, those that were not kept included; of one column ("" = of all). At most 200.
func (s *Store) RowHistory(ctx context.Context, key, row int64, column string) ([]table.Edit, error) {
	return rows(ctx, s, editColumns+` WHERE table_key = $1 AND row_no = $2 AND state <> 'same' AND ($3 = '' OR col = $3 OR col = '') ORDER BY no DESC LIMIT 200`, []any{key, row, column}, func(r *sql.Rows, v *table.Edit) error { return scanEdit(r.Scan, v) })
}

// EditByKey finds the edit that took a key; false when there is none.
func (s *Store) EditByKey(ctx context.Context, key int64, taken string) (table.Edit, bool, error) {
	list, err := rows(ctx, s, editColumns+` WHERE table_key = $1 AND edit_key = $2`, []any{key, taken}, func(r *sql.Rows, v *table.Edit) error { return scanEdit(r.Scan, v) })
	if err != nil || len(list) == 0 {
		return table.Edit{}, false, err
	}
	return list[0], true, nil
}

const docColumns = `SELECT x.id, x.org_key, x.group_key, g.id, g.name, x.title, x.link, x.owner, x.purpose, x.every, x.review, x.reviewed, x.reviewer, x.note, x.version, x.created, x.gone`
const docFrom = ` FROM outside_doc x LEFT JOIN chat_group g ON g.key = x.group_key`

func scanDoc(r *sql.Rows, v *table.Doc) error {
	var id, group []byte
	var name sql.NullString
	err := r.Scan(&id, (*int64)(&v.Org), (*int64)(&v.Group), &group, &name, &v.Title, &v.Link, &v.Owner, &v.Purpose, &v.Every, &v.Review, &v.Reviewed, &v.Reviewer, &v.Note, &v.Version, &v.Created, &v.Gone)
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	v.GroupName = name.String
	return err
}

// OutsideDocs lists the register of the scope: of one group or (0) of all, those whose review is due until a day (from 1970; 0 = all), the next review first.
func (d *Desk) OutsideDocs(ctx context.Context, g community.GroupKey, until int64, page community.Page) ([]table.Doc, int, error) {
	var c clause
	d.ofGroups(&c, "x")
	c.and("x.gone = 0")
	if g != 0 {
		c.and("x.group_key = ?", int64(g))
	}
	if until != 0 {
		c.and("x.review > 0")
		c.and("x.review <= ?", until)
	}
	total, err := d.count(ctx, docFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, docColumns+docFrom+c.String()+fmt.Sprintf(` ORDER BY CASE WHEN x.review = 0 THEN 1 ELSE 0 END, x.review, x.created, x.id LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), c.args, scanDoc)
	return list, total, err
}

// OutsideDoc gives one of the scope; CodeNotFound.
func (d *Desk) OutsideDoc(ctx context.Context, id community.ID) (table.Doc, error) {
	var c clause
	d.ofGroups(&c, "x")
	c.and("x.id = ?", id[:])
	list, err := rows(ctx, d.s, docColumns+docFrom+c.String(), c.args, scanDoc)
	return oneOf(list, err, "document", id)
}

// PutDoc keeps a document of the register: a new one (version 0), or one as it is now. CodeConflict: it was changed meanwhile.
func (s *Store) PutDoc(ctx context.Context, v table.Doc, audit community.Audit) (table.Doc, error) {
	seen := v.Version
	if v.Version++; seen == 0 {
		v.ID, v.Created = s.NewID(), s.now()
	}
	return v, s.writeTx(ctx, func(t *Tx) error {
		args := []any{v.Title, v.Link, v.Owner, v.Purpose, v.Every, v.Review, v.Reviewed, v.Reviewer, v.Note, v.Version, v.Gone, v.ID[:]}
		if seen == 0 {
			if _, err := t.exec(ctx, `INSERT INTO outside_doc (title, link, owner, purpose, every, review, reviewed, reviewer, note, version, gone, id, org_key, group_key, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
				slices.Concat(args, []any{int64(v.Org), int64(v.Group), v.Created})...); err != nil {
				return err
			}
		} else if err := moved(t.exec(ctx, `UPDATE outside_doc SET title = $1, link = $2, owner = $3, purpose = $4, every = $5, review = $6, reviewed = $7, reviewer = $8, note = $9, version = $10, gone = $11 WHERE id = $12 AND version = $13`, append(args, seen)...)); err != nil {
			return err
		}
		audit.Org, audit.Subject = v.Org, "document:"+v.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"title": v.Title, "link": v.Link, "owner": v.Owner, "purpose": v.Purpose, "every": v.Every, "review": v.Review, "note": v.Note, "gone": v.Gone}) // plain values
		return t.AddAudit(ctx, audit)
	})
}
