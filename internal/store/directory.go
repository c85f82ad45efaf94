package store

import (
	"context"

	"qunluo/internal/community"
)

// Directory leads from our keys back to what platforms call people. It remembers whom it has looked up.
type Directory struct {
	s    *Store
	seen map[community.MemberKey]community.Who
}

// NewDirectory makes an empty directory.
func (s *Store) NewDirectory() *Directory {
	return &Directory{s, map[community.MemberKey]community.Who{}}
}

// Who is a member as the platform names them, with the name of today; the zero value for key 0.
func (d *Directory) Who(ctx context.Context, key community.MemberKey) (community.Who, error) {
	if key == 0 {
		return community.Who{}, nil
	}
	if who, ok := d.seen[key]; ok {
		return who, nil
	}
	var who community.Who
	err := d.s.read.QueryRowContext(ctx, `SELECT external_id, called, certainty FROM member WHERE key = $1`, int64(key)).Scan(&who.ID, &who.Name, &who.Certainty)
	if err != nil {
		return who, missing(coded(d.s.dialect, err), "member %d", key)
	}
	if len(d.seen) >= maxCached {
		clear(d.seen)
	}
	d.seen[key] = who
	return who, nil
}
