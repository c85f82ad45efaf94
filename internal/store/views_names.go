package store

import (
	"context"
	"database/sql"
	"errors"

	"qunluo/internal/community"
)

// named notes what a person was called at a time; an empty name says nothing.
func (f *figures) named(ctx context.Context, p *person, name, card string, at int64) error {
	if card != "" && card != p.card {
		if err := f.called(ctx, p.key.member, p.key.group, card, at); err != nil {
			return err
		}
		if err := f.newCard(ctx, p); err != nil {
			return err
		}
		p.looks(card)
	}
	if name == "" {
		return nil
	}
	known, err := f.accountName(ctx, p.key.member)
	if err != nil {
		return err
	}
	if name != known {
		if err := f.called(ctx, p.key.member, 0, name, at); err != nil {
			return err
		}
		delete(f.names, p.key.member)
		if known, err = f.accountName(ctx, p.key.member); err != nil {
			return err
		}
	}
	p.looks(name)
	p.show(known)
	return nil
}

// show keeps the name that the group sees.
func (p *person) show(account string) {
	shown := p.card
	if shown == "" {
		shown = account
	}
	if shown != "" && shown != p.shown {
		p.shown, p.dirty = shown, true
	}
}

func (f *figures) newCard(ctx context.Context, p *person) error {
	card, err := f.latestName(ctx, p.key.member, p.key.group)
	if err != nil || card == p.card {
		return err
	}
	p.card, p.dirty = card, true
	p.show("")
	return nil
}

// accountName is the latest account name on record, "" when there is none.
func (f *figures) accountName(ctx context.Context, m community.MemberKey) (string, error) {
	if name, ok := f.names[m]; ok {
		return name, nil
	}
	name, err := f.latestName(ctx, m, 0)
	if err == nil {
		f.names[m] = name
	}
	return name, err
}

func (f *figures) latestName(ctx context.Context, m community.MemberKey, g community.GroupKey) (string, error) {
	var name string
	err := f.t.one(ctx, `SELECT name FROM views.name_span WHERE member_key = $1 AND group_key = $2 ORDER BY from_at DESC LIMIT 1`,
		[]any{int64(m), int64(g)}, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// called puts a name into the history of names: nothing new if it was the name then; an earlier beginning if it is the
// next one; else a span of its own.
func (f *figures) called(ctx context.Context, m community.MemberKey, g community.GroupKey, name string, at int64) error {
	var before, next string
	var from int64
	err := f.t.one(ctx, `SELECT name FROM views.name_span WHERE member_key = $1 AND group_key = $2 AND from_at <= $3 ORDER BY from_at DESC LIMIT 1`,
		[]any{int64(m), int64(g), at}, &before)
	if err == nil && before == name {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = f.t.one(ctx, `SELECT name, from_at FROM views.name_span WHERE member_key = $1 AND group_key = $2 AND from_at > $3 ORDER BY from_at LIMIT 1`,
		[]any{int64(m), int64(g), at}, &next, &from)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err == nil && next == name {
		if _, err := f.t.exec(ctx, `DELETE FROM views.name_span WHERE member_key = $1 AND group_key = $2 AND from_at = $3`, int64(m), int64(g), from); err != nil {
			return err
		}
	}
	_, err = f.t.exec(ctx, `INSERT INTO views.name_span (member_key, group_key, from_at, name) VALUES ($1, $2, $3, $4)
ON CONFLICT (member_key, group_key, from_at) DO UPDATE SET name = excluded.name`, int64(m), int64(g), at, name)
	return err
}
