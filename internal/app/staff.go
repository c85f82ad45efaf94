package app

import (
	"context"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/duty"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

// staff changes those who sign in, as programs may: a token proves no person, so that passwords are given and people raised in the
// console alone, where somebody proves themselves.
type staff struct{ *hands }

// Staff makes the handle for those who sign in.
func (a *App) Staff(org community.OrgKey, groups []community.GroupKey) staff {
	return staff{a.Hands(org, groups)}
}

// one finds somebody of the organisation; CodeNotFound.
func (s staff) one(ctx context.Context, id community.ID) (community.User, error) {
	u, err := s.app.store.UserByID(ctx, id)
	if err == nil && u.Org != s.org {
		err = community.Errorf(community.CodeNotFound, "user %s: not found", id)
	}
	return u, err
}

// Add makes somebody who cannot sign in before a person gives them a password. CodeForbidden: by holds less. CodeConflict: the login
// is taken. CodeBadInput begins with the field.
func (s staff) Add(ctx context.Context, by, u community.User, reason string) (community.User, error) {
	u.Key, u.Org, u.Enabled, u.Login, u.Name = 0, s.org, true, strings.TrimSpace(u.Login), strings.TrimSpace(u.Name)
	if !console.LoginFits(u.Login) {
		return u, community.Errorf(community.CodeBadInput, "login: want letters, digits, dots and dashes, at most 64")
	}
	if err := s.give(by, rights.Who{}, u); err != nil {
		return u, err
	}
	u.Hash = console.NoPassword()
	return s.app.store.SaveUser(ctx, by.ID.String(), u, reason)
}

// Set changes name, language, role and groups of somebody. CodeForbidden: it would raise them, or by holds less.
func (s staff) Set(ctx context.Context, by, to community.User, reason string) (community.User, error) {
	u, err := s.one(ctx, to.ID)
	if err != nil {
		return u, err
	}
	before := rights.Of(u)
	u.Name, u.Lang, u.Role, u.Reach, u.Groups = strings.TrimSpace(to.Name), to.Lang, to.Role, to.Reach, to.Groups
	if err := s.give(by, before, u); err != nil {
		return u, err
	}
	if after := rights.Of(u); !rights.Within(after.Role, before.Role) || !before.Covers(after) {
		return u, community.Errorf(community.CodeForbidden, "role: a token raises nobody; it is done in the console, where a person proves themselves")
	}
	return s.app.store.SaveUser(ctx, by.ID.String(), u, reason)
}

// give says whether one person may make another what is asked.
func (s staff) give(by community.User, before rights.Who, u community.User) error {
	if !slices.Contains(i18n.Languages, u.Lang) {
		return community.Errorf(community.CodeBadInput, "lang: want one of %s", strings.Join(i18n.Languages, ", "))
	}
	return rights.Give(rights.Of(by), before, rights.Of(u))
}

// Switch lets somebody sign in no longer, or again.
func (s staff) Switch(ctx context.Context, by community.User, id community.ID, on bool, reason string) (community.User, error) {
	u, err := s.one(ctx, id)
	if err != nil {
		return u, err
	}
	if err := rights.Give(rights.Of(by), rights.Of(u), rights.Of(u)); err != nil {
		return u, err
	}
	u.Enabled = on
	return s.app.store.SaveUser(ctx, by.ID.String(), u, reason)
}

// Ways lists how somebody is told.
func (s staff) Ways(ctx context.Context, id community.ID) ([]duty.Way, error) {
	if _, err := s.one(ctx, id); err != nil {
		return nil, err
	}
	return s.app.store.Ways(ctx, id.String())
}

// SetWays changes how somebody is told; a webhook without a secret keeps the one it has.
func (s staff) SetWays(ctx context.Context, by community.User, id community.ID, ways []duty.Way, reason string) error {
	old, err := s.Ways(ctx, id)
	if err != nil {
		return err
	}
	return s.app.Duty(s.org, s.groups).SetWays(ctx, by.ID.String(), id.String(), duty.KeepSecrets(ways, old), reason)
}
