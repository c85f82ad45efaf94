package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/wordlist"
)

const listColumns = `SELECT l.key, l.id, l.org_key, l.name, l.note, l.pack, l.version, l.created, l.changed, l.by_user, l.closed,
 (SELECT count(*) FROM word w WHERE w.list_key = l.key AND w.until = 0 AND w.state = 'active'),
 (SELECT count(*) FROM word w WHERE w.list_key = l.key AND w.until = 0 AND w.state = 'held'),
 (SELECT count(*) FROM word w WHERE w.list_key = l.key AND w.until = 0 AND w.state = 'suspended'),
 (SELECT count(*) FROM word_use u WHERE u.list_key = l.key),
 (SELECT count(*) FROM word_use u WHERE u.list_key = l.key AND u.version <> l.version) FROM word_list l`

func scanList(r *sql.Rows, l *wordlist.List) error {
	var id []byte
	err := r.Scan(&l.Key, &id, (*int64)(&l.Org), &l.Name, &l.Note, &l.Pack, &l.Version, &l.Created, &l.Changed, &l.By, &l.Closed,
		&l.Active, &l.Held, &l.Suspended, &l.Groups, &l.Behind)
	copy(l.ID[:], id)
	return err
}

// AddWordList keeps a new, empty list. CodeConflict: one in use has the name; CodeTooLarge: there are MaxLists.
func (s *Store) AddWordList(ctx context.Context, l wordlist.List, audit community.Audit) (wordlist.List, error) {
	if err := l.Check(); err != nil {
		return l, err
	}
	l.Name = strings.TrimSpace(l.Name)
	err := s.writeTx(ctx, func(t *Tx) error {
		if err := t.freeName(ctx, l); err != nil {
			return err
		}
		key, err := t.keys(ctx, "word_list", 1)
		if err != nil {
			return err
		}
		l.Key, l.ID, l.Created, l.Changed = key, s.NewID(), s.now(), s.now()
		_, err = t.exec(ctx, `INSERT INTO word_list (key, id, org_key, name, note, pack, version, last_number, created, changed, by_user, closed) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, $9, 0)`,
			l.Key, l.ID[:], int64(l.Org), l.Name, l.Note, l.Pack, l.Created, l.Changed, l.By)
		if err != nil {
			return err
		}
		audit.Org, audit.Subject = l.Org, "words:"+l.ID.String()
		audit.After = listAudit(l)
		return t.AddAudit(ctx, audit)
	})
	return l, err
}

func (t *Tx) freeName(ctx context.Context, l wordlist.List) error {
	var same, all int
	err := t.one(ctx, `SELECT coalesce(sum(CASE WHEN name = $1 THEN 1 ELSE 0 END), 0), count(*) FROM word_list WHERE org_key = $2 AND closed = 0 AND key <> $3`,
		[]any{l.Name, int64(l.Org), l.Key}, &same, &all)
	switch {
	case err != nil:
		return err
	case same > 0:
		return community.Errorf(community.CodeConflict, "a list is called that already")
	case all >= wordlist.MaxLists:
		return community.Errorf(community.CodeTooLarge, "at most %d lists", wordlist.MaxLists)
	}
	return nil
}

func listAudit(l wordlist.List) json.RawMessage {
	raw, _ := json.Marshal(map[string]any{"name": l.Name, "note": l.Note, "closed": l.Closed}) // plain values
	return raw
}

// SetWordList changes a list's name, note and whether it is put away. CodeConflict as AddWordList.
func (s *Store) SetWordList(ctx context.Context, l wordlist.List, audit community.Audit) error {
	if err := l.Check(); err != nil {
		return err
	}
	before, err := s.WordListByID(ctx, l.Org, l.ID)
	if err != nil {
		return err
	}
	l.Key, l.Name = before.Key, strings.TrimSpace(l.Name)
	return s.writeTx(ctx, func(t *Tx) error {
		if l.Closed == 0 {
			if err := t.freeName(ctx, l); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, `UPDATE word_list SET name = $1, note = $2, closed = $3 WHERE key = $4`, l.Name, l.Note, l.Closed, l.Key); err != nil {
			return err
		}
		audit.Org, audit.Subject, audit.Before, audit.After = l.Org, "words:"+l.ID.String(), listAudit(before), listAudit(l)
		return t.AddAudit(ctx, audit)
	})
}

