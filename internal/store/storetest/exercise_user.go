package storetest

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// usersAreKept proves what is kept of people who sign in: role and reach, whom they look after, the last owner, refusals.
func usersAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := NewLog(s)
	other := community.Ref{ID: "other", Name: "别的群"}
	evs := l.Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")), say(other, "ben", "早", at("2026-01-01 10:00:01")))
	here, there := evs[0].Group, evs[1].Group
	save := func(u community.User) community.User {
		t.Helper()
		saved, err := s.SaveUser(ctx, "u0", u, "试")
		if err != nil {
			t.Fatal(err)
		}
		return saved
	}
	owner := save(community.User{Org: 1, Login: "lin", Role: "owner", Enabled: true, Lang: "zh-CN"})
	if owner.Reach != "org" {
		t.Errorf("somebody new sees %q, want org", owner.Reach)
	}
	mod := save(community.User{Org: 1, Login: "zhou", Role: "moderator", Reach: "groups", Groups: []community.GroupKey{there, here}, Enabled: true, Lang: "zh-CN"})
	for name, read := range map[string]func() (community.User, error){
		"by id": func() (community.User, error) { return s.UserByID(ctx, mod.ID) }, "by login": func() (community.User, error) { return s.UserByLogin(ctx, "ZHOU") },
		"listed": func() (community.User, error) {
			list, err := s.Users(ctx, 1)
			i := slices.IndexFunc(list, func(u community.User) bool { return u.ID == mod.ID })
			return list[max(i, 0)], err
		},
	} {
		u, err := read()
		if err != nil || u.Reach != "groups" || !slices.Equal(u.Groups, []community.GroupKey{here, there}) {
			t.Errorf("%s: %q %v, %v; want both groups", name, u.Reach, u.Groups, err)
		}
	}
	mod.Reach, mod.Groups = "own", []community.GroupKey{here}
	mod = save(mod)
	if u, err := s.UserByID(ctx, mod.ID); err != nil || u.Reach != "own" || len(u.Groups) != 0 {
		t.Errorf("own: %q %v, %v; want no named group", u.Reach, u.Groups, err)
	}
	mod.Reach, mod.Groups = "groups", []community.GroupKey{here, 987654}
	if _, err := s.SaveUser(ctx, "u0", mod, ""); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("a group that is not there: %v, want bad input", err)
	}
	if u, err := s.UserByID(ctx, mod.ID); err != nil || u.Reach != "own" {
		t.Errorf("what failed was kept: %q, %v", u.Reach, err)
	}
	for _, u := range []community.User{func() community.User { u := owner; u.Role = "admin"; return u }(), func() community.User { u := owner; u.Enabled = false; return u }()} {
		if _, err := s.SaveUser(ctx, "u0", u, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("the last owner becomes %s, enabled %v: %v, want conflict", u.Role, u.Enabled, err)
		}
	}
	row, err := desk(s).GroupByKey(ctx, here)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := s.KeptBy(ctx, mod); err != nil || len(kept) != 0 {
		t.Errorf("kept = %v, %v; want none", kept, err)
	}
	row.Keeper = mod.ID.String()
	if err := s.SetGroup(ctx, row.Group, community.Audit{Org: 1, User: "u0", Verb: "group.set"}); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.KeptBy(ctx, mod); err != nil || !slices.Equal(kept, []community.GroupKey{here}) {
		t.Errorf("kept = %v, %v; want %d", kept, err, here)
	}
	if err := s.NoteRefusal(ctx, mod, "GET /users", "no"); err != nil {
		t.Fatal(err)
	}
	trail, _, err := desk(s).FindAudit(ctx, community.AuditFilter{Page: community.Page{Limit: 50}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(trail, func(a community.Audit) bool {
		return a.Verb == "access.refuse" && a.User == mod.ID.String() && a.Subject == "route:GET /users" && a.Reason == "no"
	}) {
		t.Error("a refusal is not on record")
	}
	if !slices.ContainsFunc(trail, func(a community.Audit) bool {
		return a.Verb == "user.save" && strings.Contains(string(a.Before), `groups`) && strings.Contains(string(a.After), `own`)
	}) {
		t.Error("the trail does not tell how far somebody saw before and after")
	}
}
