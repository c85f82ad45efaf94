package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/identity"
)

// maxCandidates bounds how many members with something in common are compared at once, of each kind of evidence.
const maxCandidates = 4000

// called is what members are called now: over chat groups, and on desks.
const called = `(SELECT a.member_key, a.shown FROM views.anyone a WHERE a.org_key = $1 UNION
 SELECT p.member_key, p.shown FROM views.people p JOIN chat_group g ON g.key = p.group_key WHERE g.desk AND g.org_key = $1)`

// sharing are the questions for members with something in common, each in order of what that is. That of ids names the
// condition of its index (alias_shared) in full.
var sharing = []struct {
	evidence identity.Evidence
	query    string
}{
	{identity.SameUnion, `SELECT s.value, m.key, m.platform, m.certainty FROM member_sign s JOIN member m ON m.key = s.member_key
WHERE m.org_key = $1 AND s.kind = 'union' AND s.value IN (SELECT value FROM member_sign WHERE kind = 'union' GROUP BY value HAVING count(*) > 1)`},
	{identity.SameID, `SELECT a.external_id, m.key, m.platform, m.certainty FROM (SELECT external_id FROM alias
 WHERE org_key = $1 AND kind = 'member' AND realm = '' AND length(external_id) >= 16 GROUP BY external_id HAVING count(*) > 1) d JOIN alias a ON a.external_id = d.external_id
JOIN member m ON m.key = a.key WHERE a.org_key = $1 AND a.kind = 'member' AND a.realm = '' AND length(a.external_id) >= 16`},
	{identity.SameName, `SELECT n.shown, m.key, m.platform, m.certainty FROM ` + called + ` n JOIN member m ON m.key = n.member_key
WHERE NOT m.bot AND n.shown IN (SELECT shown FROM ` + called + ` c WHERE length(shown) > 2 GROUP BY shown HAVING count(*) BETWEEN 2 AND 5)`},
}

// Suggestions lists pairs of members who may be one human, the best evidence first; m: only those of one member, 0 = all. What
// people decided about them counts at once; where there are more than manyMembers, who has something in common with whom may
// be up to candidatesFresh old, since finding that out costs time in proportion to the members.
func (d *Desk) Suggestions(ctx context.Context, m community.MemberKey, p community.Page) ([]identity.Pair, int, error) {
	if p.Offset < 0 || p.Sort != "" {
		return nil, 0, community.Errorf(community.CodeBadInput, "suggestions have one order")
	}
	list, err := d.s.candidates(ctx, d.scope.Org)
	if err != nil {
		return nil, 0, err
	}
	book, err := d.personBook(ctx)
	if err != nil {
		return nil, 0, err
	}
	apart, err := d.apart(ctx)
	if err != nil {
		return nil, 0, err
	}
	return d.pairs(ctx, identity.Suggest(list, book, apart), m, p)
}

// manyMembers is from how many members on candidates are kept for a while, and candidatesFresh for how long.
const (
	manyMembers     = 20_000
	candidatesFresh = time.Minute
)

// alikes are the candidates of large organisations, as last read.
type alikes struct {
	mu   sync.Mutex // held while reading: whoever asks meanwhile gets the same
	kept map[community.OrgKey]alike
}

type alike struct {
	list []identity.Candidate
	at   int64 // ms
}

// get gives what was read within candidatesFresh before now, or reads. What is of the future was read before the clock was
// put back, and counts as old.
func (a *alikes) get(org community.OrgKey, now func() int64, read func() ([]identity.Candidate, error)) ([]identity.Candidate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if was, ok := a.kept[org]; ok && was.at <= now() && now()-was.at < candidatesFresh.Milliseconds() {
		return was.list, nil
	}
	list, err := read()
	if err != nil {
		return nil, err
	}
	if a.kept == nil {
		a.kept = map[community.OrgKey]alike{}
	}
	a.kept[org] = alike{list, now()}
	return list, nil
}

func (s *Store) candidates(ctx context.Context, org community.OrgKey) ([]identity.Candidate, error) {
	var members int64
	if err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(key), 0) FROM member`).Scan(&members); err != nil {
		return nil, coded(s.dialect, err)
	}
	read := func() ([]identity.Candidate, error) { return s.readCandidates(ctx, org) }
	if members < manyMembers {
		return read()
	}
	return s.alikes.get(org, s.now, read)
}

func (s *Store) readCandidates(ctx context.Context, org community.OrgKey) ([]identity.Candidate, error) {
	var all []identity.Candidate
	for _, ask := range sharing {
		list, err := rows(ctx, s, ask.query+fmt.Sprintf(" ORDER BY 1, 2 LIMIT %d", maxCandidates), []any{int64(org)}, func(r *sql.Rows, v *identity.Candidate) error {
			v.Evidence = ask.evidence
			return r.Scan(&v.Value, (*int64)(&v.Member), &v.Platform, &v.Certainty)
		})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// apart gives the pairs that somebody said no to, as a question.
func (d *Desk) apart(ctx context.Context) (func(one, two community.MemberKey) bool, error) {
	type pair [2]community.MemberKey
	list, err := rows(ctx, d.s, `SELECT a.one_key, a.two_key FROM person_apart a CROSS JOIN member m WHERE m.key = a.one_key AND m.org_key = $1`, []any{int64(d.scope.Org)},
		func(r *sql.Rows, v *pair) error { return r.Scan((*int64)(&v[0]), (*int64)(&v[1])) })
	said := map[pair]bool{}
	for _, p := range list {
		said[p] = true
	}
	return func(one, two community.MemberKey) bool { return said[pair{min(one, two), max(one, two)}] }, err
}

// pairs dresses a page of matches; those with a member outside the scope are left out.
func (d *Desk) pairs(ctx context.Context, matches []identity.Match, m community.MemberKey, p community.Page) ([]identity.Pair, int, error) {
	var keys []community.MemberKey
	for _, x := range matches {
		if m == 0 || x.One == m || x.Two == m {
			keys = append(keys, x.One, x.Two)
		}
	}
	known, err := d.known(ctx, keys)
	if err != nil {
		return nil, 0, err
	}
	var list []identity.Pair
	for _, x := range matches {
		a, ok := known[x.One]
		b, also := known[x.Two]
		if ok && also {
			list = append(list, identity.Pair{Match: x, A: a, B: b})
		}
	}
	total := len(list)
	list = list[min(p.Offset, total):min(p.Offset+limitOf(p.Limit), total)]
	for i := range list {
		if list[i].GroupsA, err = d.groupNames(ctx, list[i].One); err != nil {
			return nil, 0, err
		}
		if list[i].GroupsB, err = d.groupNames(ctx, list[i].Two); err != nil {
			return nil, 0, err
		}
	}
	return list, total, nil
}

// groupNames names up to three groups that a member is or was in.
func (d *Desk) groupNames(ctx context.Context, m community.MemberKey) ([]string, error) {
	var c clause
	d.in(&c, "g")
	c.and("p.member_key = ?", int64(m))
	return rows(ctx, d.s, `SELECT g.name FROM views.people p JOIN chat_group g ON g.key = p.group_key`+c.String()+` ORDER BY p.messages DESC, g.key LIMIT 3`, c.args,
		func(r *sql.Rows, v *string) error { return r.Scan(v) })
}