// WordLists lists an organisation's word lists, those in use first, then by name.
func (s *Store) WordLists(ctx context.Context, org community.OrgKey, p community.Page) ([]wordlist.List, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM word_list WHERE org_key = $1`, int64(org)).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, listColumns+fmt.Sprintf(` WHERE l.org_key = $1 ORDER BY CASE WHEN l.closed = 0 THEN 0 ELSE 1 END, l.name, l.key LIMIT %d OFFSET %d`,
		limitOf(p.Limit), max(p.Offset, 0)), []any{int64(org)}, scanList)
	return list, n, err
}

// WordListByID gives one list; CodeNotFound.
func (s *Store) WordListByID(ctx context.Context, org community.OrgKey, id community.ID) (wordlist.List, error) {
	list, err := rows(ctx, s, listColumns+` WHERE l.org_key = $1 AND l.id = $2`, []any{int64(org), id[:]}, scanList)
	return oneOf(list, err, "word list", id)
}

// WordListByKey gives one list, whichever organisation has it; CodeNotFound.
func (s *Store) WordListByKey(ctx context.Context, key int64) (wordlist.List, error) {
	list, err := rows(ctx, s, listColumns+` WHERE l.key = $1`, []any{key}, scanList)
	return oneOf(list, err, "word list", key)
}

const wordColumns = `w.number, w.text, w.category, w.level, w.views, w.expires, w.state, w.why, w.since`

func scanWord(r *sql.Rows, e *wordlist.Entry) error {
	return r.Scan(wordFields(e)...)
}

func wordFields(e *wordlist.Entry) []any {
	return []any{&e.Number, &e.Text, &e.Category, &e.Level, &e.Views, &e.Expires, (*string)(&e.State), &e.Why, &e.Since}
}

// then adds the condition that rows hold in a version; 0 = now.
func then(c *clause, version int) {
	if version == 0 {
		c.and("w.until = 0")
		return
	}
	c.and("w.since <= ?", version)
	c.and("(w.until = 0 OR w.until > ?)", version)
}

// FindWords lists words of a list. Sort: "text", "level", "expires", "category"; else the newest first.
func (s *Store) FindWords(ctx context.Context, list int64, f wordlist.Filter) ([]wordlist.Entry, int, error) {
	var c clause
	c.and("w.list_key = ?", list)
	then(&c, f.Version)
	if f.Text != "" {
		like := "%" + likely(f.Text) + "%"
		c.and(`(w.text LIKE ? ESCAPE '\' OR w.fold LIKE ? ESCAPE '\')`, like, "%"+likely(wordlist.FoldOf(f.Text))+"%")
	}
	if f.Category != "" {
		c.and("w.category = ?", strings.TrimPrefix(f.Category, "-"))
	}
	if f.State != "" {
		c.and("w.state = ?", string(f.State))
	}
	order, err := sorts{"text": "w.text", "level": "w.level", "expires": "w.expires", "category": "w.category", "": "w.number"}.newest(f.Page, "w.number", "w.number")
	if err != nil {
		return nil, 0, err
	}
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM word w`+c.String(), c.args...).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	out, err := rows(ctx, s, `SELECT `+wordColumns+` FROM word w`+c.String()+order, c.args, scanWord)
	return out, n, err
}

// EachWord goes through the words of a version (0 = now) in the order of their numbers.
func (s *Store) EachWord(ctx context.Context, list int64, version int, each func(e wordlist.Entry) error) error {
	var c clause
	c.and("w.list_key = ?", list)
	then(&c, version)
	r, err := s.read.QueryContext(ctx, `SELECT `+wordColumns+` FROM word w`+c.String()+` ORDER BY w.number`, c.args...)
	if err != nil {
		return coded(s.dialect, err)
	}
	defer r.Close()
	for r.Next() {
		var e wordlist.Entry
		if err := scanWord(r, &e); err != nil {
			return err
		}
		if err := each(e); err != nil {
			return err
		}
	}
	return coded(s.dialect, r.Err())
}

// WordsByNumber gives words of a list as they are now or were last, by number.
func (s *Store) WordsByNumber(ctx context.Context, list int64, numbers []int64) (map[int64]wordlist.Entry, error) {
	got, err := rows(ctx, s, `SELECT `+wordColumns+` FROM word w WHERE w.list_key = $1 AND w.number IN (`+keyList(numbers)+`) ORDER BY w.since`, []any{list}, scanWord)
	out := map[int64]wordlist.Entry{}
	for _, e := range got {
		out[e.Number] = e
	}
	return out, err
}

// WordsNow gives words of a list as they are now, by number; those that are gone are left out.
func (s *Store) WordsNow(ctx context.Context, list int64, numbers []int64) ([]wordlist.Entry, error) {
	return rows(ctx, s, `SELECT `+wordColumns+` FROM word w WHERE w.list_key = $1 AND w.until = 0 AND w.number IN (`+keyList(numbers)+`) ORDER BY w.number`, []any{list}, scanWord)
}

// WordCategories counts the words of a list by category, the largest first.
func (s *Store) WordCategories(ctx context.Context, list int64) ([]wordlist.Counted, error) {
	return rows(ctx, s, `SELECT category, count(*) FROM word WHERE list_key = $1 AND until = 0 GROUP BY category ORDER BY count(*) DESC, category LIMIT 200`, []any{list},
		func(r *sql.Rows, v *wordlist.Counted) error { return r.Scan(&v.Name, &v.N) })
}

const versionColumns = `SELECT version, at, by_user, kind, note, added, removed, changed, asset FROM word_version`

func scanVersion(r *sql.Rows, v *wordlist.Version) error {
	return r.Scan(&v.Number, &v.At, &v.User, &v.Kind, &v.Note, &v.Added, &v.Removed, &v.Changed, &v.Asset)
}

// WordVersions lists a list's versions, the newest first.
func (s *Store) WordVersions(ctx context.Context, list int64, p community.Page) ([]wordlist.Version, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM word_version WHERE list_key = $1`, list).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	out, err := rows(ctx, s, versionColumns+fmt.Sprintf(` WHERE list_key = $1 ORDER BY version DESC LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), []any{list}, scanVersion)
	return out, n, err
}

// WordVersion gives one version; CodeNotFound.
func (s *Store) WordVersion(ctx context.Context, list int64, version int) (wordlist.Version, error) {
	out, err := rows(ctx, s, versionColumns+` WHERE list_key = $1 AND version = $2`, []any{list, version}, scanVersion)
	return oneOf(out, err, "version", version)
}

// SetWordAsset notes the content of a version.
func (s *Store) SetWordAsset(ctx context.Context, list int64, version int, hash string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE word_version SET asset = $1 WHERE list_key = $2 AND version = $3`, hash, list, version)
		return err
	})
}

