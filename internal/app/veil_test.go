package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
)

// TestAuditorSeesPseudonymsUntilASecondPersonAgrees walks the pages that an auditor may see, asks for one name, and sees that one alone.
func TestAuditorSeesPseudonymsUntilASecondPersonAgrees(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGatehouse(t, dbURL)
		ctx := t.Context()
		_, err := g.app.Store().SaveUser(ctx, "test", community.User{Org: g.org, Login: "shen", Name: "shen", Role: "auditor", Lang: "zh-CN", Enabled: true, Hash: console.HashPassword(rightsPassword)}, "")
		check(t, err)
		_, _, err = g.app.Import(ctx, "cli", g.org, console.ImportOrder{}, []string{history(t, 30)}, nil)
		check(t, err)
		check(t, g.app.Store().CatchUp(ctx))
		desk := g.app.Store().For(community.Scope{Org: g.org})
		people, _, err := desk.FindMembers(ctx, community.MemberFilter{Page: community.Page{Limit: 50}})
		check(t, err)
		said, _, err := desk.FindMessages(ctx, community.MessageFilter{Group: people[0].Group, Limit: 5})
		check(t, err)
		lin := g.user("lin").ID.String()
		groups, _, err := desk.FindGroups(ctx, community.GroupFilter{Page: community.Page{Limit: 5}})
		check(t, err)
		m := people[slices.IndexFunc(people, func(p community.MemberRow) bool { return p.Name == "阿敏1" })]
		_, err = g.app.Hands(g.org, nil).Strike(ctx, lin, groups[0].Key, community.PersonStrike{Member: m.Key, Name: m.Name, Event: said[0].Number}, "阿敏1 刷屏")
		check(t, err)

		pseudonym, shen := g.app.Veil().Pseudonym(g.org, m.Key), g.enter("shen", "")
		if other := g.app.Veil().Pseudonym(g.org+1, m.Key); other == pseudonym || len(pseudonym) != 8 {
			t.Errorf("pseudonyms %q and, elsewhere, %q", pseudonym, other)
		}
		at := "/members/" + m.ID.String()
		tells := func(path string) bool {
			t.Helper()
			status, body := shen.get(path)
			if status != http.StatusOK {
				t.Errorf("%s = %d", path, status)
			}
			for _, word := range []string{"阿敏", "今天读第", ">u0<", ">u1<", ">u2<"} {
				if i := strings.Index(strings.ReplaceAll(body, `value="阿敏1"`, ""), word); i >= 0 {
					t.Errorf("%s tells %q: %s", path, word, body[max(0, i-100):min(len(body), i+60)])
				}
			}
			return strings.Contains(body, pseudonym)
		}
		for _, path := range []string{"/members", at, "/members?q=" + url.QueryEscape("阿敏1"), "/members?sort=name", "/members?by=person", at + "?g=" + groups[0].ID.String()} {
			if !tells(path) {
				t.Errorf("%s does not show the pseudonym", path)
			}
		}
		for _, path := range []string{"/", "/groups", "/groups/" + groups[0].ID.String(), "/activity", "/strikes?view=mutes", "/unveil"} {
			tells(path)
		}
		if _, body := shen.get("/members?q=" + url.QueryEscape("阿敏1")); !strings.Contains(body, g.app.Veil().Pseudonym(g.org, people[0].Key)) || !strings.Contains(body, g.app.Veil().Pseudonym(g.org, people[1].Key)) {
			t.Error("searching by a name tells whose pseudonym it is")
		}
		for _, path := range []string{"/messages", "/members.csv", "/review", "/members/links", "/points"} {
			if status, _ := shen.get(path); status != http.StatusForbidden {
				t.Errorf("%s = %d, want refused", path, status)
			}
		}
		await(t, func() bool {
			list, _, err := desk.FindStrikes(ctx, community.StrikeFilter{Now: time.Now().UnixMilli(), Page: community.Page{Limit: 5}})
			check(t, err)
			return len(list) > 0
		})
		if !tells("/strikes") {
			t.Error("the strikes do not show the pseudonym")
		}

		shen.send("/me", at+"/unveil", url.Values{"reason": {"看"}})
		if g.audited("reveal.ask") {
			t.Error("asked without a reason that says something")
		}
		shen.send("/me", at+"/unveil", url.Values{"reason": {"核对一次申诉"}})
		list, err := g.app.Veil().Wishes(ctx, g.org)
		check(t, err)
		if len(list) != 1 || list[0].MemberID != m.ID {
			t.Fatalf("wishes %+v", list)
		}
		answer := "/unveil/" + list[0].ID.String() + "/answer"
		for _, login := range []string{"shen", "zhou"} {
			if status, _ := g.enter(login, "").send("/me", answer, url.Values{"agree": {"1"}}); status != http.StatusForbidden {
				t.Errorf("%s answers: %d", login, status)
			}
		}
		tells(at)
		wang := g.enter("wang", "")
		if _, body := wang.get("/unveil"); !strings.Contains(body, pseudonym) || !strings.Contains(body, "核对一次申诉") || strings.Contains(body, "阿敏1") {
			t.Error("the second person does not see what is asked, or sees the name")
		}
		wang.send("/me", answer, url.Values{"agree": {"1"}, "reason": {"可以"}})
		if g.audited("reveal.see") {
			t.Error("looked at before anybody looked")
		}
		if _, body := shen.get(at); !strings.Contains(body, "阿敏1") {
			t.Error("agreed, and the name is not shown")
		}
		if _, body := shen.get("/members"); !strings.Contains(body, "阿敏1") || strings.Contains(body, "阿敏0") || strings.Contains(body, "阿敏2") {
			t.Error("agreed to one name: it is not in the list, or others are")
		}
		for _, verb := range []string{"reveal.ask", "reveal.agree", "reveal.see"} {
			if !g.audited(verb) {
				t.Errorf("%s is not on record", verb)
			}
		}
	})
}
