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
	late := at < p.lastWord || at < p.since // an older sign may move a beginning back
	if card != "" && (card != p.card || late) {
		now, err := f.called(ctx, p, cardName, card, at)
		if err != nil {
			return err
		}
		p.card, p.dirty = now, true
		p.looks(card)
	}
	if name != "" && (name != p.account || late) {
		now, err := f.called(ctx, p, accountName, name, at)
		if err != nil {
			return err
		}
		p.account, p.dirty = now, true
		p.looks(name)
	}
	p.show()
	return nil
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

// called puts a name into the history of names: nothing new if it was the name then; an earlier beginning if it is the
// next one; else a span of its own. It gives the latest name.
func (f *figures) called(ctx context.Context, p *person, kind, name string, at int64) (latest string, err error) {
	who := []any{int64(p.key.member), int64(p.key.group), kind}
	before, _, err := f.span(ctx, `from_at <= $4 ORDER BY from_at DESC`, append(who, at))
	if err != nil {
		return "", err
	}
	if before != name {
		next, from, err := f.span(ctx, `from_at > $4 ORDER BY from_at`, append(who, at))
		if err != nil {
			return "", err
		}
		if next == name {
			_, err = f.t.exec(ctx, `DELETE FROM views.name_span WHERE member_key = $1 AND group_key = $2 AND kind = $3 AND from_at = $4`, append(who, from)...)
			if err != nil {
				return "", err
			}
		}
		_, err = f.t.exec(ctx, `INSERT INTO views.name_span (member_key, group_key, kind, from_at, name) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (member_key, group_key, kind, from_at) DO UPDATE SET name = excluded.name`, append(who, at, name)...)
		if err != nil {
			return "", err
		}
	}
	latest, _, err = f.span(ctx, `from_at > $4 ORDER BY from_at DESC`, append(who, int64(-1)<<62))
	return latest, err
}

// span reads one name of a person's history; "" when there is none.
func (f *figures) span(ctx context.Context, which string, args []any) (name string, from int64, err error) {
	err = f.t.one(ctx, `SELECT name, from_at FROM views.name_span WHERE member_key = $1 AND group_key = $2 AND kind = $3 AND `+which+` LIMIT 1`, args, &name, &from)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil
	}
	return name, from, err
}