// WordChanges lists the words that differ between two versions of a list, by number.
func (s *Store) WordChanges(ctx context.Context, list int64, from, to int, p community.Page) ([]wordlist.Change, int, error) {
	const numbers = ` FROM word WHERE list_key = $1 AND (since > $2 AND since <= $3 OR until > $2 AND until <= $3)`
	args := []any{list, min(from, to), max(from, to)}
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(DISTINCT number)`+numbers, args...).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	got, err := rows(ctx, s, `SELECT DISTINCT number`+numbers+fmt.Sprintf(` ORDER BY number LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), args,
		func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	if err != nil {
		return nil, 0, err
	}
	out := make([]wordlist.Change, len(got))
	at := map[int64]int{}
	for i, number := range got {
		at[number] = i
	}
	for side, version := range []int{from, to} {
		entries, err := s.wordsIn(ctx, list, version, got)
		if err != nil {
			return nil, 0, err
		}
		for _, e := range entries {
			if side == 0 {
				out[at[e.Number]].Before = &e
			} else {
				out[at[e.Number]].After = &e
			}
		}
	}
	return out, n, nil
}

func (s *Store) wordsIn(ctx context.Context, list int64, version int, numbers []int64) ([]wordlist.Entry, error) {
	return rows(ctx, s, `SELECT `+wordColumns+` FROM word w WHERE w.list_key = $1 AND w.since <= $2 AND (w.until = 0 OR w.until > $2) AND w.number IN (`+keyList(numbers)+`)`,
		[]any{list, version}, scanWord)
}

// LastSeq is the sequence of a group's newest event; 0 = it has none.
func (s *Store) LastSeq(ctx context.Context, g community.GroupKey) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM event WHERE group_key = $1`, int64(g)).Scan(&n)
	return n, coded(s.dialect, err)
}

// ProvedEvents tells which events of a group a rule hit rightly, as a person said.
func (s *Store) ProvedEvents(ctx context.Context, g community.GroupKey) (map[int64]bool, error) {
	list, err := rows(ctx, s, `SELECT event_number FROM decision WHERE group_key = $1 AND resolution = 'kept'`, []any{int64(g)}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	out := map[int64]bool{}
	for _, n := range list {
		out[n] = true
	}
	return out, err
}

// DecisionNow gives a decision and its organisation; CodeNotFound.
func (s *Store) DecisionNow(ctx context.Context, id community.ID) (community.OrgKey, community.Decision, error) {
	var d community.Decision
	var body []byte
	var org int64
	err := s.read.QueryRowContext(ctx, `SELECT g.org_key, d.body FROM decision d JOIN chat_group g ON g.key = d.group_key WHERE d.id = $1`, id[:]).Scan(&org, &body)
	if err != nil {
		return 0, d, missing(coded(s.dialect, err), "decision %s", id)
	}
	return community.OrgKey(org), d, json.Unmarshal(body, &d)
}
