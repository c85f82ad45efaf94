package app_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// phone is a device: it keeps what pages ask it to keep.
func phone(t *testing.T, web *httptest.Server) func(path string) (int, string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	check(t, err)
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(web.URL, "http://") // the public address is this server
		return nil
	}}
	return func(path string) (int, string) {
		t.Helper()
		res, err := client.Get(web.URL + path)
		check(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		check(t, err)
		return res.StatusCode, string(body)
	}
}

// TestExclusiveItemOpensToCurrentMembersAlone: each by an address of their own, on a few devices, until they leave; strangers are refused, and the
// content goes to no other group, in whatever way, until somebody releases it for a reason.
func TestExclusiveItemOpensToCurrentMembersAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		p.stop()
		p.cfg.Server = config.Server{Listen: "127.0.0.1:0", PublicURL: "https://q.example"}
		p.open()
		ctx, l := t.Context(), p.app.Libraries(p.org, nil)
		const secret = "白皮书第一章：社群的留存从第一周开始，第一周里说过话的人三个月后留下的是没说过话的人的四倍，其余的做法都排在它后面"
		file, err := p.app.Plans(p.org, nil).KeepFile(ctx, p.lin, "白皮书.pdf", []byte("%PDF-1.4 whitepaper"))
		check(t, err)
		i, err := l.Save(ctx, p.lin, community.ID{}, 0, shelf.Post, shelf.Content{Title: "白皮书", Text: secret, Files: []shelf.File{{ID: file.File}}}, "")
		check(t, err)
		_, err = l.Exclusive(ctx, p.lin, i.ID, []community.GroupKey{p.one}, " ")
		wantCode(t, "without a reason", err, community.CodeBadInput)
		_, err = p.app.Libraries(p.org, []community.GroupKey{p.two}).Exclusive(ctx, p.lin, i.ID, []community.GroupKey{p.one}, "x")
		wantCode(t, "to groups out of reach", err, community.CodeForbidden)
		i, err = l.Exclusive(ctx, p.lin, i.ID, []community.GroupKey{p.one}, "只给一群")
		check(t, err)
		if _, err := p.app.Libraries(p.org, []community.GroupKey{p.two}).Get(ctx, i.ID); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("seen by who sees another group alone: %v", err)
		}
		member := func(g community.GroupKey, external string) community.Member {
			t.Helper()
			var found community.Member
			await(t, func() bool {
				rows, _, err := p.desk().FindMembers(t.Context(), community.MemberFilter{Group: g})
				n := slices.IndexFunc(rows, func(m community.MemberRow) bool { return m.External == external })
				if err == nil && n >= 0 {
					found = rows[n].Member
				}
				return n >= 0
			})
			return found
		}
		wu := member(p.one, "wu")
		at, err := l.Mine(ctx, p.lin, i.ID, wu.ID)
		check(t, err)
		doors, err := p.app.Handler(app.Doors{})
		check(t, err)
		web := httptest.NewServer(doors)
		t.Cleanup(web.Close)
		path := strings.TrimPrefix(at, "https://q.example")
		short := path[:strings.LastIndexByte(path, '/')]

		mine := phone(t, web)
		status, body := mine(path)
		if status != 200 || !strings.Contains(body, "三个月后留下的") || !strings.Contains(body, "专属链接") && !strings.Contains(body, "link is yours") {
			t.Fatalf("the member's own link = %d %s", status, body)
		}
		inside := "/i/" + i.ID.String() + path[strings.LastIndexByte(path, '/'):]
		if status, body := mine(inside + "/" + file.File.String()); status != 200 || !strings.Contains(body, "whitepaper") {
			t.Errorf("its file = %d %s", status, body)
		}
		for name, bad := range map[string]string{"no token": short, "a token that is nobody's": short + "/abcdefghijklmnop", "the page itself": "/i/" + i.ID.String(), "with a wrong token": "/i/" + i.ID.String() + "/abcdefghijklmnop"} {
			if status, body := phone(t, web)(bad); status != http.StatusForbidden || strings.Contains(body, "第一周") {
				t.Errorf("%s = %d, want it refused", name, status)
			}
		}
		for _, bad := range []string{"/i/" + i.ID.String() + "/-/" + file.File.String(), "/f/" + file.File.String(), "/i/" + i.ID.String() + "/abcdefghijklmnop/" + file.File.String()} {
			if status, body := phone(t, web)(bad); status == 200 || strings.Contains(body, "whitepaper") {
				t.Errorf("%s = %d %s", bad, status, body)
			}
		}
		// Handed on: the fourth device is refused, the first still opens; given again it opens anew.
		for n, want := range []int{200, 200, http.StatusForbidden} {
			if status, _ := phone(t, web)(inside); status != want {
				t.Errorf("device %d = %d, want %d", n+2, status, want)
			}
		}
		if status, _ := mine(inside); status != 200 {
			t.Errorf("the first device after others = %d", status)
		}
		_, err = l.Mine(ctx, p.lin, i.ID, wu.ID)
		check(t, err)
		if status, _ := phone(t, web)(inside); status != 200 {
			t.Errorf("a new device after the link was given again = %d", status)
		}
		if s, err := l.Short(ctx, i.ID); err != nil || s.Known == 0 || s.People != 1 || s.Unknown == 0 {
			t.Errorf("openings = %+v, %v; want those of the member and of nobody known", s, err)
		}

		// It goes to no other group: not as it is, not in parts, not as a file, not by hand, not by force.
		plans := p.app.Plans(p.org, nil)
		part := "听说" + secret[strings.Index(secret, "第一周里"):]
		for name, b := range map[string]plan.Broadcast{"its text": {Text: secret}, "a part": {Text: strings.ReplaceAll(part, "，", " ")}, "its file": {Text: "看附件", Pieces: []plan.Piece{file}}, "by force": {Text: secret, Force: "老板要"}} {
			b.Title, b.Filter = "x", plan.Filter{Groups: []community.GroupKey{p.hand}}
			_, err := plans.NewBroadcast(ctx, p.lin, b)
			wantCode(t, name, err, community.CodeRefused)
		}
		_, err = l.ToBroadcast(ctx, p.lin, i.ID, shelf.Order{}, plan.Broadcast{Filter: plan.Filter{Groups: []community.GroupKey{p.two}}})
		wantCode(t, "from the library", err, community.CodeRefused)
		_, err = p.app.Hands(p.org, nil).Act(ctx, p.lin, []community.Action{{Verb: community.Send, Group: p.two, Text: secret}}, "转一下")
		wantCode(t, "by hand", err, community.CodeRefused)
		sop, err := plans.SaveSOP(plain(ctx), p.lin, plan.SOP{Name: "x", Steps: []plan.Step{{Kind: plan.ByDay, Day: 3, At: "10:00", Text: secret}}}, "")
		check(t, err)
		wantCode(t, "as a step of an SOP", plans.AddToSOP(ctx, p.lin, sop.ID, p.two, ""), community.CodeRefused)
		if p.said(secret) != 0 {
			t.Error("it was said")
		}
		_, err = plans.NewBroadcast(ctx, p.lin, plan.Broadcast{Title: "x", Text: "第一周开始读书啦", Filter: plan.Filter{Groups: []community.GroupKey{p.two}}})
		check(t, err) // words that everybody writes
		_, err = plans.NewBroadcast(ctx, p.lin, plan.Broadcast{Title: "x", Text: secret, Filter: plan.Filter{Groups: []community.GroupKey{p.one}}})
		check(t, err) // its own group
		wantCode(t, "released without a reason", l.Release(ctx, p.lin, i.ID, p.two, ""), community.CodeBadInput)
		check(t, l.Release(ctx, p.lin, i.ID, p.two, "与二群合办"))
		_, err = plans.NewBroadcast(ctx, p.lin, plan.Broadcast{Title: "x", Text: secret, Filter: plan.Filter{Groups: []community.GroupKey{p.two}}})
		check(t, err)
		trail, _, err := p.desk().FindAudit(ctx, community.AuditFilter{})
		check(t, err)
		if !slices.ContainsFunc(trail, func(a community.Audit) bool {
			return a.Verb == "library.release" && a.Reason == "与二群合办" && a.User == p.lin
		}) {
			t.Errorf("the release is not on record: %+v", trail)
		}

		// What is stopped for a group that people serve by hand becomes their task, text and all, once it is released.
		_, err = p.app.Engine().Decide(ctx, p.hand, community.PersonDecision{Kind: "act", User: p.lin, Actions: []community.Action{{Verb: community.Send, Group: p.hand, Text: secret}}}, community.Audit{Org: p.org, User: p.lin, Verb: "action.act"})
		check(t, err)
		byHand := func(why string) community.TaskRow {
			t.Helper()
			var found community.TaskRow
			await(t, func() bool {
				rows, _, err := p.desk().FindTasks(t.Context(), community.TaskFilter{Group: p.hand})
				n := slices.IndexFunc(rows, func(k community.TaskRow) bool { return k.Why == why })
				if n >= 0 {
					found = rows[n]
				}
				return err == nil && n >= 0
			})
			return found
		}
		stopped := byHand(community.WhyExclusive)
		if strings.Contains(stopped.Text, "第一周") {
			t.Errorf("the task has the words to paste: %q", stopped.Text)
		}
		check(t, l.Release(ctx, p.lin, i.ID, p.hand, "也给这个群"))
		if task := byHand("no_ability"); task.ID != stopped.ID || task.Text != secret {
			t.Errorf("once released = %+v, want the same task with its text", task)
		}

		// Who leaves is refused within a minute, and is given no link any more.
		_, err = p.world.Leave("one", "wu")
		check(t, err)
		begun := time.Now()
		await(t, func() bool { status, _ := mine(inside); return status == http.StatusForbidden })
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("closed after %s", took)
		}
		if status, body := mine(inside + "/" + file.File.String()); status == 200 || strings.Contains(body, "whitepaper") {
			t.Errorf("its file after leaving = %d", status)
		}
		_, err = l.Mine(ctx, p.lin, i.ID, wu.ID)
		wantCode(t, "a link for who left", err, community.CodeForbidden)
	})
}
