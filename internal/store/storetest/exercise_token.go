package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// tokensAreKept proves that keys are found by their hash only, ended once, and that a call under a key of the caller's has one
// answer.
func tokensAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	org, err := s.Org(ctx, "群落", false)
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.SaveUser(ctx, "cli", community.User{Org: org, Login: "lin", Role: "owner", Enabled: true}, "")
	if err != nil {
		t.Fatal(err)
	}
	audit := community.Audit{User: u.ID.String(), Reason: "试"}
	k := community.Token{Org: org, User: u.ID, Name: "看板", Hash: "h1", Hint: "wxyz", Expires: 9e15, Scopes: []community.TokenScope{{Area: community.AreaOrder, Level: community.LevelAct}, {Area: community.AreaPeople, Level: community.LevelRead}}}
	made, err := s.AddToken(ctx, k, audit)
	if err != nil || made.Key == 0 || made.ID.IsZero() || made.Login != "lin" {
		t.Fatalf("token = %+v, %v", made, err)
	}
	got, err := s.TokenByHash(ctx, "h1")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "token", got, made)
	if _, err := s.TokenByHash(ctx, "h2"); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another hash: %v, want not found", err)
	}
	stranger := k
	stranger.Org, stranger.Hash = org+1, "h3"
	if _, err := s.AddToken(ctx, stranger, audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a user of another organisation: %v, want not found", err)
	}
	if err := s.TokenUsed(ctx, made.Key, 5000); err != nil {
		t.Fatal(err)
	}
	if err := s.TokenUsed(ctx, made.Key, 4000); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Tokens(ctx, org); err != nil || len(list) != 1 || list[0].LastUsed != 5000 {
		t.Errorf("tokens = %+v, %v; want one, last used at 5000", list, err)
	}
	callsHaveOneAnswer(t, s, made.Key)
	if err := s.RevokeToken(ctx, org+1, made.ID, audit); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("revoked from another organisation: %v, want not found", err)
	}
	if err := s.RevokeToken(ctx, org, made.ID, audit); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeToken(ctx, org, made.ID, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("revoked twice: %v, want a conflict", err)
	}
	trail, _, err := s.For(community.Scope{Org: org}).FindAudit(ctx, community.AuditFilter{Subject: "token:" + made.ID.String()})
	if err != nil || len(trail) != 2 {
		t.Errorf("trail = %d rows, %v; want making and revoking", len(trail), err)
	}
	for i := range 60 { // only live keys count towards the bound
		k.Hash = "many" + string(rune('A'+i))
		if _, err = s.AddToken(ctx, k, audit); err != nil {
			break
		}
	}
	if community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("one person's keys have no bound: %v", err)
	}
}

func callsHaveOneAnswer(t *testing.T, s *store.Store, token int64) {
	ctx := t.Context()
	begin := func(key, body string, fresh bool, status int, answer string) {
		t.Helper()
		f, st, a, err := s.BeginCall(ctx, token, key, body)
		if err != nil || f != fresh || st != status || a != answer {
			t.Errorf("call %s = %v %d %q, %v; want %v %d %q", key, f, st, a, err, fresh, status, answer)
		}
	}
	begin("k1", "b1", true, 0, "")
	begin("k1", "b1", false, 0, "")
	if _, _, _, err := s.BeginCall(ctx, token, "k1", "b2"); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("another body under the key: %v, want a conflict", err)
	}
	if err := s.EndCall(ctx, token, "k1", 200, `{"done":true}`); err != nil {
		t.Fatal(err)
	}
	begin("k1", "b1", false, 200, `{"done":true}`)
	begin("k2", "b2", true, 0, "")
	if err := s.EndCall(ctx, token, "k2", 0, ""); err != nil {
		t.Fatal(err)
	}
	begin("k2", "b2", true, 0, "")
}
