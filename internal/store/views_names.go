package store

import (
	"context"
	"database/sql"
	"errors"
)

// Kinds of names.
const (
	cardName    = "card"    // the name in the group (群昵称)
	accountName = "account" // the account's name, as seen in the group
)

// named notes what a person was called at a time; an empty name says nothing.
func (f *figures) named(ctx context.Context, p *person, name, card string, at int64) error {
	late := at < p.namedAt // an older sign may move a beginning back
	for _, n := range []struct{ kind, name, was string }{{cardName, card, p.card}, {accountName, name, p.account}} {
		if n.name == "" || n.name == n.was && !late {
			continue
		}
		now := n.name
		if late {
			var err error
			if now, err = f.calledBefore(ctx, p, n.kind, n.name, at); err != nil {
				return err
			}
		} else {
			f.called = append(f.called, []any{int64(p.key.member), int64(p.key.group), n.kind, at, n.name})
			p.namedAt = at
		}
		if n.kind == cardName {
			p.card = now
		} else {
			p.account = now
		}
		p.dirty = true
		p.looks(n.name)
		p.show()
	}
	return nil
}

const saveName = `INSERT INTO views.name_span (member_key, group_key, kind, from_at, name) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (member_key, group_key, kind, from_at) DO UPDATE SET name = excluded.name`

// flushNames writes the names that are new in this batch.
func (f *figures) flushNames(ctx context.Context) error {
	_, err := f.t.dialect.bulk(ctx, f.t, saveName, f.called)
	f.called = f.called[:0]
	return err
}

// show keeps the name that the group sees.
func (p *person) show() {
	shown := p.card
	if shown == "" {
		shown = p.account
	}
	if shown != "" && shown != p.shown {
		p.shown, p.dirty = shown, true
	}
}

// calledBefore puts a name told late into the history of names: nothing new if it was the name then; an earlier
// beginning if it is the next one; else a span of its own. It gives the latest name.
func (f *figures) calledBefore(ctx context.Context, p *person, kind, name string, at int64) (latest string, err error) {
	if err := f.flushNames(ctx); err != nil {
		return "", err
	}
	who := []any{int64(p.key.member), int64(p.key.group), kind}
	before, _, err := f.span(ctx, `from_at <= $4 ORDER BY from_at DESC`, append(who, at))
	if err != nil {
		return "", err
	}
	if before != name {
		if err := f.insertName(ctx, who, name, at); err != nil {
			return "", err
		}
	}
	latest, _, err = f.span(ctx, `from_at > $4 ORDER BY from_at DESC`, append(who, int64(-1)<<62))
	return latest, err
}

func (f *figures) insertName(ctx context.Context, who []any, name string, at int64) error {
	next, from, err := f.span(ctx, `from_at > $4 ORDER BY from_at`, append(who, at))
	if err != nil {
		return err
	}
	if next == name {
		_, err = f.t.exec(ctx, `DELETE FROM views.name_span WHERE member_key = $1 AND group_key = $2 AND kind = $3 AND from_at = $4`, append(who, from)...)
		if err != nil {
			return err
		}
	}
	_, err = f.t.exec(ctx, saveName, append(who, at, name)...)
	return err
}

// span reads one name of a person's history; "" when there is none.
func (f *figures) span(ctx context.Context, which string, args []any) (name string, from int64, err error) {
	err = f.t.one(ctx, `SELECT name, from_at FROM views.name_span WHERE member_key = $1 AND group_key = $2 AND kind = $3 AND `+which+` LIMIT 1`, args, &name, &from)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil
	}
	return name, from, err
}
