package app_test

import (
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/config"
)

// public lets the house be reached at a named address, so that notices carry links.
func public(c *config.Config) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	c.Server.Listen = free.Addr().String()
	c.Server.PublicURL = "http://" + c.Server.Listen
	free.Close()
}

var appealPath = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/a/[A-Za-z0-9_-]+)`)

// struck lets a member advertise and gives the decision and the path of the appeal as the notice to the group says it.
func (s *shift) struck(text string) (community.DecisionRow, string) {
	s.t.Helper()
	said := s.says(s.member("大刘"), text)
	d := s.decision(said.Number)
	var path string
	await(s.t, func() bool {
		rows, _, err := s.desk.FindActions(s.t.Context(), community.ActionFilter{Group: s.group.Key, Decision: d.ID, Verb: community.Send})
		if err != nil || len(rows) == 0 {
			return false
		}
		if m := appealPath.FindStringSubmatch(rows[0].Text); m != nil && strings.Contains(rows[0].Text, "《群规》第 1 版") {
			path = m[1]
		}
		return path != ""
	})
	return d, path
}

// stranger is somebody who only has the link.
func (s *shift) stranger() *person { return newPerson(s.t, s.base) }

// TestMemberAppealsByTheLinkAndSomebodyElseDecides: the notice carries the link; the member writes without signing in; it
// becomes a task; granting it undoes the decision, and the ledger and the page say so.
func TestMemberAppealsByTheLinkAndSomebodyElseDecides(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", public)
		ctx := t.Context()
		_, err := s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "团购"), "第一版")
		check(t, err)
		d, path := s.struck("上次的团购真好吃")
		for _, ledger := range []string{"/hits", "/strikes", "/hits.csv"} {
			if code, body := s.get(ledger); code != 200 || !strings.Contains(body, "广告 (ads)") {
				t.Errorf("%s = %d does not call the rule by its name: %s", ledger, code, excerpt(body))
			}
		}
		m := s.stranger()
		if code, body := m.get(path); code != 200 || !strings.Contains(body, "群规第 1 版") || !strings.Contains(body, "广告") || strings.Contains(body, "大刘") || strings.Contains(body, "真好吃") {
			t.Fatalf("the page answers %d: %s", code, excerpt(body))
		}
		for name, bad := range map[string]struct {
			path, words string
			want        int
		}{
			"empty": {path, "  ", 422}, "huge": {path, strings.Repeat("长", 20000), 413}, "too long": {path, strings.Repeat("a", 2001), 413},
			"forged": {path[:len(path)-2] + "AA", "放过我", 404}, "cut": {path[:20], "放过我", 404}, "another purpose": {"/a/" + strings.Repeat("A", 43), "放过我", 404},
		} {
			if code, _ := m.send(path, bad.path, url.Values{"words": {bad.words}}); code != bad.want {
				t.Errorf("%s: answered %d, want %d", name, code, bad.want)
			}
		}
		if _, n, err := s.app.Appeals(s.org, nil).Find(ctx, community.AppealFilter{}); err != nil || n != 0 {
			t.Fatalf("%d appeals after bad input (%v)", n, err)
		}
		if code, body := m.send(path, path, url.Values{"words": {"我只是说好吃\u202e<script>"}}); code != 200 || !strings.Contains(body, "已收到") || strings.Contains(body, "我只是说好吃") {
			t.Fatalf("writing answered %d: %s", code, excerpt(body))
		}
		rows, n, err := s.app.Appeals(s.org, nil).Find(ctx, community.AppealFilter{State: community.AppealOpen})
		check(t, err)
		if n != 1 || len(rows[0].Statements) != 1 || rows[0].About.ID != d.ID {
			t.Fatalf("appeals = %+v", rows)
		}
		task := s.becomes(community.Todo, community.HumanTask)
		if !strings.Contains(task.Text, "/appeals/"+rows[0].ID.String()) {
			t.Errorf("task = %q", task.Text)
		}
		page := "/appeals/" + rows[0].ID.String()
		s.does(page, page+"/decide", url.Values{"do": {"overturn"}, "reason": {"确实是闲聊"}})
		if _, body := m.get(path); !strings.Contains(body, "申诉成立") || !strings.Contains(body, "确实是闲聊") || strings.Contains(body, "<textarea") {
			t.Errorf("the page after the decision: %s", excerpt(body))
		}
		strikes, _, err := s.desk.FindStrikes(ctx, community.StrikeFilter{Group: s.group.Key})
		check(t, err)
		if len(strikes) != 1 || strikes[0].Revoked == 0 || strikes[0].Appeal != community.AppealOverturned {
			t.Errorf("ledger = %+v", strikes)
		}
		if done := s.becomes(community.Todo, community.Acked); done.User == "" {
			t.Errorf("the task = %+v", done)
		}
		if code, _ := m.send(path, path, url.Values{"words": {"还有"}}); code != 409 {
			t.Errorf("writing after the decision answered %d, want 409", code)
		}
		rep, err := s.app.AsDecided(ctx, s.group.Key)
		check(t, err)
		if rep.Different != 0 {
			t.Errorf("replay: %d different: %s %s", rep.Different, rep.Differences[0].Stored, rep.Differences[0].Now)
		}
	})
}

// TestWhoActedMayNotDecideTheAppeal: unless there is nobody else, and then an owner only with a reason that stays.
func TestWhoActedMayNotDecideTheAppeal(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", public)
		ctx, appeals := t.Context(), s.app.Appeals(s.org, nil)
		_, err := s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "团购"), "第一版")
		check(t, err)
		d, path := s.struck("团购一折")
		s.does("/review?d="+d.ID.String(), "/review/"+d.ID.String()+"/judge", url.Values{"kind": {"kept"}})
		s.stranger().send(path, path, url.Values{"words": {"不是我发的"}})
		rows, _, err := appeals.Find(ctx, community.AppealFilter{})
		check(t, err)
		page := "/appeals/" + rows[0].ID.String()
		if _, body := s.get(page); !strings.Contains(body, "没有别的人能决定") {
			t.Errorf("the page does not say that nobody else may: %s", excerpt(body))
		}
		if _, body := s.send(page, page+"/decide", url.Values{"do": {"uphold"}, "reason": {"证据清楚"}}); !strings.Contains(body, "不能决定它的申诉") {
			t.Errorf("decided without a reason for it: %s", excerpt(body))
		}
		second, err := s.app.Store().SaveUser(ctx, "test", community.User{Org: s.org, Login: "hong", Name: "小红", Role: "moderator", Lang: "zh-CN", Enabled: true, Hash: cheapHash}, "")
		check(t, err)
		if _, body := s.send(page, page+"/decide", url.Values{"do": {"uphold"}, "reason": {"证据清楚"}, "despite": {"急"}}); !strings.Contains(body, "不能决定它的申诉") {
			t.Errorf("decided although there is somebody else: %s", excerpt(body))
		}
		second.Enabled = false
		_, err = s.app.Store().SaveUser(ctx, "test", second, "")
		check(t, err)
		s.does(page, page+"/decide", url.Values{"do": {"uphold"}, "reason": {"证据清楚"}, "despite": {"只有我一个人"}})
		got, err := appeals.ByID(ctx, rows[0].ID)
		check(t, err)
		if got.State != community.AppealUpheld || got.Despite != "只有我一个人" {
			t.Errorf("appeal = %+v", got.Appeal)
		}
		if err := appeals.Decide(ctx, second.ID.String(), got.ID, true, "再来", ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("decided twice: %v, want a conflict", err)
		}
	})
}
