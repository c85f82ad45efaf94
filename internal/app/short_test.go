package app_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// TestPersonReadsByTheirOwnAddress: what is said to one member holds their own address, whoever opens it counts as them, the
// public address counts nobody, and the person's history shows what they did.
func TestPersonReadsByTheirOwnAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, shorts := t.Context(), c.app.Shorts(c.org, nil)
		for name, bad := range map[string]admit.Short{"no title": {Target: "https://mp.example/s/1", For: admit.ForArticle}, "script": {Title: "x", Target: "javascript:alert(1)", For: admit.ForArticle},
			"huge": {Title: "x", Target: "https://mp.example/" + strings.Repeat("a", 2000), For: admit.ForArticle}, "no kind": {Title: "x", Target: "https://mp.example/"}, "another": {Title: "x", Target: "https://q.example/l/abc", For: admit.ForOther}} {
			if _, err := shorts.New(ctx, "lin", bad, ""); community.CodeOf(err) != community.CodeBadInput {
				t.Errorf("%s: %v, want bad_input", name, err)
			}
		}
		if _, err := shorts.New(ctx, "lin", admit.Short{Title: "安装", Target: "https://mp.example/a.apk", For: admit.ForOther}, ""); community.CodeOf(err) != community.CodeRefused {
			t.Errorf("an installer: %v, want refused by the link check", err)
		}
		l, err := shorts.New(ctx, "lin", admit.Short{Title: "第三章导读", Target: "https://mp.example/s/1?x=1", For: admit.ForArticle}, "")
		check(t, err)
		rows, _, err := c.desk().FindMembers(ctx, community.MemberFilter{Group: c.keys["wr1"], Text: "wm0"})
		check(t, err)
		member := rows[0]
		_, err = c.app.Hands(c.org, nil).Act(ctx, "lin", []community.Action{{Verb: community.Send, Group: c.keys["wr1"], Target: member.Key, Text: "看这里 https://q.example/l/" + l.Slug + "，还有 https://q.example/l/none"}}, "")
		check(t, err)
		own := regexp.MustCompile(`https://q\.example(/l/` + l.Slug + `/[a-z0-9]{16})，还有 https://q\.example/l/none`)
		path := ""
		await(t, func() bool {
			tasks, _, err := c.desk().FindTasks(ctx, community.TaskFilter{})
			for _, k := range tasks {
				if m := own.FindStringSubmatch(k.Text); m != nil {
					path = m[1]
				}
			}
			return err == nil && path != ""
		})
		if again, err := shorts.For(ctx, l.ID, member.ID); err != nil || again != path {
			t.Errorf("their address = %q, %v; want the one they were given, %q", again, err, path)
		}

		doors, err := c.app.Handler(app.Doors{})
		check(t, err)
		web := httptest.NewServer(doors)
		t.Cleanup(web.Close)
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		for _, at := range []string{path, path, "/l/" + l.Slug, "/l/" + l.Slug + "/not-a-token"} {
			res, err := client.Get(web.URL + at)
			check(t, err)
			res.Body.Close()
			if res.StatusCode != http.StatusFound || res.Header.Get("Location") != l.Target {
				t.Errorf("%s = %d to %q", at, res.StatusCode, res.Header.Get("Location"))
			}
		}
		got, err := shorts.ByID(ctx, l.ID)
		check(t, err)
		readers, n, err := shorts.Readers(ctx, l.ID, community.Page{})
		check(t, err)
		if got.Known != 1 || got.Unknown != 2 || got.People != 1 || n != 1 || readers[0].Member.ID != member.ID || readers[0].Opens != 1 || readers[0].First == 0 {
			t.Errorf("counted %+v, readers %+v; want one by the person and two by nobody known", got, readers)
		}
		days, err := shorts.Days(ctx, l.ID, 7)
		if err != nil || len(days) != 1 || days[0].Known != 1 || days[0].Unknown != 2 {
			t.Errorf("days = %+v, %v", days, err)
		}
		check(t, shorts.Close(ctx, "lin", l.ID, true, "过期"))
		if status, _ := page(t, web.URL+path); status != http.StatusGone {
			t.Errorf("a closed link = %d, want 410", status)
		}
		if err := shorts.Close(ctx, "lin", l.ID, true, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("closing twice: %v, want a conflict", err)
		}

		desk := community.Ref{ID: "gh", Name: "公众号", Desk: true}
		check(t, c.app.Intake().Host(c.account, "wecom").Receive(ctx,
			connect.Inbound{Type: community.FollowerAdded, Key: "f", OccurredAt: c.app.Now(), Group: desk, Actor: community.Who{ID: "wm0"}, Body: community.Body{Scene: "qr", State: "spring"}},
			connect.Inbound{Type: community.MenuClicked, Key: "c", OccurredAt: c.app.Now() + 1, Group: desk, Actor: community.Who{ID: "wm0"}, Body: community.Body{Scene: "click", State: "join"}}))
		check(t, c.app.Store().CatchUp(ctx))
		trail, err := shorts.Trail(ctx, member.Key)
		check(t, err)
		types := []community.Type{}
		for _, ev := range trail {
			types = append(types, ev.Type)
		}
		if !slices.Equal(types, []community.Type{community.MenuClicked, community.FollowerAdded}) || trail[0].Body.State != "join" {
			t.Errorf("trail = %v, want the click and the follow, the latest first", types)
		}
		like := connect.Inbound{Type: community.ReactionAdded, Key: "moment:m1:wang:wm0:like:1", OccurredAt: c.app.Now(), Group: desk, Actor: community.Who{ID: "wm0"}, Body: community.Body{Message: "m1", Text: "like"}}
		comment, talk := like, like
		comment.Key, comment.Body.Text = "moment:m1:wang:wm0:comment:2", "comment"
		talk.Key, talk.Group = "reaction in a group", community.Ref{ID: "wr1"}
		for range 2 { // what is read again is the same
			check(t, c.app.Intake().Host(c.account, "wecom").Receive(ctx, like, comment, talk))
		}
		leads, total, err := shorts.Leads(ctx, community.Page{})
		if err != nil || total != 1 || leads[0].Member.ID != member.ID || leads[0].Likes != 1 || leads[0].Comments != 1 {
			t.Errorf("leads = %+v of %d, %v; want one with a like and a comment", leads, total, err)
		}
		if tags, err := c.app.Codes(c.org, nil).MemberTags(ctx, member.Key); err != nil || !slices.Contains(tags, admit.LeadTag) {
			t.Errorf("tags = %v, %v; want the lead's", tags, err)
		}
		if other, err := c.app.Shorts(c.org+1, nil).Trail(ctx, member.Key); err != nil || len(other) != 0 {
			t.Errorf("another organisation sees %v, %v", other, err)
		}
	})
}
