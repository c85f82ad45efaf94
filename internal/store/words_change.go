package store

import (
	"context"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
	"qunluo/internal/wordlist"
)

// WordChange is what a person, an import or the program does to the words of a list. It becomes one version.
type WordChange struct {
	List wordlist.List    // as it was read: another version since is a conflict
	Put  []wordlist.Entry // new ones, or in place of those of the same form
	Drop []int64          // numbers
	Kind string
	User string
	Note string
}

// ChangeWords makes a new version of a list. What changes nothing is left out; CodeConflict when nothing is left, or when
// the list has another version than the caller saw; CodeTooLarge when it would have more than lexicon.MaxList words.
func (s *Store) ChangeWords(ctx context.Context, ch WordChange, audit community.Audit) (wordlist.Version, error) {
	for _, e := range ch.Put {
		if err := e.Check(); err != nil {
			return wordlist.Version{}, err
		}
	}
	v := wordlist.Version{Number: ch.List.Version + 1, At: s.now(), User: ch.User, Kind: ch.Kind, Note: ch.Note}
	err := s.writeTx(ctx, func(t *Tx) error {
		w := wordWriter{t: t, list: ch.List.Key, v: &v}
		if err := w.begin(ctx, ch.List); err != nil {
			return err
		}
		if err := w.drop(ctx, ch.Drop); err != nil {
			return err
		}
		if err := w.put(ctx, ch.Put); err != nil {
			return err
		}
		return w.end(ctx, ch.List, audit)
	})
	return v, err
}

// RollbackWords makes a new version that equals an older one.
func (s *Store) RollbackWords(ctx context.Context, l wordlist.List, to int, user, note string, audit community.Audit) (wordlist.Version, error) {
	v := wordlist.Version{Number: l.Version + 1, At: s.now(), User: user, Kind: wordlist.ByRollback, Note: note}
	if to < 0 || to >= l.Version {
		return v, community.Errorf(community.CodeBadInput, "version: want an earlier one than %d", l.Version)
	}
	err := s.writeTx(ctx, func(t *Tx) error {
		w := wordWriter{t: t, list: l.Key, v: &v}
		if err := w.begin(ctx, l); err != nil {
			return err
		}
		gone, err := t.exec(ctx, `UPDATE word SET until = $1 WHERE list_key = $2 AND until = 0 AND since > $3`, v.Number, l.Key, to)
		if err != nil {
			return err
		}
		back, err := t.exec(ctx, `INSERT INTO word (list_key, number, since, until, fold, text, category, level, views, expires, state, why)
SELECT list_key, number, CAST($1 AS BIGINT), 0, fold, text, category, level, views, expires, state, why FROM word WHERE list_key = $2 AND since <= $3 AND until > $3`, v.Number, l.Key, to)
		if err != nil {
			return err
		}
		err = t.one(ctx, `SELECT count(*) FROM word a JOIN word b ON b.list_key = a.list_key AND b.number = a.number AND b.since = $1 WHERE a.list_key = $2 AND a.until = $1`,
			[]any{v.Number, l.Key}, &v.Changed)
		v.Removed, v.Added = int(gone)-v.Changed, int(back)-v.Changed
		if err != nil {
			return err
		}
		return w.end(ctx, l, audit)
	})
	return v, err
}

// wordWriter writes one version.
type wordWriter struct {
	t    *Tx
	list int64
	v    *wordlist.Version
	last int64 // number given last
}

// begin looks whether the list is as it was seen.
func (w *wordWriter) begin(ctx context.Context, l wordlist.List) error {
	var version int
	if err := w.t.one(ctx, `SELECT version, last_number FROM word_list WHERE key = $1`, []any{l.Key}, &version, &w.last); err != nil {
		return missing(err, "word list %d", l.Key)
	}
	if version != l.Version {
		return community.Errorf(community.CodeConflict, "the list was changed meanwhile: it has version %d, not %d", version, l.Version)
	}
	return nil
}

func (w *wordWriter) drop(ctx context.Context, numbers []int64) error {
	rows := make([][]any, len(numbers))
	for i, n := range numbers {
		rows[i] = []any{w.v.Number, w.list, n}
	}
	gone, err := w.t.bulk(ctx, closeWord, rows)
	for _, n := range gone {
		w.v.Removed += int(n)
	}
	return err
}

