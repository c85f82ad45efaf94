package console

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// fakeTokens keeps keys to the API in memory.
type fakeTokens struct {
	list []community.Token
	did  []string
}

const fakeSecret = "qlk_ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRST"

func (f *fakeTokens) List(context.Context) ([]community.Token, error) { return f.list, nil }

func (f *fakeTokens) Make(_ context.Context, by string, k community.Token, _ string) (community.Token, string, error) {
	switch {
	case k.Name == "":
		return k, "", community.Errorf(community.CodeBadInput, "name: want 1 to 40 characters")
	case len(k.Scopes) == 0:
		return k, "", community.Errorf(community.CodeBadInput, "scopes: none")
	case k.Name == "太多":
		return k, "", community.Errorf(community.CodeTooLarge, "tokens: 50 already")
	case k.User.String() != by:
		return k, "", community.Errorf(community.CodeForbidden, "not one's own")
	}
	k.ID, k.Login, k.Hint = fakeID(921), "owner", "QRST"
	f.list = append(f.list, k)
	return k, fakeSecret, nil
}

func (f *fakeTokens) Revoke(_ context.Context, _ string, id community.ID, reason string) error {
	f.did = append(f.did, "revoke "+id.String()+" "+reason)
	return nil
}

func withTokens(h *house, f *fakeTokens) Deps {
	d := h.fullDeps()
	d.Tokens = func(community.OrgKey) Tokens { return f }
	return d
}

func someTokens() *fakeTokens {
	at := fakeNow.UnixMilli()
	day := int64(24 * 3600_000)
	scopes := []community.TokenScope{{Area: community.AreaPeople, Level: community.LevelRead}, {Area: community.AreaOrder, Level: community.LevelAct}}
	return &fakeTokens{list: []community.Token{
		{Key: 1, ID: fakeID(920), Login: "linxiao", Name: "门店看板", Hint: "ABCD", Scopes: scopes, Created: at - day, Expires: at + 90*day, LastUsed: at - 120_000},
		{Key: 2, ID: fakeID(922), Login: "linxiao", Name: "\u202e<script>alert(1)</script>", Hint: "EFGH", Scopes: scopes[:1], Created: at - 100*day, Expires: at - day},
		{Key: 3, ID: fakeID(923), Login: "linxiao", Name: "丢了的", Hint: "IJKL", Scopes: scopes[1:], Created: at - day, Expires: at + day, Revoked: at - 1000},
	}}
}

func TestTokenIsMadeAndShownOnce(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h, f := newHouse(), someTokens()
		h.users[0].Lang = lang
		v := openWith(t, withTokens(h, f)).as("owner")
		for _, path := range []string{"/settings", "/tokens", "/tokens/new"} {
			status, body := v.get(path)
			if got := unsaid.FindAllString(body, 5); status != 200 || got != nil || strings.Contains(body, "<script>alert") {
				t.Errorf("%s in %s = %d, unsaid %v", path, lang, status, got)
			}
		}
		status, body := v.post("/tokens/new", "name", "看板", "days", "30", "area_people", "read", "area_order", "act")
		if status != 200 || strings.Count(body, fakeSecret) != 2 || !strings.Contains(body, "/api/v1/me") || unsaid.MatchString(body) {
			t.Errorf("making one = %d, want the secret and a call to copy", status)
		}
		if made := f.list[len(f.list)-1]; fmt.Sprint(made.Scopes) != "[people:read order:act]" || made.Expires != fakeNow.UnixMilli()+30*24*3600_000 {
			t.Errorf("made %+v", made)
		}
		if _, body := v.get("/tokens"); strings.Contains(body, fakeSecret) || !strings.Contains(body, "…QRST") {
			t.Error("the list shows the secret, or not how it ends")
		}
	}
}

func TestTokenFormSaysWhatIsWrongAndOwnersAloneSeeIt(t *testing.T) {
	h, f := newHouse(), someTokens()
	v := openWith(t, withTokens(h, f)).as("owner")
	for want, fields := range map[string][]string{"请写用途": {"days", "30", "area_all", "read"}, "至少选择一个分区": {"name", "新的", "days", "30"}, "有效的令牌太多": {"name", "太多", "days", "30", "area_all", "read"}} {
		if status, body := v.post("/tokens/new", fields...); status != 422 || !strings.Contains(body, want) {
			t.Errorf("%v = %d, want 422 with %q", fields, status, want)
		}
	}
	if status, _ := v.post("/tokens/new", "name", "永远", "days", "9999", "area_all", "read"); status != 422 {
		t.Errorf("a life of 9999 days = %d, want 422", status)
	}
	id := fakeID(920).String()
	if status, _ := v.post("/tokens/"+id+"/revoke", "reason", "丢了"); status != 303 && status != 200 {
		t.Errorf("revoke = %d", status)
	}
	if got := strings.Join(f.did, "; "); got != "revoke "+id+" 丢了" {
		t.Errorf("did %s", got)
	}
	mod := openWith(t, withTokens(newHouse(), someTokens())).as("mod")
	for _, path := range []string{"/tokens", "/tokens/new"} {
		if status, _ := mod.get(path); status != 403 {
			t.Errorf("%s for a moderator = %d, want 403", path, status)
		}
	}
}

// TestRightsAreThoseOfThePages asks for another door what the table of routes says.
func TestRightsAreThoseOfThePages(t *testing.T) {
	may, patterns := Rights(withTokens(newHouse(), someTokens()))
	for _, tc := range []struct {
		role, route string
		want        bool
	}{
		{RoleOwner, "POST /tokens/new", true}, {RoleModerator, "POST /tokens/new", false}, {RoleModerator, "POST /decisions/{id}/undo", true},
		{"", "GET /groups", false}, {"guest", "GET /groups", false}, {RoleOwner, "POST /nothing", false},
	} {
		if got := may(community.User{Role: tc.role}, tc.route); got != tc.want {
			t.Errorf("%q may %s = %v, want %v", tc.role, tc.route, got, tc.want)
		}
	}
	if len(patterns) < 300 {
		t.Errorf("%d patterns, want all", len(patterns))
	}
}

func TestTokenPagesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.users[0].Lang = lang
		v := openWith(t, withTokens(h, someTokens()))
		soundTo(t, v.base, lang, map[string]string{"tokens": "/tokens", "tokens-new": "/tokens/new"})
	}
}
