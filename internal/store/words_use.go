package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/wordlist"
)

// SetWordUse notes that a group uses a list at a version; mode "" = it does not any more.
func (s *Store) SetWordUse(ctx context.Context, list int64, g community.GroupKey, version int, mode, user, fault string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if mode == "" {
			_, err := t.exec(ctx, `DELETE FROM word_use WHERE list_key = $1 AND group_key = $2`, list, int64(g))
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO word_use (list_key, group_key, version, mode, at, by_user, fault) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (list_key, group_key) DO UPDATE SET version = excluded.version, mode = excluded.mode, fault = excluded.fault`, list, int64(g), version, mode, s.now(), user, fault)
		return err
	})
}

// WordUse is a list that a group uses.
type WordUse struct {
	List    int64
	Version int
	Mode    string
}

// WordUsesOf tells which lists a group uses.
func (s *Store) WordUsesOf(ctx context.Context, g community.GroupKey) ([]WordUse, error) {
	return rows(ctx, s, `SELECT list_key, version, mode FROM word_use WHERE group_key = $1 ORDER BY list_key`, []any{int64(g)},
		func(r *sql.Rows, v *WordUse) error { return r.Scan(&v.List, &v.Version, &v.Mode) })
}

// WordUsers lists the groups that use a list, with an older version first.
func (s *Store) WordUsers(ctx context.Context, list int64, p community.Page) ([]wordlist.Use, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM word_use WHERE list_key = $1`, list).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	out, err := rows(ctx, s, fmt.Sprintf(`SELECT u.group_key, u.version, u.mode, u.at, u.by_user, u.fault, g.id, g.name, g.mode FROM word_use u JOIN chat_group g ON g.key = u.group_key
WHERE u.list_key = $1 ORDER BY u.version, g.name, g.key LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), []any{list}, func(r *sql.Rows, v *wordlist.Use) error {
		var id []byte
		err := r.Scan((*int64)(&v.Group.Key), &v.Version, &v.Mode, &v.At, &v.By, &v.Fault, &id, &v.Group.Name, (*string)(&v.Group.Mode))
		copy(v.Group.ID[:], id)
		return err
	})
	return out, n, err
}

// WordUsesIn tells which of these groups use a list.
func (s *Store) WordUsesIn(ctx context.Context, list int64, groups []community.GroupKey) (map[community.GroupKey]wordlist.Use, error) {
	got, err := rows(ctx, s, `SELECT group_key, version, mode, at, by_user, fault FROM word_use WHERE list_key = $1 AND group_key IN (`+keyList(groups)+`)`, []any{list}, func(r *sql.Rows, v *wordlist.Use) error {
		return r.Scan((*int64)(&v.Group.Key), &v.Version, &v.Mode, &v.At, &v.By, &v.Fault)
	})
	out := map[community.GroupKey]wordlist.Use{}
	for _, u := range got {
		out[u.Group.Key] = u
	}
	return out, err
}

// WordUserKeys lists the groups that use a list.
func (s *Store) WordUserKeys(ctx context.Context, list int64) ([]community.GroupKey, error) {
	return rows(ctx, s, `SELECT group_key FROM word_use WHERE list_key = $1 ORDER BY group_key`, []any{list},
		func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
}

const runColumns = `SELECT id, list_key, kind, state, done, total, at, by_user, note, file, error, report FROM word_run`

func scanRun(r *sql.Rows, v *wordlist.Run) error {
	var id []byte
	var report string
	if err := r.Scan(&id, &v.List, &v.Kind, &v.State, &v.Done, &v.Of, &v.At, &v.User, &v.Note, &v.File, &v.Error, &report); err != nil {
		return err
	}
	copy(v.ID[:], id)
	return json.Unmarshal([]byte(report), &v.Report)
}

// AddWordRun begins a run and the job that does it, whose key is the run's id ("" = the caller does it). body is what it works
// on.
func (s *Store) AddWordRun(ctx context.Context, run wordlist.Run, body []byte, job string) (wordlist.Run, error) {
	packed, err := pack(body)
	if err != nil {
		return run, err
	}
	run.ID, run.At, run.State = s.NewID(), s.now(), wordlist.RunBusy
	err = s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO word_run (id, list_key, kind, state, done, total, at, by_user, note, file, error, body, report) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, '{}')`,
			run.ID[:], run.List, run.Kind, run.State, run.Done, run.Of, run.At, run.User, run.Note, run.File, packed)
		if job != "" {
			t.Enqueue(Job{Kind: job, Key: run.ID.String(), RunAt: run.At, Max: 5})
		}
		return err
	})
	return run, err
}