const closeWord = `UPDATE word SET until = $1 WHERE list_key = $2 AND number = $3 AND until = 0`

// put writes entries that are new or other than the row of their form.
func (w *wordWriter) put(ctx context.Context, part []wordlist.Entry) error {
	folds := make([]string, len(part))
	for i, e := range part {
		folds[i] = e.Fold()
	}
	now, then, err := w.byFold(ctx, folds)
	if err != nil {
		return err
	}
	var rows, over [][]any
	for i, e := range part {
		old, known := now[folds[i]]
		switch {
		case known && sameWord(old, e):
			continue
		case known && old.Since == w.v.Number:
			continue // twice in one change: the first counts
		case known:
			e.Number = old.Number
			over = append(over, []any{w.v.Number, w.list, old.Number})
			w.v.Changed++
		default:
			if e.Number = then[folds[i]].Number; e.Number == 0 {
				w.last++
				e.Number = w.last
			}
			w.v.Added++
		}
		e.Since = w.v.Number
		now[folds[i]] = e
		rows = append(rows, []any{w.list, e.Number, w.v.Number, 0, folds[i], e.Text, e.Category, e.Level, e.Views, e.Expires, string(e.State), e.Why})
	}
	if _, err := w.t.bulk(ctx, closeWord, over); err != nil {
		return err
	}
	_, err = w.t.bulk(ctx, `INSERT INTO word (list_key, number, since, until, fold, text, category, level, views, expires, state, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, rows)
	return err
}

// sameWord reports whether two states of a word are one.
func sameWord(a, b wordlist.Entry) bool {
	a.Number, a.Since, b.Number, b.Since = 0, 0, 0, 0
	return a == b
}

// fewWords is up to how many words are looked for one by one; for more, the whole list is read once.
const fewWords = 500

// byFold finds words of a list by their form: as they are now, and as they last were of those that are gone.
func (w *wordWriter) byFold(ctx context.Context, folds []string) (now, then map[string]wordlist.Entry, err error) {
	now, then = map[string]wordlist.Entry{}, map[string]wordlist.Entry{}
	var c clause
	c.and("w.list_key = ?", w.list)
	if len(folds) <= fewWords {
		in, values := oneOfThem(folds)
		c.and("w.fold "+in, values...)
	}
	r, err := w.t.query(ctx, `SELECT `+wordColumns+`, w.fold, w.until FROM word w`+c.String()+` ORDER BY w.since`, c.args...)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	for r.Next() {
		var e wordlist.Entry
		var fold string
		var until int64
		if err := r.Scan(append(wordFields(&e), &fold, &until)...); err != nil {
			return nil, nil, err
		}
		if until == 0 {
			now[fold] = e
		} else {
			then[fold] = e
		}
	}
	return now, then, r.Err()
}

// end writes the version, if it is one.
func (w *wordWriter) end(ctx context.Context, l wordlist.List, audit community.Audit) error {
	v := w.v
	if v.Added+v.Removed+v.Changed == 0 {
		return community.Errorf(community.CodeConflict, "nothing would change")
	}
	var n int
	if err := w.t.one(ctx, `SELECT count(*) FROM word WHERE list_key = $1 AND until = 0`, []any{w.list}, &n); err != nil {
		return err
	}
	if n > lexicon.MaxList {
		return community.Errorf(community.CodeTooLarge, "the list would have %d words, at most %d", n, lexicon.MaxList)
	}
	if _, err := w.t.exec(ctx, `UPDATE word_list SET version = $1, last_number = $2, changed = $3 WHERE key = $4`, v.Number, w.last, v.At, w.list); err != nil {
		return err
	}
	_, err := w.t.exec(ctx, `INSERT INTO word_version (list_key, version, at, by_user, kind, note, added, removed, changed, asset) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')`,
		w.list, v.Number, v.At, v.User, v.Kind, v.Note, v.Added, v.Removed, v.Changed)
	if err != nil {
		return err
	}
	audit.Org, audit.Subject = l.Org, "words:"+l.ID.String()
	audit.Before = []byte(fmt.Sprintf(`{"version":%d}`, l.Version))
	audit.After, _ = json.Marshal(map[string]any{"version": v.Number, "kind": v.Kind, "added": v.Added, "removed": v.Removed, "changed": v.Changed}) // plain values
	return w.t.AddAudit(ctx, audit)
}
