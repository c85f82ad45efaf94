package app_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// TestPublicPageSaysWhatCanBeDoneAndNamesNobody: closed until it is switched on; then per platform what is possible and
// what happens instead, without accounts and, unless wanted, without groups.
func TestPublicPageSaysWhatCanBeDoneAndNamesNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, hands := t.Context(), g.app.Hands(g.org, nil)
		_, err := hands.AddGroup(ctx, "ming", community.Group{Name: "宝妈一群"}, 0, "")
		check(t, err)
		get := func(path string) (int, string) {
			res, err := http.Get(g.door.URL + path)
			check(t, err)
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			check(t, err)
			return res.StatusCode, string(body)
		}
		set, err := hands.PublicAbilities(ctx)
		check(t, err)
		own := "/abilities/" + set.Org.String()
		for _, path := range []string{"/abilities", own, "/abilities/nonsense"} {
			if code, _ := get(path); code != http.StatusNotFound {
				t.Errorf("%s = %d before it is switched on, want 404", path, code)
			}
		}
		check(t, hands.SetPublicAbilities(ctx, "ming", community.PublicAbilities{On: true}, ""))
		for _, path := range []string{"/abilities", own} {
			code, page := get(path)
			if code != http.StatusOK || !strings.Contains(page, "微信") || !strings.Contains(page, "禁言") || !strings.Contains(page, "警告") {
				t.Errorf("%s = %d: %s", path, code, excerpt(page))
			}
			for _, secret := range []string{"群助手", "宝妈一群", "读书1群"} {
				if strings.Contains(page, secret) {
					t.Errorf("%s names %s", path, secret)
				}
			}
		}
		check(t, hands.SetPublicAbilities(ctx, "ming", community.PublicAbilities{On: true, Names: true}, ""))
		if _, page := get(own); !strings.Contains(page, "宝妈一群") || strings.Contains(page, "群助手") {
			t.Errorf("with names: %s", excerpt(page))
		}
		check(t, hands.SetPublicAbilities(ctx, "ming", community.PublicAbilities{}, ""))
		if code, _ := get(own); code != http.StatusNotFound {
			t.Errorf("switched off it answers %d", code)
		}
	})
}

// TestMatrixHasAccountsGroupsAndWhatPeopleBring in the order of platforms.
func TestMatrixHasAccountsGroupsAndWhatPeopleBring(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		_, err := g.app.Hands(g.org, nil).AddGroup(t.Context(), "ming", community.Group{Name: "宝妈一群"}, 0, "")
		check(t, err)
		var got []string
		await(t, func() bool { // before the account's session has begun, its kind speaks for it
			places, _, err := g.app.Wires().Matrix(t.Context(), community.Scope{Org: g.org}, community.GroupFilter{Page: community.Page{Limit: 50}})
			check(t, err)
			got = nil
			for _, p := range places {
				if p.GroupName == "周末徒步群" { // the simulator's own comes when it is heard
					continue
				}
				got = append(got, string(p.Platform)+"/"+p.AccountName+"/"+p.GroupName+" "+string(p.Can.Level(community.Mute))+" "+string(p.Can.Level(community.Remove)))
			}
			return got[0] != "sim/群助手/ native native"
		})
		want := []string{"sim/群助手/ none none", "sim/群助手/读书1群 none none", "sim/群助手/读书2群 none none", "wechat//宝妈一群 none human"}
		if !slices.Equal(got, want) {
			t.Errorf("matrix = %q, want %q", got, want)
		}
	})
}