// WordRunNow gives a run; CodeNotFound.
func (s *Store) WordRunNow(ctx context.Context, id community.ID) (wordlist.Run, error) {
	list, err := rows(ctx, s, runColumns+` WHERE id = $1`, []any{id[:]}, scanRun)
	return oneOf(list, err, "run", id)
}

// WordRuns lists the runs of a list, the newest first.
func (s *Store) WordRuns(ctx context.Context, list int64, p community.Page) ([]wordlist.Run, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM word_run WHERE list_key = $1`, list).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	out, err := rows(ctx, s, runColumns+fmt.Sprintf(` WHERE list_key = $1 ORDER BY at DESC, id DESC LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), []any{list}, scanRun)
	return out, n, err
}

// WordRunBody reads what a run works on.
func (s *Store) WordRunBody(ctx context.Context, id community.ID) ([]byte, error) {
	var packed []byte
	if err := s.read.QueryRowContext(ctx, `SELECT body FROM word_run WHERE id = $1`, id[:]).Scan(&packed); err != nil {
		return nil, missing(coded(s.dialect, err), "run %s", id)
	}
	return unpackUpTo(packed, 4*MaxAsset)
}

// SetWordRun notes how far a run is; body nil = as it was.
func (s *Store) SetWordRun(ctx context.Context, run wordlist.Run, body []byte) error {
	report, err := json.Marshal(run.Report)
	if err != nil {
		return err
	}
	var packed []byte
	if body != nil {
		if packed, err = pack(body); err != nil {
			return err
		}
	}
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE word_run SET state = $1, done = $2, total = $3, error = $4, report = $5 WHERE id = $6`, run.State, run.Done, run.Of, run.Error, string(report), run.ID[:])
		if err == nil && body != nil {
			_, err = t.exec(ctx, `UPDATE word_run SET body = $1 WHERE id = $2`, packed, run.ID[:])
		}
		return err
	})
}

// TakeWordRun moves a run from one state to another; CodeConflict when it is not in the first.
func (s *Store) TakeWordRun(ctx context.Context, id community.ID, from, to string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE word_run SET state = $1 WHERE id = $2 AND state = $3`, to, id[:], from)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "it is no longer %s", from)
		}
		return err
	})
}

const insertWordHit = `INSERT INTO word_hit (list_id, word, decision_id, group_key, at, dry) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`

// wordHits notes the words of word lists that a decision rests on; dry when all rules that found them were.
func (t *Tx) wordHits(d *community.Decision) {
	for _, w := range wordlist.WordsOf(*d) {
		t.add(insertWordHit, w.List, w.Word, d.ID[:], int64(d.Group), d.At, !liveWord(d, w))
	}
}

func liveWord(d *community.Decision, w community.HitWord) bool {
	for _, h := range d.Hits {
		for _, x := range h.Words {
			if x.List == w.List && x.Word == w.Word && !h.Dry {
				return true
			}
		}
	}
	return false
}

const scoreOf = `SELECT h.word, count(*), coalesce(sum(CASE WHEN d.resolution IN ('kept', 'undone', 'false_hit') THEN 1 ELSE 0 END), 0),
 coalesce(sum(CASE WHEN d.resolution IN ('undone', 'false_hit') THEN 1 ELSE 0 END), 0), max(h.at)
FROM word_hit h JOIN decision d ON d.id = h.decision_id WHERE h.list_id = $1`

func scanScore(r *sql.Rows, v *wordlist.Score) error {
	return r.Scan(&v.Word, &v.Hits, &v.Judged, &v.Wrong, &v.Last)
}

// WordScores lists the words of a list that hit, those that were wrong most often first, then the busiest.
func (s *Store) WordScores(ctx context.Context, list community.ID, p community.Page) ([]wordlist.Score, int, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(DISTINCT word) FROM word_hit WHERE list_id = $1`, list.String()).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	out, err := rows(ctx, s, scoreOf+fmt.Sprintf(` GROUP BY h.word ORDER BY 4 DESC, 2 DESC, h.word LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), []any{list.String()}, scanScore)
	return out, n, err
}

// WordScore gives one word's score since a time (UTC ms).
func (s *Store) WordScore(ctx context.Context, list string, word, since int64) (wordlist.Score, error) {
	out, err := rows(ctx, s, scoreOf+` AND h.word = $2 AND h.at >= $3 GROUP BY h.word`, []any{list, word, since}, scanScore)
	if err != nil || len(out) == 0 {
		return wordlist.Score{Word: word}, err
	}
	return out[0], nil
}
