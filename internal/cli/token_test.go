package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestTokensOnTheCommandLine: made for a person with scopes, listed without secrets, ended once.
func TestTokensOnTheCommandLine(t *testing.T) {
	s := openSite(t)
	if r := s.typing("linxiao-2026-passwort\n", "C", "user", "add", "linxiao", "--role", "owner"); r.code != 0 {
		t.Fatalf("user add: %s %s", r.talk, r.out)
	}
	made := s.line("C", "token", "add", "看板", "--user", "linxiao", "--scope", "people:read,order:act", "--days", "30", "--json")
	var got struct {
		ID, Token, State string
		Scopes           []string
	}
	if err := json.Unmarshal([]byte(made.out), &got); err != nil || made.code != 0 || !strings.HasPrefix(got.Token, "qlk_") || got.State != "live" || strings.Join(got.Scopes, " ") != "people:read order:act" {
		t.Fatalf("token add = %d %s %s (%v)", made.code, made.out, made.talk, err)
	}
	for _, tc := range []struct {
		args  []string
		code  int
		out   []string // all of them in what is printed or said
		never string
	}{
		{[]string{"token", "list", "--json"}, 0, []string{`"total": 1`, `"user": "linxiao"`, `"hint": "` + got.Token[len(got.Token)-4:] + `"`}, got.Token},
		{[]string{"token", "add", "坏的", "--user", "linxiao", "--scope", "everything"}, 1, []string{"scopes"}, "qlk_"},
		{[]string{"token", "add", "坏的", "--user", "nobody"}, 1, []string{"nobody"}, "qlk_"},
		{[]string{"token", "add", "坏的"}, 2, []string{"--user"}, "qlk_"},
		{[]string{"token", "add", "永远", "--user", "linxiao", "--days", "9999"}, 2, []string{"--days"}, "qlk_"},
		{[]string{"token", "add", strings.Repeat("名", 41), "--user", "linxiao"}, 1, []string{"name"}, "qlk_"},
		{[]string{"token", "revoke", "none", "--yes"}, 2, []string{"token list"}, ""},
		{[]string{"token", "revoke", got.ID, "--yes", "--json"}, 0, []string{`"state": "revoked"`}, got.Token},
		{[]string{"token", "revoke", got.ID, "--yes"}, 1, []string{"before"}, ""},
	} {
		r := s.line("C", tc.args...)
		if r.code != tc.code || trace.MatchString(r.talk) {
			t.Errorf("%v: exit %d, want %d: %s %s", tc.args, r.code, tc.code, r.talk, r.out)
		}
		for _, want := range tc.out {
			if !strings.Contains(r.out+r.talk, want) {
				t.Errorf("%v does not say %q: %.1500s %s", tc.args, want, r.out, r.talk)
			}
		}
		if tc.never != "" && strings.Contains(r.out+r.talk, tc.never) {
			t.Errorf("%v says %q: %.800s", tc.args, tc.never, r.out+r.talk)
		}
	}
}
