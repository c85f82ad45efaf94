package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// bookAt is a version of a group's rulebook.
type bookAt struct {
	group   community.GroupKey
	version int
}

// rulesCalled gives how rules are called in the versions that are asked for, by their ids. There are few on a page.
func (d *Desk) rulesCalled(ctx context.Context, asked map[bookAt]bool) (map[bookAt]map[string]string, error) {
	out := map[bookAt]map[string]string{}
	var where []string
	for b := range asked {
		if b.version > 0 {
			where = append(where, fmt.Sprintf("(group_key = %d AND version = %d)", b.group, b.version))
		}
	}
	if len(where) == 0 {
		return out, nil
	}
	slices.Sort(where)
	type named struct {
		at   bookAt
		body []byte
	}
	list, err := rows(ctx, d.s, `SELECT group_key, version, body FROM rulebook WHERE `+strings.Join(where, " OR "), nil, func(r *sql.Rows, v *named) error {
		return r.Scan((*int64)(&v.at.group), &v.at.version, &v.body)
	})
	if err != nil {
		return nil, err
	}
	for _, one := range list {
		var book struct {
			Rules []struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			} `json:"rules"`
		}
		if json.Unmarshal(one.body, &book) != nil {
			continue // the ids stand for themselves
		}
		names := map[string]string{}
		for _, r := range book.Rules {
			names[r.ID] = r.Name
		}
		out[one.at] = names
	}
	return out, nil
}
