package api

import (
	"encoding/base64"
	"hash/fnv"
	"net/url"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// paging is in the query of every list.
type paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many rows at most"`
	Tag    string `query:"tag" maxLength:"100" doc:"only of groups with this tag"`
	Cursor string `query:"cursor" maxLength:"100" doc:"next of the page before; it fits the same query only"`
}

// sorting is in the query of lists that can be sorted.
type sorting struct {
	Sort string `query:"sort" maxLength:"40" doc:"column to sort by, with - in front: downwards"`
}

// list is a page of rows.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"cursor of the page after this one; left out on the last"`
	Total int    `json:"total" doc:"rows of all pages, counted up to 10,000; -1 = not counted"`
	More  bool   `json:"more,omitempty" doc:"there are more than total says"`
}

// at reads how far a list was read: 0 = from its beginning. A cursor of another query is bad input.
func (c *call) at(p paging) (int64, error) {
	if p.Cursor == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	n, print, ok := strings.Cut(string(raw), ".")
	at, bad := strconv.ParseInt(n, 36, 64)
	if err != nil || !ok || bad != nil || at < 1 || print != c.print() {
		return 0, &refusal{error: community.Errorf(community.CodeBadInput, "cursor: not of this query"),
			faults: []Fault{{"query.cursor", "begin again without it: it belongs to another query, or was changed"}}}
	}
	return at, nil
}

// cursor says how far a list was read.
func (c *call) cursor(at int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at, 36) + "." + c.print()))
}

// print is a fingerprint of what was asked for, the page apart.
func (c *call) print() string {
	q := url.Values{}
	for name, values := range c.R.URL.Query() {
		if name != "limit" && name != "cursor" {
			q[name] = values
		}
	}
	h := fnv.New64a()
	h.Write([]byte(c.R.URL.Path + "?" + q.Encode())) //nolint:errcheck // a hash
	return strconv.FormatUint(h.Sum64(), 36)
}

// page reads which rows of a sorted list are wanted.
func (c *call) page(p paging, s sorting) (community.Page, error) {
	at, err := c.at(p)
	by, down := strings.CutPrefix(s.Sort, "-")
	return community.Page{Limit: p.Limit, Offset: int(at), Sort: by, Desc: down}, err
}

// listed is a page of a list of which rows are known and how many there are in all.
func listed[R, T any](c *call, p community.Page, rows []R, total int, shape func(R) T) list[T] {
	out := list[T]{Items: mapped(rows, shape), Total: min(total, community.CountCap), More: total > community.CountCap}
	if n := p.Offset + len(rows); len(rows) == p.Limit && (n < total || out.More) {
		out.Next = c.cursor(int64(n))
	}
	return out
}

// whole is a list that is given in one piece.
func whole[R, T any](rows []R, shape func(R) T) list[T] {
	return list[T]{Items: mapped(rows, shape), Total: len(rows)}
}

func mapped[R, T any](rows []R, shape func(R) T) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = shape(r)
	}
	return out
}
