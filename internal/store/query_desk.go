package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Desk is the only handle through which doors read: an organisation, and in it the groups that a person may see. What
// lies outside is not found. Totals are counted up to community.CountCap; a sort or a page that is not allowed gives
// community.CodeBadInput.
type Desk struct {
	s     *Store
	scope community.Scope
}

// For gives the reading handle of a scope.
func (s *Store) For(scope community.Scope) *Desk { return &Desk{s: s, scope: scope} }

// clause is a WHERE under construction.
type clause struct {
	parts []string
	args  []any
}

// and adds a condition; each ? in it takes the next value.
func (c *clause) and(condition string, values ...any) {
	var b strings.Builder
	for _, part := range strings.SplitAfter(condition, "?") {
		if !strings.HasSuffix(part, "?") {
			b.WriteString(part)
			continue
		}
		b.WriteString(strings.TrimSuffix(part, "?"))
		b.WriteString(c.arg(values[0]))
		values = values[1:]
	}
	c.parts = append(c.parts, b.String())
}

// arg adds a value and gives its placeholder.
func (c *clause) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *clause) String() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
}

// in bounds a column of group keys by the scope; g is the joined chat_group.
func (d *Desk) in(c *clause, g string) {
	c.and(g+".org_key = ?", int64(d.scope.Org))
	if d.scope.Groups != nil {
		c.and(g + ".key IN (" + keyList(d.scope.Groups) + ")")
	}
}

// oneOfThem is an IN with a place for each value, for clause.and; without a value it holds nothing.
func oneOfThem[T any](values []T) (in string, args []any) {
	for _, v := range values {
		args = append(args, v)
	}
	return "IN (NULL" + strings.Repeat(", ?", len(values)) + ")", args
}

// keyList prints keys for an IN; an empty list holds nothing.
func keyList[K ~int64](keys []K) string {
	if len(keys) == 0 {
		return "NULL"
	}
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(int64(k), 10))
	}
	return b.String()
}

// tagged asks for groups with a tag, by what it is called now.
func tagged(c *clause, g, tag string) {
	if tag != "" {
		c.and("EXISTS (SELECT 1 FROM group_tag t WHERE t.group_key = "+g+".key AND t.tag = coalesce((SELECT o.name FROM tag_alias o WHERE o.org_key = "+g+".org_key AND o.scope = 'group' AND o.old = ?), ?))", tag, tag)
	}
}

func within(c *clause, column string, from, to int64) {
	if from != 0 {
		c.and(column+" >= ?", from)
	}
	if to != 0 {
		c.and(column+" < ?", to)
	}
}

// Bounds of a page.
const (
	defaultLimit = 50
	maxLimit     = 200
)

func limitOf(n int) int {
	switch {
	case n <= 0:
		return defaultLimit
	case n > maxLimit:
		return maxLimit
	}
	return n
}

// sorts maps the sort names of a question to columns.
type sorts map[string]string

// by gives the ORDER BY of a page. tie makes the order total.
func (p sorts) by(page community.Page, byDefault, tie string) (string, error) {
	column, ok := p[page.Sort]
	if page.Sort == "" {
		column, ok = byDefault, true
	}
	if !ok {
		return "", community.Errorf(community.CodeBadInput, "sort %q is not offered", page.Sort)
	}
	dir := ""
	if page.Desc {
		dir = " DESC"
	}
	return fmt.Sprintf(" ORDER BY %s%s, %s%s", column, dir, tie, dir), nil
}

// order gives ORDER BY and LIMIT of a page.
func (p sorts) order(page community.Page, byDefault, tie string) (string, error) {
	by, err := p.by(page, byDefault, tie)
	if err == nil && page.Offset < 0 {
		err = community.Errorf(community.CodeBadInput, "offset %d", page.Offset)
	}
	return fmt.Sprintf("%s LIMIT %d OFFSET %d", by, limitOf(page.Limit), page.Offset), err
}

// newest is order for lists whose default is the newest first.
func (p sorts) newest(page community.Page, column, tie string) (string, error) {
	if page.Sort == "" {
		page.Desc = !page.Desc
	}
	return p.order(page, column, tie)
}

// count counts the rows of a FROM … WHERE …, up to the cap and one more.
func (d *Desk) count(ctx context.Context, from string, args []any) (int, error) {
	var n int
	err := d.s.read.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 AS one %s LIMIT %d) AS counted", from, community.CountCap+1), args...).Scan(&n)
	return n, coded(d.s.dialect, err)
}

// rows reads every row of a query with scan.
func rows[T any](ctx context.Context, s *Store, query string, args []any, scan func(r *sql.Rows, v *T) error) ([]T, error) {
	r, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, coded(s.dialect, err)
	}
	defer r.Close()
	var list []T
	for r.Next() {
		var v T
		if err := scan(r, &v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, r.Err()
}

// one gives the only row of a list.
func oneOf[T any](list []T, err error, what string, id any) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	if len(list) == 0 {
		return none, community.Errorf(community.CodeNotFound, "%s %v: not found", what, id)
	}
	return list[0], nil
}

// maxSought bounds what is looked for in names, in bytes: more than any of them holds. SQLite takes no pattern over 50,000.
const maxSought = 4000

// likely prints a text for LIKE … ESCAPE '\'.
func likely(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(clip(s, maxSought)) + "%"
}

// labels are the words that rows show for keys.
type labels struct {
	groups  map[community.GroupKey]label
	members map[community.MemberKey]label
}

type label struct {
	id       community.ID
	name     string
	external string
}

// label reads the names of groups and members, as they are now.
func (d *Desk) label(ctx context.Context, groups map[community.GroupKey]label, members map[community.MemberKey]label) (labels, error) {
	l := labels{groups, members}
	err := d.labelsOf(ctx, `SELECT key, id, name, external_id FROM chat_group WHERE key IN (`+keyList(sortedKeys(groups))+`)`,
		func(key int64, v label) { groups[community.GroupKey(key)] = v })
	if err != nil {
		return l, err
	}
	return l, d.labelsOf(ctx, `SELECT key, id, called, external_id FROM member WHERE key IN (`+keyList(sortedKeys(members))+`)`,
		func(key int64, v label) { members[community.MemberKey(key)] = v })
}

func sortedKeys[K ~int64, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (d *Desk) labelsOf(ctx context.Context, query string, put func(key int64, v label)) error {
	type row struct {
		key int64
		label
	}
	list, err := rows(ctx, d.s, query, nil, func(r *sql.Rows, v *row) error {
		var id []byte
		err := r.Scan(&v.key, &id, &v.name, &v.external)
		copy(v.id[:], id)
		return err
	})
	for _, v := range list {
		put(v.key, v.label)
	}
	return err
}
